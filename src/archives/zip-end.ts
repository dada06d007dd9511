import { UnsupportedError } from '../core/errors.ts';

/** Bytes of the end record without its comment, of the longest comment, and of the locator of Zip64. */
const END_BYTES = 22;
const MAX_COMMENT_BYTES = 65_535;
const LOCATOR_BYTES = 20;
const ZIP64_END_BYTES = 56;

/** Bytes at the end of a ZIP archive that hold its end record in any case. */
export const TAIL_BYTES: number = END_BYTES + MAX_COMMENT_BYTES + LOCATOR_BYTES + ZIP64_END_BYTES;

const END_SIGNATURE = 0x06054b50;
const LOCATOR_SIGNATURE = 0x07064b50;
const ZIP64_END_SIGNATURE = 0x06064b50;
const ENTRY_SIGNATURE = 0x02014b50;
const SPLIT_SIGNATURE = 0x08074b50;

const ALL_ONES_16 = 0xffff;
const ALL_ONES_32 = 0xffffffff;

/** Place of a ZIP archive's central directory in its file. */
export interface DirectoryPlace {
  readonly start: number;
  readonly end: number;
  /** Bytes that precede the archive, by which the offsets that it gives are too small. */
  readonly shift: number;
}

/** Bytes at the end of a file. */
export interface Tail {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Place of the first of them in the file. */
  readonly start: number;
}

/** End record as it stands, before anything of it is believed. */
interface EndRecord {
  /** True when its comment ends where the file does. */
  readonly isExact: boolean;
  readonly place: DirectoryPlace;
}

/**
 * Places where the central directory may lie, by the end records in the tail of a file, the most likely first: a comment
 * may hold what looks like one. Whoever reads the directory takes the first that begins like one.
 *
 * @throws UnsupportedError for an archive that is split into several files
 */
export function directoryPlaces(tail: Tail, path: string): readonly DirectoryPlace[] {
  const view = viewOf(tail.bytes);
  const found: EndRecord[] = [];
  let split = false;
  for (let at = tail.bytes.length - END_BYTES; at >= 0; at--) {
    if (view.getUint32(at, true) !== END_SIGNATURE) continue;
    const record = readEnd(view, tail.start, at);
    if (record === 'split') split = true;
    else if (record !== undefined && beginsLikeOne(tail, record.place)) found.push(record);
  }
  if (found.length === 0 && split) {
    throw new UnsupportedError(
      'multi-disk',
      `${path} is one volume of a split ZIP archive. Join its volumes first, as zip -s 0 does.`,
    );
  }
  const rank = ({ isExact, place }: EndRecord): number => (isExact ? 0 : 2) + (place.shift === 0 ? 0 : 1);
  return found.toSorted((a, b) => rank(a) - rank(b)).map(({ place }) => place);
}

/** Tells whether bytes begin like a central directory, an empty one included. */
export function isDirectoryStart(bytes: Uint8Array, length: number): boolean {
  return length === 0 || (bytes.length >= 4 && viewOf(bytes).getUint32(0, true) === ENTRY_SIGNATURE);
}

/** Tells whether bytes begin like the first volume of a split archive. */
export function isSplitStart(bytes: Uint8Array): boolean {
  return bytes.length >= 4 && viewOf(bytes).getUint32(0, true) === SPLIT_SIGNATURE;
}

function readEnd(view: DataView, tailStart: number, at: number): EndRecord | 'split' | undefined {
  const disks = [view.getUint16(at + 4, true), view.getUint16(at + 6, true)];
  const count = view.getUint16(at + 10, true);
  const size = view.getUint32(at + 12, true);
  const offset = view.getUint32(at + 16, true);
  const rest = view.byteLength - at - END_BYTES;
  const comment = view.getUint16(at + 20, true);
  if (comment > rest) return undefined;
  const isExact = comment === rest;
  const isOverfull = count === ALL_ONES_16 || size === ALL_ONES_32 || offset === ALL_ONES_32;
  const wide = isOverfull || disks.includes(ALL_ONES_16) ? readZip64(view, tailStart, at) : undefined;
  if (wide === 'split') return 'split';
  if (wide !== undefined) return { isExact, place: wide };
  if (disks.some((disk) => disk !== 0)) return 'split';
  return record(isExact, tailStart + at, size, offset);
}

function record(isExact: boolean, end: number, size: number, offset: number): EndRecord | undefined {
  const shift = end - size - offset;
  return shift < 0 ? undefined : { isExact, place: { start: end - size, end, shift } };
}

/** Reads the place that the Zip64 record before an end record gives; undefined where there is none. */
function readZip64(view: DataView, tailStart: number, endAt: number): DirectoryPlace | 'split' | undefined {
  const locator = endAt - LOCATOR_BYTES;
  if (locator < 0 || view.getUint32(locator, true) !== LOCATOR_SIGNATURE) return undefined;
  if (view.getUint32(locator + 4, true) !== 0 || view.getUint32(locator + 16, true) > 1) return 'split';
  // Its offset does not count what precedes the archive; the record lies right before, mostly without an extension.
  const told = Number(view.getBigUint64(locator + 8, true)) - tailStart;
  for (const at of [locator - ZIP64_END_BYTES, told]) {
    if (at < 0 || at + ZIP64_END_BYTES > locator || view.getUint32(at, true) !== ZIP64_END_SIGNATURE)
      continue;
    if (view.getUint32(at + 16, true) !== 0 || view.getUint32(at + 20, true) !== 0) return 'split';
    const size = Number(view.getBigUint64(at + 40, true));
    const offset = Number(view.getBigUint64(at + 48, true));
    return record(true, tailStart + at, size, offset)?.place;
  }
  return undefined;
}

/** Tells whether the directory can begin at a place, as far as the tail shows it. */
function beginsLikeOne({ bytes, start }: Tail, place: DirectoryPlace): boolean {
  const at = place.start - start;
  return at < 0 || isDirectoryStart(bytes.subarray(at), place.end - place.start);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
