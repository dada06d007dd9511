import { CellType } from '../core/cell-types.ts';
import { findGhosts } from '../core/ghosts.ts';
import { isTensor, type Mesh, type MeshArray, type Tensor, type TypedArray } from '../core/mesh.ts';
import type { ReadOptions } from '../core/source.ts';
import { TimeSlice } from '../core/time-slice.ts';
import type { CellList } from './cell-list.ts';
import { type Surface, surfaceSteps } from './surface.ts';

/** Number of points or values copied between two yields. */
const VALUES_PER_STEP = 2 ** 17;

/** Options of {@link extractSurface}. */
export interface SurfaceOptions {
  /** Name of the mesh in error messages. @defaultValue `'mesh'` */
  readonly path?: string | undefined;
}

/**
 * Extracts the outer surface of a mesh as PolyData: the faces of its bodies that only one body has, and its flat cells,
 * lines and points as they are. Points that are not on it are left out; the others keep their order and their data,
 * each polygon has the data of its cell.
 *
 * Faces of quadratic cells become the flat polygons between their points; of Lagrange and Bézier cells only the corners
 * are taken; triangle strips become triangles.
 *
 * What the arrays `vtkGhostType` mark as copies of cells of other pieces, as hidden or as refined is left out, and what
 * has a hidden point as a corner.
 *
 * @throws FormatError when a cell is malformed
 * @throws UnsupportedError when the faces of a cell are not defined (convex point sets, parametric cells)
 *
 * @example
 * await writeMesh('wall.vtp', extractSurface(await readMesh('case.vtu')));
 */
export function extractSurface(mesh: Mesh, options: SurfaceOptions = {}): Mesh {
  const steps = extractSurfaceSteps(mesh, options);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/**
 * Does what {@link extractSurface} does, for whoever shares the event loop: never holds it for more than a few
 * milliseconds.
 */
export async function extractSurfaceAsync(
  mesh: Mesh,
  options: SurfaceOptions & ReadOptions = {},
): Promise<Mesh> {
  return new TimeSlice(options.signal).run(extractSurfaceSteps(mesh, options));
}

function* extractSurfaceSteps(mesh: Mesh, { path }: SurfaceOptions): Generator<void, Mesh> {
  const numPoints = mesh.points.shape[0] as number;
  const surface = yield* surfaceSteps(mesh.cells, numPoints, path, findGhosts(mesh));
  const points = yield* usedPoints(surface, numPoints);
  const lists = [surface.vertices, surface.lines, surface.polygons];
  const cells = yield* joinLists(lists, points.numbers);
  const owners = concatenate(lists.map((list) => list.owners));
  yield;
  const take = function* (
    data: Mesh['pointData'],
    count: number,
    rows: Int32Array,
  ): Generator<void, Mesh['pointData']> {
    const taken = new Map<string, MeshArray>();
    for (const [name, array] of data)
      taken.set(
        name,
        isTensor(array) ? yield* takeRows(array, rows) : yield* takeStrings(array, count, rows),
      );
    return taken;
  };
  return {
    kind: 'PolyData',
    points: (yield* takeRows(mesh.points, points.kept)) as Mesh['points'],
    cells,
    pointData: yield* take(mesh.pointData, numPoints, points.kept),
    cellData: yield* take(mesh.cellData, mesh.cells.types.length, owners),
    fieldData: mesh.fieldData,
    ...(mesh.details === undefined ? {} : { details: mesh.details }),
  };
}

/** Points that a surface has. */
export interface UsedPoints {
  /** Numbers of the points in the mesh, ascending. */
  readonly kept: Int32Array<ArrayBuffer>;
  /** New number of each point of the mesh that is used, one more; 0 of the others. */
  readonly numbers: Int32Array<ArrayBuffer>;
}

/** Finds the points that a surface has and numbers them in their order. */
export function* usedPoints(surface: Surface, numPoints: number): Generator<void, UsedPoints> {
  const numbers = new Int32Array(numPoints);
  for (const { connectivity } of [surface.vertices, surface.lines, surface.polygons]) {
    for (let begin = 0; begin < connectivity.length; begin += VALUES_PER_STEP) {
      const end = Math.min(begin + VALUES_PER_STEP, connectivity.length);
      for (let at = begin; at < end; at++) numbers[connectivity[at] as number] = 1;
      yield;
    }
  }
  let count = 0;
  const kept = new Int32Array(numPoints);
  for (let begin = 0; begin < numPoints; begin += VALUES_PER_STEP) {
    const end = Math.min(begin + VALUES_PER_STEP, numPoints);
    for (let point = begin; point < end; point++) {
      if (numbers[point] === 0) continue;
      kept[count++] = point;
      numbers[point] = count;
    }
    yield;
  }
  return { kept: kept.slice(0, count), numbers };
}

function concatenate(parts: readonly Int32Array[]): Int32Array<ArrayBuffer> {
  const whole = new Int32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function* joinLists(lists: readonly CellList[], numbers: Int32Array): Generator<void, Mesh['cells']> {
  const connectivity = concatenate(lists.map((list) => list.connectivity));
  for (let begin = 0; begin < connectivity.length; begin += VALUES_PER_STEP) {
    const end = Math.min(begin + VALUES_PER_STEP, connectivity.length);
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

/** Takes some of the `count` rows of a string array. */
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
function* takeRows(tensor: Tensor, rows: Int32Array): Generator<void, Tensor> {
  const { data, shape, storedAs } = tensor;
  const width = shape.slice(1).reduce((product, length) => product * length, 1);
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
