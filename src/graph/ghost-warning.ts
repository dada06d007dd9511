import { countGhosts, describeGhosts, type GhostCounts } from '../core/ghosts.ts';
import type { Mesh } from '../core/mesh.ts';

/**
 * Says that a graph has nodes, edges and cells which `vtkGhostType` marks: copies of those of other pieces, so that they
 * are in it twice, or hidden ones. They stay, so that rows of node and cell arrays are those of the mesh. In a browser
 * nobody is told.
 */
export function warnOfGhosts(path: string, counts: GhostCounts): void {
  const copies = counts.copiedCells + counts.copiedPoints > 0 ? 'Copies are in it twice; the' : 'The';
  const { process } = globalThis as { readonly process?: { emitWarning?: NodeJS.Process['emitWarning'] } };
  process?.emitWarning?.(
    `The graph of ${path} has all that vtkGhostType marks in its mesh: ${describeGhosts(counts)}. ${copies} array vtkGhostType, as a node or cell value, tells which they are.`,
    { type: 'VascuSimWarning', code: 'VASCUSIM_GHOSTS' },
  );
}

let hasTold = false;

/** Says it of the first mesh that has such. */
export function warnOnceOfGhosts(mesh: Mesh, id: string): void {
  const ghosts = hasTold ? undefined : countGhosts(mesh);
  if (ghosts === undefined) return;
  hasTold = true;
  warnOfGhosts(id === '' ? 'a mesh' : id, ghosts);
}
