import { ConfigError } from '../core/errors.ts';
import type { GraphData } from '../core/graph.ts';
import { shorten, showValue } from '../core/show-value.ts';
import { writeJson } from '../core/write-json.ts';
import { graphFromSafetensors, graphToSafetensors } from '../graph/graph-safetensors.ts';
import { makeRecord } from '../graph/record.ts';

/** Fields that the catalogue says of a sample; it may say something else when the sample is found again. */
type Described = Pick<GraphData, 'id' | 'metadata'>;

/**
 * Writes a decoded sample as a file: of its id and metadata only what a `preTransform` has changed, so that the rest is
 * what the catalogue says when it is found again.
 *
 * @throws ConfigError for changed metadata that a file cannot hold as it is
 */
export function writeDecoded(graph: GraphData, { id, metadata }: Described): Uint8Array<ArrayBuffer> {
  const changed = Object.entries(graph.metadata).filter(([name, value]) => {
    if (Object.hasOwn(metadata, name) && Object.is(metadata[name], value)) return false;
    const unfit = findUnfit(value);
    if (unfit !== undefined) {
      throw new ConfigError(
        'preTransform',
        `preTransform gave the sample ${shorten(id)} ${unfit} in metadata["${shorten(name)}"], which cacheDecoded cannot keep: give numbers, texts, true, false, null, and lists and objects of them.`,
      );
    }
    return !Object.hasOwn(metadata, name) || writeJson(metadata[name]) !== writeJson(value);
  });
  return graphToSafetensors({
    ...renamed(graph, id, ''),
    metadata: Object.fromEntries(changed),
  });
}

/** Gives a graph and its parts another id where they have a certain one. */
function renamed(graph: GraphData, from: string, to: string): GraphData {
  const { parts } = graph;
  const name = graph.id === from ? to : graph.id;
  if (parts === undefined) return { ...graph, id: name };
  const others = Object.entries(parts).map(([each, part]) => [each, renamed(part, from, to)] as const);
  return { ...graph, id: name, parts: makeRecord(others) };
}

/**
 * Reads what {@link writeDecoded} wrote.
 *
 * @throws FormatError for other bytes
 */
export function readDecoded(
  bytes: Uint8Array<ArrayBuffer>,
  path: string,
  { id, metadata }: Described,
): GraphData {
  const graph = graphFromSafetensors(bytes, { path });
  return { ...renamed(graph, '', id), metadata: { ...metadata, ...graph.metadata } };
}

/** Finds what of a value a file cannot hold as it is; undefined where there is nothing. */
function findUnfit(value: unknown, holders: readonly object[] = []): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (['string', 'number', 'boolean'].includes(typeof value)) return undefined;
  if (typeof value !== 'object') return typeof value === 'bigint' ? 'a bigint' : showValue(value);
  if (holders.includes(value)) return 'an object inside itself';
  const prototype: unknown = Object.getPrototypeOf(value);
  const isPlain = Array.isArray(value) || prototype === null || prototype === Object.prototype;
  if (!isPlain) return showValue(value);
  for (const each of Object.values(value)) {
    const unfit = findUnfit(each, [...holders, value]);
    if (unfit !== undefined) return unfit;
  }
  return undefined;
}
