import { UnsupportedError } from '../core/errors.ts';

/** Bytes of a tar come in blocks of so many. */
const BLOCK_BYTES = 512;
/** Longest name, and longest beginning of one, that a header holds, bytes. */
const MAX_NAME_BYTES = 100;
const MAX_PREFIX_BYTES = 155;
/** Least size that a header does not hold, bytes. */
const LARGE_BYTES = 8 * 1024 ** 3;

const encoder = new TextEncoder();

/**
 * Makes what stands before a member of a tar (POSIX.1-2001, ustar; pax records for names and sizes that its header has no
 * room for). Times, owners and rights are always the same, so that equal members give equal tars.
 */
export function tarHead(name: string, size: number): Uint8Array {
  if (name.includes('\0'))
    throw new UnsupportedError('tar', `A tar cannot hold the name ${JSON.stringify(name)}.`);
  const split = splitName(name);
  const records = {
    ...(split === undefined ? { path: name } : {}),
    ...(size >= LARGE_BYTES ? { size: String(size) } : {}),
  };
  const [prefix, last] = split ?? ['', cutName(name)];
  const header = headerBlock({ prefix, name: last, size: size >= LARGE_BYTES ? 0 : size, type: '0' });
  if (Object.keys(records).length === 0) return header;
  const text = encoder.encode(
    Object.entries(records)
      .map(([key, value]) => paxRecord(key, value))
      .join(''),
  );
  const extra = headerBlock({ prefix: '', name: 'PaxHeaders/member', size: text.length, type: 'x' });
  const blocks = new Uint8Array(extra.length + paddedBytes(text.length) + header.length);
  blocks.set(extra);
  blocks.set(text, extra.length);
  blocks.set(header, blocks.length - header.length);
  return blocks;
}

/** Makes the bytes that fill the last block of a member. */
export function tarPadding(size: number): Uint8Array {
  return new Uint8Array(paddedBytes(size) - size);
}

/** Makes the end of a tar. */
export function tarEnd(): Uint8Array {
  return new Uint8Array(2 * BLOCK_BYTES);
}

function paddedBytes(size: number): number {
  return Math.ceil(size / BLOCK_BYTES) * BLOCK_BYTES;
}

/** Splits a name so that the fields of a header hold it; undefined where they cannot. */
function splitName(name: string): readonly [prefix: string, name: string] | undefined {
  // ASCII alone, since readers differ in how they decode anything else.
  if (!/^[\x20-\x7e]*$/.test(name)) return undefined;
  if (name.length <= MAX_NAME_BYTES) return ['', name];
  const slash = name.lastIndexOf('/', MAX_PREFIX_BYTES);
  const [prefix, last] = [name.slice(0, Math.max(0, slash)), name.slice(slash + 1)];
  return slash > 0 && last.length <= MAX_NAME_BYTES && last !== '' ? [prefix, last] : undefined;
}

/** Cuts a name for readers that know no pax records. */
function cutName(name: string): string {
  return name.replaceAll(/[^\x20-\x7e]/g, '_').slice(-MAX_NAME_BYTES);
}

function headerBlock({
  prefix,
  name,
  size,
  type,
}: {
  readonly prefix: string;
  readonly name: string;
  readonly size: number;
  readonly type: '0' | 'x';
}): Uint8Array {
  const block = new Uint8Array(BLOCK_BYTES);
  const put = (text: string, at: number): void => block.set(encoder.encode(text), at);
  const octal = (value: number, digits: number): string => `${value.toString(8).padStart(digits, '0')}\0`;
  put(name, 0);
  put(octal(0o644, 7), 100);
  put(octal(0, 7), 108);
  put(octal(0, 7), 116);
  put(octal(size, 11), 124);
  put(octal(0, 11), 136);
  put(' '.repeat(8), 148);
  put(type, 156);
  put('ustar\0', 257);
  put('00', 263);
  put(prefix, 345);
  const sum = block.reduce((total, byte) => total + byte, 0);
  put(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}

/** Writes a pax record: its length, which counts itself, key and value. */
function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  const bytes = encoder.encode(rest).length;
  let length = bytes + String(bytes).length;
  if (bytes + String(length).length !== length) length = bytes + String(length).length;
  return `${length}${rest}`;
}
