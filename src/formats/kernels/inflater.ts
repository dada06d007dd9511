import { inflaterModule } from './inflater-module.ts';
import { instantiate } from './wasm.ts';

/** The functions of `assembly/kernels/inflater.ts`. */
interface InflaterExports {
  readonly memory: { readonly buffer: ArrayBuffer };
  scratchEnd(): number;
  prepare(): void;
  reset(): void;
  step(at: number, end: number, final: number, oldest: number, to: number, toEnd: number): number;
  inputAt(): number;
  outputAt(): number;
  stateWord(): number;
  stateStored(): number;
  stateCodes(): number;
  lengthsAt(): number;
  restore(word: number, stored: number, codes: number): number;
}

/** State that an {@link Inflater} needs to go on from where it stands, besides what lies behind in the stream. */
export interface InflaterState {
  /** Place in its block, as the kernel packs it. */
  readonly word: number;
  /** Bytes left of a stored block. */
  readonly stored: number;
  /** Numbers of codes of the block, as the kernel packs them. */
  readonly codes: number;
  /** Lengths of these codes; empty outside of a block with codes of its own. */
  readonly lengths: Uint8Array<ArrayBuffer>;
  /** Last bytes of output, at most 32 KiB. */
  readonly window: Uint8Array<ArrayBuffer>;
}

/**
 * Outcome of a step: it needs more input, or the room that it was given is full but for at most 261 bytes, or the stream
 * has ended, or is damaged.
 */
export type InflaterStatus = 'input' | 'room' | 'ended' | 'damaged';

const STATUS: Readonly<Record<number, InflaterStatus>> = { 1: 'input', 2: 'room', 3: 'ended' };

const WINDOW_BYTES = 32 * 1024;
const INPUT_BYTES = 128 * 1024;
/** Output of one step at the most: about 2 ms. */
export const STEP_BYTES: number = 256 * 1024;
const MARGIN_BYTES = 64;
const LENGTHS_BYTES = 320;
/** Mode and kind of the block in a state, and a block with codes of its own. */
const BLOCK_MASK = 15;
const OWN_CODES = 1 | (2 << 2);

/** Decoder of a deflate stream (RFC 1951) that comes piece by piece; it can be saved between any two steps. */
export class Inflater {
  readonly #exports: InflaterExports;
  readonly #memory: Uint8Array<ArrayBuffer>;
  /** Addresses: of the input's room, of what is left of the input, of the output's room, of its next byte. */
  readonly #inputStart: number;
  readonly #outputStart: number;
  #from: number;
  #end: number;
  #to: number;
  #history = 0;
  #isFinal = false;
  #output: Uint8Array<ArrayBuffer>;

  private constructor(exports: InflaterExports) {
    exports.prepare();
    this.#exports = exports;
    this.#memory = new Uint8Array(exports.memory.buffer);
    this.#inputStart = Math.ceil(exports.scratchEnd() / 64) * 64;
    this.#outputStart = this.#inputStart + INPUT_BYTES + MARGIN_BYTES;
    this.#from = this.#end = this.#inputStart;
    this.#to = this.#outputStart;
    this.#output = this.#memory.subarray(0, 0);
  }

  /** Makes a decoder at the beginning of a stream; undefined where WebAssembly is missing. */
  static create(): Inflater | undefined {
    const exports = instantiate<InflaterExports>(inflaterModule);
    return exports === undefined ? undefined : new Inflater(exports);
  }

  /** Bytes that were fed and are not yet taken. */
  get pending(): number {
    return this.#end - this.#from;
  }

  /** Output of the last step; valid until the next one. */
  get output(): Uint8Array<ArrayBuffer> {
    return this.#output;
  }

  /** Begins a new stream; what was fed and not taken stays. */
  reset(): void {
    this.#exports.reset();
    this.#history = 0;
    this.#to = this.#outputStart;
  }

  /** Forgets what was fed. */
  clearInput(): void {
    this.#from = this.#end = this.#inputStart;
    this.#isFinal = false;
  }

  /** Takes input as far as there is room; returns how many bytes it took. */
  feed(bytes: Uint8Array): number {
    this.#memory.copyWithin(this.#inputStart, this.#from, this.#end);
    this.#end -= this.#from - this.#inputStart;
    this.#from = this.#inputStart;
    const length = Math.min(bytes.length, this.#inputStart + INPUT_BYTES - this.#end);
    this.#memory.set(length === bytes.length ? bytes : bytes.subarray(0, length), this.#end);
    this.#end += length;
    return length;
  }

  /** Says that no more input comes. */
  finish(): void {
    this.#isFinal = true;
  }

  /** Takes `length` bytes of what was fed, which are none of the stream. */
  takeInput(length: number): Uint8Array<ArrayBuffer> {
    const bytes = this.#memory.slice(this.#from, Math.min(this.#end, this.#from + length));
    this.#from += bytes.length;
    return bytes;
  }

  /** Gives what was fed and is not yet taken; valid until the next call. */
  peekInput(): Uint8Array<ArrayBuffer> {
    return this.#memory.subarray(this.#from, this.#end);
  }

  /** Goes on by at most `limit` bytes of output, which {@link Inflater.output} then has. */
  step(limit: number): InflaterStatus {
    const exports = this.#exports;
    if (this.#to > this.#outputStart + this.#history) {
      this.#memory.copyWithin(this.#outputStart, this.#to - this.#history, this.#to);
      this.#to = this.#outputStart + this.#history;
    }
    if (this.#isFinal) this.#memory.fill(0, this.#end, this.#end + MARGIN_BYTES);
    const to = this.#to;
    const toEnd = to + Math.min(limit, STEP_BYTES);
    const result = exports.step(this.#from, this.#end, this.#isFinal ? 1 : 0, to - this.#history, to, toEnd);
    this.#from = exports.inputAt();
    this.#to = exports.outputAt();
    this.#output = this.#memory.subarray(to, this.#to);
    this.#history = Math.min(WINDOW_BYTES, this.#history + this.#to - to);
    const status = STATUS[result];
    if (status === undefined) this.#from = this.#end;
    return status ?? 'damaged';
  }

  save(): InflaterState {
    const word = this.#exports.stateWord();
    const at = this.#exports.lengthsAt();
    return {
      word,
      stored: this.#exports.stateStored(),
      codes: this.#exports.stateCodes(),
      lengths: this.#memory.slice(at, (word & BLOCK_MASK) === OWN_CODES ? at + LENGTHS_BYTES : at),
      window: this.#memory.slice(this.#to - this.#history, this.#to),
    };
  }

  /** Takes up a state, with no input yet; false where it is none. */
  restore({ word, stored, codes, lengths, window }: InflaterState): boolean {
    if (window.length > WINDOW_BYTES || lengths.length > LENGTHS_BYTES) return false;
    this.clearInput();
    this.#memory.set(lengths, this.#exports.lengthsAt());
    this.#memory.set(window, this.#outputStart);
    this.#history = window.length;
    this.#to = this.#outputStart + window.length;
    return this.#exports.restore(word, stored, codes) !== 0;
  }
}
