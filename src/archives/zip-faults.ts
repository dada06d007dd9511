import { FormatError, IntegrityError, UnsupportedError, type VascuError } from '../core/errors.ts';
import type { ZipEntries, ZipEntry } from './zip-entries.ts';

/** Methods of packing by their numbers. */
const STORED_METHOD = 0;
export const DEFLATED_METHOD = 8;

/** Names of methods that are not read. */
const METHODS: ReadonlyMap<number, string> = new Map([
  [1, 'shrink'],
  [2, 'reduce'],
  [3, 'reduce'],
  [4, 'reduce'],
  [5, 'reduce'],
  [6, 'implode'],
  [9, 'deflate64'],
  [10, 'dcl-implode'],
  [12, 'bzip2'],
  [14, 'lzma'],
  [16, 'cmpsc'],
  [18, 'terse'],
  [19, 'lz77'],
  [20, 'zstd'],
  [93, 'zstd'],
  [94, 'mp3'],
  [95, 'xz'],
  [96, 'jpeg'],
  [97, 'wavpack'],
  [98, 'ppmd'],
  [99, 'encryption'],
]);

const ENCRYPTED_FLAG = 1;
const PATCHED_FLAG = 1 << 5;
const STRONG_FLAG = 1 << 6;
const MASKED_FLAG = 1 << 13;

/** Deflate cannot unpack a byte to more than this many (a length of 258 takes 2 bits). */
const MAX_DEFLATE_RATIO = 1032;
const DEFLATE_SLACK_BYTES = 64;

/** Entries that are looked at in one step. */
const ENTRIES_PER_STEP = 2000;

/** Limits within which a member must stay. */
export interface ZipLimits {
  /** Path of the archive, for messages. */
  readonly path: string;
  /** Place of the central directory: no member reaches into it. */
  readonly directoryStart: number;
  /** Bytes that a member of so many packed bytes may unpack to. */
  readonly maxBytes: (packedSize: number) => number;
}

/** Result of {@link findFaults}. */
export interface ZipCheck {
  /** Errors that keep entries from being read, by their index. */
  readonly faults: ReadonlyMap<number, VascuError>;
  /** Index of the first entry of each path. */
  readonly first: ReadonlyMap<string, number>;
}

/** Finds what keeps members from being read, in steps that a `TimeSlice` runs. The others stay readable. */
export function* findFaults(entries: ZipEntries, limits: ZipLimits): Generator<void, ZipCheck> {
  const faults = new Map<number, VascuError>();
  const report = (index: number, fault: VascuError | undefined): void => {
    if (fault !== undefined && !faults.has(index)) faults.set(index, fault);
  };
  const first = new Map<string, number>();
  for (let index = 0; index < entries.length; index++) {
    const path = entries.path(index);
    const earlier = first.get(path);
    if (earlier === undefined) first.set(path, index);
    else {
      report(index, twice(entries.at(index), entries.at(earlier), limits));
      report(earlier, twice(entries.at(earlier), entries.at(index), limits));
    }
    report(index, faultOf(entries, index, limits));
    if (index % ENTRIES_PER_STEP === 0) yield;
  }
  const order = yield* byOffset(entries);
  let reach = 0;
  let holder = -1;
  for (let place = 0; place < order.length; place++) {
    const index = order[place] as number;
    if (holder >= 0 && entries.offset(index) < reach) {
      report(index, overlap(entries.at(index), entries.at(holder), limits));
      report(holder, overlap(entries.at(holder), entries.at(index), limits));
    }
    const end = entries.end(index);
    if (end > reach) [reach, holder] = [end, index];
    if (place % ENTRIES_PER_STEP === 0) yield;
  }
  return { faults, first };
}

/** Sorts the indices of entries in the order of their local headers. */
function* byOffset(entries: ZipEntries): Generator<void, Uint32Array> {
  const order = new Uint32Array(entries.length);
  let isAscending = true;
  for (let index = 0, last = 0; index < entries.length; index++) {
    const offset = entries.offset(index);
    isAscending &&= offset >= last;
    last = offset;
    order[index] = index;
    if (index % ENTRIES_PER_STEP === 0) yield;
  }
  if (!isAscending) order.sort((a, b) => entries.offset(a) - entries.offset(b));
  yield;
  return order;
}

function faultOf(entries: ZipEntries, index: number, limits: ZipLimits): VascuError | undefined {
  const flags = entries.flags(index);
  const method = entries.method(index);
  const size = entries.size(index);
  const packedSize = entries.packedSize(index);
  if ((flags & (ENCRYPTED_FLAG | STRONG_FLAG | MASKED_FLAG)) !== 0 || method === 99) {
    return new UnsupportedError(
      'encryption',
      `${nameOf(entries, index, limits)} is encrypted${method === 99 ? ' (AES)' : ''}, which is not read. Unpack the archive with its password and give the folder.`,
    );
  }
  if ((flags & PATCHED_FLAG) !== 0) {
    return new UnsupportedError('patch', `${nameOf(entries, index, limits)} holds a patch.`);
  }
  if (method !== STORED_METHOD && method !== DEFLATED_METHOD) {
    const name = METHODS.get(method) ?? `method ${method}`;
    return new UnsupportedError(
      name,
      `${nameOf(entries, index, limits)} is packed by ${name}, which is not read: only stored and deflated members are. Pack it again: unzip, then zip -r.`,
    );
  }
  if (entries.end(index) > limits.directoryStart) {
    return new FormatError(
      `${entries.path(index)} goes on into the archive's directory at ${limits.directoryStart}: it has ${packedSize} packed bytes`,
      { path: limits.path, offset: entries.offset(index) },
    );
  }
  if (method === STORED_METHOD && size !== packedSize) {
    const problem = `${size} bytes are announced and ${packedSize} are stored`;
    return lying(nameOf(entries, index, limits), problem, size, packedSize);
  }
  if (method === DEFLATED_METHOD && size > MAX_DEFLATE_RATIO * packedSize + DEFLATE_SLACK_BYTES) {
    const problem = `${packedSize} deflated bytes cannot hold the ${size} that are announced`;
    return lying(nameOf(entries, index, limits), problem, size, packedSize);
  }
  return size > limits.maxBytes(packedSize) ? tooLarge(entries.at(index), limits) : undefined;
}

function nameOf(entries: ZipEntries, index: number, { path }: ZipLimits): string {
  return `${path}/${entries.path(index)}`;
}

/** Makes the refusal of a member that unpacks to more than is allowed. */
function tooLarge({ path, size, packedSize, offset }: ZipEntry, limits: ZipLimits): FormatError {
  return new FormatError(
    `${path} unpacks from ${packedSize} to ${size} bytes, more than maxExpansion allows. Raise maxExpansion if the archive is trusted`,
    { path: limits.path, offset },
  );
}

function lying(member: string, problem: string, expected: number, actual: number): IntegrityError {
  return new IntegrityError(
    `${member}: ${problem}. The archive is damaged.`,
    String(expected),
    String(actual),
  );
}

function twice(entry: ZipEntry, other: ZipEntry, { path }: ZipLimits): FormatError {
  return new FormatError(
    `the name ${entry.path} stands twice in the archive, with local headers at ${entry.offset} and ${other.offset}: nothing tells which is meant`,
    { path, offset: entry.offset },
  );
}

function overlap(entry: ZipEntry, other: ZipEntry, { path }: ZipLimits): FormatError {
  return new FormatError(
    `${entry.path} overlaps ${other.path}, whose local header is at ${other.offset}: the archive is damaged or made to deceive`,
    { path, offset: entry.offset },
  );
}
