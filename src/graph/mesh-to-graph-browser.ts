import { UnsupportedError } from '../core/errors.ts';
import type { GraphData } from '../core/graph.ts';
import type { Mesh } from '../core/mesh.ts';
import type { ReadOptions } from '../core/source.ts';
import { runSteps, TimeSlice } from '../core/time-slice.ts';
import { checkGraphOf } from './check-graph-of.ts';
import { warnOnceOfGhosts } from './ghost-warning.ts';
import { type CellGraphCode, type MeshToGraphOptions, meshToGraphSteps } from './mesh-graph-steps.ts';

/*
 * The face of `mesh-to-graph.ts` in a browser, where the code of graphs of cells comes when the first one is made:
 * pages that make none do without it.
 */

let cellGraph: CellGraphCode | undefined;

export function meshToGraph(mesh: Mesh, options: MeshToGraphOptions = {}): GraphData {
  const cells = isOfCells(options) ? cellGraph : undefined;
  if (cells === undefined && isOfCells(options)) {
    throw new UnsupportedError(
      'graphOf',
      "In a browser the code of graphs of cells is loaded when meshToGraphAsync makes the first one: await meshToGraphAsync(mesh, { graphOf: 'cells' }).",
    );
  }
  warnOnceOfGhosts(mesh, options.id ?? '');
  return runSteps(meshToGraphSteps(mesh, { ...options, cells }));
}

export async function meshToGraphAsync(
  mesh: Mesh,
  options: MeshToGraphOptions & ReadOptions = {},
): Promise<GraphData> {
  const isCells = isOfCells(options);
  if (isCells) cellGraph ??= await import('./cell-graph.ts');
  warnOnceOfGhosts(mesh, options.id ?? '');
  const cells = isCells ? cellGraph : undefined;
  return new TimeSlice(options.signal).run(meshToGraphSteps(mesh, { ...options, cells }));
}

/** @throws ConfigError for a kind of graph that there is not */
function isOfCells({ graphOf = 'points' }: MeshToGraphOptions): boolean {
  checkGraphOf(graphOf);
  return graphOf === 'cells';
}
