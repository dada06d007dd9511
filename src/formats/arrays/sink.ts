import type { NumericType } from '../../core/array-type.ts';
import type { BufferPool } from '../../core/buffer-pool.ts';
import { NARROW_BYTES, type Narrowed, Narrower, type WideInteger } from '../kernels/narrow.ts';
import { byteWidth, swapBytes, viewAs } from './numeric-types.ts';

/** Sink of decoded bytes: ask for space, fill it, commit it. */
export interface Sink {
  /** Gives memory for the next `length` bytes. */
  space(length: number): Uint8Array<ArrayBuffer>;
  /** Takes the bytes that the last space was filled with. */
  commit(): void;
}

/** Sink that keeps the bytes as they come, in memory that grows only as they really come. */
export class StoredSink implements Sink {
  buffer: ArrayBuffer;
  readonly #total: number;
  readonly #width: number;
  #done = 0;
  #open = 0;

  /**
   * @param total - bytes in all
   * @param first - bytes to allocate before any came
   * @param width - bytes of one value to reverse, or 1
   */
  constructor(total: number, first: number, width: number, pool: BufferPool | undefined) {
    this.#total = total;
    this.#width = width;
    this.buffer = total <= first ? (pool?.take(total) ?? new ArrayBuffer(total)) : new ArrayBuffer(first);
  }

  space(length: number): Uint8Array<ArrayBuffer> {
    const end = this.#done + length;
    if (end > this.buffer.byteLength) {
      const grown = new ArrayBuffer(Math.min(this.#total, Math.max(end, 2 * this.buffer.byteLength)));
      new Uint8Array(grown).set(new Uint8Array(this.buffer, 0, this.#done));
      this.buffer = grown;
    }
    this.#open = length;
    return new Uint8Array(this.buffer, this.#done, length);
  }

  commit(): void {
    const before = this.#done;
    this.#done += this.#open;
    if (this.#width === 1) return;
    const from = before - (before % this.#width);
    const to = this.#done - (this.#done % this.#width);
    swapBytes(new Uint8Array(this.buffer, from, to - from), this.#width);
  }
}

/** Facts that were noticed of integers while they were narrowed. */
export interface IntegerFacts {
  /** Index of a value from which on some value does not fit 32 bits, or −1. */
  misfit: number;
  /** Largest value, negative ones taken as unsigned. */
  max: number;
  /** True when the values fall anywhere, the first below 0. */
  falls: boolean;
  /** The step from 0 to the first value and from each to the next; negative if they differ. */
  stride: number;
}

/** Facts of no integers at all. */
export const NO_VALUES: IntegerFacts = { misfit: -1, max: 0, falls: false, stride: -1 };

/** Options of an {@link Int32Sink}. */
export interface Int32SinkOptions {
  /** Values in all. */
  readonly total: number;
  /** Values to allocate memory for before any came. */
  readonly first: number;
  /** Zeros in front of the values. */
  readonly lead: number;
  readonly type: NumericType;
  readonly swapped: boolean;
  readonly pool?: BufferPool | undefined;
}

/** Sink that narrows integers to 32 bits on the way, so that wide ones need no memory of their own. */
export class Int32Sink implements Sink {
  values: Int32Array<ArrayBuffer>;
  readonly facts: IntegerFacts = { misfit: -1, max: 0, falls: false, stride: -1 };
  readonly #total: number;
  readonly #type: NumericType;
  readonly #width: number;
  readonly #swapped: boolean;
  readonly #narrower: Narrower = Narrower.take();
  /** Bytes of an unfinished value, at the start of the first input area. */
  #carried = 0;
  #open: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  #done: number;
  #large = new Uint8Array(0);

  constructor({ total, first, lead, type, swapped, pool }: Int32SinkOptions) {
    this.#total = lead + total;
    this.#type = type;
    this.#width = byteWidth(type);
    this.#swapped = swapped;
    const bytes = 4 * (lead + Math.min(first, total));
    this.values = new Int32Array((total <= first ? pool?.take(bytes) : undefined) ?? new ArrayBuffer(bytes));
    this.values.fill(0, 0, lead);
    this.#done = lead;
  }

  /** Gives back what the sink held besides its values. */
  close(): void {
    this.#narrower.release();
  }

  /** Gives one of two areas that whole values can be read into while the other is worked on. */
  area(index: 0 | 1): Uint8Array<ArrayBuffer> {
    return this.#narrower.input(index);
  }

  space(length: number): Uint8Array<ArrayBuffer> {
    if (this.#carried + length <= NARROW_BYTES) {
      this.#open = this.area(0).subarray(this.#carried, this.#carried + length);
    } else {
      if (this.#large.length < length) this.#large = new Uint8Array(length);
      this.#open = this.#large.subarray(0, length);
    }
    return this.#open;
  }

  commit(): void {
    const area = this.area(0);
    if (this.#open.buffer === area.buffer) {
      this.#consume(this.#carried + this.#open.length);
      return;
    }
    for (let at = 0; at < this.#open.length; ) {
      const part = this.#open.subarray(at, at + NARROW_BYTES - this.#carried);
      area.set(part, this.#carried);
      at += part.length;
      this.#consume(this.#carried + part.length);
    }
  }

  #consume(bytes: number): void {
    const count = Math.floor(bytes / this.#width);
    this.commitArea(0, count);
    const whole = count * this.#width;
    this.area(0).copyWithin(0, whole, bytes);
    this.#carried = bytes - whole;
  }

  /** Takes the `count` values at the start of an area; of less than 32 bits only from the first area. */
  commitArea(index: 0 | 1, count: number): void {
    if (this.#width >= 4) {
      this.#append(this.#narrower.narrow(index, count, this.#type as WideInteger, this.#swapped));
      return;
    }
    const bytes = this.area(index).slice(0, count * this.#width);
    if (this.#swapped) swapBytes(bytes, this.#width);
    this.append(Int32Array.from(viewAs(this.#type, bytes.buffer, count) as Int16Array<ArrayBuffer>));
  }

  /** Takes 32-bit `values` as the next ones. */
  append(values: Int32Array<ArrayBuffer>): void {
    const area = this.area(1);
    const step = NARROW_BYTES / 4;
    for (let at = 0; at < values.length; at += step) {
      const part = values.subarray(at, at + step);
      new Int32Array(area.buffer, area.byteOffset, part.length).set(part);
      this.#append(this.#narrower.narrow(1, part.length, 'Int32', false));
    }
  }

  #append({ values, fits, max, falls, stride }: Narrowed): void {
    const { facts } = this;
    const end = this.#done + values.length;
    if (end > this.values.length) {
      const grown = new Int32Array(Math.min(this.#total, Math.max(end, 2 * this.values.length)));
      grown.set(this.values.subarray(0, this.#done));
      this.values = grown;
    }
    this.values.set(values, this.#done);
    if (!fits && facts.misfit < 0) facts.misfit = this.#done;
    facts.max = Math.max(facts.max, max);
    facts.falls ||= falls;
    facts.stride = stride;
    this.#done = end;
  }
}
