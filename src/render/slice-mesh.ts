import { findGhosts, isGhostArray } from '../core/ghosts.ts';
import type { Mesh, MeshArray } from '../core/mesh.ts';
import type { ReadOptions } from '../core/source.ts';
import { runSteps, TimeSlice } from '../core/time-slice.ts';
import { blendArray } from './blend.ts';
import { concatenate, joinLists, takeArray } from './list-cells.ts';
import { checkPlane, type Plane } from './plane.ts';
import { sliceSteps } from './slice.ts';

/** Options of {@link sliceMesh}. */
export interface SliceOptions {
  /** Name of the mesh in error messages. @defaultValue `'mesh'` */
  readonly path?: string | undefined;
}

/**
 * Slices a mesh by a plane, as PolyData: bodies become polygons, flat cells lines, lines points. Values of point arrays
 * are mixed along the edges on which the new points lie, whole numbers as Float64; strings, ids and ghosts by what the file
 * marks as such, and 64-bit integers beyond 2^53 are those of the nearer end. What is made of a cell has its values.
 *
 * Cells of every type that has faces are cut. Quadratic ones are cut between the pieces of their faces and their centre,
 * of Lagrange and Bézier cells only the corners are taken. What lies in the plane is part of the slice. What
 * `vtkGhostType` marks as a copy, hidden or refined is left out. A plane that meets nothing gives a mesh without cells.
 *
 * This holds the thread until it is done; {@link sliceMeshAsync} does not.
 *
 * @param plane - `[nx, ny, nz, d]`: the places with nx · x + ny · y + nz · z = d
 * @throws ConfigError when the plane is none
 * @throws FormatError when a cell is malformed
 * @throws UnsupportedError when the plane meets a cell whose faces are not defined (convex point sets, parametric cells)
 *
 * @example
 * await writeMesh('slice.vtp', sliceMesh(await readMesh('case.vtu'), [0, 0, 1, 0.5]));
 */
export function sliceMesh(mesh: Mesh, plane: Plane, options: SliceOptions = {}): Mesh {
  return runSteps(sliceMeshSteps(mesh, plane, options));
}

/**
 * Does what {@link sliceMesh} does, for whoever shares the event loop: never holds it for more than a few
 * milliseconds.
 */
export async function sliceMeshAsync(
  mesh: Mesh,
  plane: Plane,
  options: SliceOptions & ReadOptions = {},
): Promise<Mesh> {
  return new TimeSlice(options.signal).run(sliceMeshSteps(mesh, plane, options));
}

function* sliceMeshSteps(mesh: Mesh, plane: Plane, { path = 'mesh' }: SliceOptions): Generator<void, Mesh> {
  const cut = yield* sliceSteps(mesh, checkPlane('plane', plane), path, findGhosts(mesh));
  const lists = [cut.vertices, cut.lines, cut.polygons];
  const owners = concatenate(lists.map((list) => list.owners));
  const numPoints = mesh.points.shape[0] as number;
  const numCells = mesh.cells.types.length;
  const pointData = new Map<string, MeshArray>();
  for (const [name, array] of mesh.pointData)
    pointData.set(name, yield* blendArray(array, numPoints, cut.points, isMark(mesh, name)));
  const cellData = new Map<string, MeshArray>();
  for (const [name, array] of mesh.cellData) cellData.set(name, yield* takeArray(array, numCells, owners));
  return {
    kind: 'PolyData',
    points: (yield* blendArray(mesh.points, numPoints, cut.points)) as Mesh['points'],
    cells: yield* joinLists(lists),
    pointData,
    cellData,
    fieldData: mesh.fieldData,
    ...(mesh.details === undefined ? {} : { details: mesh.details }),
  };
}

/** Tells whether a point array numbers or marks the points, so that there is nothing between its values. */
function isMark({ details }: Mesh, name: string): boolean {
  const { arrays, active } = details?.pointData ?? {};
  const ids = [active?.get('GlobalIds'), active?.get('PedigreeIds')];
  return isGhostArray(name) || arrays?.get(name)?.isId === true || ids.includes(name);
}
