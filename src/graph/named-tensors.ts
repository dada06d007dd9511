import type { Tensor } from '../core/mesh.ts';
import type { BatchParts } from './collate.ts';
import type { ArrayKind } from './graph-keys.ts';

/** Lists the tensors of a batch by the names under which they are handed on. */
export function namedTensors(batch: Omit<BatchParts, 'edgePtr'>): [name: string, Tensor][] {
  const { pos, edgeIndex, batch: numbers, ptr, cellPtr, node, cell, edge, graph } = batch;
  return [
    ['pos', pos],
    ['edgeIndex', edgeIndex],
    ['batch', numbers],
    ['ptr', ptr],
    ['cellPtr', cellPtr],
    ...namedArrays('node', node),
    ...namedArrays('cell', cell),
    ...namedArrays('edge', edge),
    ...namedArrays('graph', graph),
  ];
}

/** Lists the arrays as `node.NAME`, `cell.NAME`, `edge.NAME` or `graph.NAME`. */
export function namedArrays(
  kind: ArrayKind,
  arrays: Readonly<Record<string, Tensor>> | undefined,
): [name: string, Tensor][] {
  return Object.entries(arrays ?? {}).map(([name, tensor]) => [`${kind}.${name}`, tensor]);
}
