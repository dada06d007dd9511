import type { NumericType } from '../../core/array-type.ts';
import type { BufferPool } from '../../core/buffer-pool.ts';
import { FormatError } from '../../core/errors.ts';
import type { MeshArray, RandomAccess, Tensor, TypedArray } from '../../core/mesh.ts';
import { readFully } from '../../core/read-fully.ts';
import { TimeSlice } from '../../core/time-slice.ts';
import { readAsciiArray, readAsciiInt32, type TextArray, type TextContext } from '../arrays/ascii-array.ts';
import { unpackBits } from '../arrays/converted-values.ts';
import { byteWidth, mustSwap, swapBytes, viewAs } from '../arrays/numeric-types.ts';
import { safeNumbers } from '../arrays/safe-numbers.ts';
import { Int32Sink, type IntegerFacts } from '../arrays/sink.ts';
import { NARROW_BYTES, Narrower } from '../kernels/narrow.ts';
import type { LegacyArray, LegacyHeader } from './header-model.ts';
import { readStrings } from './strings.ts';

/** Bytes read between two looks at the clock. */
const STEP_BYTES = 4 * 1024 ** 2;
/** Values converted between two looks at the clock. */
const STEP_VALUES = 2 ** 18;

/** Need to reverse the bytes of values: BINARY files are big-endian. */
const SWAPPED = mustSwap('BigEndian');

/** Options that reading values needs besides the file. */
export interface ValueReaderOptions {
  readonly path: string;
  readonly buffers?: BufferPool | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Integers of an array, and what was noticed of them. */
interface Integers {
  readonly values: Int32Array<ArrayBuffer>;
  readonly facts: IntegerFacts;
}

/** Reader of the values of arrays of one file. */
export class ValueReader {
  readonly context: TextContext;
  readonly encoding: LegacyHeader['encoding'];
  readonly file: RandomAccess;
  readonly slice: TimeSlice;

  constructor(
    file: RandomAccess,
    encoding: LegacyHeader['encoding'],
    { path, buffers, signal }: ValueReaderOptions,
  ) {
    this.file = file;
    this.encoding = encoding;
    this.slice = new TimeSlice(signal);
    this.context = { window: { file }, path, slice: this.slice, buffers, signal };
  }

  /** Makes an error about an array. */
  error({ name, lineOffset }: LegacyArray, problem: string, offset: number = lineOffset): FormatError {
    return new FormatError(problem, { path: this.context.path, array: name, offset });
  }

  /** Reads the first `rows` tuples of an array; of more the rest is not looked at. */
  async array(array: LegacyArray, rows: number): Promise<MeshArray> {
    if (array.type !== 'String') return this.tensor(array, rows);
    const { file, encoding, slice } = this;
    const context = { file, encoding, slice, signal: this.context.signal };
    return readStrings(context, array, rows * array.components);
  }

  /**
   * Reads the first `rows` tuples of an array of numbers; 64-bit integers as doubles where all of them are safe
   * integers.
   */
  async tensor(array: LegacyArray, rows: number): Promise<Tensor> {
    const { components } = array;
    const data = await this.#stored(array, rows * components);
    const shape = components === 1 ? [rows] : [rows, components];
    if (!(data instanceof BigInt64Array || data instanceof BigUint64Array)) return { data, shape };
    const storedAs = data instanceof BigInt64Array ? 'Int64' : 'UInt64';
    return { data: await safeNumbers(data, this.slice), shape, storedAs };
  }

  /** Reads the values of an array of integers as 32-bit ones. */
  async int32(array: LegacyArray): Promise<Integers> {
    if (this.encoding === 'binary') return this.#binaryInt32(array, 0);
    const found = await readAsciiInt32(this.context, textOf(array), { expected: array.tuples });
    this.#checkFits(array, found.facts);
    return found;
  }

  /** Reads offsets, the first of which should be 0: what it is, all of them, and whether those behind it fall. */
  async offsets(
    array: LegacyArray,
  ): Promise<{ readonly first: number; readonly values: Integers['values']; readonly falls: boolean }> {
    if (this.encoding === 'ascii') {
      const { values, facts } = await this.int32(array);
      return { first: values[0] as number, values, falls: facts.falls };
    }
    const end = array.start + byteWidth(array.type as NumericType);
    const {
      values: [first],
    } = await this.int32({ ...array, tuples: 1, end });
    // Without it the others are what narrowing looks for falls in.
    const { values, facts } = await this.#binaryInt32(array, 1);
    return { first: first as number, values, falls: facts.falls };
  }

  /** @param skipped - how many of the first are passed over; a 0 stands in the place of each */
  async #binaryInt32(array: LegacyArray, skipped: 0 | 1): Promise<Integers> {
    const { tuples, start, end } = array;
    const type = array.type as NumericType;
    const width = byteWidth(type);
    const total = tuples - skipped;
    const pool = this.context.buffers;
    const sink = new Int32Sink({ total, first: total, lead: skipped, type, swapped: SWAPPED, pool });
    try {
      if (width < 4)
        sink.append(Int32Array.from((await this.#stored(array, tuples)) as Int16Array).subarray(skipped));
      else {
        await this.#throughAreas(
          start + skipped * width,
          end,
          (area) => sink.area(area),
          (area, bytes) => {
            sink.commitArea(area, bytes / width);
          },
        );
      }
      this.#checkFits(array, sink.facts);
      return sink;
    } finally {
      sink.close();
    }
  }

  /**
   * Gives the 32-bit integers of an array part by part: valid until `use` returns.
   *
   * @returns the largest of them, negative ones taken as unsigned
   */
  async eachInt32(array: LegacyArray, use: (values: Int32Array<ArrayBuffer>) => void): Promise<number> {
    if (this.encoding === 'ascii') {
      const { values, facts } = await this.int32(array);
      for (let at = 0; at < values.length; at += STEP_VALUES) {
        use(values.subarray(at, at + STEP_VALUES));
        await this.slice.pause();
      }
      return facts.max;
    }
    const narrower = Narrower.take();
    let most = 0;
    try {
      await this.#throughAreas(
        array.start,
        array.end,
        (area) => narrower.input(area),
        (area, bytes) => {
          const { values, max } = narrower.narrow(area, bytes / 4, 'Int32', SWAPPED);
          most = Math.max(most, max);
          use(values);
        },
      );
      return most;
    } finally {
      narrower.release();
    }
  }

  #checkFits(array: LegacyArray, { misfit }: IntegerFacts): void {
    if (misfit >= 0) throw this.error(array, `has values beyond 32 bits at or after index ${misfit}`);
  }

  /** Reads the first `count` values in their stored type, bits and colours as bytes. */
  async #stored(array: LegacyArray, count: number): Promise<TypedArray> {
    const { type } = array;
    if (type === 'Bit') return this.#bits(array, count);
    if (array.isColor) return this.#colors(array, count);
    const numeric = type as NumericType;
    if (this.encoding === 'ascii')
      return readAsciiArray(this.context, textOf(array), numeric, { expected: count });
    return this.#binary(array.start, numeric, count);
  }

  async #binary(start: number, type: NumericType, count: number): Promise<TypedArray> {
    const width = byteWidth(type);
    const total = count * width;
    const pool = this.context.buffers;
    const buffer = pool?.take(total) ?? new ArrayBuffer(total);
    const part = (at: number): Uint8Array<ArrayBuffer> =>
      new Uint8Array(buffer, at, Math.min(STEP_BYTES, total - at));
    const { signal } = this.context;
    const begin = (at: number): Promise<void> => {
      const step = readFully(this.file, start + at, part(at), signal);
      // Its failure is told by whoever waits for it, which may be a turn later.
      step.catch(() => undefined);
      return step;
    };
    let reading = begin(0);
    try {
      for (let at = 0; at < total; at += STEP_BYTES) {
        await reading;
        const next = at + STEP_BYTES;
        if (next < total) reading = begin(next);
        if (SWAPPED) swapBytes(part(at), width);
        await this.slice.pause();
      }
    } finally {
      // Nobody may write into the memory once it is somebody else's.
      await reading.catch(() => undefined);
    }
    return viewAs(type, buffer, count);
  }

  async #bits(array: LegacyArray, count: number): Promise<Uint8Array<ArrayBuffer>> {
    if (this.encoding === 'ascii') {
      const values = await readAsciiArray(this.context, textOf(array), 'Int32', { expected: count });
      const bits = new Uint8Array(count);
      await this.#inSteps(count, (at) => {
        bits[at] = values[at] === 0 ? 0 : 1;
      });
      this.context.buffers?.give(values.buffer);
      return bits;
    }
    const bytes = (await this.#binary(array.start, 'UInt8', Math.ceil(count / 8))) as Uint8Array;
    return unpackBits(bytes, count, this.slice);
  }

  async #colors(array: LegacyArray, count: number): Promise<Uint8Array<ArrayBuffer>> {
    const shares = await readAsciiArray(this.context, { ...textOf(array), type: 'Float32' }, 'Float32', {
      expected: count,
    });
    const colors = new Uint8Array(count);
    await this.#inSteps(count, (at) => {
      colors[at] = Math.max(0, Math.min(255, Math.floor(255 * (shares[at] as number) + 0.5)));
    });
    this.context.buffers?.give(shares.buffer);
    return colors;
  }

  async #inSteps(count: number, convert: (at: number) => void): Promise<void> {
    for (let start = 0; start < count; start += STEP_VALUES) {
      const end = Math.min(start + STEP_VALUES, count);
      for (let at = start; at < end; at++) convert(at);
      await this.slice.pause();
    }
  }

  /** Reads whole values through two areas: the next part while the one before is worked on. */
  async #throughAreas(
    start: number,
    end: number,
    areaOf: (index: 0 | 1) => Uint8Array<ArrayBuffer>,
    use: (index: 0 | 1, bytes: number) => void,
  ): Promise<void> {
    const { signal } = this.context;
    let next = start;
    const begin = async (index: 0 | 1): Promise<number> => {
      const bytes = Math.min(NARROW_BYTES, end - next);
      const offset = next;
      next += bytes;
      await readFully(this.file, offset, areaOf(index).subarray(0, bytes), signal);
      return bytes;
    };
    let index: 0 | 1 = 0;
    let reading = begin(index);
    try {
      for (;;) {
        const bytes = await reading;
        const filled = index;
        index = index === 0 ? 1 : 0;
        const isLast = next >= end;
        if (!isLast) {
          reading = begin(index);
          // Its failure is told by whoever waits for it, which may be a turn later.
          reading.catch(() => undefined);
        }
        if (bytes > 0) use(filled, bytes);
        if (isLast) return;
        await this.slice.pause();
      }
    } finally {
      await reading.catch(() => undefined);
    }
  }
}

/** Describes an array as the reader of text takes it. */
function textOf({ name, type, start, end }: LegacyArray): TextArray {
  return { name, type, start, end };
}
