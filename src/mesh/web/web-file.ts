import type { RandomAccess } from '../../core/mesh.ts';
import type { ByteRange } from '../../core/source.ts';
import { TimeSlice } from '../../core/time-slice.ts';
import type { WebBody } from './web-requests.ts';

type Bytes = Uint8Array<ArrayBuffer>;

/** Requests that are under way to one server at a time: browsers open no more connections to it. */
const REQUESTS_AT_ONCE = 6;
/** Bytes that are asked for where nobody has planned a read, at the least. */
const UNPLANNED_BYTES = 64 * 1024;

/** Bytes that are copied between two looks at the time. */
const COPIED_BYTES = 1024 ** 2;

/** Part of a file that is here, or on its way. */
interface FilePart extends ByteRange {
  readonly bytes: Bytes | Promise<Bytes>;
}

/** Queue of requests, of which only some run at a time. */
export class RequestQueue {
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  /** Runs `action` as soon as there is room. */
  async run<Result>(action: () => Promise<Result>): Promise<Result> {
    if (this.#running >= REQUESTS_AT_ONCE) await new Promise<void>((go) => this.#waiting.push(go));
    else this.#running++;
    try {
      return await action();
    } finally {
      // Whoever waits takes the place over.
      const next = this.#waiting.shift();
      if (next === undefined) this.#running--;
      else next();
    }
  }
}

/** File of a web server whose parts are in memory, or are fetched when they are read. */
export class WebFile implements RandomAccess {
  readonly size: number;
  readonly #fetch: (range: ByteRange) => Promise<Bytes>;
  /** Ascending, and none over another. */
  readonly #parts: FilePart[] = [];

  /** @param fetch - brings what nobody has asked for so far */
  constructor(size: number, head: Bytes, fetch: (range: ByteRange) => Promise<Bytes>) {
    this.size = size;
    this.#fetch = fetch;
    if (head.byteLength > 0) this.#parts.push({ start: 0, end: head.byteLength, bytes: head });
  }

  /** Makes a file of a body that has come as a whole. */
  static ofBody(body: WebBody): WebFile {
    const size = body.reduce((sum, { byteLength }) => sum + byteLength, 0);
    const file = new WebFile(size, new Uint8Array(0), () => Promise.reject(new RangeError('no such bytes')));
    let start = 0;
    for (const bytes of body) {
      if (bytes.byteLength === 0) continue;
      file.#parts.push({ start, end: start + bytes.byteLength, bytes });
      start += bytes.byteLength;
    }
    return file;
  }

  /** End of the bytes from the first on that were asked for. */
  get headEnd(): number {
    let end = 0;
    for (const part of this.#parts) {
      if (part.start !== end) break;
      end = part.end;
    }
    return end;
  }

  /** Tells whether all of these bytes were asked for. */
  has(range: ByteRange): boolean {
    return this.#missing(range).length === 0;
  }

  /** Begins to fetch ranges, as far as they were not asked for before. */
  begin(ranges: readonly ByteRange[]): void {
    for (const range of ranges.flatMap((each) => this.#missing(each))) {
      const bytes = this.#fetch(range);
      // Its failure is told by the read that needs it.
      bytes.catch(() => undefined);
      this.#parts.splice(this.#indexOf(range.start), 0, { ...range, bytes });
    }
  }

  async read(offset: number, length: number, signal?: AbortSignal): Promise<Bytes> {
    const target = new Uint8Array(length);
    await this.readInto(offset, target, signal);
    return target;
  }

  async readInto(offset: number, target: Bytes, signal?: AbortSignal): Promise<void> {
    const end = offset + target.byteLength;
    if (!(offset >= 0 && end <= this.size))
      throw new RangeError(`Bytes ${offset} to ${end} do not lie in the ${this.size} bytes of the file.`);
    const slice = new TimeSlice(signal);
    for (let at = offset; at < end; ) {
      await slice.pause();
      const index = this.#indexOf(at);
      const part = this.#parts[index];
      if (part === undefined || part.start > at) {
        const stop = part?.start ?? this.size;
        this.begin([{ start: at, end: Math.min(stop, Math.max(end, at + UNPLANNED_BYTES)) }]);
        continue;
      }
      const bytes = part.bytes instanceof Uint8Array ? part.bytes : await part.bytes;
      const piece = bytes.subarray(at - part.start, Math.min(end, at + COPIED_BYTES) - part.start);
      target.set(piece, at - offset);
      at += piece.byteLength;
    }
  }

  /** Lists what of a range was not asked for. */
  #missing({ start, end }: ByteRange): readonly ByteRange[] {
    const missing: ByteRange[] = [];
    let at = start;
    for (let index = this.#indexOf(start); at < end; index++) {
      const part = this.#parts[index];
      const stop = Math.min(end, part?.start ?? end);
      if (stop > at) missing.push({ start: at, end: stop });
      at = part?.end ?? end;
    }
    return missing;
  }

  /** Finds the first part that ends behind `offset`. */
  #indexOf(offset: number): number {
    let low = 0;
    let high = this.#parts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#parts[middle] as FilePart).end > offset) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
