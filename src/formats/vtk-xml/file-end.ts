import { FormatError, isVascuError } from '../../core/errors.ts';
import type { RandomAccess } from '../../core/mesh.ts';

/** Number of bytes at the end of a file in which its last tag is looked for first. */
export const TAIL_BYTES = 1024;
/** Number of bytes that are read at a time of what lies behind the last tag. */
const BYTES_PER_STEP = 64 * 1024;
/** Number of bytes at the end of a file that are looked at before it is a comment. */
const LONGEST_END_BYTES = Math.max('</VTKFile >'.length, TAIL_BYTES);

/**
 * Checks that a file was written and copied to its end: that nothing but white space, NULs and comments follows its
 * last tag. Of a file of which only some parts are here that is found out as far as its end is.
 *
 * @throws FormatError when the last tag is missing
 */
export async function checkFileEnd(
  file: RandomAccess,
  path: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const cut = (): FormatError =>
    new FormatError('ends before </VTKFile>: the file is cut', { path, offset: file.size });
  // Where the end is not the last thing there may be thousands of comments behind it.
  let from = file;
  try {
    for (let end = file.size; ; ) {
      const tail = await textBefore(from, end, LONGEST_END_BYTES, signal);
      if (/<\/VTKFile\s*>/.test(tail)) return;
      const inked = await lastInk(from, end, signal);
      const text = await textBefore(from, inked, LONGEST_END_BYTES, signal);
      if (text.endsWith('-->')) end = await commentStart(from, inked, signal);
      else if (inked < end) end = inked;
      else throw cut();
      if (end <= 0) throw cut();
      if (from === file) from = readBackwards(file);
    }
  } catch (error) {
    // What was not fetched cannot be looked at.
    if (!isVascuError(error, 'CACHE')) throw error;
  }
}

/** Wraps the file with the bytes before the last read kept, as far as there are any. */
function readBackwards(file: RandomAccess): RandomAccess {
  let start = 0;
  let bytes = new Uint8Array(0);
  return {
    size: file.size,
    async read(offset, length, signal) {
      const end = offset + length;
      if (offset < start || end > start + bytes.length) {
        const first = Math.max(0, Math.min(offset, end - BYTES_PER_STEP));
        const block = await file.read(first, end - first, signal).catch((error: unknown) => {
          // Of a file of which only parts are here there may be just what is asked for.
          if (isVascuError(error, 'CACHE')) return undefined;
          throw error;
        });
        if (block === undefined) return file.read(offset, length, signal);
        bytes = Uint8Array.from(block);
        start = first;
      }
      return bytes.subarray(offset - start, end - start);
    },
  };
}

async function textBefore(
  file: RandomAccess,
  end: number,
  length: number,
  signal: AbortSignal | undefined,
): Promise<string> {
  const start = Math.max(0, end - length);
  return new TextDecoder('latin1').decode(await file.read(start, end - start, signal));
}

/** Finds the offset behind the last byte before `end` that is neither white space nor NUL. */
async function lastInk(file: RandomAccess, end: number, signal: AbortSignal | undefined): Promise<number> {
  for (let stop = end, step = TAIL_BYTES; stop > 0; step = BYTES_PER_STEP) {
    const start = Math.max(0, stop - step);
    const bytes = await file.read(start, stop - start, signal);
    const last = bytes.findLastIndex((byte) => byte > 32);
    if (last >= 0) return start + last + 1;
    stop = start;
  }
  return 0;
}

/** Finds the offset of the comment that ends before `end`; 0 where it has no beginning. */
async function commentStart(
  file: RandomAccess,
  end: number,
  signal: AbortSignal | undefined,
): Promise<number> {
  for (let stop = end - 3, step = TAIL_BYTES; stop > 0; step = BYTES_PER_STEP) {
    const start = Math.max(0, stop - step);
    const text = await textBefore(file, stop, stop - start, signal);
    const at = text.lastIndexOf('<!--');
    if (at >= 0) return start + at;
    // The marker may stand across the border.
    if (start === 0) return 0;
    stop = start + 3;
  }
  return 0;
}
