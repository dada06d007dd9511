import type { GraphData } from './graph.ts';
import type { Tensor } from './mesh.ts';

/** Every buffer that holds a part of `graph`, each once: what moves when the graph goes to another thread. */
export function buffersOf(graph: GraphData): ArrayBuffer[] {
  const { pos, edgeIndex, node, cell } = graph;
  const tensors: Tensor[] = [pos, edgeIndex, ...Object.values(node), ...Object.values(cell)];
  return [...new Set(tensors.map(({ data }) => data.buffer))];
}
