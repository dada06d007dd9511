import { crc32 } from 'node:zlib';
import { FormatError, NetworkError } from '../core/errors.ts';
import { type Body, type BodyCheck, emptyBody, exactBody } from '../core/exact-body.ts';
import type { ByteRange, FileEntry } from '../core/source.ts';
import { type ByteSpace, type Lines, type OpenedBytes, readBytes, toBody } from './byte-space.ts';
import { wrongChecksum } from './damage.ts';
import { LOCAL_HEADER_BYTES } from './zip-directory.ts';
import type { ZipEntry } from './zip-entries.ts';

const LOCAL_SIGNATURE = 0x04034b50;

/** Extra fields of a local header that are asked for together with the data, bytes: times, Zip64, owners. */
const USUAL_EXTRA_BYTES = 96;
/** Ranges that begin so near to the header come together with it. */
const NEAR_BYTES = 64 * 1024;

/** Packed data of a member of a ZIP archive; its local header tells where they begin. */
export class ZipData {
  readonly #archive: ByteSpace;
  readonly #entry: ZipEntry;
  /** Place where another member, or the directory, begins. */
  readonly #limit: number;
  #start: number | undefined;

  constructor(archive: ByteSpace, entry: ZipEntry, limit: number) {
    this.#archive = archive;
    this.#entry = entry;
    this.#limit = limit;
  }

  async open({ start, end }: ByteRange, signal: AbortSignal): Promise<OpenedBytes> {
    if (start === end) return { body: emptyBody() };
    const { offset, headerBytes } = this.#entry;
    if (this.#start === undefined && start > NEAR_BYTES) {
      const head = await readBytes(
        this.#archive,
        { start: offset, end: offset + LOCAL_HEADER_BYTES },
        signal,
      );
      this.#start = offset + this.#headerLength(head);
    }
    const begin = this.#start;
    if (begin !== undefined) return this.#archive.open({ start: begin + start, end: begin + end }, signal);
    const last = Math.min(this.#limit, offset + headerBytes + USUAL_EXTRA_BYTES + end);
    const opened = await this.#archive.open({ start: offset, end: last }, signal);
    return {
      ...opened,
      recycle: undefined,
      body: toBody(opened.body, signal, (lines) =>
        this.#behindHeader(lines, opened.body, { start, end }, last),
      ),
    };
  }

  /** Gives the wanted bytes of a body that begins at the local header; what it lacks at its end is asked for. */
  async *#behindHeader(
    lines: Lines,
    body: Body,
    { start, end }: ByteRange,
    last: number,
  ): AsyncGenerator<Uint8Array<ArrayBuffer>, void, void> {
    const { offset } = this.#entry;
    let held = new Uint8Array(0);
    /** Place behind the bytes that came, in the archive. */
    let at = offset;
    for await (const chunk of lines.read(body)) {
      at += chunk.length;
      let fresh = chunk;
      if (this.#start === undefined || held.length > 0) {
        held = join(held, chunk);
        if (held.length < LOCAL_HEADER_BYTES) continue;
        this.#start ??= offset + this.#headerLength(held);
        fresh = held;
        held = new Uint8Array(0);
      }
      const first = at - fresh.length;
      const data = this.#start as number;
      const from = Math.max(0, data + start - first);
      const to = Math.min(fresh.length, data + end - first);
      if (from < to) yield fresh.subarray(from, to);
    }
    if (this.#start === undefined) throw new NetworkError(`${this.#archive.path} ended within a header.`);
    const wanted = this.#start + end;
    const lacking = Math.max(this.#start + start, last);
    if (lacking < wanted) yield* lines.open(this.#archive, { start: lacking, end: wanted });
  }

  /** Reads the length of the local header, bytes. */
  #headerLength(head: Uint8Array): number {
    const { path, offset, packedSize } = this.#entry;
    const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
    if (view.getUint32(0, true) !== LOCAL_SIGNATURE) {
      throw this.#bad(
        `${path} has no local header where the archive's directory says: the archive is damaged`,
      );
    }
    const length = LOCAL_HEADER_BYTES + view.getUint16(26, true) + view.getUint16(28, true);
    if (offset + length + packedSize <= this.#limit) return length;
    throw this.#bad(
      `${path} overlaps what lies behind it at ${this.#limit}: the archive is damaged or made to deceive`,
    );
  }

  #bad(problem: string): FormatError {
    return new FormatError(problem, { path: this.#archive.path, offset: this.#entry.offset });
  }
}

function join(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(a.length + b.length);
  bytes.set(a);
  bytes.set(b, a.length);
  return bytes;
}

/** Stored member of a ZIP archive: a range of it, checked where it is read from its beginning to its end. */
export class StoredSpace implements ByteSpace {
  readonly path: string;
  readonly size: number;
  readonly version: string;
  readonly #data: ZipData;
  readonly #crc: number;
  /** Checksum of the bytes before the place where a read from the beginning broke off. */
  #front: { readonly at: number; readonly crc: number } | undefined;

  constructor({ path, size, version }: FileEntry, data: ZipData, crc: number) {
    this.path = path;
    this.size = size;
    this.version = version;
    this.#data = data;
    this.#crc = crc;
  }

  async open(range: ByteRange, signal: AbortSignal): Promise<OpenedBytes> {
    const opened = await this.#data.open(range, signal);
    const { start, end } = range;
    const before = start === 0 ? 0 : this.#front?.at === start ? this.#front.crc : undefined;
    if (before === undefined) return opened;
    const body = exactBody(opened.body, {
      length: end - start,
      label: this.path,
      check: this.#check(start, before),
    });
    return { ...opened, body };
  }

  #check(start: number, before: number): BodyCheck {
    let crc = before;
    let at = start;
    const note = (): void => {
      this.#front = { at, crc };
    };
    return {
      update: (chunk) => {
        crc = crc32(chunk, crc);
        at += chunk.length;
      },
      finish: () => {
        note();
        return at === this.size && crc !== this.#crc
          ? Promise.reject(wrongChecksum(this.path, this.#crc, crc))
          : Promise.resolve();
      },
      breakOff: note,
    };
  }
}
