import { ConfigError } from '../core/errors.ts';
import type { GraphData, Metadata, Normalization } from '../core/graph.ts';
import type { Tensor, TypedArray } from '../core/mesh.ts';
import { makeRecord } from './record.ts';

/** Node indices are 32-bit. */
const MAX_NODES = 2 ** 31 - 1;

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
interface BatchParts {
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

/**
 * B graphs as one graph of B components, as PyTorch Geometric makes them: N = ΣNᵢ nodes, E = ΣEᵢ directed edges,
 * M = ΣMᵢ cells. What is an index is declared by kind (`edgeIndex`), never guessed from an array's name.
 */
export class Batch {
  /** Positions `[N, 3]`. */
  readonly pos: Tensor<Float32Array<ArrayBuffer>>;
  /** `[2, E]`; the indices of graph i are offset by `ptr[i]`. */
  readonly edgeIndex: Tensor<Int32Array<ArrayBuffer>>;
  /** Number of the graph that each node is of, `[N]`. */
  readonly batch: Tensor<Int32Array<ArrayBuffer>>;
  /** Where the nodes of each graph begin, `[B + 1]`. */
  readonly ptr: Tensor<Int32Array<ArrayBuffer>>;
  /** Where the cells of each graph begin, `[B + 1]`. */
  readonly cellPtr: Tensor<Int32Array<ArrayBuffer>>;
  /** Arrays over nodes by name, `[N]` or `[N, components]`; a record without a prototype. */
  readonly node: Readonly<Record<string, Tensor>>;
  /** Arrays over cells by name, `[M]` or `[M, components]`; a record without a prototype. */
  readonly cell: Readonly<Record<string, Tensor>>;
  /** Metadata of each graph. */
  readonly metadata: readonly Metadata[];
  /** Id of each graph. */
  readonly ids: readonly string[];
  /** How the positions of each graph were normalized. */
  readonly normalization: readonly (Normalization | undefined)[];
  /** Names of the arrays that were left out because not all graphs have the same. */
  readonly leftOut: readonly string[];
  readonly #edgePtr: readonly number[];

  private constructor(parts: BatchParts) {
    this.pos = parts.pos;
    this.edgeIndex = parts.edgeIndex;
    this.batch = parts.batch;
    this.ptr = parts.ptr;
    this.cellPtr = parts.cellPtr;
    this.node = parts.node;
    this.cell = parts.cell;
    this.metadata = parts.metadata;
    this.ids = parts.ids;
    this.normalization = parts.normalization;
    this.leftOut = parts.leftOut;
    this.#edgePtr = parts.edgePtr;
  }

  /**
   * Joins graphs.
   *
   * @throws ConfigError when there are none, or they differ in the names, types or numbers of components of their
   * arrays, or have more nodes than 32 bits count, or an array is not as long as its graph says
   */
  static fromDataList(graphs: readonly GraphData[], options: BatchOptions = {}): Batch {
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
    const node = joinRecords(graphs, 'node', common);
    const cell = joinRecords(graphs, 'cell', common);
    return new Batch({
      pos: joinPositions(graphs, total),
      edgeIndex: joinEdges(graphs, nodePtr, edgePtr),
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
    });
  }

  /** Graphs in the batch, B. */
  get numGraphs(): number {
    return this.ids.length;
  }

  /** N. */
  get numNodes(): number {
    return this.batch.data.length;
  }

  /** Directed edges, E. */
  get numEdges(): number {
    return this.edgeIndex.data.length / 2;
  }

  /** M. */
  get numCells(): number {
    return this.cellPtr.data.at(-1) as number;
  }

  /**
   * Graph `index` as it was before, in memory of its own.
   *
   * @throws RangeError when there is no such graph
   */
  get(index: number): GraphData {
    if (!Number.isInteger(index) || index < 0 || index >= this.numGraphs) {
      throw new RangeError(`The batch has no graph ${index}: there are ${this.numGraphs}.`);
    }
    const [firstNode, lastNode] = [this.ptr.data[index] as number, this.ptr.data[index + 1] as number];
    const [firstCell, lastCell] = [
      this.cellPtr.data[index] as number,
      this.cellPtr.data[index + 1] as number,
    ];
    const [firstEdge, lastEdge] = [this.#edgePtr[index] as number, this.#edgePtr[index + 1] as number];
    const numEdges = lastEdge - firstEdge;
    const edges = new Int32Array(2 * numEdges);
    for (const row of [0, 1]) {
      const from = row * this.numEdges + firstEdge;
      edges.set(this.edgeIndex.data.subarray(from, from + numEdges), row * numEdges);
    }
    for (let at = 0; at < edges.length; at++) (edges[at] as number) -= firstNode;
    const rows = (record: Readonly<Record<string, Tensor>>, first: number, last: number): GraphData['node'] =>
      makeRecord(Object.entries(record).map(([name, tensor]) => [name, sliceRows(tensor, first, last)]));
    const normalization = this.normalization[index];
    return {
      id: this.ids[index] as string,
      pos: sliceRows(this.pos, firstNode, lastNode) as Tensor<Float32Array<ArrayBuffer>>,
      edgeIndex: { data: edges, shape: [2, numEdges] },
      node: rows(this.node, firstNode, lastNode),
      cell: rows(this.cell, firstCell, lastCell),
      metadata: this.metadata[index] as Metadata,
      numNodes: lastNode - firstNode,
      numEdges,
      numCells: lastCell - firstCell,
      ...(normalization === undefined ? undefined : { normalization }),
    };
  }

  /** All graphs as they were before. */
  toDataList(): GraphData[] {
    return this.ids.map((_, index) => this.get(index));
  }
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

function joinPositions(graphs: readonly GraphData[], total: number): Tensor<Float32Array<ArrayBuffer>> {
  const data = new Float32Array(3 * total);
  let at = 0;
  for (const { pos } of graphs) {
    data.set(pos.data, at);
    at += pos.data.length;
  }
  return { data, shape: [total, 3] };
}

function joinEdges(
  graphs: readonly GraphData[],
  nodePtr: readonly number[],
  edgePtr: readonly number[],
): Tensor<Int32Array<ArrayBuffer>> {
  const total = edgePtr.at(-1) as number;
  const data = new Int32Array(2 * total);
  for (const [index, { edgeIndex, numEdges }] of graphs.entries()) {
    const first = nodePtr[index] as number;
    for (const row of [0, 1]) {
      const begin = row * total + (edgePtr[index] as number);
      data.set(edgeIndex.data.subarray(row * numEdges, (row + 1) * numEdges), begin);
      if (first > 0) addTo(data, begin, begin + numEdges, first);
    }
  }
  return { data, shape: [2, total] };
}

function addTo(data: Int32Array, begin: number, end: number, value: number): void {
  for (let at = begin; at < end; at++) data[at] = (data[at] as number) + value;
}

function sliceRows({ data, shape, storedAs }: Tensor, first: number, last: number): Tensor {
  const [, ...rest] = shape;
  const width = rest.reduce((product, length) => product * length, 1);
  const part = asNumbers(data.slice(first * width, last * width) as TypedArray);
  const rows = { data: part, shape: [last - first, ...rest] };
  return storedAs === undefined ? rows : { ...rows, storedAs };
}

/** 64-bit integers as doubles where all of them are safe integers: what {@link Tensor} promises. */
function asNumbers(data: TypedArray): TypedArray {
  if (!(data instanceof BigInt64Array || data instanceof BigUint64Array)) return data;
  const numbers = Float64Array.from(data as BigInt64Array, Number);
  return numbers.every(Number.isSafeInteger) ? numbers : data;
}

interface JoinedRecord {
  readonly record: Readonly<Record<string, Tensor>>;
  readonly leftOut: readonly string[];
}

function joinRecords(graphs: readonly GraphData[], kind: 'node' | 'cell', common: boolean): JoinedRecord {
  const names = new Set(graphs.flatMap((graph) => Object.keys(graph[kind])));
  const kept: string[] = [];
  const leftOut: string[] = [];
  for (const name of names) {
    const problem = findDifference(graphs, kind, name);
    if (problem === undefined) kept.push(name);
    else if (common) leftOut.push(name);
    else throw new ConfigError('includeAttributes', problem);
  }
  return { record: makeRecord(kept.map((name) => [name, joinTensors(graphs, kind, name)])), leftOut };
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

function joinTensors(graphs: readonly GraphData[], kind: 'node' | 'cell', name: string): Tensor {
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
    else data.set(tensor.data as never, at);
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
