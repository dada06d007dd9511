import { isAscii, isUtf8 } from 'node:buffer';
import { FormatError } from '../core/errors.ts';
import { isLfsPointer, LFS_POINTER_TEXT } from '../core/foreign-file.ts';
import type { TimeSlice } from '../core/time-slice.ts';
import { decodeText } from '../metadata/sidecar.ts';

/** Bytes that are checked or decoded in one go. */
const PIECE_BYTES = 2 ** 20;
const LINE_FEED = 10;
const MARK = Buffer.from('\uFEFF');

/** Text as bytes that were checked, without its byte order mark. */
export interface CheckedText {
  readonly bytes: Buffer;
  readonly encoding: 'latin1' | 'utf8';
}

/**
 * Checks that bytes are text, and lets other events run meanwhile.
 *
 * @param path - how error messages name the file
 * @throws FormatError when they are not UTF-8, or a pointer to a file that was not fetched
 */
export async function checkText(
  bytes: Uint8Array<ArrayBuffer>,
  path: string,
  slice: TimeSlice,
): Promise<CheckedText> {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (isLfsPointer(bytes)) throw new FormatError(LFS_POINTER_TEXT, { path });
  const text = all.subarray(0, MARK.length).equals(MARK) ? all.subarray(MARK.length) : all;
  let ascii = true;
  for (const piece of piecesOf(text)) {
    ascii &&= isAscii(piece);
    if (!ascii && !isUtf8(piece)) decodeText(bytes, path);
    await slice.pause();
  }
  return { bytes: text, encoding: ascii ? 'latin1' : 'utf8' };
}

/** Decodes text that was checked, and lets other events run meanwhile. */
export async function decodeChecked({ bytes, encoding }: CheckedText, slice: TimeSlice): Promise<string> {
  let text = '';
  for (const piece of piecesOf(bytes)) {
    text += piece.toString(encoding);
    await slice.pause();
  }
  return text;
}

/** Cuts text behind line feeds, so that no character is cut. */
function* piecesOf(bytes: Buffer): Generator<Buffer, void, void> {
  for (let start = 0; start < bytes.length; ) {
    const cut = bytes.indexOf(LINE_FEED, start + PIECE_BYTES);
    const end = cut < 0 ? bytes.length : cut + 1;
    yield bytes.subarray(start, end);
    start = end;
  }
}
