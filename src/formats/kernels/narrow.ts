import { narrowModule } from './narrow-module.ts';

/** Bytes of one input area. */
export const NARROW_BYTES: number = 2 ** 20;

/** Integers that can be narrowed fast. */
export type WideInteger = 'Int32' | 'UInt32' | 'Int64' | 'UInt64';

/** What one pass over integers gave. */
export interface Narrowed {
  /** The low 32 bits of each value; valid until the next call. */
  readonly values: Int32Array<ArrayBuffer>;
  /** Whether each value fits 32 bits with a sign. */
  readonly fits: boolean;
  /** Largest value, negative ones taken as unsigned: at most `max` means in `0 … max` for all. */
  readonly max: number;
  /** Whether a value is less than the one before it, that of the call before included. */
  readonly falls: boolean;
}

interface NarrowExports {
  readonly memory: WebAssembly.Memory;
  reset(): void;
  narrow64(source: number, target: number, count: number, unsigned: number): void;
  inspect32(source: number, count: number, unsigned: number): void;
  swap(at: number, count: number, width: number): void;
}

const INPUTS = [2 ** 16, 2 ** 16 + NARROW_BYTES] as const;
const OUTPUT: number = 2 ** 16 + 2 * NARROW_BYTES;

/**
 * Narrows integers to 32 bits in a memory of its own. Data are read straight into one of its two input areas,
 * so that one can be filled while the other is worked on; the pass is SIMD code that is fast from the first
 * call, which matters for a process that reads few files.
 */
export class Narrower {
  static #module: WebAssembly.Module | undefined;
  static readonly #idle: Narrower[] = [];

  readonly #exports: NarrowExports;
  readonly #buffer: ArrayBuffer;
  readonly #results: Int32Array<ArrayBuffer>;

  private constructor() {
    Narrower.#module ??= new WebAssembly.Module(Uint8Array.from(atob(narrowModule), (c) => c.charCodeAt(0)));
    this.#exports = new WebAssembly.Instance(Narrower.#module).exports as unknown as NarrowExports;
    this.#buffer = this.#exports.memory.buffer;
    this.#results = new Int32Array(this.#buffer, 0, 4);
  }

  /** One that nobody uses, ready for a new array; give it back with {@link Narrower.release}. */
  static take(): Narrower {
    const narrower = Narrower.#idle.pop() ?? new Narrower();
    narrower.#exports.reset();
    return narrower;
  }

  /** Says that it is used no more, nor its input areas. */
  release(): void {
    if (Narrower.#idle.length < 4) Narrower.#idle.push(this);
  }

  /** Input area 0 or 1, {@link NARROW_BYTES} long. */
  input(area: 0 | 1): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#buffer, INPUTS[area], NARROW_BYTES);
  }

  /** Narrows the `count` values at the start of an input area. */
  narrow(area: 0 | 1, count: number, type: WideInteger, swapped: boolean): Narrowed {
    const source = INPUTS[area];
    const wide = type.endsWith('64');
    const unsigned = type.startsWith('U') ? 1 : 0;
    if (swapped) this.#exports.swap(source, count, wide ? 8 : 4);
    if (wide) this.#exports.narrow64(source, OUTPUT, count, unsigned);
    else this.#exports.inspect32(source, count, unsigned);
    return {
      values: new Int32Array(this.#buffer, wide ? OUTPUT : source, count),
      fits: this.#results[0] === 0,
      max: (this.#results[1] as number) >>> 0,
      falls: this.#results[2] !== 0,
    };
  }
}
