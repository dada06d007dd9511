import { decodeBase64 } from '../kernels/base64.ts';
import { base64Length, readWord } from './block-words.ts';
import type { FileWindow } from './file-window.ts';
import type { FileLayout } from './header-model.ts';

const LESS_THAN_CODE = 60;
/** Tags that may follow the data of an array; a tag beyond its end would say that their declared length is wrong. */
const BEHIND_DATA = /^<(?:\/(?:Data)?Array|!--|InformationKey)/;
/** Most characters of such a tag that are read. */
const MAX_BEHIND_CHARACTERS = 16;
/** Declared length up to which data are searched for their end, which no wrong length can hide. */
const MAX_SEARCHED_CHARACTERS = 16 * 1024;
/** Longest block table that is followed, bytes; behind a longer one the end of the data is then searched for. */
const MAX_TABLE_BYTES = 16 * 1024 ** 2;

/** Decodes the first `length` bytes that the base64 text at `start` stands for, or undefined. */
async function decodeHead(
  window: FileWindow,
  start: number,
  length: number,
): Promise<Uint8Array | undefined> {
  const characters = base64Length(length);
  const text = (await window.at(start, characters)).subarray(0, characters);
  const bytes = new Uint8Array((characters / 4) * 3);
  if (text.length < characters) return undefined;
  const { badAt, written } = decodeBase64(text, bytes);
  return badAt >= 0 || written < length ? undefined : bytes;
}

/** Measures the length in characters of one array's inline base64, by the words of length in front of it. */
async function measureInline(
  window: FileWindow,
  start: number,
  { headerWidth, byteOrder, compressor }: FileLayout,
): Promise<number | undefined> {
  const first = await decodeHead(window, start, headerWidth);
  if (first === undefined) return undefined;
  const length = readWord(first, 0, headerWidth, byteOrder);
  if (compressor === undefined) return base64Length(headerWidth + length);
  const tableLength = (3 + length) * headerWidth;
  if (tableLength > MAX_TABLE_BYTES) return undefined;
  const table = await decodeHead(window, start, tableLength);
  if (table === undefined) return undefined;
  let bytes = 0;
  for (let block = 0; block < length; block++) {
    bytes += readWord(table, (3 + block) * headerWidth, headerWidth, byteOrder);
  }
  return base64Length(tableLength) + base64Length(bytes);
}

/**
 * Finds the offset behind the data that stand at `start` between the tags of an array, or −1 when the file ends before.
 * Binary data are passed over by their declared length where a tag follows there; else, as for ascii data, the next tag
 * is searched for.
 */
export async function findInlineEnd(
  window: FileWindow,
  start: number,
  format: 'ascii' | 'binary',
  layout: FileLayout,
): Promise<number> {
  if (format === 'binary') {
    const length = await measureInline(window, start, layout);
    if (length !== undefined && length > MAX_SEARCHED_CHARACTERS && start + length < window.file.size) {
      const next = await window.skipSpace(start + length);
      const behind = (await window.at(next, MAX_BEHIND_CHARACTERS)).subarray(0, MAX_BEHIND_CHARACTERS);
      if (BEHIND_DATA.test(String.fromCharCode(...behind))) return next;
    }
  }
  return window.indexOf(LESS_THAN_CODE, start);
}
