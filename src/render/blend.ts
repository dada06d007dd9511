import {
  countValues,
  holdsIntegers,
  isTensor,
  type MeshArray,
  type Tensor,
  type TypedArray,
} from '../core/mesh.ts';
import { IntList } from './cell-list.ts';

/** Number of rows made between two yields. */
const ROWS_PER_STEP = 2 ** 14;

/** Rows that are mixed of others: row i of `rows[starts[i] … starts[i + 1] − 1]`, by weights whose sum is 1. */
export interface Blend {
  readonly starts: Int32Array<ArrayBuffer>;
  readonly rows: Int32Array<ArrayBuffer>;
  readonly weights: Float64Array<ArrayBuffer>;
}

/** Builder of a {@link Blend}. */
export class BlendBuilder {
  readonly #starts = new IntList();
  readonly #rows = new IntList();
  #weights = new Float64Array(1024);

  constructor() {
    this.#starts.push(0);
  }

  /** Adds a part of the next row. */
  push(row: number, weight: number): void {
    const { length } = this.#rows;
    if (length === this.#weights.length) {
      const larger = new Float64Array(2 * length);
      larger.set(this.#weights);
      this.#weights = larger;
    }
    this.#weights[length] = weight;
    this.#rows.push(row);
  }

  /** Ends a row and returns its number. */
  end(): number {
    this.#starts.push(this.#rows.length);
    return this.#starts.length - 2;
  }

  /** Returns the row that a row is a copy of; undefined for a mixed one. */
  copied(row: number): number | undefined {
    const start = this.#starts.at(row);
    return this.#starts.at(row + 1) - start === 1 ? this.#rows.at(start) : undefined;
  }

  take(): Blend {
    return {
      starts: this.#starts.take(),
      rows: this.#rows.take(),
      weights: this.#weights.slice(0, this.#rows.length),
    };
  }
}

/**
 * Mixes the rows of an array. Whole numbers become Float64; strings, numbers of more than 53 bits and what is not to be
 * mixed are those of the nearest row.
 *
 * @param count - number of rows that the array has
 */
export function* blendArray(
  array: MeshArray,
  count: number,
  blend: Blend,
  nearest = false,
): Generator<void, MeshArray> {
  if (isTensor(array)) return yield* blendTensor(array, blend, nearest);
  const width = count === 0 ? 0 : array.length / count;
  const mixed: string[] = [];
  for (let row = 0; row + 1 < blend.starts.length; row++) {
    const from = nearestRow(blend, row) * width;
    for (let at = from; at < from + width; at++) mixed.push(array[at] as string);
    if (row % ROWS_PER_STEP === 0) yield;
  }
  return mixed;
}

/** Mixes the rows of a tensor, as {@link blendArray} does. */
export function* blendTensor(tensor: Tensor, blend: Blend, nearest = false): Generator<void, Tensor> {
  const { data, shape, storedAs } = tensor;
  const width = countValues(shape.slice(1));
  const count = blend.starts.length - 1;
  const copies = nearest || data instanceof BigInt64Array || data instanceof BigUint64Array;
  const type = !copies && holdsIntegers(tensor) ? Float64Array : data.constructor;
  const mixed = new (type as new (length: number) => TypedArray)(count * width);
  for (let begin = 0; begin < count; begin += ROWS_PER_STEP) {
    const end = Math.min(begin + ROWS_PER_STEP, count);
    if (copies) copyNearest(data as Float64Array, mixed as Float64Array, blend, width, begin, end);
    else mix(data as Float64Array, mixed as Float64Array, blend, width, begin, end);
    yield;
  }
  const result = { data: mixed, shape: [count, ...shape.slice(1)] };
  return storedAs === undefined || !copies ? result : { ...result, storedAs };
}

/** Mixes some rows. Both arrays are of numbers; the types are the caller's. */
function mix(
  data: Float64Array,
  mixed: Float64Array,
  { starts, rows, weights }: Blend,
  width: number,
  begin: number,
  end: number,
): void {
  for (let row = begin; row < end; row++) {
    const from = starts[row] as number;
    const to = starts[row + 1] as number;
    const base = (rows[from] as number) * width;
    for (let column = 0; column < width; column++) {
      const first = data[base + column] as number;
      let value = first;
      // Differences, so that what is the same everywhere stays so.
      for (let at = from + 1; at < to; at++)
        value += (weights[at] as number) * ((data[(rows[at] as number) * width + column] as number) - first);
      mixed[row * width + column] = value;
    }
  }
}

function copyNearest(
  data: Float64Array,
  mixed: Float64Array,
  blend: Blend,
  width: number,
  begin: number,
  end: number,
): void {
  for (let row = begin; row < end; row++) {
    const from = nearestRow(blend, row) * width;
    for (let column = 0; column < width; column++)
      mixed[row * width + column] = data[from + column] as number;
  }
}

/** Finds the row that has the largest part in a mixed one. */
function nearestRow({ starts, rows, weights }: Blend, row: number): number {
  let best = starts[row] as number;
  for (let at = best + 1; at < (starts[row + 1] as number); at++)
    if ((weights[at] as number) > (weights[best] as number)) best = at;
  return rows[best] as number;
}
