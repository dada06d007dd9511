import type { RandomAccess } from '../core/mesh.ts';
import type { ByteRange } from '../core/source.ts';
import { openFileAccess } from '../files/file-access.ts';

/** Most that is fetched of a file to find its head's end, bytes. */
const MAX_HEAD_BYTES = 4 * 1024 ** 2;

/** How much larger each further try is. */
const GROWTH = 4;

/** Bytes at whose multiples pages begin and end. */
const PAGE_BYTES = 4 * 1024;

/** Pages of a file that are fetched behind its head to plan a read, at the most. */
const MAX_PAGES = 1024;

/** More of a file is asked for than its head that is here. */
export class HeadTooShort extends Error {
  override readonly name = 'HeadTooShort';
  /** Where the bytes that are asked for end. */
  readonly needed: number;

  constructor(needed: number) {
    super(`the head of the file is needed up to byte ${needed}`);
    this.needed = needed;
  }
}

/** Says that a plan would take more pages than it is worth, or than any does. */
export class TooManyPages extends Error {
  override readonly name = 'TooManyPages';
  readonly reason: 'cheaper' | 'unplannable';

  constructor(reason: TooManyPages['reason']) {
    super(`the plan takes too many pages of the file (${reason})`);
    this.reason = reason;
  }
}

/** What brings pages of a file. */
export interface PageSource {
  /** Gives the path of a file with these bytes. */
  bring(range: ByteRange): Promise<string>;
  /** Whether so many pages behind the head are worth their requests. */
  isWorth(pages: number): boolean;
}

/**
 * Beginning of a file in memory, and pages behind it, which are brought when they are read. A read that goes on where the
 * head ends rejects with {@link HeadTooShort}: who plans says what that means.
 */
export class PagedAccess implements RandomAccess {
  readonly size: number;
  readonly #source: PageSource;
  /** The first one is the head. */
  readonly #pages: { readonly start: number; bytes: Uint8Array<ArrayBuffer> }[] = [
    { start: 0, bytes: new Uint8Array(0) },
  ];

  /** @param size - of the whole file, bytes */
  constructor(size: number, source: PageSource) {
    this.size = size;
    this.#source = source;
  }

  /** Where the head ends. */
  get headEnd(): number {
    return this.#head.bytes.byteLength;
  }

  get #head(): { bytes: Uint8Array<ArrayBuffer> } {
    return this.#pages[0] as { bytes: Uint8Array<ArrayBuffer> };
  }

  /** Brings more of the head, up to `end`. */
  async grow(end: number, signal?: AbortSignal): Promise<void> {
    const head = this.#head;
    const more = await this.#bring({ start: this.headEnd, end }, signal);
    const bytes = new Uint8Array(head.bytes.byteLength + more.byteLength);
    bytes.set(head.bytes);
    bytes.set(more, head.bytes.byteLength);
    head.bytes = bytes;
  }

  async read(offset: number, length: number, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
    const target = new Uint8Array(length);
    for (let done = 0; done < length; ) {
      const at = offset + done;
      const page = this.#pages.find(({ start, bytes }) => start <= at && at < start + bytes.byteLength);
      if (page === undefined) await this.#visit(at, offset + length, signal);
      else {
        const part = page.bytes.subarray(at - page.start, at - page.start + length - done);
        target.set(part, done);
        done += part.byteLength;
      }
    }
    return target;
  }

  /** Brings the page of what is missing. It follows from the file and from who plans alone, so that everybody has the same. */
  async #visit(from: number, end: number, signal: AbortSignal | undefined): Promise<void> {
    if (from <= this.headEnd || end > this.size) throw new HeadTooShort(end);
    if (this.#pages.length > MAX_PAGES) throw new TooManyPages('unplannable');
    if (!this.#source.isWorth(this.#pages.length)) throw new TooManyPages('cheaper');
    const start = Math.max(this.headEnd, Math.floor(from / PAGE_BYTES) * PAGE_BYTES);
    const range = { start, end: Math.min(this.size, Math.ceil(end / PAGE_BYTES) * PAGE_BYTES) };
    this.#pages.push({ start, bytes: await this.#bring(range, signal) });
  }

  async #bring(range: ByteRange, signal: AbortSignal | undefined): Promise<Uint8Array<ArrayBuffer>> {
    await using file = await openFileAccess(await this.#source.bring(range));
    return await file.read(0, file.size, signal);
  }
}

/** Ranges from the beginning of a file on that follow each other: where they end. */
export function headEndOf(ranges: readonly ByteRange[]): number {
  let end = 0;
  for (const range of ranges.toSorted((a, b) => a.start - b.start)) {
    if (range.start > end) break;
    end = Math.max(end, range.end);
  }
  return end;
}

/**
 * Where the head ends that is fetched next: at one of a few places, so that the parts of a file have the same ends
 * whoever fetches them. Undefined where that would be most of the file, or more than a head takes.
 */
export function nextHeadEnd(needed: number, size: number): number | undefined {
  let end = MAX_HEAD_BYTES;
  while (end / GROWTH >= needed) end /= GROWTH;
  return needed <= MAX_HEAD_BYTES && end <= size / 2 ? end : undefined;
}
