import { ARRAY_KINDS, type ArrayKind, KIND_NAMES } from '../core/array-kinds.ts';
import type { BufferPool } from '../core/buffer-pool.ts';
import { detach, free } from '../core/detach.ts';
import { ConfigError } from '../core/errors.ts';
import type { GraphData, Metadata, Normalization } from '../core/graph.ts';
import { buffersOf } from '../core/graph-buffers.ts';
import { countValues, type Tensor, type TypedArray } from '../core/mesh.ts';
import type { Standardization } from '../core/statistics.ts';
import { checkLengths } from './check-lengths.ts';
import { nameGraph, partsOf, rejectUnknownKeys } from './graph-keys.ts';
import { joinTimes } from './join-times.ts';
import { makeRecord } from './record.ts';

/** Most nodes of a batch: their indices are 32-bit. */
const MAX_NODES = 2 ** 31 - 1;
/** Number of values copied between two yields. */
const VALUES_PER_STEP = 2 ** 19;
/** Number of indices copied and shifted together: few enough to be in the processor's first cache for both. */
const INDICES_PER_CHUNK = 2 ** 12;

/** Options of joining graphs. */
export interface BatchOptions {
  /**
   * Treatment of arrays that not all graphs have, or not of one type and number of components:
   *
   * - `'same'`: they are an error
   * - `'common'`: they are left out and named in `leftOut`
   * - `'fill'`: where a graph lacks one it is filled, floats with NaN and integers with 0, and named in `filled`;
   *   different types or numbers of components are an error
   *
   * @defaultValue `'same'`
   */
  readonly arrays?: 'same' | 'common' | 'fill' | undefined;
  /** Memory to use again, which `Batch.release` gives back. @defaultValue new memory */
  readonly buffers?: BufferPool | undefined;
  /**
   * True to give the graphs up: the batch takes over the memory of a single one, and that of several is freed once it
   * has been copied. Their arrays must not be used afterwards.
   *
   * @defaultValue false
   */
  readonly consume?: boolean | undefined;
  /**
   * Function that with `consume` gets the memory of graph number `index` once it is no longer needed.
   *
   * @defaultValue it is freed
   */
  readonly reclaim?: ((index: number, memory: readonly ArrayBuffer[]) => void) | undefined;
}

/** Parts that a {@link Batch} consists of. */
export interface BatchParts {
  readonly pos: Tensor<Float32Array<ArrayBuffer>>;
  readonly edgeIndex: Tensor<Int32Array<ArrayBuffer>>;
  readonly batch: Tensor<Int32Array<ArrayBuffer>>;
  readonly ptr: Tensor<Int32Array<ArrayBuffer>>;
  readonly edgePtr: readonly number[];
  readonly cellPtr: Tensor<Int32Array<ArrayBuffer>>;
  readonly node: Readonly<Record<string, Tensor>>;
  readonly cell: Readonly<Record<string, Tensor>>;
  readonly edge: Readonly<Record<string, Tensor>>;
  readonly graph: Readonly<Record<string, Tensor>>;
  /** The other parts of the samples by name. */
  readonly parts: Readonly<Record<string, BatchParts>>;
  readonly metadata: readonly Metadata[];
  readonly ids: readonly string[];
  readonly normalization: readonly (Normalization | undefined)[];
  readonly standardization: readonly (Standardization | undefined)[];
  /** Times of the steps of each graph, `[B, T]`; undefined where they have none. */
  readonly times: Tensor<Float64Array<ArrayBuffer>> | undefined;
  readonly leftOut: readonly string[];
  readonly filled: readonly string[];
}

/**
 * Joins the parts of graphs; see `Batch.fromDataList`.
 *
 * @param part - name of the part that the graphs are of their samples; undefined for the samples themselves
 */
export function* collateSteps(
  graphs: readonly GraphData[],
  options: BatchOptions,
  part?: string,
): Generator<void, BatchParts> {
  const [first] = graphs;
  if (first === undefined) throw new ConfigError('graphs', 'A batch needs at least one graph.');
  const nodePtr = sums(graphs.map(({ numNodes }) => numNodes));
  const edgePtr = sums(graphs.map(({ numEdges }) => numEdges));
  const cellPtr = sums(graphs.map(({ numCells }) => numCells));
  const total = nodePtr.at(-1) as number;
  if (total > MAX_NODES) {
    throw new ConfigError(
      'batchSize',
      `The graphs of the batch have ${total} nodes; ${MAX_NODES} is the most.`,
    );
  }
  for (const graph of graphs) {
    rejectUnknownKeys(graph, 'graphs', part);
    checkLengths(graph, () => nameGraph(graph.id, part));
  }
  const { consume = false, buffers } = options;
  const joined =
    consume && graphs.length === 1
      ? takeOver(first)
      : yield* joinArrays(graphs, { nodePtr, edgePtr, part, ...options });
  const times = joinTimes(graphs, options);
  const others = yield* joinParts(graphs, options);
  // Parts go with their graphs.
  if (consume && graphs.length > 1 && part === undefined) {
    for (const [index, graph] of graphs.entries()) giveUp(buffersOf(graph), index, options.reclaim);
  }
  return {
    ...joined,
    ...others,
    times: times.joined,
    leftOut: [...joined.leftOut, ...times.leftOut, ...others.leftOut],
    filled: [...joined.filled, ...times.filled, ...others.filled],
    batch: numberNodes(nodePtr, buffers),
    ptr: toTensor(nodePtr),
    edgePtr,
    cellPtr: toTensor(cellPtr),
    metadata: graphs.map(({ metadata }) => metadata),
    ids: graphs.map(({ id }) => id),
    normalization: graphs.map(({ normalization }) => normalization),
    standardization: graphs.map(({ standardization }) => standardization),
  };
}

/** Joins the other parts of samples: those of one name to one batch. */
function* joinParts(
  graphs: readonly GraphData[],
  options: BatchOptions,
): Generator<void, Pick<BatchParts, 'parts' | 'leftOut' | 'filled'>> {
  if (graphs.every((graph) => graph.parts === undefined))
    return { parts: makeRecord([]), leftOut: [], filled: [] };
  const { arrays = 'same' } = options;
  const parts: [string, BatchParts][] = [];
  const leftOut: string[] = [];
  const filled: string[] = [];
  for (const name of new Set(graphs.flatMap((graph) => partsOf(graph).map(([each]) => each)))) {
    const lacks = graphs.find((graph) => graph.parts?.[name] === undefined);
    if (lacks !== undefined && arrays === 'common') {
      leftOut.push(`parts.${name}`);
      continue;
    }
    const has = graphs.find((graph) => graph.parts?.[name] !== undefined) as GraphData;
    if (lacks !== undefined && arrays === 'same') {
      throw new ConfigError(
        'samples',
        `The sample ${has.id} has the part "${name}", the sample ${lacks.id} of the same batch has not. ` +
          "Set arrays: 'common' to leave the part out of such batches, or 'fill' for an empty graph in its place.",
      );
    }
    if (lacks !== undefined) filled.push(`parts.${name}`);
    const own = graphs.map(
      (graph) => graph.parts?.[name] ?? emptyLike(has.parts?.[name] as GraphData, graph),
    );
    const joined = yield* collateSteps(own, options, name);
    parts.push([name, joined]);
    leftOut.push(...joined.leftOut.map((array) => `parts.${name}.${array}`));
    filled.push(...joined.filled.map((array) => `parts.${name}.${array}`));
  }
  return { parts: makeRecord(parts), leftOut, filled };
}

/** Makes the part of a sample that has none: a graph without nodes, whose values of the whole graph are filled. */
function emptyLike(other: GraphData, { id }: GraphData): GraphData {
  const arrays = KIND_NAMES.flatMap((kind) => {
    const record = other[kind];
    if (record === undefined || ARRAY_KINDS[kind].rows === undefined) return [];
    const rows = Object.entries(record).map(([name, tensor]): [string, Tensor] => {
      const data = tensor.data.slice(0, 0) as TypedArray;
      return [name, { ...tensor, data, shape: [0, ...tensor.shape.slice(1)] }];
    });
    return [[kind, makeRecord(rows)]] as const;
  });
  return {
    id,
    pos: { data: new Float32Array(0), shape: [0, 3] },
    edgeIndex: { data: new Int32Array(0), shape: [2, 0] },
    ...(Object.fromEntries(arrays) as Pick<GraphData, ArrayKind>),
    metadata: {},
    numNodes: 0,
    numEdges: 0,
    numCells: 0,
  };
}

/** Takes memory from the arrays over it and hands it to `reclaim`, or frees it. */
export function giveUp(
  memory: readonly ArrayBuffer[],
  index: number,
  reclaim: BatchOptions['reclaim'],
): void {
  if (reclaim === undefined) memory.forEach(free);
  else reclaim(index, memory.map(detach));
}

/** Parts of a batch that are as large as its graphs. */
type JoinedArrays = Pick<BatchParts, 'pos' | 'edgeIndex' | ArrayKind | 'leftOut' | 'filled'>;

/** Takes over one graph, which is a batch as it is. */
function takeOver(graph: GraphData): JoinedArrays {
  const records = KIND_NAMES.map((kind) => {
    const isRow = ARRAY_KINDS[kind].rows === undefined;
    const row = (tensor: Tensor): Tensor => (isRow ? { ...tensor, shape: [1, ...tensor.shape] } : tensor);
    const arrays = Object.entries(graph[kind] ?? {});
    return [kind, makeRecord(arrays.map(([name, tensor]) => [name, row(tensor)] as const))] as const;
  });
  const { pos, edgeIndex } = graph;
  return { pos, edgeIndex, ...recordsOf(records), leftOut: [], filled: [] };
}

/** Arguments of joining arrays. */
interface JoinOptions extends BatchOptions {
  readonly nodePtr: readonly number[];
  readonly edgePtr: readonly number[];
  readonly part: string | undefined;
}

function* joinArrays(graphs: readonly GraphData[], options: JoinOptions): Generator<void, JoinedArrays> {
  const { nodePtr, edgePtr, buffers } = options;
  const joined: (readonly [ArrayKind, JoinedRecord])[] = [];
  for (const kind of KIND_NAMES) joined.push([kind, yield* joinRecords(graphs, kind, options)]);
  return {
    pos: yield* joinPositions(graphs, nodePtr.at(-1) as number, buffers),
    edgeIndex: yield* joinEdges(graphs, nodePtr, edgePtr, buffers),
    ...recordsOf(joined.map(([kind, { record }]) => [kind, record] as const)),
    leftOut: [...new Set(joined.flatMap(([, { leftOut }]) => leftOut))],
    filled: [...new Set(joined.flatMap(([, { filled }]) => filled))],
  };
}

function recordsOf(
  records: readonly (readonly [ArrayKind, Readonly<Record<string, Tensor>>])[],
): Pick<BatchParts, ArrayKind> {
  return Object.fromEntries(records) as Pick<BatchParts, ArrayKind>;
}

/** Sums counts: 0, a, a + b, … */
function sums(counts: readonly number[]): readonly number[] {
  let sum = 0;
  return [0, ...counts.map((count) => (sum += count))];
}

function toTensor(values: readonly number[]): Tensor<Int32Array<ArrayBuffer>> {
  return { data: Int32Array.from(values), shape: [values.length] };
}

/** Makes an array of undefined content. */
function allocate<Data extends TypedArray>(
  Type: ArrayType<Data>,
  length: number,
  buffers: BufferPool | undefined,
): Data {
  const byteLength = length * Type.BYTES_PER_ELEMENT;
  return new Type(buffers?.takeAtLeast(byteLength) ?? new ArrayBuffer(byteLength), 0, length);
}

interface ArrayType<Data extends TypedArray> {
  new (buffer: ArrayBuffer, byteOffset: number, length: number): Data;
  readonly BYTES_PER_ELEMENT: number;
}

function numberNodes(
  nodePtr: readonly number[],
  buffers: BufferPool | undefined,
): Tensor<Int32Array<ArrayBuffer>> {
  const data = allocate(Int32Array<ArrayBuffer>, nodePtr.at(-1) as number, buffers);
  for (let graph = 0; graph + 1 < nodePtr.length; graph++)
    data.fill(graph, nodePtr[graph], nodePtr[graph + 1]);
  return { data, shape: [data.length] };
}

function* joinPositions(
  graphs: readonly GraphData[],
  total: number,
  buffers: BufferPool | undefined,
): Generator<void, Tensor<Float32Array<ArrayBuffer>>> {
  const data = allocate(Float32Array<ArrayBuffer>, 3 * total, buffers);
  let at = 0;
  for (const { pos } of graphs) {
    yield* copySteps(data, at, pos.data);
    at += pos.data.length;
  }
  return { data, shape: [total, 3] };
}

/** Copies `source` to `target` from `at` on. */
function* copySteps(target: TypedArray, at: number, source: TypedArray): Generator<void, void> {
  for (let done = 0; done < source.length; done += VALUES_PER_STEP) {
    target.set(source.subarray(done, done + VALUES_PER_STEP) as never, at + done);
    yield;
  }
}

function* joinEdges(
  graphs: readonly GraphData[],
  nodePtr: readonly number[],
  edgePtr: readonly number[],
  buffers: BufferPool | undefined,
): Generator<void, Tensor<Int32Array<ArrayBuffer>>> {
  const total = edgePtr.at(-1) as number;
  const data = allocate(Int32Array<ArrayBuffer>, 2 * total, buffers);
  for (const [index, { edgeIndex, numEdges }] of graphs.entries()) {
    const first = nodePtr[index] as number;
    for (const row of [0, 1]) {
      const begin = row * total + (edgePtr[index] as number);
      for (let done = 0; done < numEdges; done += VALUES_PER_STEP) {
        const from = row * numEdges;
        const end = Math.min(done + VALUES_PER_STEP, numEdges);
        copyShifted(data, begin + done, edgeIndex.data.subarray(from + done, from + end), first);
        yield;
      }
    }
  }
  return { data, shape: [2, total] };
}

/** Copies `source` to `target` from `at` on, `shift` added to each value. */
function copyShifted(target: Int32Array, at: number, source: Int32Array, shift: number): void {
  if (shift === 0) {
    target.set(source, at);
    return;
  }
  for (let done = 0; done < source.length; done += INDICES_PER_CHUNK) {
    const part = source.subarray(done, done + INDICES_PER_CHUNK);
    target.set(part, at + done);
    addTo(target, at + done, at + done + part.length, shift);
  }
}

/** Adds to eight values at a time: the compiler does not unroll this loop, which then takes 1.5 times as long. */
function addTo(data: Int32Array, begin: number, end: number, value: number): void {
  let at = begin;
  for (; at + 8 <= end; at += 8) {
    (data[at] as number) += value;
    (data[at + 1] as number) += value;
    (data[at + 2] as number) += value;
    (data[at + 3] as number) += value;
    (data[at + 4] as number) += value;
    (data[at + 5] as number) += value;
    (data[at + 6] as number) += value;
    (data[at + 7] as number) += value;
  }
  for (; at < end; at++) (data[at] as number) += value;
}

interface JoinedRecord {
  readonly record: Readonly<Record<string, Tensor>>;
  readonly leftOut: readonly string[];
  readonly filled: readonly string[];
}

function* joinRecords(
  graphs: readonly GraphData[],
  kind: ArrayKind,
  { arrays = 'same', buffers, part }: JoinOptions,
): Generator<void, JoinedRecord> {
  const names = new Set(graphs.flatMap((graph) => Object.keys(graph[kind] ?? {})));
  const kept: string[] = [];
  const leftOut: string[] = [];
  const filled: string[] = [];
  for (const name of names) {
    const having = graphs.filter((graph) => graph[kind]?.[name] !== undefined);
    const isFilled = arrays === 'fill' && having.length < graphs.length;
    const problem = findDifference(arrays === 'fill' ? having : graphs, { kind, name, part });
    if (problem !== undefined && arrays === 'common') leftOut.push(name);
    else if (problem !== undefined)
      throw new ConfigError(ARRAY_KINDS[kind].isStored ? 'includeAttributes' : 'transform', problem);
    else kept.push(name);
    if (isFilled) filled.push(name);
  }
  const tensors: [string, Tensor][] = [];
  for (const name of kept) tensors.push([name, yield* joinTensors(graphs, kind, name, buffers)]);
  return { record: makeRecord(tensors), leftOut, filled };
}

/** An array of a name and kind, of samples or of one of their parts. */
interface NamedArray {
  readonly kind: ArrayKind;
  readonly name: string;
  readonly part: string | undefined;
}

/** Tells in which way some graph's array of this name differs from the first graph's; undefined where none does. */
function findDifference(graphs: readonly GraphData[], { kind, name, part }: NamedArray): string | undefined {
  const [first, ...others] = graphs as readonly [GraphData, ...GraphData[]];
  const { isStored } = ARRAY_KINDS[kind];
  const of = (graph: GraphData): string => nameGraph(graph.id, part).replace(/^The/, 'the');
  const expected = first[kind]?.[name];
  for (const other of others) {
    const found = other[kind]?.[name];
    if (expected !== undefined && found !== undefined && describe(found, kind) === describe(expected, kind))
      continue;
    if (expected === undefined && found === undefined) continue;
    if (expected === undefined || found === undefined) {
      const [has, lacks] = expected === undefined ? [other, first] : [first, other];
      return (
        `${nameGraph(has.id, part)} has the ${kind} array "${name}", ${of(lacks)} of the same batch has not. ` +
        `${isStored ? 'Name the arrays that all samples have in includeAttributes' : 'Give it to all samples'}, or set arrays: 'common' or 'fill'.`
      );
    }
    return (
      `The ${kind} array "${name}" is ${describe(expected, kind)} in ${of(first)} and ${describe(found, kind)} in ` +
      `${of(other)} of the same batch. ${isStored ? 'Leave it out of includeAttributes' : 'Make it the same in the transform'}, or batch such samples apart.`
    );
  }
  return undefined;
}

function* joinTensors(
  graphs: readonly GraphData[],
  kind: ArrayKind,
  name: string,
  buffers: BufferPool | undefined,
): Generator<void, Tensor> {
  const tensors = graphs.map((graph) => graph[kind]?.[name]);
  const present = tensors.filter((tensor) => tensor !== undefined);
  const [first] = present as [Tensor];
  const rest = rowShape(first, kind);
  const width = countValues(rest);
  const rows = graphs.map((graph) => rowsOf(graph, kind));
  const total = rows.reduce((sum, count) => sum + count, 0);
  const exact = present.find(({ data }) => data instanceof BigInt64Array || data instanceof BigUint64Array);
  const Type = (exact ?? first).data.constructor as unknown as ArrayType<TypedArray>;
  const data = allocate(Type, total * width, buffers);
  const isFloat = first.storedAs === undefined && data.constructor.name.startsWith('Float');
  let at = 0;
  for (const [index, tensor] of tensors.entries()) {
    const end = at + (rows[index] as number) * width;
    if (tensor === undefined) {
      if (isFloat) (data as Float32Array).fill(Number.NaN, at, end);
      else if (data instanceof BigInt64Array || data instanceof BigUint64Array) data.fill(0n, at, end);
      else data.fill(0, at, end);
    } else if (exact !== undefined && tensor.data instanceof Float64Array) {
      data.set(Array.from(tensor.data, BigInt) as never, at);
    } else yield* copySteps(data, at, tensor.data);
    at = end;
  }
  const shape = [total, ...rest];
  return first.storedAs === undefined ? { data, shape } : { data, shape, storedAs: first.storedAs };
}

function rowsOf(graph: GraphData, kind: ArrayKind): number {
  const { rows } = ARRAY_KINDS[kind];
  return rows === undefined ? 1 : graph[rows];
}

/** Takes the shape of one row; values of the whole graph are one. */
function rowShape({ shape }: Tensor, kind: ArrayKind): readonly number[] {
  return ARRAY_KINDS[kind].rows === undefined ? shape : shape.slice(1);
}

/** Types of 64-bit integers as files name them, by the arrays that hold them exactly. */
const STORED_TYPES: Readonly<Record<string, string>> = { BigInt64: 'Int64', BigUint64: 'UInt64' };

/** Describes the stored type and components of an array; 64-bit integers count as one type however they are held. */
function describe(tensor: Tensor, kind: ArrayKind): string {
  const held = tensor.data.constructor.name.replace('Array', '');
  const type = tensor.storedAs ?? STORED_TYPES[held] ?? held;
  const row = rowShape(tensor, kind);
  return row.length === 0 ? type : `${type} of ${row.join(' × ')} components`;
}
