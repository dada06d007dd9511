import type { FileLayout } from './header-model.ts';

/** Counts the characters of base64 that hold `bytes` bytes. */
export function base64Length(bytes: number): number {
  return Math.ceil(bytes / 3) * 4;
}

/** Reads one unsigned word of `width` bytes; Infinity where it is no safe integer. */
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
