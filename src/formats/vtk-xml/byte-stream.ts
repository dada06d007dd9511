import { FormatError } from '../../core/errors.ts';
import type { RandomAccess } from '../../core/mesh.ts';
import { decodeBase64, stripWhitespace } from '../kernels/base64.ts';
import { StretchReader } from './stretch-reader.ts';

/** Place where the encoded data of one array lie, and how errors name it. */
export interface ArrayRegion {
  readonly file: RandomAccess;
  readonly path: string;
  readonly array: string;
  readonly start: number;
  /** Offset at or behind which nothing of the array lies. */
  readonly end: number;
  readonly signal: AbortSignal | undefined;
}

/** Binary data of one array, read from front to back. */
export interface ByteStream {
  /** Offset in the file of what is read next. */
  readonly position: number;
  /** Most bytes that can still follow. */
  readonly remaining: number;
  /** Reads the next `length` bytes, valid until the next call. */
  take(length: number): Promise<Uint8Array<ArrayBuffer>>;
  /** Fills `target` with the next bytes. */
  readInto(target: Uint8Array<ArrayBuffer>): Promise<void>;
  /** Notes that what follows was encoded by itself: base64 begins a new group there. */
  restart(): void;
  /** Waits for what is still being read. */
  close(): Promise<void>;
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
  readonly #region: ArrayRegion;
  readonly #scratch = new Scratch();
  readonly #source: StretchReader;
  readonly #ahead: boolean;

  /** @param ahead - whether much will be taken in small parts, so that reading ahead pays */
  constructor(region: ArrayRegion, ahead: boolean) {
    const { file, start, end, signal } = region;
    this.#region = region;
    this.#source = new StretchReader(file, start, end, signal);
    this.#ahead = ahead;
  }

  get position(): number {
    return this.#source.position;
  }

  get remaining(): number {
    return this.#region.end - this.position;
  }

  async take(length: number): Promise<Uint8Array<ArrayBuffer>> {
    if (length > this.remaining) throw cutError(this.#region, this.position);
    const source = this.#source;
    if (source.bytes.length >= length || (this.#ahead && (await source.fill(length)))) {
      const bytes = source.bytes.subarray(0, length);
      source.bytes = source.bytes.subarray(length);
      return bytes;
    }
    const bytes = this.#scratch.take(length);
    await source.readInto(bytes);
    return bytes;
  }

  async readInto(target: Uint8Array<ArrayBuffer>): Promise<void> {
    if (target.length > this.remaining) throw cutError(this.#region, this.position);
    await this.#source.readInto(target);
  }

  restart(): void {}

  close(): Promise<void> {
    return this.#source.close();
  }
}

/** One base64 text (RFC 4648); line breaks in it are passed over. */
export class Base64Stream implements ByteStream {
  readonly #region: ArrayRegion;
  readonly #scratch = new Scratch();
  /** Text not decoded yet, white space removed where `#wrapped`. */
  readonly #text: StretchReader;
  #wrapped = false;
  /** Bytes of the last group of three that nobody took yet. */
  readonly #carry = new Uint8Array(3);
  #carried = 0;

  constructor(region: ArrayRegion) {
    const { file, start, end, signal } = region;
    this.#region = region;
    this.#text = new StretchReader(file, start, end, signal);
  }

  get position(): number {
    return this.#text.position;
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
      if (this.#text.bytes.length < 4) await this.#load();
      const groups = Math.min(Math.floor((target.length - done) / 3), this.#text.bytes.length >> 2);
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
    const text = this.#text;
    const { written, badAt } = decodeBase64(text.bytes.subarray(0, characters), target);
    if (badAt >= 0) {
      if (!this.#wrapped) {
        this.#wrapped = true;
        if (this.#strip()) return 0;
      }
      const { path, array } = this.#region;
      throw new FormatError('has data that are no base64', { path, array, offset: this.position + badAt });
    }
    if (written < target.length && characters > 4) throw cutError(this.#region, this.position);
    text.bytes = text.bytes.subarray(characters);
    return written;
  }

  /** Removes white space from the text in memory; tells whether there was any. */
  #strip(): boolean {
    const text = this.#text;
    const before = text.bytes.length;
    text.bytes = stripWhitespace(text.bytes);
    return text.bytes.length < before;
  }

  async #load(): Promise<void> {
    while (this.#text.bytes.length < 4) {
      if (!(await this.#text.more())) throw cutError(this.#region, this.position);
      if (this.#wrapped) this.#strip();
    }
  }

  close(): Promise<void> {
    return this.#text.close();
  }
}
