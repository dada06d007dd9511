import { ConfigError } from '../core/errors.ts';
import type { GraphData } from '../core/graph.ts';
import { shorten, showValue } from '../core/show-value.ts';

/** Keys of a graph: one that is missing here does not compile. */
const KEYS: Readonly<Record<keyof GraphData, true>> = {
  id: true,
  pos: true,
  edgeIndex: true,
  node: true,
  cell: true,
  edge: true,
  graph: true,
  parts: true,
  metadata: true,
  numNodes: true,
  numEdges: true,
  numCells: true,
  normalization: true,
  standardization: true,
  times: true,
};

/** Names a graph in messages: a sample, or a part of one. */
export function nameGraph(id: string, part?: string): string {
  return part === undefined ? `The sample ${id}` : `The part "${part}" of the sample ${id}`;
}

/** Characters that names of parts do not have: they would be taken for another tensor of a file or a feed. */
const OUTSIDE_NAMES = /[./\\]|^$/;

/**
 * Refuses a graph with a key that graphs do not have, since it would not be in a batch or a file that is made of it.
 * Keys set to `undefined` are passed over.
 *
 * @param option - the option that gave the graph
 * @param part - name of the part of a sample that the graph is
 * @throws ConfigError naming the key, and where values of its kind go
 */
export function rejectUnknownKeys(graph: GraphData, option: string, part?: string): void {
  for (const key of Object.keys(graph)) {
    if (Object.hasOwn(KEYS, key) || graph[key as keyof GraphData] === undefined) continue;
    const name = shorten(key);
    throw new ConfigError(
      option,
      `${ownerOf(graph, option, part)} the key "${name}", which graphs do not have and batches would lose. ` +
        'Put arrays over nodes, cells or directed edges into node, cell or edge, values of the whole graph into graph, ' +
        `as in graph: { ...data.graph, target: { data: Float32Array.of(1), shape: [1] } }, and anything else into metadata.`,
    );
  }
  if (graph.parts === undefined) return;
  if (!isRecord(graph.parts))
    throw new ConfigError(
      option,
      `${ownerOf(graph, option, part)} ${showValue(graph.parts)} as parts, which must be an object of graphs by their names.`,
    );
  if (part !== undefined)
    throw new ConfigError(
      option,
      `${ownerOf(graph, option, part)} parts of its own: name all parts in the sample's.`,
    );
  const wrong = partsOf(graph)
    .map(([name]) => name)
    .find((name) => OUTSIDE_NAMES.test(name));
  if (wrong === undefined) return;
  throw new ConfigError(
    option,
    `${ownerOf(graph, option)} a part "${shorten(wrong)}": the name of a part must be one character or more, without . / and \\.`,
  );
}

/** Lists the other parts of a sample by name. Names set to `undefined` are passed over. */
export function partsOf({ parts = {} }: Pick<GraphData, 'parts'>): (readonly [string, GraphData])[] {
  return Object.entries<GraphData | undefined>(parts).filter(
    (entry): entry is [string, GraphData] => entry[1] !== undefined,
  );
}

/** Tells whether a value is an object whose entries are all that it holds: no array, map or buffer. */
export function isRecord(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.prototype.toString.call(value) === '[object Object]'
  );
}

/** Begins a message about a graph: who has or gave it. */
function ownerOf({ id }: GraphData, option: string, part?: string): string {
  const label = nameGraph(shorten(id), part);
  return option === 'graphs' ? `${label} has` : `${option} gave ${label.replace(/^The/, 'the')}`;
}
