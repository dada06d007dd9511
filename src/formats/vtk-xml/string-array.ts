import { FormatError } from '../../core/errors.ts';
import type { ArrayReader } from './array-reader.ts';
import type { ArrayInfo } from './header-model.ts';

/** Number of bytes decoded between two looks at the clock. */
const BYTES_PER_STEP = 4 * 1024 ** 2;
/** Longest string, bytes: what all platforms can hold. */
const MAX_STRING_BYTES = 256 * 1024 ** 2;

/**
 * Reads an array of strings, each ended by a 0, as UTF-8; what is no UTF-8 as Windows-1252.
 *
 * @param expected - how many strings there must be: of more the first count; undefined: as many as there are
 * @throws FormatError when there are fewer
 */
export async function readStrings(
  reader: ArrayReader,
  info: ArrayInfo,
  expected: number | undefined,
): Promise<readonly string[]> {
  if (expected === 0) return [];
  const { context } = reader;
  const place = { path: context.path, array: info.name, offset: info.tagOffset };
  const stored = await reader.readStored(info, undefined);
  // In text a byte above 127 may stand with or without a sign.
  const bytes = stored instanceof Uint8Array ? stored : Uint8Array.from(stored as Int16Array);
  const strings: string[] = [];
  const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  for (let start = 0; start < bytes.length && strings.length < (expected ?? Infinity); ) {
    const last =
      bytes.length - start <= BYTES_PER_STEP
        ? bytes.length - 1
        : bytes.lastIndexOf(0, start + BYTES_PER_STEP);
    const next = last < start ? bytes.indexOf(0, start + BYTES_PER_STEP) : last;
    const end = next < 0 ? bytes.length : next + 1;
    if (end - start > MAX_STRING_BYTES)
      throw new FormatError(`has a string of more than ${MAX_STRING_BYTES} bytes`, place);
    for (const text of split(bytes.subarray(start, end), utf8)) strings.push(text);
    start = end;
    await context.slice.pause();
  }
  if (expected === undefined) return strings;
  if (strings.length < expected) {
    throw new FormatError(`holds ${strings.length} strings where the header asks for ${expected}`, place);
  }
  return strings.length === expected ? strings : strings.slice(0, expected);
}

/** Splits the strings in some bytes, all of which are there to their ends. */
function split(bytes: Uint8Array<ArrayBuffer>, utf8: TextDecoder): readonly string[] {
  const ended = bytes.at(-1) === 0 ? bytes.subarray(0, -1) : bytes;
  try {
    return utf8.decode(ended).split('\0');
  } catch {
    const single = new TextDecoder('windows-1252');
    const strings: string[] = [];
    for (let start = 0; start <= ended.length; ) {
      const next = ended.indexOf(0, start);
      const part = ended.subarray(start, next < 0 ? ended.length : next);
      strings.push(isUtf8(part, utf8) ? utf8.decode(part) : single.decode(part));
      start = next < 0 ? ended.length + 1 : next + 1;
    }
    return strings;
  }
}

function isUtf8(bytes: Uint8Array<ArrayBuffer>, utf8: TextDecoder): boolean {
  try {
    utf8.decode(bytes);
    return true;
  } catch {
    return false;
  }
}
