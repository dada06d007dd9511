import { FormatError, UnsupportedError } from '../core/errors.ts';
import { TimeSlice } from '../core/time-slice.ts';
import type { Archive } from './archive.ts';
import { type ArchiveTools, keepLater, recallKept } from './archive-tools.ts';
import { type ByteSpace, readBytes } from './byte-space.ts';
import { readDirectory } from './zip-directory.ts';
import {
  type DirectoryPlace,
  directoryPlaces,
  isDirectoryStart,
  isSplitStart,
  TAIL_BYTES,
} from './zip-end.ts';
import { findFaults } from './zip-faults.ts';
import { ZipMembers } from './zip-members.ts';

/** Largest directory that is read: of some million members. */
const MAX_DIRECTORY_BYTES = 512 * 1024 ** 2;
/** Places that are looked at for a directory outside of the tail. */
const MAX_FAR_PLACES = 4;
const KEPT_NAME = '#directory';
const KEPT_HEAD_BYTES = 24;

/** Central directory and where it lies. */
interface RawDirectory {
  readonly place: DirectoryPlace;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/**
 * Lists a ZIP archive: its tail, and what its directory has before that.
 *
 * @throws FormatError where it is none or is damaged
 * @throws UnsupportedError where it is split
 */
export async function openZip(space: ByteSpace, tools: ArchiveTools, signal: AbortSignal): Promise<Archive> {
  const { counts } = tools;
  const kept = await recallKept(tools, space.path + KEPT_NAME, space.version, signal);
  const raw = (kept && unpack(kept, space.size)) ?? (await fetchDirectory(space, signal));
  const slice = new TimeSlice(signal);
  if (kept === undefined)
    keepLater(tools, space.path + KEPT_NAME, space.version, packPlace(raw.place), raw.bytes);
  counts.opened++;
  counts.directoryBytes += raw.bytes.length;
  await slice.pause();
  const { entries, leftOut } = await slice.run(readDirectory(raw.bytes, raw.place, space.path));
  const { maxBytes } = tools;
  const limits = { path: space.path, directoryStart: raw.place.start, maxBytes };
  const check = await slice.run(findFaults(entries, limits));
  return { members: new ZipMembers(space, entries, check, raw.place.start, tools), leftOut };
}

async function fetchDirectory(space: ByteSpace, signal: AbortSignal): Promise<RawDirectory> {
  const start = Math.max(0, space.size - TAIL_BYTES);
  const tail = { bytes: await readBytes(space, { start, end: space.size }, signal), start };
  let far = 0;
  for (const place of directoryPlaces(tail, space.path)) {
    if (place.start >= start) {
      return { place, bytes: tail.bytes.slice(place.start - start, place.end - start) };
    }
    if (++far > MAX_FAR_PLACES) break;
    const bytes = await fetchFar(space, place, tail, signal);
    if (bytes !== undefined) return { place, bytes };
  }
  throw await noArchive(space, tail.bytes, start, signal);
}

/** Fetches a directory that begins before the tail; undefined where there is none. */
async function fetchFar(
  space: ByteSpace,
  place: DirectoryPlace,
  tail: { readonly bytes: Uint8Array; readonly start: number },
  signal: AbortSignal,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const length = place.end - place.start;
  if (length > MAX_DIRECTORY_BYTES) {
    const first = await readBytes(space, { start: place.start, end: place.start + 4 }, signal);
    if (!isDirectoryStart(first, length)) return undefined;
    throw new FormatError(`a directory of ${length} bytes, more than ${MAX_DIRECTORY_BYTES}`, {
      path: space.path,
      offset: place.start,
    });
  }
  const head = await readBytes(space, { start: place.start, end: Math.min(tail.start, place.end) }, signal);
  if (!isDirectoryStart(head, length)) return undefined;
  const bytes = new Uint8Array(length);
  bytes.set(head);
  bytes.set(tail.bytes.subarray(0, length - head.length), head.length);
  return bytes;
}

async function noArchive(
  space: ByteSpace,
  tail: Uint8Array<ArrayBuffer>,
  tailStart: number,
  signal: AbortSignal,
): Promise<FormatError | UnsupportedError> {
  const headEnd = Math.min(16, space.size);
  const head = tailStart === 0 ? tail : await readBytes(space, { start: 0, end: headEnd }, signal);
  if (isSplitStart(head)) {
    return new UnsupportedError(
      'multi-disk',
      `${space.path} is one volume of a split ZIP archive. Join its volumes first.`,
    );
  }
  const text = new TextDecoder('latin1').decode(head.subarray(0, 16)).trimStart();
  const isCut = text.startsWith('PK\x03\x04');
  const problem = isCut
    ? 'the ZIP archive has no directory at its end: it was cut, or is still being written'
    : `no ZIP archive${text.startsWith('<') ? ', but what begins like a page of HTML' : ''}`;
  return new FormatError(problem, { path: space.path, offset: isCut ? tailStart : 0 });
}

function packPlace(place: DirectoryPlace): Uint8Array<ArrayBuffer> {
  const packed = new Uint8Array(KEPT_HEAD_BYTES);
  const view = new DataView(packed.buffer);
  view.setFloat64(0, place.start, true);
  view.setFloat64(8, place.end, true);
  view.setFloat64(16, place.shift, true);
  return packed;
}

function unpack(packed: Uint8Array<ArrayBuffer>, size: number): RawDirectory | undefined {
  if (packed.length < KEPT_HEAD_BYTES) return undefined;
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  const place = {
    start: view.getFloat64(0, true),
    end: view.getFloat64(8, true),
    shift: view.getFloat64(16, true),
  };
  const bytes = packed.subarray(KEPT_HEAD_BYTES);
  return place.end <= size && place.end - place.start === bytes.length ? { place, bytes } : undefined;
}
