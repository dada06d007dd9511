import { ConfigError, FormatError } from '../core/errors.ts';
import type { GraphData, Metadata, Normalization } from '../core/graph.ts';
import { parseJson } from '../core/lenient-json.ts';
import type { Tensor } from '../core/mesh.ts';
import { shorten } from '../core/show-value.ts';
import type { Standardization } from '../core/statistics.ts';
import { writeJson } from '../core/write-json.ts';
import type { BatchParts } from './collate.ts';
import { type ArrayKind, rejectUnknownKeys } from './graph-keys.ts';
import { namedArrays, namedTensors } from './named-tensors.ts';
import { makeRecord } from './record.ts';
import {
  layOutSafetensors,
  type ReadSafetensorsOptions,
  readSafetensors,
  writeSafetensors,
} from './safetensors.ts';

/** Key of the text in `__metadata__` that holds what is no tensor. */
const KEY = 'vascusim';

/** Names of arrays in their order: that of the tensors in the file is another one. */
interface Names {
  readonly node: readonly string[];
  readonly cell: readonly string[];
  /** Names of the arrays over edges; left out where there are none. */
  readonly edge?: readonly string[] | undefined;
  readonly graph?: readonly string[] | undefined;
}

/** Text of what is no tensor of a graph. */
interface GraphText extends Names {
  readonly kind: 'graph';
  readonly version: 1;
  readonly id: string;
  readonly metadata: Metadata;
  readonly numCells: number;
  readonly normalization: Normalization | null;
  /** Standardization of the arrays; left out where there is none. */
  readonly standardization?: Standardization | undefined;
}

/** Text of what is no tensor of a batch. */
interface BatchText extends Names {
  readonly kind: 'batch';
  readonly version: 1;
  readonly ids: readonly string[];
  readonly metadata: readonly Metadata[];
  readonly normalization: readonly (Normalization | null)[];
  /** Standardization of the arrays of each graph; left out where there is none. */
  readonly standardization?: readonly (Standardization | null)[] | undefined;
  readonly leftOut: readonly string[];
  readonly filled: readonly string[];
}

/**
 * Writes a graph as a safetensors file: tensors `pos`, `edgeIndex` and `node.NAME`, `cell.NAME`, `edge.NAME`,
 * `graph.NAME` for each array; id, metadata and normalization as JSON in the text `vascusim` of its `__metadata__`.
 *
 * @throws ConfigError for a key that graphs do not have
 */
export function graphToSafetensors(graph: GraphData): Uint8Array<ArrayBuffer> {
  return writeSafetensors(...contentsOf(graph));
}

/** Writes the same in parts, for whoever stores them one after the other. */
export function graphSafetensorsParts(graph: GraphData): Iterable<Uint8Array> {
  return layOutSafetensors(...contentsOf(graph)).parts;
}

function contentsOf(graph: GraphData): [tensors: [string, Tensor][], metadata: Record<string, string>] {
  rejectUnknownKeys(graph, 'graphs');
  const {
    id,
    pos,
    edgeIndex,
    node,
    cell,
    edge,
    metadata,
    numCells,
    normalization = null,
    standardization,
  } = graph;
  const text: GraphText = {
    kind: 'graph',
    version: 1,
    ...namesOf(graph),
    id,
    metadata,
    numCells,
    normalization,
    standardization,
  };
  const tensors: [string, Tensor][] = [
    ['pos', pos],
    ['edgeIndex', edgeIndex],
    ...namedArrays('node', node),
    ...namedArrays('cell', cell),
    ...namedArrays('edge', edge),
    ...namedArrays('graph', graph.graph),
  ];
  return [tensors, { [KEY]: writeText(text) }];
}

/**
 * Writes the text of what is no tensor.
 *
 * @throws ConfigError for metadata that JSON cannot hold
 */
function writeText(text: GraphText | BatchText): string {
  try {
    return writeJson(text);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const of = text.kind === 'graph' ? `the sample ${shorten(text.id)}` : 'a sample of the batch';
    throw new ConfigError(
      'graphs',
      `The metadata of ${of} cannot be written to a file: ${shorten(why, 200)}. Give numbers, texts, and lists and objects of them.`,
      { cause },
    );
  }
}

/**
 * Reads what {@link graphToSafetensors} wrote.
 *
 * @throws FormatError for other bytes
 */
export function graphFromSafetensors(
  bytes: Uint8Array<ArrayBuffer>,
  options: ReadSafetensorsOptions = {},
): GraphData {
  const { tensors, text, path } = open<GraphText>(bytes, 'graph', options);
  const { id, metadata, numCells, normalization, standardization } = text;
  const pos = take(tensors, 'pos', Float32Array, path);
  const edgeIndex = take(tensors, 'edgeIndex', Int32Array, path);
  return {
    id,
    pos,
    edgeIndex,
    metadata,
    numCells,
    node: arraysOf('node', text, tensors, path),
    cell: arraysOf('cell', text, tensors, path),
    ...(text.edge === undefined ? undefined : { edge: arraysOf('edge', text, tensors, path) }),
    ...(text.graph === undefined ? undefined : { graph: arraysOf('graph', text, tensors, path) }),
    numNodes: pos.shape[0] as number,
    numEdges: edgeIndex.shape[1] as number,
    ...(normalization === null ? undefined : { normalization }),
    ...(standardization === undefined ? undefined : { standardization }),
  };
}

/** Writes a batch as a safetensors file; see `Batch.toSafetensors`. */
export function batchToSafetensors(batch: BatchParts): Uint8Array<ArrayBuffer> {
  return writeSafetensors(...contentsOfBatch(batch));
}

/** Writes a batch as a safetensors file in parts; see `Batch.safetensorsParts`. */
export function batchSafetensorsParts(batch: BatchParts): Iterable<Uint8Array> {
  return layOutSafetensors(...contentsOfBatch(batch)).parts;
}

function contentsOfBatch(
  batch: BatchParts,
): [tensors: (readonly [string, Tensor])[], metadata: Record<string, string>] {
  const { ids, metadata, leftOut, filled, edgePtr } = batch;
  const normalization = batch.normalization.map((each) => each ?? null);
  const standardization = batch.standardization.map((each) => each ?? null);
  const text: BatchText = {
    kind: 'batch',
    version: 1,
    ...namesOf(batch),
    ids,
    metadata,
    normalization,
    standardization: standardization.some((each) => each !== null) ? standardization : undefined,
    leftOut,
    filled,
  };
  const edges: Tensor = { data: Float64Array.from(edgePtr), shape: [edgePtr.length], storedAs: 'Int64' };
  return [[...namedTensors(batch), ['edgePtr', edges]], { [KEY]: writeText(text) }];
}

/** Reads a batch from a safetensors file; see `Batch.fromSafetensors`. */
export function batchFromSafetensors(
  bytes: Uint8Array<ArrayBuffer>,
  options: ReadSafetensorsOptions,
): BatchParts {
  const { tensors, text, path } = open<BatchText>(bytes, 'batch', options);
  return {
    pos: take(tensors, 'pos', Float32Array, path),
    edgeIndex: take(tensors, 'edgeIndex', Int32Array, path),
    batch: take(tensors, 'batch', Int32Array, path),
    ptr: take(tensors, 'ptr', Int32Array, path),
    cellPtr: take(tensors, 'cellPtr', Int32Array, path),
    edgePtr: [...take(tensors, 'edgePtr', Float64Array, path).data],
    node: arraysOf('node', text, tensors, path),
    cell: arraysOf('cell', text, tensors, path),
    edge: arraysOf('edge', text, tensors, path),
    graph: arraysOf('graph', text, tensors, path),
    ids: text.ids,
    metadata: text.metadata,
    normalization: text.normalization.map((each) => each ?? undefined),
    standardization: text.ids.map((_, index) => text.standardization?.[index] ?? undefined),
    leftOut: text.leftOut,
    filled: text.filled,
  };
}

function open<Text extends { readonly kind: string }>(
  bytes: Uint8Array<ArrayBuffer>,
  kind: Text['kind'],
  options: ReadSafetensorsOptions,
): { readonly tensors: ReadonlyMap<string, Tensor>; readonly text: Text; readonly path: string } {
  const { path = 'safetensors' } = options;
  const { tensors, metadata } = readSafetensors(bytes, options);
  const text = parseJson(metadata[KEY] ?? 'null', path) as (Text & { readonly version: unknown }) | null;
  if (text?.kind === kind && text.version === 1) return { tensors, text, path };
  throw new FormatError(`holds no ${kind} that this version of vascusim has written`, { path });
}

function take<Data extends Tensor['data']>(
  tensors: ReadonlyMap<string, Tensor>,
  name: string,
  Type: new (length: number) => Data,
  path: string,
): Tensor<Data> {
  const tensor = tensors.get(name);
  if (tensor?.data instanceof Type) return tensor as Tensor<Data>;
  throw new FormatError(tensor === undefined ? 'is missing' : 'is of another type', { path, array: name });
}

function namesOf({
  node,
  cell,
  edge = {},
  graph = {},
}: Pick<GraphData, 'node' | 'cell' | 'edge' | 'graph'>): Names {
  const some = (names: readonly string[]): readonly string[] | undefined =>
    names.length === 0 ? undefined : names;
  return {
    node: Object.keys(node),
    cell: Object.keys(cell),
    edge: some(Object.keys(edge)),
    graph: some(Object.keys(graph)),
  };
}

function arraysOf(
  kind: ArrayKind,
  text: Names,
  tensors: ReadonlyMap<string, Tensor>,
  path: string,
): Readonly<Record<string, Tensor>> {
  return makeRecord(
    (text[kind] ?? []).map((name): [string, Tensor] => {
      const tensor = tensors.get(`${kind}.${name}`);
      if (tensor === undefined) throw new FormatError('is missing', { path, array: `${kind}.${name}` });
      return [name, tensor];
    }),
  );
}
