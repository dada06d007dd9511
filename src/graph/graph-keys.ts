import { ConfigError } from '../core/errors.ts';
import type { GraphData } from '../core/graph.ts';
import { shorten } from '../core/show-value.ts';

/** Things that arrays of a graph belong to. */
export type ArrayKind = 'node' | 'cell' | 'edge' | 'graph';

/** Keys of a graph: one that is missing here does not compile. */
const KEYS: Readonly<Record<keyof GraphData, true>> = {
  id: true,
  pos: true,
  edgeIndex: true,
  node: true,
  cell: true,
  edge: true,
  graph: true,
  metadata: true,
  numNodes: true,
  numEdges: true,
  numCells: true,
  normalization: true,
  standardization: true,
};

/**
 * Refuses a graph with a key that graphs do not have, since it would not be in a batch or a file that is made of it.
 * Keys set to `undefined` are passed over.
 *
 * @param option - the option that gave the graph
 * @throws ConfigError naming the key, and where values of its kind go
 */
export function rejectUnknownKeys(graph: GraphData, option: string): void {
  for (const [key, value] of Object.entries(graph)) {
    if (Object.hasOwn(KEYS, key) || value === undefined) continue;
    const name = shorten(key);
    throw new ConfigError(
      option,
      `${option === 'graphs' ? `The sample ${shorten(graph.id)} has` : `${option} gave the sample ${shorten(graph.id)}`} the key "${name}", which graphs do not have and batches would lose. ` +
        'Put arrays over nodes, cells or directed edges into node, cell or edge, values of the whole graph into graph, ' +
        `as in graph: { ...data.graph, target: { data: Float32Array.of(1), shape: [1] } }, and anything else into metadata.`,
    );
  }
}
