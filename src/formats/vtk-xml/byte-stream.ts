import { FormatError } from '../../core/errors.ts';
import type { RandomAccess } from '../../core/mesh.ts';
import { decodeBase64, stripWhitespace } from '../kernels/kernels.ts';
import { readFully } from './file-window.ts';

/** Bytes worth fetching at once. */
export const STEP: number = 1024 ** 2;

/** Where the encoded data of one array lie, and how errors name it. */
export interface ArrayRegion {
  readonly file: RandomAccess;
  readonly path: string;
  readonly array: string;
  readonly start: number;
  /** Nothing of the array lies at or behind this offset. */
  readonly end: number;
  readonly signal: AbortSignal | undefined;
}

/** Binary data of one array, read from front to back. */
export interface ByteStream {
  /** Offset in the file of what is read next. */
  readonly position: number;
  /** The most bytes that can still follow. */
  readonly remaining: number;
  /** The next `length` bytes, valid until the next call; at least `ahead` bytes are fetched if there are. */
  take(length: number, ahead?: number): Promise<Uint8Array<ArrayBuffer>>;
  /** Fills `target` with the next bytes. */
  readInto(target: Uint8Array<ArrayBuffer>): Promise<void>;
  /** Says that what follows was encoded by itself: base64 begins a new group there. */
  restart(): void;
}

function cutError(region: ArrayRegion, position: number): FormatError {
  const { path, array } = region;
  return new FormatError('has data that end before their declared length', { path, array, offset: position });
}

/** A growing buffer that is reused from call to call. */
class Scratch {
  #bytes = new Uint8Array(0);

  take(length: number): Uint8Array<ArrayBuffer> {
    if (this.#bytes.length < length) this.#bytes = new Uint8Array(length);
    return this.#bytes.subarray(0, length);
  }
}

/** Bytes that stand in the file as they are. */
export class RawStream implements ByteStream {
  position: number;
  readonly #region: ArrayRegion;
  readonly #scratch = new Scratch();
  #ahead: Uint8Array<ArrayBuffer> = new Uint8Array(0);

  constructor(region: ArrayRegion) {
    this.#region = region;
    this.position = region.start;
  }

  get remaining(): number {
    return this.#region.end - this.position;
  }

  async take(length: number, ahead: number = length): Promise<Uint8Array<ArrayBuffer>> {
    if (length > this.remaining) throw cutError(this.#region, this.position);
    if (this.#ahead.length < length) {
      this.#ahead = this.#scratch.take(Math.min(Math.max(length, ahead), this.remaining));
      await readFully(this.#region.file, this.position, this.#ahead, this.#region.signal);
    }
    const bytes = this.#ahead.subarray(0, length);
    this.#ahead = this.#ahead.subarray(length);
    this.position += length;
    return bytes;
  }

  async readInto(target: Uint8Array<ArrayBuffer>): Promise<void> {
    if (target.length > this.remaining) throw cutError(this.#region, this.position);
    const ready = Math.min(this.#ahead.length, target.length);
    target.set(this.#ahead.subarray(0, ready));
    this.#ahead = this.#ahead.subarray(ready);
    this.position += ready;
    if (ready === target.length) return;
    await readFully(this.#region.file, this.position, target.subarray(ready), this.#region.signal);
    this.position += target.length - ready;
  }

  restart(): void {}
}

/** One base64 text (RFC 4648); line breaks in it are passed over. */
export class Base64Stream implements ByteStream {
  readonly #region: ArrayRegion;
  readonly #scratch = new Scratch();
  /** Text not decoded yet: `#text[#from … #to)`, white space removed where `#wrapped`. */
  readonly #text: Uint8Array<ArrayBuffer>;
  #from = 0;
  #to = 0;
  /** Offset in the file behind the text in memory. */
  #next: number;
  #wrapped = false;
  /** Bytes of the last group of three that nobody took yet. */
  readonly #carry = new Uint8Array(3);
  #carried = 0;

  constructor(region: ArrayRegion) {
    this.#region = region;
    this.#next = region.start;
    this.#text = new Uint8Array(Math.min(STEP, Math.max(4, region.end - region.start)));
  }

  get position(): number {
    return this.#next - (this.#to - this.#from);
  }

  get remaining(): number {
    return ((this.#region.end - this.position) / 4) * 3 + this.#carried;
  }

  async take(length: number): Promise<Uint8Array<ArrayBuffer>> {
    if (length > this.remaining) throw cutError(this.#region, this.position);
    const bytes = this.#scratch.take(length);
    await this.readInto(bytes);
    return bytes;
  }

  restart(): void {
    this.#carried = 0;
  }

  async readInto(target: Uint8Array<ArrayBuffer>): Promise<void> {
    let done = Math.min(this.#carried, target.length);
    target.set(this.#carry.subarray(3 - this.#carried, 3 - this.#carried + done));
    this.#carried -= done;
    while (done < target.length) {
      if (this.#to - this.#from < 4) await this.#load();
      const groups = Math.min(Math.floor((target.length - done) / 3), (this.#to - this.#from) >> 2);
      if (groups > 0) done += this.#decode(groups * 4, target.subarray(done, done + groups * 3));
      else done += this.#decodeLast(target.subarray(done));
    }
  }

  /** Decodes a group of which not all bytes are wanted or there; the rest is carried over. */
  #decodeLast(target: Uint8Array<ArrayBuffer>): number {
    const written = this.#decode(4, this.#carry);
    if (written === 0) return 0;
    this.#carry.copyWithin(3 - written, 0, written);
    const used = Math.min(written, target.length);
    target.set(this.#carry.subarray(3 - written, 3 - written + used));
    this.#carried = written - used;
    if (written < 3 && used < target.length) throw cutError(this.#region, this.position);
    return used;
  }

  /**
   * Decodes the next `characters` (whole groups of four) and returns how many bytes they gave: none when
   * white space had to be removed first.
   */
  #decode(characters: number, target: Uint8Array<ArrayBuffer>): number {
    const { written, badAt } = decodeBase64(this.#text.subarray(this.#from, this.#from + characters), target);
    if (badAt >= 0) {
      if (!this.#wrapped) {
        this.#wrapped = true;
        if (this.#strip(this.#from)) return 0;
      }
      const { path, array } = this.#region;
      throw new FormatError('has data that are no base64', { path, array, offset: this.position + badAt });
    }
    if (written < target.length && characters > 4) throw cutError(this.#region, this.position);
    this.#from += characters;
    return written;
  }

  /** Removes white space from the text in memory, from `from`; tells whether there was any. */
  #strip(from: number): boolean {
    const before = this.#to;
    this.#to = from + stripWhitespace(this.#text.subarray(from, before)).length;
    return this.#to < before;
  }

  async #load(): Promise<void> {
    this.#text.copyWithin(0, this.#from, this.#to);
    this.#to -= this.#from;
    this.#from = 0;
    while (this.#to < 4) {
      const length = Math.min(this.#text.length - this.#to, this.#region.end - this.#next);
      if (length <= 0) throw cutError(this.#region, this.position);
      await readFully(
        this.#region.file,
        this.#next,
        this.#text.subarray(this.#to, this.#to + length),
        this.#region.signal,
      );
      this.#next += length;
      const before = this.#to;
      this.#to += length;
      if (this.#wrapped) this.#strip(before);
    }
  }
}
