import { ARRAY_KINDS, type ArrayKind, KIND_NAMES } from '../core/array-kinds.ts';
import { ConfigError, FormatError } from '../core/errors.ts';
import type { GraphData, Metadata, Normalization } from '../core/graph.ts';
import { parseJson } from '../core/lenient-json.ts';
import type { Tensor } from '../core/mesh.ts';
import { shorten } from '../core/show-value.ts';
import type { Standardization } from '../core/statistics.ts';
import { writeJson } from '../core/write-json.ts';
import type { BatchParts } from './collate.ts';
import { partsOf, rejectUnknownKeys } from './graph-keys.ts';
import { type NamedTensor, namedArrays, namedTensors, partPrefix } from './named-tensors.ts';
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

/** Facts of a graph, or a part of one, that are no tensors. */
interface GraphFacts extends Names {
  readonly id: string;
  readonly metadata: Metadata;
  readonly numCells: number;
  readonly normalization: Normalization | null;
  /** Standardization of the arrays; left out where there is none. */
  readonly standardization?: Standardization | undefined;
  /** The other parts; left out where there are none. */
  readonly parts?: Readonly<Record<string, GraphFacts>> | undefined;
}

/** Text of what is no tensor of a graph. */
interface GraphText extends GraphFacts {
  readonly kind: 'graph';
  readonly version: 1;
}

/** Facts of a batch, or a part of one, that are no tensors. */
interface BatchFacts extends Names {
  readonly ids: readonly string[];
  readonly metadata: readonly Metadata[];
  readonly normalization: readonly (Normalization | null)[];
  /** Standardization of the arrays of each graph; left out where there is none. */
  readonly standardization?: readonly (Standardization | null)[] | undefined;
  readonly leftOut: readonly string[];
  readonly filled: readonly string[];
  readonly parts?: Readonly<Record<string, BatchFacts>> | undefined;
}

/** Text of what is no tensor of a batch. */
interface BatchText extends BatchFacts {
  readonly kind: 'batch';
  readonly version: 1;
}

/**
 * Writes a graph as a safetensors file: tensors `pos`, `edgeIndex` and `node.NAME`, `cell.NAME`, `edge.NAME`,
 * `graph.NAME` for each array, of each other part the same behind `parts.PART.`; id, metadata and normalization as JSON
 * in the text `vascusim` of its `__metadata__`.
 *
 * @throws ConfigError for a key that graphs do not have
 */
export function graphToSafetensors(graph: GraphData): Uint8Array<ArrayBuffer> {
  return writeSafetensors(...contentsOf(graph));
}

/** Writes the same in parts, for whoever stores them one after the other. */
export function graphSafetensorsParts(graph: GraphData): Iterable<Uint8Array> {
  return layOutGraph(graph).parts;
}

/** Lays out the same in parts, and counts their bytes before the first one is made. */
export function layOutGraph(graph: GraphData): ReturnType<typeof layOutSafetensors> {
  return layOutSafetensors(...contentsOf(graph));
}

function contentsOf(graph: GraphData): [tensors: NamedTensor[], metadata: Record<string, string>] {
  rejectUnknownKeys(graph, 'graphs');
  const parts = partsOf(graph);
  for (const [name, part] of parts) rejectUnknownKeys(part, 'graphs', name);
  const text: GraphText = { kind: 'graph', version: 1, ...factsOf(graph) };
  const tensors = [
    ...tensorsOf(graph, ''),
    ...parts.flatMap(([name, part]) => tensorsOf(part, partPrefix(name))),
  ];
  return [tensors, { [KEY]: writeText(text) }];
}

function factsOf(graph: GraphData): GraphFacts {
  const { id, metadata, numCells, normalization = null, standardization } = graph;
  const facts = { ...namesOf(graph), id, metadata, numCells, normalization, standardization };
  return { ...facts, ...factsOfParts(partsOf(graph), factsOf) };
}

/** Makes the facts of parts; nothing where there are none, so that the text is as short as without them. */
function factsOfParts<Part, Facts>(
  all: readonly (readonly [string, Part])[],
  facts: (part: Part) => Facts,
): { readonly parts?: Readonly<Record<string, Facts>> } {
  return all.length === 0 ? {} : { parts: makeRecord(all.map(([name, part]) => [name, facts(part)])) };
}

function tensorsOf(graph: GraphData, prefix: string): NamedTensor[] {
  const { pos, edgeIndex } = graph;
  return [[`${prefix}pos`, pos], [`${prefix}edgeIndex`, edgeIndex], ...namedArrays(graph, prefix)];
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
  return readGraph(text, { tensors, path, prefix: '' });
}

/** Tensors of a file, among which those of one graph or batch begin with a prefix. */
interface FileTensors {
  readonly tensors: ReadonlyMap<string, Tensor>;
  readonly path: string;
  readonly prefix: string;
}

function readGraph(facts: GraphFacts, file: FileTensors): GraphData {
  const { id, metadata, numCells, normalization, standardization, parts } = facts;
  const pos = take(file, 'pos', Float32Array);
  const edgeIndex = take(file, 'edgeIndex', Int32Array);
  return {
    id,
    pos,
    edgeIndex,
    metadata,
    numCells,
    node: arraysOf('node', facts, file),
    cell: arraysOf('cell', facts, file),
    ...(facts.edge === undefined ? undefined : { edge: arraysOf('edge', facts, file) }),
    ...(facts.graph === undefined ? undefined : { graph: arraysOf('graph', facts, file) }),
    ...(parts === undefined ? undefined : { parts: readParts(parts, file, readGraph) }),
    numNodes: pos.shape[0] as number,
    numEdges: edgeIndex.shape[1] as number,
    ...(normalization === null ? undefined : { normalization }),
    ...(standardization === undefined ? undefined : { standardization }),
  };
}

function readParts<Facts, Part>(
  parts: Readonly<Record<string, Facts>>,
  file: FileTensors,
  read: (facts: Facts, file: FileTensors) => Part,
): Readonly<Record<string, Part>> {
  return makeRecord(
    Object.entries(parts).map(([name, facts]) => [name, read(facts, { ...file, prefix: partPrefix(name) })]),
  );
}

/** Writes a batch as a safetensors file; see `Batch.toSafetensors`. */
export function batchToSafetensors(batch: BatchParts): Uint8Array<ArrayBuffer> {
  return writeSafetensors(...contentsOfBatch(batch));
}

/** Writes a batch as a safetensors file in parts; see `Batch.safetensorsParts`. */
export function batchSafetensorsParts(batch: BatchParts): Iterable<Uint8Array> {
  return layOutSafetensors(...contentsOfBatch(batch)).parts;
}

function contentsOfBatch(batch: BatchParts): [tensors: NamedTensor[], metadata: Record<string, string>] {
  const text: BatchText = { kind: 'batch', version: 1, ...factsOfBatch(batch) };
  const parts = Object.entries(batch.parts).map(([name, part]) => edgePtrOf(part, partPrefix(name)));
  return [[...namedTensors(batch), edgePtrOf(batch, ''), ...parts], { [KEY]: writeText(text) }];
}

function factsOfBatch(batch: BatchParts): BatchFacts {
  const { ids, metadata, leftOut, filled, parts } = batch;
  const normalization = batch.normalization.map((each) => each ?? null);
  const each = batch.standardization.map((one) => one ?? null);
  const standardization = each.some((one) => one !== null) ? each : undefined;
  const facts = { ...namesOf(batch), ids, metadata, normalization, standardization, leftOut, filled };
  return { ...facts, ...factsOfParts(Object.entries(parts), factsOfBatch) };
}

function edgePtrOf({ edgePtr }: BatchParts, prefix: string): NamedTensor {
  const data = Float64Array.from(edgePtr);
  return [`${prefix}edgePtr`, { data, shape: [edgePtr.length], storedAs: 'Int64' }];
}

/** Reads a batch from a safetensors file; see `Batch.fromSafetensors`. */
export function batchFromSafetensors(
  bytes: Uint8Array<ArrayBuffer>,
  options: ReadSafetensorsOptions,
): BatchParts {
  const { tensors, text, path } = open<BatchText>(bytes, 'batch', options);
  return readBatch(text, { tensors, path, prefix: '' });
}

function readBatch(facts: BatchFacts, file: FileTensors): BatchParts {
  const { ids, metadata, leftOut, filled, normalization, standardization, parts = {} } = facts;
  return {
    pos: take(file, 'pos', Float32Array),
    edgeIndex: take(file, 'edgeIndex', Int32Array),
    batch: take(file, 'batch', Int32Array),
    ptr: take(file, 'ptr', Int32Array),
    cellPtr: take(file, 'cellPtr', Int32Array),
    edgePtr: [...take(file, 'edgePtr', Float64Array).data],
    node: arraysOf('node', facts, file),
    cell: arraysOf('cell', facts, file),
    edge: arraysOf('edge', facts, file),
    graph: arraysOf('graph', facts, file),
    parts: readParts(parts, file, readBatch),
    ids,
    metadata,
    normalization: normalization.map((each) => each ?? undefined),
    standardization: ids.map((_, index) => standardization?.[index] ?? undefined),
    leftOut,
    filled,
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
  { tensors, path, prefix }: FileTensors,
  name: string,
  Type: new (length: number) => Data,
): Tensor<Data> {
  const tensor = tensors.get(prefix + name);
  if (tensor?.data instanceof Type) return tensor as Tensor<Data>;
  const fault = tensor === undefined ? 'is missing' : 'is of another type';
  throw new FormatError(fault, { path, array: prefix + name });
}

/** Lists the names of arrays; of kinds that only transforms add where there are any. */
function namesOf(graph: Pick<GraphData, ArrayKind>): Names {
  const names = KIND_NAMES.flatMap((kind) => {
    const own = Object.keys(graph[kind] ?? {});
    return own.length === 0 && !ARRAY_KINDS[kind].isStored ? [] : [[kind, own] as const];
  });
  return Object.fromEntries(names) as unknown as Names;
}

function arraysOf(
  kind: ArrayKind,
  names: Names,
  { tensors, path, prefix }: FileTensors,
): Readonly<Record<string, Tensor>> {
  return makeRecord(
    (names[kind] ?? []).map((name): [string, Tensor] => {
      const array = `${prefix}${kind}.${name}`;
      const tensor = tensors.get(array);
      if (tensor === undefined) throw new FormatError('is missing', { path, array });
      return [name, tensor];
    }),
  );
}
