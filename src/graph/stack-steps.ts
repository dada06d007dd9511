import type { BufferPool } from '../core/buffer-pool.ts';
import { countValues, type Tensor, type TypedArray } from '../core/mesh.ts';

/** Values that are stacked before others get a turn, of all steps together: few enough for the processor's second cache. */
const VALUES_PER_BLOCK = 2 ** 13;

/** Blocks that are stacked between two yields. */
const BLOCKS_PER_STEP = 64;

/**
 * Stacks an array of several steps, each `[N, …]`, along a second dimension: `[N, T, …]`. Bit by bit, whatever the numbers
 * are; in steps of a few milliseconds. 64-bit integers that are doubles at some steps only become BigInts.
 *
 * @param steps - of one type and shape, one or more
 */
export function* stackSteps(
  steps: readonly Tensor[],
  buffers: BufferPool | undefined,
): Generator<void, Tensor> {
  const arrays = alike(steps.map(({ data }) => data));
  const [first] = steps as readonly [Tensor];
  const [data] = arrays as readonly [TypedArray];
  const [rows = 0, ...rest] = first.shape;
  const byteLength = data.byteLength * arrays.length;
  const buffer = buffers?.take(byteLength) ?? new ArrayBuffer(byteLength);
  const rowBytes = countValues(rest) * data.BYTES_PER_ELEMENT;
  // As words or bytes: no number is looked at, so that no NaN becomes another one.
  const isOfWords = rowBytes % 4 === 0;
  const width = isOfWords ? rowBytes / 4 : rowBytes;
  const target = isOfWords ? new Int32Array(buffer) : new Uint8Array(buffer);
  const sources = arrays.map((each) =>
    isOfWords
      ? new Int32Array(each.buffer, each.byteOffset, each.byteLength / 4)
      : new Uint8Array(each.buffer, each.byteOffset, each.byteLength),
  );
  const spread = isOfWords ? spreadWords : spreadBytes;
  const block = Math.max(1, Math.floor(VALUES_PER_BLOCK / (width * arrays.length)));
  let blocks = 0;
  for (let from = 0; from < rows; from += block) {
    const end = Math.min(from + block, rows);
    for (const [step, source] of sources.entries())
      spread(target as never, source as never, { from, end, width, step, steps: arrays.length });
    if (++blocks % BLOCKS_PER_STEP === 0) yield;
  }
  const Type = data.constructor as new (buffer: ArrayBuffer) => TypedArray;
  const shape = [rows, arrays.length, ...rest];
  const stacked = { data: new Type(buffer), shape };
  return first.storedAs === undefined ? stacked : { ...stacked, storedAs: first.storedAs };
}

/** Copies a tensor, so that nobody else has its memory. */
export function copyTensor<Data extends TypedArray>(
  { data, ...rest }: Tensor<Data>,
  buffers: BufferPool | undefined,
): Tensor<Data> {
  const Type = data.constructor as new (buffer: ArrayBuffer) => Data;
  const copy = new Type(buffers?.take(data.byteLength) ?? new ArrayBuffer(data.byteLength));
  copy.set(data as never);
  return { ...rest, data: copy };
}

/** Makes arrays of one type of those of 64-bit integers, some of which are held as doubles. */
function alike(arrays: readonly TypedArray[]): readonly TypedArray[] {
  const exact = arrays.find((each) => each instanceof BigInt64Array || each instanceof BigUint64Array);
  if (exact === undefined) return arrays;
  const toExact = (each: TypedArray): TypedArray =>
    exact instanceof BigInt64Array
      ? BigInt64Array.from(each as Float64Array, BigInt)
      : BigUint64Array.from(each as Float64Array, BigInt);
  return arrays.map((each) => (each instanceof Float64Array ? toExact(each) : each));
}

/** Rows that are spread, and where they go: each behind those of the steps before it. */
interface Rows {
  readonly from: number;
  readonly end: number;
  /** Words or bytes of a row. */
  readonly width: number;
  readonly step: number;
  readonly steps: number;
}

function spreadWords(target: Int32Array, source: Int32Array, { from, end, width, step, steps }: Rows): void {
  const stride = width * steps;
  let to = from * stride + step * width;
  let at = from * width;
  const stop = end * width;
  if (width === 1) {
    for (; at < stop; at++, to += stride) target[to] = source[at] as number;
  } else if (width === 3) {
    for (; at < stop; at += 3, to += stride) {
      target[to] = source[at] as number;
      target[to + 1] = source[at + 1] as number;
      target[to + 2] = source[at + 2] as number;
    }
  } else {
    for (; at < stop; to += stride - width) {
      for (let left = width; left > 0; left--) target[to++] = source[at++] as number;
    }
  }
}

function spreadBytes(target: Uint8Array, source: Uint8Array, { from, end, width, step, steps }: Rows): void {
  const stride = width * steps;
  let to = from * stride + step * width;
  let at = from * width;
  for (const stop = end * width; at < stop; to += stride - width) {
    for (let left = width; left > 0; left--) target[to++] = source[at++] as number;
  }
}
