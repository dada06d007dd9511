import { findGhosts } from '../core/ghosts.ts';
import type { Mesh, MeshArray } from '../core/mesh.ts';
import type { ReadOptions } from '../core/source.ts';
import { runSteps, TimeSlice } from '../core/time-slice.ts';
import { concatenate, joinLists, takeArray, takeRows } from './list-cells.ts';
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
  return runSteps(extractSurfaceSteps(mesh, options));
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
    for (const [name, array] of data) taken.set(name, yield* takeArray(array, count, rows));
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
