import type { Tensor } from '../core/mesh.ts';
import type { BatchParts } from './collate.ts';

/** The tensors of a batch by the names under which they are handed on. */
export function namedTensors(batch: Omit<BatchParts, 'edgePtr'>): [name: string, Tensor][] {
  const { pos, edgeIndex, batch: graph, ptr, cellPtr, node, cell } = batch;
  return [
    ['pos', pos],
    ['edgeIndex', edgeIndex],
    ['batch', graph],
    ['ptr', ptr],
    ['cellPtr', cellPtr],
    ...namedArrays('node', node),
    ...namedArrays('cell', cell),
  ];
}

/** Arrays as `node.NAME` or `cell.NAME`. */
export function namedArrays(
  kind: 'node' | 'cell',
  arrays: Readonly<Record<string, Tensor>>,
): [name: string, Tensor][] {
  return Object.entries(arrays).map(([name, tensor]) => [`${kind}.${name}`, tensor]);
}
