import { FormatError } from '../core/errors.ts';
import { decodeUtf8 } from './member-name.ts';

/** Bytes of a tar archive come in blocks of so many. */
export const TAR_BLOCK_BYTES = 512;

/** Longest name, and longest set of pax records, that is read, bytes. */
const MAX_RECORD_BYTES = 1024 ** 2;

const CHECKSUM_START = 148;
const CHECKSUM_END = 156;
const SPARSE_BYTE = 0x53;
const latin1 = new TextDecoder('latin1');

/** Header block of a tar archive. */
export interface TarHeader {
  readonly name: string;
  /** Bytes of data behind the header. */
  readonly size: number;
  /** Seconds since 1970. */
  readonly mtime: number;
  /** One character: `0` file, `1` hard link, `2` symbolic link, `5` folder, `x`, `g`, `L`, `K`, `S`, … */
  readonly type: string;
  readonly linkName: string;
  /** True when a block with more of a sparse file's map follows. */
  readonly isExtended: boolean;
}

/** Header, or what stands in its place. */
export type TarBlock = TarHeader | 'end' | 'none';

/** Reads a header block (ustar, pax, GNU and old tar); `'end'` for a block of zeros, `'none'` for what is no header. */
export function readHeader(block: Uint8Array): TarBlock {
  if (block.every((byte) => byte === 0)) return 'end';
  if (!hasChecksum(block)) return 'none';
  const size = readNumber(block, 124, 12);
  const mtime = readNumber(block, 136, 12);
  if (size === undefined || size < 0) return 'none';
  const magic = latin1.decode(block.subarray(257, 265));
  const prefix = magic.startsWith('ustar\0') ? readText(block, 345, 155) : '';
  const name = readText(block, 0, 100);
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    size,
    mtime: mtime ?? 0,
    type: typeOf(block[156] as number, name),
    linkName: readText(block, 157, 100),
    isExtended: block[156] === SPARSE_BYTE && block[482] !== 0,
  };
}

/** Tells whether yet another block with more of a sparse file's map follows this one. */
export function isMapExtended(block: Uint8Array): boolean {
  return block[504] !== 0;
}

/** Facts that pax records, and long names of GNU tar, state of the members behind them. */
export interface TarRecords {
  readonly path?: string | undefined;
  readonly linkPath?: string | undefined;
  readonly size?: number | undefined;
  readonly mtime?: number | undefined;
  /** Path of a sparse file, there where the member's data are only the parts that are no holes. */
  readonly sparsePath?: string | undefined;
}

/**
 * Reads pax records (POSIX.1-2001): `length key=value\n`, the length in bytes and of all of it.
 *
 * @throws FormatError where a record is none
 */
export function readPax(
  bytes: Uint8Array,
  place: { readonly path: string; readonly offset: number },
): TarRecords {
  let records: TarRecords = {};
  let isSparse = false;
  for (let at = 0; at < bytes.length && bytes[at] !== 0; ) {
    const space = bytes.indexOf(32, at);
    const length = space < 0 ? Number.NaN : Number(latin1.decode(bytes.subarray(at, space)));
    const equals = bytes.indexOf(61, space);
    const end = at + length;
    if (!Number.isSafeInteger(length) || end > bytes.length || equals < 0 || equals >= end || end <= space) {
      throw new FormatError('a pax record of the tar archive has a wrong length', place);
    }
    const key = latin1.decode(bytes.subarray(space + 1, equals));
    const value = bytes.subarray(equals + 1, end - 1);
    if (key.startsWith('GNU.sparse.')) isSparse = true;
    records = { ...records, ...readRecord(key, value, place) };
    at = end;
  }
  return isSparse ? { ...records, sparsePath: records.sparsePath ?? records.path ?? '' } : records;
}

function readRecord(
  key: string,
  bytes: Uint8Array,
  place: { readonly path: string; readonly offset: number },
): TarRecords {
  const value = textOf(bytes);
  if (key === 'GNU.sparse.name') return { sparsePath: value };
  if (key === 'path') return { path: value };
  if (key === 'linkpath') return { linkPath: value };
  if (key === 'mtime') return { mtime: Number(value) || 0 };
  if (key !== 'size') return {};
  const size = Number(value);
  if (/^\d+$/.test(value) && Number.isSafeInteger(size)) return { size };
  throw new FormatError(`a pax record of the tar archive gives the size "${value}"`, place);
}

/** Reads the name that a GNU header of the type `L` or `K` has as its data. */
export function readLongName(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return textOf(end < 0 ? bytes : bytes.subarray(0, end));
}

/** Tells whether a header's data are read as names or records. @throws FormatError where they are too long for that */
export function isRecordType(header: TarHeader, path: string, offset: number): boolean {
  if (!['x', 'X', 'g', 'L', 'K'].includes(header.type)) return false;
  if (header.size <= MAX_RECORD_BYTES) return true;
  throw new FormatError(`a name or record of ${header.size} bytes in the tar archive`, { path, offset });
}

/** Counts the bytes that `size` bytes of data take in the archive. */
export function paddedBytes(size: number): number {
  return Math.ceil(size / TAR_BLOCK_BYTES) * TAR_BLOCK_BYTES;
}

/** Tells a type: old tars write a folder as a file with a `/` at its name's end, a file as NUL; `7` is one, contiguous. */
function typeOf(byte: number, name: string): string {
  if (byte === 0 || byte === 48 || byte === 55) return name.endsWith('/') ? '5' : '0';
  return String.fromCharCode(byte);
}

/** Tells whether the checksum is right: the sum of the block, itself as spaces; old writers summed signed bytes. */
function hasChecksum(block: Uint8Array): boolean {
  const told = readNumber(block, CHECKSUM_START, 8);
  let unsigned = 0;
  let signed = 0;
  for (const [at, byte] of block.entries()) {
    const value = at >= CHECKSUM_START && at < CHECKSUM_END ? 32 : byte;
    unsigned += value;
    signed += value < 128 ? value : value - 256;
  }
  return told === unsigned || told === signed;
}

/** Reads a number in octal digits, or of GNU in base 256; undefined where it is neither. */
function readNumber(block: Uint8Array, at: number, length: number): number | undefined {
  const first = block[at] as number;
  if (first >= 0x80) {
    let value = first === 0xff ? -1 : first & 0x7f;
    for (let place = 1; place < length; place++) value = value * 256 + (block[at + place] as number);
    return Number.isSafeInteger(value) ? value : undefined;
  }
  const text = latin1
    .decode(block.subarray(at, at + length))
    .replace(/\0.*$/s, '')
    .trim();
  if (text === '') return 0;
  return /^[0-7]+$/.test(text) ? Number.parseInt(text, 8) : undefined;
}

function readText(block: Uint8Array, at: number, length: number): string {
  const field = block.subarray(at, at + length);
  const end = field.indexOf(0);
  return textOf(end < 0 ? field : field.subarray(0, end));
}

function textOf(bytes: Uint8Array): string {
  return decodeUtf8(bytes) ?? latin1.decode(bytes);
}
