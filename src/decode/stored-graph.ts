import { KIND_NAMES } from '../core/array-kinds.ts';
import { UnsupportedError } from '../core/errors.ts';
import type { GraphData, GraphOf } from '../core/graph.ts';
import type { FilePlace } from '../core/held-file.ts';
import { noSuchArray } from '../core/wished-arrays.ts';
import { openPlace } from '../files/ranged-file.ts';
import { graphFromSafetensors } from '../graph/graph-safetensors.ts';
import { makeRecord } from '../graph/record.ts';

/** Wishes that a stored graph meets, or not. */
interface GraphWish {
  readonly id: string;
  readonly path: string;
  readonly attributes: readonly string[] | undefined;
  readonly normalize: boolean;
  readonly graphOf: GraphOf | undefined;
  /** True where it must have all arrays that are named. */
  readonly isWhole: boolean;
}

/**
 * Reads a sample that is a graph already, as it was stored: what `vascusim convert` wrote.
 *
 * @throws FormatError for a file of anything else
 * @throws NotFoundError for a name in `attributes` that it has no array of
 * @throws UnsupportedError where another graph is wanted than the one that is stored
 */
export async function readStoredGraph(
  place: FilePlace,
  { id, path, attributes, normalize, graphOf, isWhole }: GraphWish,
  signal: AbortSignal | undefined,
): Promise<{ readonly graph: GraphData; readonly bytesRead: number }> {
  const bytes = await readBytes(place, signal);
  const stored = graphFromSafetensors(bytes, { path });
  if (normalize && stored.normalization === undefined)
    throw fixed(path, 'normalize', 'its positions are not normalized');
  if (graphOf === 'cells' && stored.numCells > 0) throw fixed(path, 'graphOf', 'its nodes are the points');
  if (attributes === undefined) return { graph: { ...stored, id }, bytesRead: bytes.length };
  const missing = attributes.find(
    (name) => stored.node[name] === undefined && stored.cell[name] === undefined,
  );
  if (missing !== undefined && isWhole) {
    const known = { pointArrays: Object.keys(stored.node), cellArrays: Object.keys(stored.cell) };
    throw noSuchArray(missing, path, known, []);
  }
  return { graph: { ...pick(stored, attributes), id }, bytesRead: bytes.length };
}

async function readBytes(
  place: FilePlace,
  signal: AbortSignal | undefined,
): Promise<Uint8Array<ArrayBuffer>> {
  await using access = await openPlace(place);
  const bytes = new Uint8Array(access.size);
  await access.readInto(0, bytes, signal);
  return bytes;
}

/** Keeps the node and cell arrays of some names, of a graph and its parts. */
function pick(graph: GraphData, names: readonly string[]): GraphData {
  const kept = KIND_NAMES.flatMap((kind) => {
    const arrays = graph[kind];
    if (arrays === undefined || (kind !== 'node' && kind !== 'cell')) return [];
    return [[kind, makeRecord(Object.entries(arrays).filter(([name]) => names.includes(name)))] as const];
  });
  const picked = { ...graph, ...Object.fromEntries(kept) };
  if (graph.parts === undefined) return picked;
  const parts = Object.entries(graph.parts).map(([name, part]) => [name, pick(part, names)] as const);
  return { ...picked, parts: makeRecord(parts) };
}

function fixed(path: string, option: string, why: string): UnsupportedError {
  return new UnsupportedError(
    option,
    `${path} is a stored graph, and ${why}: ${option} has to be given where it is made of its mesh.`,
  );
}
