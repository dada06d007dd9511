import { FormatError } from '../core/errors.ts';
import type { Body } from '../core/exact-body.ts';
import type { FileEntry } from '../core/source.ts';
import { TimeSlice } from '../core/time-slice.ts';
import type { Archive, Found } from './archive.ts';
import { type ArchiveTools, keepLater, recallKept } from './archive-tools.ts';
import { type ByteSpace, readBytes, SliceSpace } from './byte-space.ts';
import { MemberMap } from './member-map.ts';
import { openGzip } from './open-gzip.ts';
import { resumedBody } from './resumed-body.ts';
import { TAR_BLOCK_BYTES } from './tar-headers.ts';
import { type TarEntry, type TarListing, TarMembers } from './tar-members.ts';

/** Bytes that are read at a header: members smaller than that come with it. */
const WINDOW_BYTES = 64 * 1024;
const KEPT_NAME = '#members';
const MEMBERS_PER_STEP = 500;

/**
 * Lists a tar archive: its headers, by jumps over the members; of one that is unpacked as it comes, in one pass.
 *
 * @throws FormatError where it is none or is damaged
 */
export async function openTar(space: ByteSpace, tools: ArchiveTools, signal: AbortSignal): Promise<Archive> {
  const kept = await recall(space, tools, signal);
  if (kept !== undefined) return toArchive(space, kept, tools);
  const openFrom = async (start: number): Promise<Body> =>
    (await space.open({ start, end: space.size }, signal)).body;
  const reader =
    space.packedSize === undefined
      ? new JumpingReader(space, signal)
      : new PassingReader(resumedBody(openFrom, signal));
  try {
    const listing = await list(space.path, space.size, reader, signal);
    keep(space, listing, tools);
    return toArchive(space, listing, tools);
  } finally {
    await reader.close();
  }
}

/** Lists a tar archive that is packed by gzip; the pass that measures it also lists it. */
export async function openTgz(packed: ByteSpace, tools: ArchiveTools, signal: AbortSignal): Promise<Archive> {
  let listing: TarListing | undefined;
  const { space } = await openGzip(packed, packed.path, tools, signal, async (body) => {
    const reader = new PassingReader(body);
    try {
      listing = await list(packed.path, Number.MAX_SAFE_INTEGER, reader, signal);
      return await reader.drain();
    } finally {
      await reader.close();
    }
  });
  if (listing === undefined) return openTar(space, tools, signal);
  keep(space, listing, tools);
  return toArchive(space, listing, tools);
}

function toArchive(space: ByteSpace, { entries, leftOut }: TarListing, { counts }: ArchiveTools): Archive {
  counts.opened++;
  counts.directoryBytes += TAR_BLOCK_BYTES * entries.length;
  const members = new Map<string, Found>();
  for (const entry of entries) members.set(entry.path, found(space, entry));
  return { members: new MemberMap(members), leftOut };
}

function found(space: ByteSpace, entry: TarEntry): Found {
  const { offset, size, modified } = entry;
  const version = `${space.version}-${offset}`;
  const { packedSize } = space;
  const share =
    packedSize === undefined ? undefined : Math.ceil(packedSize * (size / Math.max(1, space.size)));
  const file: FileEntry = {
    path: `${space.path}/${entry.path}`,
    size,
    version,
    modified,
    ...(share === undefined ? {} : { packedSize: share }),
  };
  const isCut = offset + size > space.size;
  const cut = (): FormatError =>
    new FormatError(`${entry.path} goes on behind the end of the archive, which was cut`, {
      path: space.path,
      offset,
    });
  const fault = entry.fault ?? (isCut ? cut() : undefined);
  return {
    entry: file,
    space: () => new SliceSpace(space, offset, file),
    ...(fault === undefined ? {} : { fault }),
  };
}

async function list(
  path: string,
  size: number,
  reader: JumpingReader | PassingReader,
  signal: AbortSignal,
): Promise<TarListing> {
  const members = new TarMembers(path);
  const slice = new TimeSlice(signal);
  for (let wish = members.wish, step = 0; wish !== undefined; wish = members.wish, step++) {
    const bytes = wish.offset + wish.length > size ? undefined : await reader.read(wish.offset, wish.length);
    if (bytes === undefined) members.end();
    else members.take(bytes);
    if (step % MEMBERS_PER_STEP === 0) await slice.pause();
  }
  return members.listing();
}

/** Reader of headers by ranges: it keeps what it read last. */
class JumpingReader {
  readonly #space: ByteSpace;
  readonly #signal: AbortSignal;
  #window = new Uint8Array(0);
  #start = 0;

  constructor(space: ByteSpace, signal: AbortSignal) {
    this.#space = space;
    this.#signal = signal;
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    if (offset < this.#start || offset + length > this.#start + this.#window.length) {
      const end = Math.min(this.#space.size, offset + Math.max(length, WINDOW_BYTES));
      this.#window = await readBytes(this.#space, { start: offset, end }, this.#signal);
      this.#start = offset;
    }
    return this.#window.subarray(offset - this.#start, offset - this.#start + length);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** Reader of headers in one pass over all bytes. */
class PassingReader {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>;
  #chunk: Uint8Array = new Uint8Array(0);
  /** Place of the chunk's first byte. */
  #start = 0;

  constructor(body: Body) {
    this.#reader = body.getReader();
  }

  async read(offset: number, length: number): Promise<Uint8Array | undefined> {
    const bytes = new Uint8Array(length);
    for (let at = offset; at < offset + length; ) {
      const from = at - this.#start;
      if (from >= this.#chunk.length) {
        if (!(await this.#next())) return undefined;
        continue;
      }
      const part = this.#chunk.subarray(from, from + offset + length - at);
      bytes.set(part, at - offset);
      at += part.length;
    }
    return bytes;
  }

  /** Reads to the end and returns how many bytes there are. */
  async drain(): Promise<number> {
    while (await this.#next());
    return this.#start + this.#chunk.length;
  }

  async close(): Promise<void> {
    await this.#reader.cancel().catch(() => undefined);
  }

  async #next(): Promise<boolean> {
    const { done, value } = await this.#reader.read();
    if (done) return false;
    this.#start += this.#chunk.length;
    this.#chunk = value;
    return true;
  }
}

/** Encodes a listing as lines of JSON, read again in steps: one text of 70,000 members would hold the event loop. */
function encode({ entries, leftOut }: TarListing): Uint8Array<ArrayBuffer> {
  const lines = [
    ...entries.map(({ path, size, offset, modified }) =>
      JSON.stringify([path, size, offset, modified.getTime()]),
    ),
    ...leftOut.map(({ path, reason }) => JSON.stringify([path, reason])),
  ];
  return new TextEncoder().encode(lines.join('\n'));
}

/** Keeps a listing without faults, which are found again. */
function keep({ path, version }: ByteSpace, listing: TarListing, tools: ArchiveTools): void {
  if (listing.entries.some(({ fault }) => fault !== undefined)) return;
  keepLater(tools, path + KEPT_NAME, version, encode(listing));
}

async function recall(
  { path, version }: ByteSpace,
  tools: ArchiveTools,
  signal: AbortSignal,
): Promise<TarListing | undefined> {
  const bytes = await recallKept(tools, path + KEPT_NAME, version, signal);
  if (bytes === undefined) return undefined;
  const entries: TarEntry[] = [];
  const leftOut: TarListing['leftOut'][number][] = [];
  const slice = new TimeSlice(signal);
  for (const [step, line] of new TextDecoder().decode(bytes).split('\n').entries()) {
    if (line === '') continue;
    const [name, size, offset, time] = JSON.parse(line);
    if (typeof size === 'number') entries.push({ path: name, size, offset, modified: new Date(time) });
    else leftOut.push({ path: name, reason: size });
    if (step % MEMBERS_PER_STEP === 0) await slice.pause();
  }
  return { entries, leftOut };
}
