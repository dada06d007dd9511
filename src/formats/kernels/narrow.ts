import { narrowModule } from './narrow-module.ts';
import { type NarrowExports, narrowInTypeScript } from './narrow-typescript.ts';
import { instantiate, workMemories } from './wasm.ts';

/** Bytes of one input area. */
export const NARROW_BYTES: number = 2 ** 20;

/** Integers that can be narrowed fast. */
export type WideInteger = 'Int32' | 'UInt32' | 'Int64' | 'UInt64';

/** Result of one pass over integers. */
export interface Narrowed {
  /** The low 32 bits of each value; valid until the next call. */
  readonly values: Int32Array<ArrayBuffer>;
  /** True when each value fits 32 bits with a sign. */
  readonly fits: boolean;
  /** Largest value, negative ones taken as unsigned: at most `max` means in `0 … max` for all. */
  readonly max: number;
  /** True when a value is less than the one before it: that of the call before, or 0 before the first of all. */
  readonly falls: boolean;
  /** The step from each value since the array began to the next, 0 before the first; negative if they differ. */
  readonly stride: number;
}

const INPUT_ADDRESSES = [2 ** 16, 2 ** 16 + NARROW_BYTES] as const;
/** Bytes behind their input and output that other kernels may touch. */
const MARGIN_BYTES = 64;
const OUTPUT_ADDRESS: number = 2 ** 16 + 2 * NARROW_BYTES;

/**
 * Kernel that narrows integers to 32 bits in a memory of its own. Data are read straight into one of its two input
 * areas, so that one can be filled while the other is worked on; the pass is SIMD code that is fast from the first
 * call, which matters for a process that reads few files.
 */
export class Narrower {
  static readonly #idle: Narrower[] = [];

  readonly #exports: NarrowExports;
  readonly #buffer: ArrayBuffer;
  readonly #results: Int32Array<ArrayBuffer>;

  /** @param exports - what does the work; made for tests, {@link Narrower.take} is for use */
  constructor(exports: NarrowExports) {
    this.#exports = exports;
    this.#buffer = exports.memory.buffer;
    this.#results = new Int32Array(this.#buffer, 0, 5);
  }

  /** Takes one that nobody uses, ready for a new array; give it back with {@link Narrower.release}. */
  static take(): Narrower {
    const narrower = Narrower.#idle.pop() ?? Narrower.#create();
    narrower.#exports.reset();
    return narrower;
  }

  static #create(): Narrower {
    const exports = instantiate<NarrowExports & { readonly memory: WebAssembly.Memory }>(narrowModule);
    if (exports === undefined) return new Narrower(narrowInTypeScript(OUTPUT_ADDRESS + NARROW_BYTES));
    const { memory } = exports;
    // What is decoded into the first area may come from the second, between margins for the kernels.
    const spare = INPUT_ADDRESSES[1] + MARGIN_BYTES;
    workMemories.set(memory.buffer, { memory, spare, spareBytes: NARROW_BYTES - 2 * MARGIN_BYTES });
    return new Narrower(exports);
  }

  /** Says that it is used no more, nor its input areas. */
  release(): void {
    if (Narrower.#idle.length < 4) Narrower.#idle.push(this);
  }

  /** Views input area 0 or 1, {@link NARROW_BYTES} long. */
  input(area: 0 | 1): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#buffer, INPUT_ADDRESSES[area], NARROW_BYTES);
  }

  /** Narrows the `count` values at the start of an input area. */
  narrow(area: 0 | 1, count: number, type: WideInteger, swapped: boolean): Narrowed {
    const source = INPUT_ADDRESSES[area];
    const wide = type.endsWith('64');
    const unsigned = type.startsWith('U') ? 1 : 0;
    if (swapped) this.#exports.swap(source, count, wide ? 8 : 4);
    if (wide) this.#exports.narrow64(source, OUTPUT_ADDRESS, count, unsigned);
    else this.#exports.inspect32(source, count, unsigned);
    return {
      values: new Int32Array(this.#buffer, wide ? OUTPUT_ADDRESS : source, count),
      fits: this.#results[0] === 0,
      max: (this.#results[1] as number) >>> 0,
      falls: this.#results[2] !== 0,
      stride: this.#results[4] as number,
    };
  }
}

/** Tells whether all `bytes`, each below 128, are the same. */
export function allEqual(bytes: Uint8Array): boolean {
  const [first = 0] = bytes;
  const pattern = first * 0x01010101;
  const whole = bytes.length - (bytes.length % 4);
  const narrower = Narrower.take();
  let equal = bytes.subarray(whole).every((byte) => byte === first);
  for (let at = 0; at < whole && equal; at += NARROW_BYTES) {
    const part = bytes.subarray(at, Math.min(at + NARROW_BYTES, whole));
    narrower.input(0).set(part);
    // Words that do not fall from the first, with none above it, are all the first.
    const { max, falls, values } = narrower.narrow(0, part.length / 4, 'Int32', false);
    equal = values[0] === pattern && max === pattern && !falls;
  }
  narrower.release();
  return equal;
}
