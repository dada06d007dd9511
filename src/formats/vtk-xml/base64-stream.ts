import { FormatError } from '../../core/errors.ts';
import { decodeBase64, stripWhitespace } from '../kernels/base64.ts';
import { type ArrayRegion, type ByteStream, cutError, Scratch } from './byte-stream.ts';
import { StretchReader } from './stretch-reader.ts';

/** One base64 text (RFC 4648); line breaks in it are passed over. */
export class Base64Stream implements ByteStream {
  /** Number of bytes that are told of: none, so that an error of a block names its place in the text. */
  readonly ready: number = 0;
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
