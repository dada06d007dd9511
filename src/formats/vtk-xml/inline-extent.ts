import { decodeBase64 } from '../kernels/base64.ts';
import type { FileWindow } from './file-window.ts';
import type { FileLayout } from './header-model.ts';

const LESS = 60;
/** What may follow the data of an array; a tag beyond its end would say that their declared length is wrong. */
const BEHIND_DATA = /^<(?:\/(?:Data)?Array|!--|InformationKey)/;
/** The most characters of it. */
const BEHIND_BYTES = 16;
/** Data whose declared length in characters is no more are searched for their end, which no wrong length can hide. */
const SEARCHED_CHARACTERS = 16 * 1024;
/** Block tables longer than this are not followed; the end of the data is then searched for. */
const MAX_TABLE = 16 * 1024 ** 2;

/** Characters of base64 that hold `bytes` bytes. */
export function base64Length(bytes: number): number {
  return Math.ceil(bytes / 3) * 4;
}

/** One unsigned word of `width` bytes; Infinity where it is no safe integer. */
export function readWord(
  bytes: Uint8Array,
  at: number,
  width: 4 | 8,
  byteOrder: FileLayout['byteOrder'],
): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const little = byteOrder === 'LittleEndian';
  if (width === 4) return view.getUint32(at, little);
  const value = Number(view.getBigUint64(at, little));
  return Number.isSafeInteger(value) ? value : Number.POSITIVE_INFINITY;
}

/** The first `length` bytes that the base64 text at `start` stands for, or undefined. */
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

/** Length in characters of one array's inline base64, by the words of length in front of it. */
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
  if (tableLength > MAX_TABLE) return undefined;
  const table = await decodeHead(window, start, tableLength);
  if (table === undefined) return undefined;
  let bytes = 0;
  for (let block = 0; block < length; block++) {
    bytes += readWord(table, (3 + block) * headerWidth, headerWidth, byteOrder);
  }
  return base64Length(tableLength) + base64Length(bytes);
}

/**
 * Offset behind the data that stand at `start` between the tags of an array, or −1 when the file ends before.
 * Binary data are passed over by their declared length where a tag follows there; else, as for ascii data,
 * the next tag is searched for.
 */
export async function findInlineEnd(
  window: FileWindow,
  start: number,
  format: 'ascii' | 'binary',
  layout: FileLayout,
): Promise<number> {
  if (format === 'binary') {
    const length = await measureInline(window, start, layout);
    if (length !== undefined && length > SEARCHED_CHARACTERS && start + length < window.file.size) {
      const next = await window.skipSpace(start + length);
      const behind = (await window.at(next, BEHIND_BYTES)).subarray(0, BEHIND_BYTES);
      if (BEHIND_DATA.test(String.fromCharCode(...behind))) return next;
    }
  }
  return window.indexOf(LESS, start);
}
