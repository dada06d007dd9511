import { crc32 } from 'node:zlib';
import { FormatError } from '../core/errors.ts';
import type { LeftOutMember } from './archive.ts';
import { decodeCp437, decodeUtf8, isPlainName, memberPath, passedOverByName } from './member-name.ts';
import type { DirectoryPlace } from './zip-end.ts';
import { ZipEntries } from './zip-entries.ts';

/** Members that a central directory holds, and those that are passed over. */
export interface ZipListing {
  readonly entries: ZipEntries;
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
  const directory = new EntryReader(bytes, place, path);
  const entries = new ZipEntries();
  const leftOut: LeftOutMember[] = [];
  let step = 0;
  while (directory.next()) {
    const found = directory.readName();
    if (typeof found === 'string') directory.addTo(entries, found);
    else if (found !== undefined) leftOut.push(found);
    if (++step % ENTRIES_PER_STEP === 0) yield;
  }
  return { entries, leftOut };
}

/** Reader of the entries of a directory, one after the other. It makes no objects of what most entries have. */
class EntryReader {
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly #text: Buffer;
  readonly #view: DataView;
  readonly #place: DirectoryPlace;
  readonly #path: string;
  /** Places of the entry, behind its name and behind its extra fields. */
  #at = 0;
  #nameEnd = 0;
  #extraEnd = 0;
  #end = 0;

  constructor(bytes: Uint8Array<ArrayBuffer>, place: DirectoryPlace, path: string) {
    this.#bytes = bytes;
    this.#text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#place = place;
    this.#path = path;
  }

  /** Goes to the next entry; false behind the last. @throws FormatError where it is none */
  next(): boolean {
    this.#at = this.#end;
    const at = this.#at;
    const view = this.#view;
    if (at === this.#bytes.length) return false;
    if (at + ENTRY_BYTES > this.#bytes.length) throw this.#bad('half an entry');
    if (view.getUint32(at, true) !== ENTRY_SIGNATURE) throw this.#bad('no entry where one is due');
    this.#nameEnd = at + ENTRY_BYTES + view.getUint16(at + 28, true);
    this.#extraEnd = this.#nameEnd + view.getUint16(at + 30, true);
    this.#end = this.#extraEnd + view.getUint16(at + 32, true);
    if (this.#end > this.#bytes.length) throw this.#bad('an entry that goes on behind the end');
    return true;
  }

  /** Reads the path of the entry, or why it is passed over; undefined for a folder. */
  readName(): string | LeftOutMember | undefined {
    const view = this.#view;
    const at = this.#at;
    const start = at + ENTRY_BYTES;
    const system = view.getUint8(at + 5);
    const mode = UNIX_SYSTEMS.includes(system) ? view.getUint16(at + 40, true) : 0;
    const isLink = (mode & FILE_TYPE_MASK) === LINK_TYPE;
    const isUtf8 = (view.getUint16(at + 8, true) & UTF8_FLAG) !== 0;
    const unicode = isUtf8 ? undefined : this.#extra(UNICODE_PATH_EXTRA);
    if (!isLink && unicode === undefined && isPlainName(this.#bytes, start, this.#nameEnd)) {
      return this.#text.toString('latin1', start, this.#nameEnd);
    }
    const name = this.#bytes.subarray(start, this.#nameEnd);
    // macOS writes UTF-8 without the flag.
    const decoded = unicodeName(name, unicode) ?? decodeUtf8(name) ?? decodeCp437(name);
    const text = BACKSLASH_SYSTEMS.includes(system) ? decoded.replaceAll('\\', '/') : decoded;
    if (text.endsWith('/')) return undefined;
    const path = memberPath(text, name.length);
    if (path === undefined) return { path: text, reason: 'outside' };
    if (isLink) return { path, reason: 'link' };
    const reason = passedOverByName(path);
    return reason === undefined ? path : { path, reason };
  }

  /** Adds the entry. @throws FormatError where numbers that its Zip64 field should hold are missing */
  addTo(entries: ZipEntries, path: string): void {
    const view = this.#view;
    const at = this.#at;
    let size = view.getUint32(at + 24, true);
    let packedSize = view.getUint32(at + 20, true);
    let offset = view.getUint32(at + 42, true);
    if (size === ALL_ONES || packedSize === ALL_ONES || offset === ALL_ONES) {
      const wide = this.#extra(ZIP64_EXTRA);
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
      if (![size, packedSize, offset].every(Number.isSafeInteger)) {
        throw this.#bad('an entry whose Zip64 numbers are missing');
      }
    }
    const time = this.#extra(TIME_EXTRA);
    const hasTime = time !== undefined && time.byteLength >= 5 && (time.getUint8(0) & 1) === 1;
    entries.add(
      path,
      size,
      packedSize,
      view.getUint16(at + 10, true),
      view.getUint16(at + 8, true),
      view.getUint32(at + 16, true),
      offset + this.#place.shift,
      LOCAL_HEADER_BYTES + view.getUint16(at + 28, true),
      hasTime ? time.getInt32(1, true) * 1000 : Number.NaN,
    );
  }

  /** Finds an extra field by its number, of several the last; undefined where there is none. */
  #extra(number: number): DataView | undefined {
    const view = this.#view;
    let found: DataView | undefined;
    for (let at = this.#nameEnd; at + 4 <= this.#extraEnd; ) {
      const length = view.getUint16(at + 2, true);
      if (at + 4 + length > this.#extraEnd) break;
      if (view.getUint16(at, true) === number) {
        found = new DataView(view.buffer, view.byteOffset + at + 4, length);
      }
      at += 4 + length;
    }
    return found;
  }

  #bad(problem: string): FormatError {
    return new FormatError(`${problem} in the ZIP archive's directory. Is it damaged, or was it cut?`, {
      path: this.#path,
      offset: this.#place.start + this.#at,
    });
  }
}

/** Reads the name that a Unicode extra field gives, where it goes with the name beside it. */
function unicodeName(name: Uint8Array, field: DataView | undefined): string | undefined {
  if (field === undefined || field.byteLength < 5 || field.getUint8(0) !== 1) return undefined;
  if (field.getUint32(1, true) !== crc32(name)) return undefined;
  return decodeUtf8(new Uint8Array(field.buffer, field.byteOffset + 5, field.byteLength - 5));
}
