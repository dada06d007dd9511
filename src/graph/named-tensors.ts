import { type ArrayKind, KIND_NAMES } from '../core/array-kinds.ts';
import type { GraphData } from '../core/graph.ts';
import type { Tensor } from '../core/mesh.ts';
import type { BatchParts } from './collate.ts';

/** Tensor under the name by which it is handed on. */
export type NamedTensor = readonly [name: string, Tensor];

/** Names of the tensors of a batch that index others. */
export const INDEX_NAMES: readonly string[] = ['edgeIndex', 'batch', 'ptr', 'cellPtr'];

/** Lists the tensors of a batch by the names under which they are handed on: those of a part begin with `parts.NAME.`. */
export function namedTensors(batch: NamedBatch, prefix = ''): NamedTensor[] {
  const { pos, edgeIndex, batch: numbers, ptr, cellPtr, times } = batch;
  return [
    [`${prefix}pos`, pos],
    [`${prefix}edgeIndex`, edgeIndex],
    [`${prefix}batch`, numbers],
    [`${prefix}ptr`, ptr],
    [`${prefix}cellPtr`, cellPtr],
    ...(times === undefined ? [] : [[`${prefix}times`, times] as const]),
    ...namedArrays(batch, prefix),
    ...Object.entries(batch.parts).flatMap(([name, part]) => namedTensors(part, partPrefix(name))),
  ];
}

/** Batch as its tensors are listed. */
export interface NamedBatch extends Omit<BatchParts, 'edgePtr' | 'parts'> {
  readonly parts: Readonly<Record<string, NamedBatch>>;
}

/** Lists the arrays of a graph or batch as `node.NAME`, `cell.NAME`, `edge.NAME` or `graph.NAME`. */
export function namedArrays(graph: Pick<GraphData, ArrayKind>, prefix = ''): NamedTensor[] {
  return KIND_NAMES.flatMap((kind) =>
    Object.entries(graph[kind] ?? {}).map(([name, tensor]) => [`${prefix}${kind}.${name}`, tensor] as const),
  );
}

/** Makes the beginning of the names of a part's tensors. */
export function partPrefix(name: string): string {
  return `parts.${name}.`;
}
