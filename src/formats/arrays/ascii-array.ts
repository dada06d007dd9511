import type { ArrayType, NumericType } from '../../core/array-type.ts';
import type { BufferPool } from '../../core/buffer-pool.ts';
import { FormatError } from '../../core/errors.ts';
import type { RandomAccess, TypedArray } from '../../core/mesh.ts';
import { readFully } from '../../core/read-fully.ts';
import type { TimeSlice } from '../../core/time-slice.ts';
import { parseFloats, parseIntegers } from '../kernels/decimal.ts';
import { byteWidth, viewAs } from './numeric-types.ts';
import { Int32Sink, type IntegerFacts, NO_VALUES } from './sink.ts';
import { ASKER, type WantedIntegers, type WantedValues } from './wanted-values.ts';

/** Text read at once; parsing it takes about a millisecond. */
const TEXT_BYTES_PER_STEP = 256 * 1024;
/** The longest number that is read, characters. */
const MAX_NUMBER_CHARACTERS = 4096;
/** Integers parsed at once before they are narrowed to their type. */
const INTEGERS_PER_PASS = 32 * 1024;

/** Open file with arrays in text. */
export interface TextContext {
  readonly window: { readonly file: RandomAccess };
  readonly path: string;
  readonly slice: TimeSlice;
  /** Memory to use again for values whose number is known. @defaultValue none */
  readonly buffers?: BufferPool | undefined;
  readonly signal: AbortSignal | undefined;
}

/** Array in text: where its numbers are, and of which type. */
export interface TextArray {
  readonly name: string;
  readonly type: ArrayType | undefined;
  /** Offset of the first byte of its text. */
  readonly start: number;
  /** Offset behind the last one. */
  readonly end: number;
}

/** Target that takes numbers as they are parsed. */
interface AsciiTarget {
  /** Numbers taken. */
  readonly count: number;
  /** True when no more are wanted. */
  readonly full: boolean;
  /** Parses numbers from `text`; returns how much of it was used, or −1 − the place of what is no number. */
  parse(text: Uint8Array, final: boolean): number;
}

/** Values of one array in their stored type; grows where their number is not known before. */
class StoredValues implements AsciiTarget {
  array: TypedArray;
  count = 0;
  readonly #type: NumericType;
  readonly #limit: number;
  readonly #lanes: BigInt64Array<ArrayBuffer> | undefined;

  constructor(type: NumericType, capacity: number, limit: number, pool: BufferPool | undefined) {
    this.#type = type;
    this.#limit = limit;
    const bytes = capacity * byteWidth(type);
    this.array = viewAs(type, pool?.take(bytes) ?? new ArrayBuffer(bytes), capacity);
    const narrow = !type.startsWith('Float') && byteWidth(type) < 8;
    this.#lanes = narrow ? new BigInt64Array(Math.min(capacity, INTEGERS_PER_PASS)) : undefined;
  }

  get full(): boolean {
    return this.count === this.#limit;
  }

  #grow(): void {
    const capacity = Math.min(this.#limit, Math.max(1024, 2 * this.array.length));
    const grown = viewAs(this.#type, new ArrayBuffer(capacity * byteWidth(this.#type)), capacity);
    grown.set(this.array as never);
    this.array = grown;
  }

  parse(text: Uint8Array, final: boolean): number {
    let used = 0;
    for (;;) {
      if (this.count === this.array.length && !this.full) this.#grow();
      const { consumed, written, badAt } = this.#parseSome(text.subarray(used), final);
      this.count += written;
      if (badAt >= 0) return -1 - (used + badAt);
      used += consumed;
      if (this.full || written === 0) return used;
    }
  }

  #parseSome(text: Uint8Array, final: boolean): ReturnType<typeof parseIntegers> {
    const { array } = this;
    if (array instanceof Float32Array || array instanceof Float64Array) {
      return parseFloats(text, array, this.count, final);
    }
    if (array instanceof BigInt64Array) return parseIntegers(text, array, this.count, final, false);
    if (array instanceof BigUint64Array) {
      return parseIntegers(text, new BigInt64Array(array.buffer, 0, array.length), this.count, final, true);
    }
    const lanes = (this.#lanes as BigInt64Array<ArrayBuffer>).subarray(0, array.length - this.count);
    const result = parseIntegers(text, lanes, 0, final, false);
    const words = new Int32Array(lanes.buffer, 0, 2 * result.written);
    for (let index = 0; index < result.written; index++) {
      const value = (words[2 * index + 1] as number) * 4294967296 + ((words[2 * index] as number) >>> 0);
      array[this.count + index] = value;
      if (array[this.count + index] !== value)
        return { consumed: 0, written: index, badAt: result.consumed - 1 };
    }
    return result;
  }
}

/** Integers of one array, narrowed to 32 bits as they are parsed. */
class Int32Values implements AsciiTarget {
  count = 0;
  sink: Int32Sink | undefined;
  readonly #textBytes: number;
  readonly #lead: number;
  readonly #limit: number;
  readonly #exact: boolean;
  readonly #unsigned: boolean;

  constructor(info: TextArray, expected: number | undefined, most: number, lead: number) {
    this.#textBytes = info.end - info.start;
    this.#lead = lead;
    this.#limit = expected ?? most;
    this.#exact = expected !== undefined;
    this.#unsigned = info.type?.startsWith('U') === true;
  }

  get full(): boolean {
    return this.count === this.#limit;
  }

  parse(text: Uint8Array, final: boolean): number {
    let used = 0;
    for (;;) {
      const first = new BigInt64Array(this.sink === undefined ? INTEGERS_PER_PASS : 0);
      const area = this.sink?.area(0) ?? new Uint8Array(first.buffer);
      const room = Math.min(area.length / 8, this.#limit - this.count);
      const lanes = new BigInt64Array(area.buffer, area.byteOffset, room);
      const { consumed, written, badAt } = parseIntegers(
        text.subarray(used),
        lanes,
        0,
        final,
        this.#unsigned,
      );
      if (badAt >= 0) return -1 - (used + badAt);
      used += consumed;
      if (this.sink === undefined) {
        this.sink = this.#open(written / Math.max(1, consumed));
        this.sink.area(0).set(new Uint8Array(first.buffer, 0, 8 * written));
      }
      this.sink.commitArea(0, written);
      this.count += written;
      if (this.full || written === 0) return used;
    }
  }

  /** Opens memory for as many values as the text seems to hold, by how many the beginning held. */
  #open(perByte: number): Int32Sink {
    const guess = this.#exact ? this.#limit : Math.ceil(1.05 * perByte * this.#textBytes) + INTEGERS_PER_PASS;
    return new Int32Sink({
      total: this.#limit,
      first: Math.min(this.#limit, guess),
      lead: this.#lead,
      type: this.#unsigned ? 'UInt64' : 'Int64',
      swapped: false,
    });
  }
}

/**
 * Reads an array of numbers in decimal text in its stored type.
 *
 * @throws FormatError when there is something else than numbers of the type, or not as many as expected
 */
export async function readAsciiArray(
  context: TextContext,
  info: TextArray,
  type: NumericType,
  wanted: WantedValues,
): Promise<TypedArray> {
  const { expected } = wanted;
  if (expected === 0) return viewAs(type, new ArrayBuffer(0), 0);
  const most = countMost(context, info, wanted);
  const values = new StoredValues(type, expected ?? Math.ceil(most / 4), expected ?? most, context.buffers);
  await parseText(context, info, values, wanted);
  return values.count === values.array.length ? values.array : values.array.slice(0, values.count);
}

/**
 * Reads an array of integers in decimal text as 32-bit ones.
 *
 * @throws FormatError when there is something else than integers, or not as many as expected
 */
export async function readAsciiInt32(
  context: TextContext,
  info: TextArray,
  wanted: WantedIntegers,
): Promise<{ readonly values: Int32Array<ArrayBuffer>; readonly facts: IntegerFacts }> {
  const { expected, lead = 0 } = wanted;
  const most = countMost(context, info, wanted);
  const target = new Int32Values(info, expected, most, lead);
  try {
    if (expected !== 0) await parseText(context, info, target, wanted);
    const { sink } = target;
    if (sink === undefined) return { values: new Int32Array(lead), facts: NO_VALUES };
    const values = sink.values.subarray(0, lead + target.count);
    return { values: values.length === sink.values.length ? sink.values : values.slice(), facts: sink.facts };
  } finally {
    target.sink?.close();
  }
}

/** Counts the most numbers that the text can hold: each takes a character and a space. */
function countMost(context: TextContext, info: TextArray, { expected, asker = ASKER }: WantedValues): number {
  const most = Math.ceil((info.end - info.start) / 2);
  if (expected === undefined || expected <= most) return most;
  throw new FormatError(`has text for at most ${most} values where ${asker} ${expected}`, {
    path: context.path,
    array: info.name,
    offset: info.start,
  });
}

/** Feeds the text of an array to `values`, part by part. */
async function parseText(
  context: TextContext,
  info: TextArray,
  values: AsciiTarget,
  { expected, asker = ASKER }: WantedValues,
): Promise<void> {
  const { window, path, slice, signal } = context;
  const { start, end, name: array } = info;
  const error = (problem: string, offset: number): FormatError =>
    new FormatError(problem, { path, array, offset });
  // The next part is read while the one before is parsed; what that leaves is put in front.
  const size = Math.min(TEXT_BYTES_PER_STEP, end - start);
  const buffers = [
    new Uint8Array(MAX_NUMBER_CHARACTERS + size),
    new Uint8Array(MAX_NUMBER_CHARACTERS + size),
  ] as const;
  const begin = (part: number): Promise<void> => {
    const offset = start + part * size;
    const target = (buffers[part % 2] as Uint8Array<ArrayBuffer>).subarray(
      MAX_NUMBER_CHARACTERS,
      MAX_NUMBER_CHARACTERS + Math.min(size, end - offset),
    );
    return readFully(window.file, offset, target, signal);
  };
  const parts = size === 0 ? 0 : Math.ceil((end - start) / size);
  let reading = parts > 0 ? begin(0) : Promise.resolve();
  let kept = 0;
  try {
    for (let part = 0; part < parts; part++) {
      await reading;
      if (part + 1 < parts) {
        reading = begin(part + 1);
        // Its failure is told by whoever waits for it, which may be a turn later.
        reading.catch(() => undefined);
      }
      const last = Math.min(start + (part + 1) * size, end);
      const buffer = buffers[part % 2] as Uint8Array<ArrayBuffer>;
      const text = buffer.subarray(
        MAX_NUMBER_CHARACTERS - kept,
        MAX_NUMBER_CHARACTERS + last - start - part * size,
      );
      const first = last - text.length;
      const used = values.parse(text, last === end);
      if (used < 0) throw error(`has text that is no ${info.type} value`, first - 1 - used);
      // As VTK does: of text that goes on the first numbers count.
      if (values.full) break;
      kept = text.length - used;
      if (kept > MAX_NUMBER_CHARACTERS) throw error('has a number longer than any number is', last - kept);
      (buffers[(part + 1) % 2] as Uint8Array<ArrayBuffer>).set(
        text.subarray(used),
        MAX_NUMBER_CHARACTERS - kept,
      );
      await slice.pause();
    }
  } finally {
    await reading.catch(() => undefined);
  }
  if (expected !== undefined && values.count < expected) {
    throw error(`holds ${values.count} values where ${asker} ${expected}`, end);
  }
}
