import { CellType } from '../core/cell-types.ts';
import {
  countValues,
  isTensor,
  type Mesh,
  type MeshArray,
  type Tensor,
  type TypedArray,
} from '../core/mesh.ts';
import type { CellList } from './cell-list.ts';

/** Number of points or values copied between two yields. */
const VALUES_PER_STEP = 2 ** 17;

/** Joins numbers. */
export function concatenate(parts: readonly Int32Array[]): Int32Array<ArrayBuffer> {
  const whole = new Int32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/**
 * Makes cells of lists of vertices, lines and polygons, in this order.
 *
 * @param numbers - new number of each point, one more; points keep theirs where there are none
 */
export function* joinLists(lists: readonly CellList[], numbers?: Int32Array): Generator<void, Mesh['cells']> {
  const connectivity = concatenate(lists.map((list) => list.connectivity));
  for (let begin = 0; begin < connectivity.length; begin += VALUES_PER_STEP) {
    const end = Math.min(begin + VALUES_PER_STEP, connectivity.length);
    if (numbers !== undefined)
      for (let at = begin; at < end; at++)
        connectivity[at] = (numbers[connectivity[at] as number] as number) - 1;
    yield;
  }
  const numCells = lists.reduce((sum, { owners }) => sum + owners.length, 0);
  const offsets = new Int32Array(numCells + 1);
  const types = new Uint8Array(numCells);
  let cell = 0;
  let start = 0;
  for (const [kind, list] of lists.entries()) {
    for (let index = 1; index < list.offsets.length; index++, cell++) {
      const end = list.offsets[index] as number;
      types[cell] = typeOf(kind, end - (list.offsets[index - 1] as number));
      offsets[cell + 1] = start + end;
      if (cell % VALUES_PER_STEP === 0) yield;
    }
    start += list.connectivity.length;
  }
  return { types, connectivity, offsets };
}

/** Cell types of vertices, lines and polygons by their number of points. */
const types = [
  { bySize: [CellType.Empty, CellType.Vertex], other: CellType.PolyVertex },
  { bySize: [CellType.Empty, CellType.Vertex, CellType.Line], other: CellType.PolyLine },
  {
    bySize: [CellType.Empty, CellType.Vertex, CellType.Line, CellType.Triangle, CellType.Quad],
    other: CellType.Polygon,
  },
] as const;

function typeOf(kind: number, size: number): number {
  const { bySize, other } = types[kind] as (typeof types)[number];
  return bySize[size] ?? other;
}

/** Takes some of the `count` rows of an array. */
export function* takeArray(array: MeshArray, count: number, rows: Int32Array): Generator<void, MeshArray> {
  return isTensor(array) ? yield* takeRows(array, rows) : yield* takeStrings(array, count, rows);
}

function* takeStrings(
  strings: readonly string[],
  count: number,
  rows: Int32Array,
): Generator<void, string[]> {
  const width = count === 0 ? 0 : strings.length / count;
  const taken: string[] = [];
  for (let begin = 0; begin < rows.length; begin += VALUES_PER_STEP) {
    for (const row of rows.subarray(begin, begin + VALUES_PER_STEP))
      for (let at = row * width; at < (row + 1) * width; at++) taken.push(strings[at] as string);
    yield;
  }
  return taken;
}

/** Takes some rows of a tensor, in its type. */
export function* takeRows(tensor: Tensor, rows: Int32Array): Generator<void, Tensor> {
  const { data, shape, storedAs } = tensor;
  const width = countValues(shape.slice(1));
  const taken = new (data.constructor as new (length: number) => TypedArray)(rows.length * width);
  for (let begin = 0; begin < rows.length; begin += VALUES_PER_STEP) {
    const end = Math.min(begin + VALUES_PER_STEP, rows.length);
    copyRows(data as Float64Array<ArrayBuffer>, taken as Float64Array<ArrayBuffer>, rows, begin, end, width);
    yield;
  }
  const result = { data: taken, shape: [rows.length, ...shape.slice(1)] };
  return storedAs === undefined ? result : { ...result, storedAs };
}

/** Copies rows. Types are those of the caller: both arrays are of the same one. */
function copyRows(
  from: Float64Array,
  to: Float64Array,
  rows: Int32Array,
  begin: number,
  end: number,
  width: number,
): void {
  for (let row = begin; row < end; row++) {
    const source = (rows[row] as number) * width;
    for (let column = 0; column < width; column++) to[row * width + column] = from[source + column] as number;
  }
}
