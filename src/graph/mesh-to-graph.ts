import type { GraphData } from '../core/graph.ts';
import type { Mesh } from '../core/mesh.ts';
import type { ReadOptions } from '../core/source.ts';
import { runSteps, TimeSlice } from '../core/time-slice.ts';
import * as cellGraph from './cell-graph.ts';
import { checkGraphOf } from './check-graph-of.ts';
import { warnOnceOfGhosts } from './ghost-warning.ts';
import {
  type MeshToGraphOptions,
  type MeshToGraphStepsOptions,
  meshToGraphSteps,
} from './mesh-graph-steps.ts';

/**
 * Turns a mesh into a graph: its points are the nodes, the edges of its cells the edges.
 *
 * With `graphOf: 'cells'` node i is cell i, at the mean of its corners, and `node` has the arrays over cells, `cell` none. Edges join
 * cells of one dimension: bodies that share a face, flat cells that share a side, curves that share a point. With
 * `normalize` the box is that of the points of the mesh.
 *
 * Arrays are shared with the mesh, not copied; so are Float32 points unless `normalize` is set. A graph holds numbers:
 * string arrays are left out.
 *
 * What `vtkGhostType` marks stays: copies of cells and points of other pieces are in the graph twice, hidden ones once, so
 * that rows of its arrays are those of the mesh. The first mesh with such is told of by a warning, `VASCUSIM_GHOSTS`.
 *
 * @throws NotFoundError when `attributes` names an array that the mesh does not have
 * @throws ConfigError when `attributes` names a string array, or for a graph of cells one over points
 * @throws FormatError when `normalize` is set and a coordinate is not finite, or a cell is malformed
 * @throws UnsupportedError when VTK does not define the edges of a cell (see `edgeSteps`), or its faces
 *
 * @example
 * const graph = meshToGraph(await readMesh('case.vtu'), { normalize: true });
 * graph.edgeIndex.data; // Int32Array: all sources, then all targets
 */
export function meshToGraph(mesh: Mesh, options: MeshToGraphOptions = {}): GraphData {
  warnOnceOfGhosts(mesh, options.id ?? '');
  return runSteps(meshToGraphSteps(mesh, toSteps(options)));
}

/** Does what {@link meshToGraph} does without holding the event loop for longer than a few milliseconds. */
export function meshToGraphAsync(
  mesh: Mesh,
  options: MeshToGraphOptions & ReadOptions = {},
): Promise<GraphData> {
  warnOnceOfGhosts(mesh, options.id ?? '');
  return new TimeSlice(options.signal).run(meshToGraphSteps(mesh, toSteps(options)));
}

/** @throws ConfigError for a kind of graph that there is not */
function toSteps({ graphOf = 'points', ...options }: MeshToGraphOptions): MeshToGraphStepsOptions {
  checkGraphOf(graphOf);
  return { ...options, cells: graphOf === 'cells' ? cellGraph : undefined };
}
