import { KIND_NAMES } from './array-kinds.ts';
import type { GraphData } from './graph.ts';

/** Lists every buffer that holds a part of `graph`, each once: what moves when the graph goes to another thread. */
export function buffersOf(graph: GraphBuffers): ArrayBuffer[] {
  const buffers = new Set<ArrayBuffer>();
  addBuffers(graph, buffers);
  return [...buffers];
}

function addBuffers(graph: GraphBuffers, buffers: Set<ArrayBuffer>): void {
  buffers.add(graph.pos.data.buffer).add(graph.edgeIndex.data.buffer);
  for (const kind of KIND_NAMES) {
    const arrays = graph[kind];
    for (const name in arrays)
      buffers.add((arrays[name] as NonNullable<(typeof arrays)[string]>).data.buffer);
  }
  for (const name in graph.parts) {
    const part = graph.parts[name];
    if (part !== undefined) addBuffers(part, buffers);
  }
}

/** Parts of a graph, or a batch, that are made of tensors. */
interface GraphBuffers extends Pick<GraphData, 'pos' | 'edgeIndex' | 'node' | 'cell' | 'edge' | 'graph'> {
  readonly parts?: Readonly<Record<string, GraphBuffers>> | undefined;
}
