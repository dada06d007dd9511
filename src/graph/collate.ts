import { ConfigError } from '../core/errors.ts';
import type { GraphData, Metadata, Normalization } from '../core/graph.ts';
import type { Tensor, TypedArray } from '../core/mesh.ts';
import { makeRecord } from './record.ts';

/** Node indices are 32-bit. */
const MAX_NODES = 2 ** 31 - 1;
/** Values copied between two yields. */
const STEP = 2 ** 19;

/** Options of joining graphs. */
export interface BatchOptions {
  /**
   * Arrays that not all graphs have, or not of one type and number of components, are an error (`'same'`) or left
   * out (`'common'`).
   *
   * @defaultValue `'same'`
   */
  readonly arrays?: 'same' | 'common' | undefined;
}

/** What a {@link Batch} consists of. */
export interface BatchParts {
  readonly pos: Tensor<Float32Array<ArrayBuffer>>;
  readonly edgeIndex: Tensor<Int32Array<ArrayBuffer>>;
  readonly batch: Tensor<Int32Array<ArrayBuffer>>;
  readonly ptr: Tensor<Int32Array<ArrayBuffer>>;
  readonly edgePtr: readonly number[];
  readonly cellPtr: Tensor<Int32Array<ArrayBuffer>>;
  readonly node: Readonly<Record<string, Tensor>>;
  readonly cell: Readonly<Record<string, Tensor>>;
  readonly metadata: readonly Metadata[];
  readonly ids: readonly string[];
  readonly normalization: readonly (Normalization | undefined)[];
  readonly leftOut: readonly string[];
}

/** Joins the parts of graphs; see `Batch.fromDataList`. */
export function* collateSteps(
  graphs: readonly GraphData[],
  options: BatchOptions,
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
  for (const graph of graphs) checkLengths(graph);
  const common = options.arrays === 'common';
  const node = yield* joinRecords(graphs, 'node', common);
  const cell = yield* joinRecords(graphs, 'cell', common);
  return {
    pos: yield* joinPositions(graphs, total),
    edgeIndex: yield* joinEdges(graphs, nodePtr, edgePtr),
    batch: numberNodes(nodePtr),
    ptr: toTensor(nodePtr),
    edgePtr,
    cellPtr: toTensor(cellPtr),
    node: node.record,
    cell: cell.record,
    leftOut: [...new Set([...node.leftOut, ...cell.leftOut])],
    metadata: graphs.map(({ metadata }) => metadata),
    ids: graphs.map(({ id }) => id),
    normalization: graphs.map(({ normalization }) => normalization),
  };
}

/** 0, a, a + b, … */
function sums(counts: readonly number[]): readonly number[] {
  let sum = 0;
  return [0, ...counts.map((count) => (sum += count))];
}

function toTensor(values: readonly number[]): Tensor<Int32Array<ArrayBuffer>> {
  return { data: Int32Array.from(values), shape: [values.length] };
}

function numberNodes(nodePtr: readonly number[]): Tensor<Int32Array<ArrayBuffer>> {
  const data = new Int32Array(nodePtr.at(-1) as number);
  for (let graph = 1; graph + 1 < nodePtr.length; graph++)
    data.fill(graph, nodePtr[graph], nodePtr[graph + 1]);
  return { data, shape: [data.length] };
}

function* joinPositions(
  graphs: readonly GraphData[],
  total: number,
): Generator<void, Tensor<Float32Array<ArrayBuffer>>> {
  const data = new Float32Array(3 * total);
  let at = 0;
  for (const { pos } of graphs) {
    yield* copySteps(data, at, pos.data);
    at += pos.data.length;
  }
  return { data, shape: [total, 3] };
}

/** Copies `source` to `target` from `at` on. */
function* copySteps(target: TypedArray, at: number, source: TypedArray): Generator<void, void> {
  for (let done = 0; done < source.length; done += STEP) {
    target.set(source.subarray(done, done + STEP) as never, at + done);
    yield;
  }
}

function* joinEdges(
  graphs: readonly GraphData[],
  nodePtr: readonly number[],
  edgePtr: readonly number[],
): Generator<void, Tensor<Int32Array<ArrayBuffer>>> {
  const total = edgePtr.at(-1) as number;
  const data = new Int32Array(2 * total);
  for (const [index, { edgeIndex, numEdges }] of graphs.entries()) {
    const first = nodePtr[index] as number;
    for (const row of [0, 1]) {
      const begin = row * total + (edgePtr[index] as number);
      for (let done = 0; done < numEdges; done += STEP) {
        const count = Math.min(STEP, numEdges - done);
        const from = row * numEdges + done;
        data.set(edgeIndex.data.subarray(from, from + count), begin + done);
        if (first > 0) addTo(data, begin + done, begin + done + count, first);
        yield;
      }
    }
  }
  return { data, shape: [2, total] };
}

function addTo(data: Int32Array, begin: number, end: number, value: number): void {
  for (let at = begin; at < end; at++) data[at] = (data[at] as number) + value;
}

interface JoinedRecord {
  readonly record: Readonly<Record<string, Tensor>>;
  readonly leftOut: readonly string[];
}

function* joinRecords(
  graphs: readonly GraphData[],
  kind: 'node' | 'cell',
  common: boolean,
): Generator<void, JoinedRecord> {
  const names = new Set(graphs.flatMap((graph) => Object.keys(graph[kind])));
  const kept: string[] = [];
  const leftOut: string[] = [];
  for (const name of names) {
    const problem = findDifference(graphs, kind, name);
    if (problem === undefined) kept.push(name);
    else if (common) leftOut.push(name);
    else throw new ConfigError('includeAttributes', problem);
  }
  const tensors: [string, Tensor][] = [];
  for (const name of kept) tensors.push([name, yield* joinTensors(graphs, kind, name)]);
  return { record: makeRecord(tensors), leftOut };
}

/** In which way some graph's array of this name differs from the first graph's; undefined where none does. */
function findDifference(
  graphs: readonly GraphData[],
  kind: 'node' | 'cell',
  name: string,
): string | undefined {
  const [first, ...others] = graphs as readonly [GraphData, ...GraphData[]];
  const expected = first[kind][name];
  for (const other of others) {
    const found = other[kind][name];
    if (expected !== undefined && found !== undefined && describe(found) === describe(expected)) continue;
    if (expected === undefined && found === undefined) continue;
    if (expected === undefined || found === undefined) {
      const [has, lacks] = expected === undefined ? [other, first] : [first, other];
      return (
        `The sample ${has.id} has the ${kind} array "${name}", the sample ${lacks.id} of the same batch has not. ` +
        'Name the arrays that all samples have in includeAttributes.'
      );
    }
    return (
      `The ${kind} array "${name}" is ${describe(expected)} in the sample ${first.id} and ${describe(found)} in the ` +
      `sample ${other.id} of the same batch. Leave it out of includeAttributes, or batch such samples apart.`
    );
  }
  return undefined;
}

function* joinTensors(
  graphs: readonly GraphData[],
  kind: 'node' | 'cell',
  name: string,
): Generator<void, Tensor> {
  const tensors = graphs.map((graph) => graph[kind][name] as Tensor);
  const [first] = tensors as [Tensor];
  const [, ...rest] = first.shape;
  const exact = tensors.find(({ data }) => data instanceof BigInt64Array || data instanceof BigUint64Array);
  const Data = (exact ?? first).data.constructor as new (length: number) => TypedArray;
  const data = new Data(tensors.reduce((sum, tensor) => sum + tensor.data.length, 0));
  let at = 0;
  for (const tensor of tensors) {
    if (exact !== undefined && tensor.data instanceof Float64Array)
      data.set(Array.from(tensor.data, BigInt) as never, at);
    else yield* copySteps(data, at, tensor.data);
    at += tensor.data.length;
  }
  const shape = [tensors.reduce((sum, tensor) => sum + (tensor.shape[0] as number), 0), ...rest];
  return first.storedAs === undefined ? { data, shape } : { data, shape, storedAs: first.storedAs };
}

/** Stored type and components of an array; 64-bit integers count as one type however they are held. */
function describe({ data, shape, storedAs }: Tensor): string {
  const type = storedAs ?? data.constructor.name.replace('Array', '');
  return shape.length === 1 ? type : `${type} of ${shape.slice(1).join(' × ')} components`;
}

/** Arrays of wrong length would shift those of all graphs after them. */
function checkLengths({ id, pos, edgeIndex, node, cell, numNodes, numEdges, numCells }: GraphData): void {
  const check = (name: string, { data, shape }: Tensor, dimension: number, length: number): void => {
    const size = shape.reduce((product, factor) => product * factor, 1);
    if (shape[dimension] === length && data.length === size) return;
    throw new ConfigError(
      'graphs',
      `The sample ${id} has ${data.length} values of shape [${shape.join(', ')}] in ${name}, where dimension ` +
        `${dimension} must be ${length}. A transform that changes the nodes or cells must change all arrays of them.`,
    );
  };
  check('pos', pos, 0, numNodes);
  check('edgeIndex', edgeIndex, 1, numEdges);
  for (const [name, tensor] of Object.entries(node)) check(`the node array "${name}"`, tensor, 0, numNodes);
  for (const [name, tensor] of Object.entries(cell)) check(`the cell array "${name}"`, tensor, 0, numCells);
}
