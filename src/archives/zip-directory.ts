import { crc32 } from 'node:zlib';
import { FormatError } from '../core/errors.ts';
import type { LeftOutMember } from './archive.ts';
import { decodeCp437, decodeUtf8, memberPath, passedOverByName } from './member-name.ts';
import type { DirectoryPlace } from './zip-end.ts';

/** Member of a ZIP archive, as its central directory tells of it. */
export interface ZipEntry {
  readonly path: string;
  /** Bytes when unpacked, and as they lie in the archive. */
  readonly size: number;
  readonly packedSize: number;
  readonly method: number;
  readonly flags: number;
  readonly crc: number;
  /** Place of its local header in the file. */
  readonly offset: number;
  /** Bytes of the local header at the least. */
  readonly headerBytes: number;
  readonly modified?: Date | undefined;
}

/** Members that a central directory holds, and those that are passed over. */
export interface ZipListing {
  readonly entries: readonly ZipEntry[];
  readonly leftOut: readonly LeftOutMember[];
}

const ENTRY_SIGNATURE = 0x02014b50;
const ENTRY_BYTES = 46;
/** Bytes of a local header without name and extra fields. */
export const LOCAL_HEADER_BYTES = 30;
const ALL_ONES = 0xffffffff;

const UTF8_FLAG = 1 << 11;
const ZIP64_EXTRA = 0x0001;
const TIME_EXTRA = 0x5455;
const UNICODE_PATH_EXTRA = 0x7075;

/** Writer's systems whose names are joined by `\`: DOS and NTFS. */
const BACKSLASH_SYSTEMS: readonly number[] = [0, 10];
/** Writer's systems that give a Unix mode: Unix and macOS. */
const UNIX_SYSTEMS: readonly number[] = [3, 19];
const FILE_TYPE_MASK = 0o170000;
const LINK_TYPE = 0o120000;

/** Entries that are read in one step: about a millisecond. */
const ENTRIES_PER_STEP = 1000;

/**
 * Reads a central directory, in steps that a `TimeSlice` runs. The number of its entries is not believed: old writers
 * count modulo 65,536.
 *
 * @param path - of the archive, for messages
 * @throws FormatError where an entry is none
 */
export function* readDirectory(
  bytes: Uint8Array<ArrayBuffer>,
  place: DirectoryPlace,
  path: string,
): Generator<void, ZipListing> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const entries: ZipEntry[] = [];
  const leftOut: LeftOutMember[] = [];
  let step = 0;
  for (let at = 0; at < bytes.length; ) {
    const bad = (problem: string): FormatError =>
      new FormatError(`${problem} in the ZIP archive's directory. Is it damaged, or was it cut?`, {
        path,
        offset: place.start + at,
      });
    if (at + ENTRY_BYTES > bytes.length) throw bad('half an entry');
    if (view.getUint32(at, true) !== ENTRY_SIGNATURE) throw bad('no entry where one is due');
    const nameEnd = at + ENTRY_BYTES + view.getUint16(at + 28, true);
    const extraEnd = nameEnd + view.getUint16(at + 30, true);
    const end = extraEnd + view.getUint16(at + 32, true);
    if (end > bytes.length) throw bad('an entry that goes on behind the end');
    const name = bytes.subarray(at + ENTRY_BYTES, nameEnd);
    const extra = extrasOf(view, nameEnd, extraEnd);
    const found = readName(view, at, name, extra);
    if (found !== undefined) {
      if ('reason' in found) leftOut.push(found);
      else {
        const numbers = readNumbers(view, at, extra, place.shift);
        if (numbers === undefined) throw bad('an entry whose Zip64 numbers are missing');
        entries.push({ path: found.path, ...numbers });
      }
    }
    at = end;
    if (++step % ENTRIES_PER_STEP === 0) yield;
  }
  return { entries, leftOut };
}

/** Extra fields by their number. */
type Extras = ReadonlyMap<number, DataView>;

const NO_EXTRAS: Extras = new Map();

function extrasOf(view: DataView, start: number, end: number): Extras {
  if (start === end) return NO_EXTRAS;
  const extras = new Map<number, DataView>();
  for (let at = start; at + 4 <= end; ) {
    const length = view.getUint16(at + 2, true);
    if (at + 4 + length > end) break;
    extras.set(view.getUint16(at, true), new DataView(view.buffer, view.byteOffset + at + 4, length));
    at += 4 + length;
  }
  return extras;
}

/** Reads the path of an entry, or why it is passed over; undefined for a folder. */
function readName(
  view: DataView,
  at: number,
  name: Uint8Array,
  extras: Extras,
): { readonly path: string } | LeftOutMember | undefined {
  const system = view.getUint8(at + 5);
  const isUtf8 = (view.getUint16(at + 8, true) & UTF8_FLAG) !== 0;
  const decoded = decodeName(name, isUtf8, extras.get(UNICODE_PATH_EXTRA));
  const text = BACKSLASH_SYSTEMS.includes(system) ? decoded.replaceAll('\\', '/') : decoded;
  if (text.endsWith('/')) return undefined;
  const path = memberPath(text, name.length);
  if (path === undefined) return { path: text, reason: 'outside' };
  const mode = UNIX_SYSTEMS.includes(system) ? view.getUint16(at + 40, true) : 0;
  if ((mode & FILE_TYPE_MASK) === LINK_TYPE) return { path, reason: 'link' };
  const reason = passedOverByName(path);
  return reason === undefined ? { path } : { path, reason };
}

function decodeName(name: Uint8Array, isUtf8: boolean, unicode: DataView | undefined): string {
  const told = isUtf8 ? undefined : unicodeName(name, unicode);
  // macOS writes UTF-8 without the flag.
  return told ?? decodeUtf8(name) ?? decodeCp437(name);
}

/** Reads the name that a Unicode extra field gives, where it goes with the name beside it. */
function unicodeName(name: Uint8Array, field: DataView | undefined): string | undefined {
  if (field === undefined || field.byteLength < 5 || field.getUint8(0) !== 1) return undefined;
  if (field.getUint32(1, true) !== crc32(name)) return undefined;
  return decodeUtf8(new Uint8Array(field.buffer, field.byteOffset + 5, field.byteLength - 5));
}

/** Numbers of an entry; undefined where those that its Zip64 field should hold are missing. */
function readNumbers(
  view: DataView,
  at: number,
  extras: Extras,
  shift: number,
): Omit<ZipEntry, 'path'> | undefined {
  let size = view.getUint32(at + 24, true);
  let packedSize = view.getUint32(at + 20, true);
  let offset = view.getUint32(at + 42, true);
  if (size === ALL_ONES || packedSize === ALL_ONES || offset === ALL_ONES) {
    const wide = extras.get(ZIP64_EXTRA);
    let from = 0;
    const next = (narrow: number): number => {
      if (narrow !== ALL_ONES || wide === undefined) return narrow;
      if (from + 8 > wide.byteLength) return Number.NaN;
      from += 8;
      return Number(wide.getBigUint64(from - 8, true));
    };
    size = next(size);
    packedSize = next(packedSize);
    offset = next(offset);
    if (![size, packedSize, offset].every(Number.isSafeInteger)) return undefined;
  }
  const time = extras.get(TIME_EXTRA);
  const hasTime = time !== undefined && time.byteLength >= 5 && (time.getUint8(0) & 1) === 1;
  return {
    size,
    packedSize,
    method: view.getUint16(at + 10, true),
    flags: view.getUint16(at + 8, true),
    crc: view.getUint32(at + 16, true),
    offset: offset + shift,
    headerBytes: LOCAL_HEADER_BYTES + view.getUint16(at + 28, true),
    ...(hasTime ? { modified: new Date(time.getInt32(1, true) * 1000) } : {}),
  };
}
