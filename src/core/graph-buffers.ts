import type { GraphData } from './graph.ts';
import type { Tensor } from './mesh.ts';

/** Lists every buffer that holds a part of `graph`, each once: what moves when the graph goes to another thread. */
export function buffersOf({ pos, edgeIndex, node, cell, edge, graph }: GraphBuffers): ArrayBuffer[] {
  const tensors: Tensor[] = [pos, edgeIndex, ...Object.values(node), ...Object.values(cell)];
  if (edge !== undefined) tensors.push(...Object.values(edge));
  if (graph !== undefined) tensors.push(...Object.values(graph));
  return [...new Set(tensors.map(({ data }) => data.buffer))];
}

/** Parts of a graph, or a batch, that are made of tensors. */
type GraphBuffers = Pick<GraphData, 'pos' | 'edgeIndex' | 'node' | 'cell' | 'edge' | 'graph'>;
