/** Header of a gzip member (RFC 1952). */
export interface GzipHeader {
  /** Bytes of it: where the deflated data begin. */
  readonly length: number;
}

/** Bytes behind the deflated data of a gzip member: CRC-32 and size modulo 2^32. */
export const GZIP_TRAILER_BYTES = 8;

const FIXED_BYTES = 10;
/** The longest header that is read, bytes: it may hold a name and a comment of any length. */
const MAX_HEADER_BYTES = 64 * 1024;
const FLAG_CRC = 2;
const FLAG_EXTRA = 4;
const FLAG_NAME = 8;
const FLAG_COMMENT = 16;
const RESERVED_FLAGS = 0xe0;

/**
 * Reads the header of a gzip member at the beginning of `bytes`.
 *
 * @returns `'more'` where it goes on behind the bytes, `'none'` where there is no such header
 */
export function readGzipHeader(bytes: Uint8Array): GzipHeader | 'more' | 'none' {
  const known = [0x1f, 0x8b, 8];
  if (known.some((byte, at) => at < bytes.length && bytes[at] !== byte)) return 'none';
  if (bytes.length < FIXED_BYTES) return 'more';
  const flags = bytes[3] as number;
  if ((flags & RESERVED_FLAGS) !== 0) return 'none';
  let length = FIXED_BYTES;
  if ((flags & FLAG_EXTRA) !== 0) {
    if (bytes.length < length + 2) return 'more';
    length += 2 + (bytes[length] as number) + 256 * (bytes[length + 1] as number);
  }
  for (const flag of [FLAG_NAME, FLAG_COMMENT]) {
    if ((flags & flag) === 0) continue;
    const end = length > bytes.length ? -1 : bytes.indexOf(0, length);
    if (end < 0) return bytes.length > MAX_HEADER_BYTES ? 'none' : 'more';
    length = end + 1;
  }
  if ((flags & FLAG_CRC) !== 0) length += 2;
  return length > bytes.length ? 'more' : { length };
}

/** CRC-32 and size modulo 2^32 of a gzip member's data. */
export interface GzipTrailer {
  readonly crc: number;
  readonly size: number;
}

/** Reads the 8 bytes behind the data of a gzip member. */
export function readGzipTrailer(bytes: Uint8Array): GzipTrailer {
  const view = new DataView(bytes.buffer, bytes.byteOffset, GZIP_TRAILER_BYTES);
  return { crc: view.getUint32(0, true), size: view.getUint32(4, true) };
}
