import { ARRAY_KINDS, type ArrayKind, type ArrayKindFacts, KIND_NAMES } from '../core/array-kinds.ts';
import type { BufferPool } from '../core/buffer-pool.ts';
import { DisposedError } from '../core/errors.ts';
import type { GraphData, Metadata, Normalization } from '../core/graph.ts';
import { buffersOf } from '../core/graph-buffers.ts';
import { countValues, type Tensor, type TypedArray } from '../core/mesh.ts';
import type { Standardization } from '../core/statistics.ts';
import { runSteps } from '../core/time-slice.ts';
import { type BatchOptions, type BatchParts, collateSteps, giveUp } from './collate.ts';
import { type Feed, type FeedOptions, toFeeds } from './feeds.ts';
import { batchFromSafetensors, batchSafetensorsParts, batchToSafetensors } from './graph-safetensors.ts';
import { makeRecord } from './record.ts';
import type { ReadSafetensorsOptions } from './safetensors.ts';

/**
 * B graphs as one graph of B components, as PyTorch Geometric makes them: N = ΣNᵢ nodes, E = ΣEᵢ directed edges,
 * M = ΣMᵢ cells. What is an index is declared by kind (`edgeIndex`), never guessed from an array's name.
 */
export class Batch implements Disposable {
  /** Positions `[N, 3]`. */
  readonly pos: Tensor<Float32Array<ArrayBuffer>>;
  /** Directed edges, `[2, E]`; the indices of graph i are offset by `ptr[i]`. */
  readonly edgeIndex: Tensor<Int32Array<ArrayBuffer>>;
  /** Number of the graph that each node is of, `[N]`. */
  readonly batch: Tensor<Int32Array<ArrayBuffer>>;
  /** Places where the nodes of each graph begin, `[B + 1]`. */
  readonly ptr: Tensor<Int32Array<ArrayBuffer>>;
  /** Places where the cells of each graph begin, `[B + 1]`. */
  readonly cellPtr: Tensor<Int32Array<ArrayBuffer>>;
  /** Arrays over nodes by name, `[N]` or `[N, components]`; a record without a prototype. */
  readonly node: Readonly<Record<string, Tensor>>;
  /** Arrays over cells by name, `[M]` or `[M, components]`; a record without a prototype. */
  readonly cell: Readonly<Record<string, Tensor>>;
  /** Arrays over directed edges by name, `[E]` or `[E, components]`; a record without a prototype. */
  readonly edge: Readonly<Record<string, Tensor>>;
  /** Values of each graph by name, `[B]` or `[B, …]`; a record without a prototype. */
  readonly graph: Readonly<Record<string, Tensor>>;
  /** The other parts of the samples by name, each a batch of its own; a record without a prototype. */
  readonly parts: Readonly<Record<string, Batch>>;
  /** Metadata of each graph. */
  readonly metadata: readonly Metadata[];
  /** Id of each graph. */
  readonly ids: readonly string[];
  /** Normalization of the positions of each graph. */
  readonly normalization: readonly (Normalization | undefined)[];
  /** Standardization of the arrays of each graph. */
  readonly standardization: readonly (Standardization | undefined)[];
  /** Times of the steps of each graph, `[B, T]`; undefined where the graphs are of no series. */
  readonly times: Tensor<Float64Array<ArrayBuffer>> | undefined;
  /** Names of the arrays that were left out because not all graphs have the same; parts as `parts.NAME`. */
  readonly leftOut: readonly string[];
  /**
   * Names of the arrays that were filled, with NaN or 0, for graphs that do not have them; parts, which are then graphs
   * without nodes, as `parts.NAME`.
   */
  readonly filled: readonly string[];
  readonly #edgePtr: readonly number[];
  readonly #buffers: BufferPool | undefined;
  /** Treatment of memory that was a graph's. */
  readonly #takenOver: { readonly reclaim: BatchOptions['reclaim'] } | undefined;
  #isReleased = false;

  private constructor(parts: BatchParts, options: BatchOptions = {}) {
    const { buffers, reclaim, consume } = options;
    this.#buffers = buffers;
    this.#takenOver = consume === true && parts.ids.length === 1 ? { reclaim } : undefined;
    this.pos = parts.pos;
    this.edgeIndex = parts.edgeIndex;
    this.batch = parts.batch;
    this.ptr = parts.ptr;
    this.cellPtr = parts.cellPtr;
    this.node = parts.node;
    this.cell = parts.cell;
    this.edge = parts.edge;
    this.graph = parts.graph;
    this.parts = makeRecord(
      Object.entries(parts.parts).map(([name, part]) => [name, new Batch(part, options)]),
    );
    this.metadata = parts.metadata;
    this.ids = parts.ids;
    this.normalization = parts.normalization;
    this.standardization = parts.standardization;
    this.times = parts.times;
    this.leftOut = parts.leftOut;
    this.filled = parts.filled;
    this.#edgePtr = parts.edgePtr;
  }

  /**
   * Joins graphs.
   *
   * @throws ConfigError when there are none, or they differ in the names, types or numbers of components of their
   * arrays, or have more nodes than 32 bits count, or an array is not as long as its graph says
   */
  static fromDataList(graphs: readonly GraphData[], options: BatchOptions = {}): Batch {
    return runSteps(Batch.joinSteps(graphs, options));
  }

  /**
   * Does what {@link Batch.fromDataList} does in steps of a few milliseconds, for whoever shares the event loop.
   *
   * @internal
   */
  static *joinSteps(graphs: readonly GraphData[], options: BatchOptions = {}): Generator<void, Batch> {
    return new Batch(yield* collateSteps(graphs, options), options);
  }

  /**
   * Reads what {@link Batch.toSafetensors} wrote.
   *
   * @throws FormatError for other bytes
   */
  static fromSafetensors(bytes: Uint8Array<ArrayBuffer>, options: ReadSafetensorsOptions = {}): Batch {
    return new Batch(batchFromSafetensors(bytes, options));
  }

  /** Graphs in the batch, B. */
  get numGraphs(): number {
    return this.ids.length;
  }

  /** Nodes in the batch, N. */
  get numNodes(): number {
    return this.batch.data.length;
  }

  /** Directed edges, E. */
  get numEdges(): number {
    return this.edgeIndex.data.length / 2;
  }

  /** Cells in the batch, M. */
  get numCells(): number {
    return this.cellPtr.data.at(-1) as number;
  }

  /**
   * Makes graph `index` as it was before, in memory of its own.
   *
   * @throws RangeError when there is no such graph
   * @throws DisposedError when the batch was released
   */
  get(index: number): GraphData {
    this.#assertHeld();
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
    const bounds = {
      numNodes: [firstNode, lastNode],
      numCells: [firstCell, lastCell],
      numEdges: [firstEdge, lastEdge],
    } as const;
    const normalization = this.normalization[index];
    const standardization = this.standardization[index];
    const times = this.#timesOf(index);
    const parts = Object.entries(this.parts).map(([name, part]) => [name, part.get(index)] as const);
    return {
      id: this.ids[index] as string,
      pos: sliceRows(this.pos, firstNode, lastNode) as Tensor<Float32Array<ArrayBuffer>>,
      edgeIndex: { data: edges, shape: [2, numEdges] },
      ...this.#arraysOf(index, bounds),
      ...(parts.length === 0 ? undefined : { parts: makeRecord(parts) }),
      metadata: this.metadata[index] as Metadata,
      numNodes: lastNode - firstNode,
      numEdges,
      numCells: lastCell - firstCell,
      ...(normalization === undefined ? undefined : { normalization }),
      ...(standardization === undefined ? undefined : { standardization }),
      ...(times === undefined ? undefined : { times }),
    };
  }

  /** Takes the times of graph `index`. */
  #timesOf(index: number): GraphData['times'] {
    if (this.times === undefined) return undefined;
    const { data, shape } = sliceRows(this.times, index, index + 1);
    return { data: data as Float64Array<ArrayBuffer>, shape: shape.slice(1) };
  }

  /** Takes the arrays of graph `index`; kinds that only transforms add are left out where there are none. */
  #arraysOf(index: number, bounds: RowBounds): Pick<GraphData, ArrayKind> {
    const records: { [Kind in ArrayKind]?: GraphData['node'] } = {};
    for (const kind of KIND_NAMES) {
      const { rows, isStored } = ARRAY_KINDS[kind];
      const arrays = Object.entries(this[kind]);
      if (arrays.length === 0 && !isStored) continue;
      const [first, last] = rows === undefined ? [index, index + 1] : bounds[rows];
      records[kind] = makeRecord(
        arrays.map(([name, tensor]) => {
          const part = sliceRows(tensor, first, last);
          return [name, rows === undefined ? { ...part, shape: part.shape.slice(1) } : part];
        }),
      );
    }
    return records as Pick<GraphData, ArrayKind>;
  }

  /**
   * Writes the batch as a safetensors file: tensors `pos`, `edgeIndex`, `batch`, `ptr`, `cellPtr`, `edgePtr` (64-bit,
   * where the edges of each graph begin) and `node.NAME`, `cell.NAME`, `edge.NAME`, `graph.NAME` for each array; ids,
   * metadata and the rest as JSON in the text `vascusim` of its `__metadata__`. Those of a part begin with `parts.PART.`.
   */
  toSafetensors(): Uint8Array<ArrayBuffer> {
    this.#assertHeld();
    return batchToSafetensors(this.#toParts());
  }

  /** Writes the same file in parts, which share the batch's memory where they can: use them before its release. */
  safetensorsParts(): Iterable<Uint8Array> {
    this.#assertHeld();
    return batchSafetensorsParts(this.#toParts());
  }

  /**
   * Makes the feeds of an ONNX model: plain objects of the arguments of ONNX Runtime's `new Tensor(type, data, dims)`.
   * The data are those of the batch, not copied, unless they have to be converted.
   *
   * @example
   * const feeds = batch.toFeeds({ index: 'int64', inputs: { x: 'node.pressure', edge_index: 'edgeIndex' } });
   * @throws ConfigError for a name in `inputs` that the batch has nothing of
   */
  toFeeds(options: FeedOptions = {}): Readonly<Record<string, Feed>> {
    this.#assertHeld();
    return toFeeds(this, options);
  }

  /**
   * Gives the memory of the batch back, to be used for batches to come; what is not given back the garbage collector
   * frees some time. Positions, edges and all arrays, also those of feeds, have no elements afterwards: what still
   * uses them fails instead of reading another batch. Graphs that {@link Batch.get} gave are not touched.
   *
   * @example
   * for await (using batch of loader) await model(batch);
   */
  release(): void {
    if (this.#isReleased) return;
    const all = [this, ...Object.values(this.parts)];
    const numbers = all.filter((each) => !each.#isReleased).map((each) => each.batch.data.buffer);
    // Of a part that was released alone nothing is left to give.
    const isWhole = numbers.length === all.length;
    const memory = buffersOf(this).filter(({ byteLength }) => isWhole || byteLength > 0);
    for (const each of all) each.#isReleased = true;
    const keep: BatchOptions['reclaim'] = this.#buffers && ((_, buffers) => this.#keep(buffers));
    giveUp(memory, 0, this.#takenOver === undefined ? keep : this.#takenOver.reclaim);
    giveUp(numbers, 0, keep);
  }

  #keep(memory: readonly ArrayBuffer[]): void {
    for (const buffer of memory) this.#buffers?.give(buffer);
  }

  #toParts(): BatchParts {
    const parts = Object.entries(this.parts).map(([name, part]) => [name, part.#toParts()] as const);
    return { ...this, edgePtr: this.#edgePtr, parts: makeRecord(parts) };
  }

  #assertHeld(): void {
    if (this.#isReleased) throw new DisposedError('The batch was released, and its memory used for others.');
    for (const part of Object.values(this.parts)) part.#assertHeld();
  }

  /** Does what {@link Batch.release} does. */
  [Symbol.dispose](): void {
    this.release();
  }

  /** Makes all graphs as they were before. */
  toDataList(): GraphData[] {
    return this.ids.map((_, index) => this.get(index));
  }
}

/** Places where the rows of one graph begin and end, by what they are of. */
type RowBounds = Readonly<
  Record<NonNullable<ArrayKindFacts['rows']>, readonly [first: number, last: number]>
>;

function sliceRows({ data, shape, storedAs }: Tensor, first: number, last: number): Tensor {
  const [, ...rest] = shape;
  const width = countValues(rest);
  const part = asNumbers(data.slice(first * width, last * width) as TypedArray);
  const rows = { data: part, shape: [last - first, ...rest] };
  const stored = storedAs ?? (part instanceof Float64Array ? storedTypeOf(data) : undefined);
  return stored === undefined ? rows : { ...rows, storedAs: stored };
}

/** Names the type of 64-bit integers that say nothing of it themselves; undefined for other numbers. */
function storedTypeOf(data: TypedArray): Tensor['storedAs'] {
  if (data instanceof BigInt64Array) return 'Int64';
  return data instanceof BigUint64Array ? 'UInt64' : undefined;
}

/** Turns 64-bit integers into doubles where all of them are safe integers: what {@link Tensor} promises. */
function asNumbers(data: TypedArray): TypedArray {
  if (!(data instanceof BigInt64Array || data instanceof BigUint64Array)) return data;
  const numbers = Float64Array.from(data as BigInt64Array, Number);
  return numbers.every(Number.isSafeInteger) ? numbers : data;
}
