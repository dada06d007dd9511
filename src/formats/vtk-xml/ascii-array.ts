import { FormatError } from '../../core/errors.ts';
import type { TypedArray } from '../../core/mesh.ts';
import { parseFloats, parseIntegers } from '../kernels/kernels.ts';
import type { ArrayContext } from './array-context.ts';
import type { ArrayInfo } from './header-model.ts';
import { byteWidth, type NumericType, viewAs } from './numeric-types.ts';

/** Text read at once; parsing it takes about a millisecond. */
const STEP = 256 * 1024;
/** Integers parsed at once before they are narrowed to their type. */
const LANES = 32 * 1024;

/** Values of one array as they are parsed; grows where their number is not known before. */
class AsciiValues {
  array: TypedArray;
  count = 0;
  readonly #type: NumericType;
  readonly #limit: number;
  readonly #lanes: BigInt64Array<ArrayBuffer> | undefined;

  constructor(type: NumericType, capacity: number, limit: number) {
    this.#type = type;
    this.#limit = limit;
    this.array = viewAs(type, new ArrayBuffer(capacity * byteWidth(type)), capacity);
    const narrow = !type.startsWith('Float') && byteWidth(type) < 8;
    this.#lanes = narrow ? new BigInt64Array(Math.min(capacity, LANES)) : undefined;
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

  /** Parses numbers from `text`; returns how much of it was used, or −1 − the place of what is no number. */
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

/**
 * Reads an array of numbers in decimal text.
 *
 * @throws FormatError when there is something else than numbers of the type, or not as many as expected
 */
export async function readAsciiArray(
  context: ArrayContext,
  info: ArrayInfo,
  type: NumericType,
  expected: number | undefined,
): Promise<TypedArray> {
  const { window, path, slice, signal } = context;
  const { start, end, name: array } = info;
  if (expected === 0) return viewAs(type, new ArrayBuffer(0), 0);
  const most = Math.ceil((end - start) / 2);
  const error = (problem: string, offset: number): FormatError =>
    new FormatError(problem, { path, array, offset });
  if (expected !== undefined && expected > most) {
    throw error(`has text for at most ${most} values where the header asks for ${expected}`, start);
  }
  const values = new AsciiValues(type, expected ?? Math.ceil(most / 4), expected ?? most);
  let text = new Uint8Array(Math.min(STEP, end - start));
  let kept = 0;
  for (let offset = start; offset < end || kept > 0; ) {
    const length = Math.min(text.length - kept, end - offset);
    if (length > 0) {
      const target = text.subarray(kept, kept + length);
      if (window.file.readInto !== undefined) await window.file.readInto(offset, target, signal);
      else target.set(await window.file.read(offset, length, signal));
    }
    offset += length;
    const bytes = text.subarray(0, kept + length);
    const used = values.parse(bytes, offset === end);
    if (used < 0) {
      const at = offset - bytes.length - 1 - used;
      throw error(`has text that is no ${type} value`, at);
    }
    if (values.full) {
      const rest = bytes.subarray(used).findIndex((byte) => byte > 32);
      if (rest >= 0)
        throw error(
          `holds more values than the ${values.count} the header asks for`,
          offset - bytes.length + used + rest,
        );
      kept = 0;
    } else {
      kept = bytes.length - used;
      if (offset === end) break;
      if (kept === text.length) throw error('has a number longer than any number is', offset - kept);
      text.copyWithin(0, used, bytes.length);
    }
    await slice.pause();
  }
  if (expected !== undefined && values.count < expected) {
    throw error(`holds ${values.count} values where the header asks for ${expected}`, end);
  }
  return values.count === values.array.length ? values.array : values.array.slice(0, values.count);
}
