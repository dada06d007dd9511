import type { BufferPool } from '../../core/buffer-pool.ts';
import type { FileLayout } from './header.ts';
import { byteWidth, mustSwap, type NumericType, narrowToInt32, swapBytes, viewAs } from './numeric-types.ts';

/** Where decoded bytes go: ask for space, fill it, commit it. */
export interface Sink {
  /** Memory for the next `length` bytes. */
  space(length: number): Uint8Array<ArrayBuffer>;
  /** Takes the bytes that the last space was filled with. */
  commit(): void;
}

/** Keeps the bytes as they come, in memory that grows only as they really come. */
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

/** Narrows integers to 32 bits on the way, so that wide ones need no memory of their own. */
export class Int32Sink implements Sink {
  values: Int32Array<ArrayBuffer>;
  readonly #total: number;
  readonly #type: NumericType;
  readonly #width: number;
  readonly #swap: boolean;
  #done = 0;
  #scratch = new ArrayBuffer(0);
  #carried = 0;
  #open = 0;
  /** Index of the first value that does not fit 32 bits, or −1. */
  misfit = -1;

  /** @param total - values in all; `first` of them are allocated before any came */
  constructor(
    total: number,
    first: number,
    type: NumericType,
    byteOrder: FileLayout['byteOrder'],
    pool: BufferPool | undefined,
  ) {
    this.#total = total;
    this.#type = type;
    this.#width = byteWidth(type);
    this.#swap = mustSwap(byteOrder);
    this.values = new Int32Array(
      total <= first ? (pool?.take(total * 4) ?? new ArrayBuffer(total * 4)) : new ArrayBuffer(first * 4),
    );
  }

  space(length: number): Uint8Array<ArrayBuffer> {
    const needed = this.#carried + length;
    if (this.#scratch.byteLength < needed) {
      const old = new Uint8Array(this.#scratch, 0, this.#carried);
      this.#scratch = new ArrayBuffer(Math.ceil(needed / 8) * 8);
      new Uint8Array(this.#scratch).set(old);
    }
    this.#open = length;
    return new Uint8Array(this.#scratch, this.#carried, length);
  }

  commit(): void {
    const bytes = this.#carried + this.#open;
    const count = Math.floor(bytes / this.#width);
    const whole = count * this.#width;
    if (this.#swap) swapBytes(new Uint8Array(this.#scratch, 0, whole), this.#width);
    this.append(viewAs(this.#type, this.#scratch, count));
    this.#carried = bytes - whole;
    new Uint8Array(this.#scratch).copyWithin(0, whole, bytes);
  }

  /** Takes `values` as the next ones. */
  append(values: ReturnType<typeof viewAs>): void {
    const end = this.#done + values.length;
    if (end > this.values.length) {
      const grown = new Int32Array(Math.min(this.#total, Math.max(end, 2 * this.values.length)));
      grown.set(this.values.subarray(0, this.#done));
      this.values = grown;
    }
    const misfit = narrowToInt32(values, this.values, this.#done);
    if (misfit >= 0 && this.misfit < 0) this.misfit = this.#done + misfit;
    this.#done = end;
  }
}
