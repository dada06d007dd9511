import type { BufferPool } from '../core/buffer-pool.ts';
import { UnsupportedError } from '../core/errors.ts';

/** Number of places in a node's row, in which half the neighbours of almost every mesh node fit. */
const PLACES_PER_ROW = 16;
const ROW_BITS = 4;
/** Multiplier that spreads consecutive indices (2^32 divided by the golden ratio). */
const HASH_MULTIPLIER = 0x9e3779b1;
/** Number of pairs in a part of the spill. */
const PAIRS_PER_SPILL_PART = 2 ** 14;
/** Numbers of 32 bits that a page of memory has. */
const INTEGERS_PER_PAGE = 1024;
/** Number of nodes handled between two yields. */
const NODES_PER_STEP = 2 ** 12;

/** Most nodes: places of their rows must be countable in 32 bits. */
export const MAX_NODES: number = 2 ** (31 - ROW_BITS) - 1;

/** Pairs that found their row full; they may repeat. */
class Spill {
  readonly parts: Int32Array[] = [];
  #part = new Int32Array(0);
  #at = 0;

  add(low: number, high: number): void {
    if (this.#at === this.#part.length) {
      this.#part = new Int32Array(2 * PAIRS_PER_SPILL_PART);
      this.parts.push(this.#part);
      this.#at = 0;
    }
    this.#part[this.#at++] = low;
    this.#part[this.#at++] = high;
  }
}

/**
 * Undirected edges between N nodes, each once, whatever the order in which they come and however often.
 *
 * An edge is kept with its lesser node, whose row of 16 places is a small hash table (open addressing) of the
 * greater ones; 0 is an empty place, as no node is less than node 0. A row is one or two cache lines, and cells that
 * follow one another share nodes, so that almost every look-up hits the cache. The few edges of a full row
 * spill over and are sorted out at the end.
 */
export class EdgeSet {
  readonly numNodes: number;
  readonly rows: Int32Array;
  /** Neighbours of each node, `[N + 1]`, without those in the spill. */
  readonly degrees: Int32Array;
  readonly spill: Spill = new Spill();

  constructor(numNodes: number) {
    this.numNodes = numNodes;
    this.rows = new Int32Array(numNodes * PLACES_PER_ROW);
    this.degrees = new Int32Array(numNodes + 1);
  }
}

/**
 * Writes to fresh memory in order, in steps. The system maps each page at its first write, and writes in random
 * order would have it map nearly all of them within the first step.
 */
export function* mapPages(data: Int32Array): Generator<void, void> {
  for (let begin = 0; begin < data.length; begin += 256 * INTEGERS_PER_PAGE) {
    const end = Math.min(begin + 256 * INTEGERS_PER_PAGE, data.length);
    for (let at = begin; at < end; at += INTEGERS_PER_PAGE) data[at] = 0;
    yield;
  }
}

function addEdge(rows: Int32Array, degrees: Int32Array, spill: Spill, a: number, b: number): void {
  if (a === b) return;
  // Least and greatest without a branch: their order is as good as random.
  const difference = a - b;
  const negative = difference & (difference >> 31);
  const low = b + negative;
  const high = a - negative;
  const row = low << ROW_BITS;
  const first = Math.imul(high, HASH_MULTIPLIER) >>> (32 - ROW_BITS);
  for (let place = 0; place < PLACES_PER_ROW; place++) {
    const at = row + ((first + place) & (PLACES_PER_ROW - 1));
    const found = rows[at] as number;
    if (found === high) return;
    if (found === 0) {
      rows[at] = high;
      (degrees[low] as number)++;
      (degrees[high] as number)++;
      return;
    }
  }
  spill.add(low, high);
}

/** Adds the edge between `a` and `b`. */
export function addPair({ rows, degrees, spill }: EdgeSet, a: number, b: number): void {
  addEdge(rows, degrees, spill, a, b);
}

/** Adds an edge from each of `points[begin … end − 1]` to the one `stride` after it, where that is before `end`. */
export function addPath(
  { rows, degrees, spill }: EdgeSet,
  points: Int32Array,
  begin: number,
  end: number,
  stride: number,
): void {
  for (let at = begin; at < end - stride; at++) {
    addEdge(rows, degrees, spill, points[at] as number, points[at + stride] as number);
  }
}

/** Adds the edges of the cells of `size` points in `points[begin … end − 1]`, by their local `pairs`. */
export function addCells(
  { rows, degrees, spill }: EdgeSet,
  points: Int32Array,
  begin: number,
  end: number,
  size: number,
  pairs: Int32Array,
): void {
  for (let cell = begin; cell < end; cell += size) {
    for (let pair = 0; pair < pairs.length; pair += 2) {
      const a = points[cell + (pairs[pair] as number)] as number;
      const b = points[cell + (pairs[pair + 1] as number)] as number;
      addEdge(rows, degrees, spill, a, b);
    }
  }
}

/** Does what {@link addCells} does for tetrahedra, which most volume meshes consist of. */
export function addTetrahedra(
  { rows, degrees, spill }: EdgeSet,
  points: Int32Array,
  begin: number,
  end: number,
): void {
  for (let at = begin; at < end; at += 4) {
    const a = points[at] as number;
    const b = points[at + 1] as number;
    const c = points[at + 2] as number;
    const d = points[at + 3] as number;
    addEdge(rows, degrees, spill, a, b);
    addEdge(rows, degrees, spill, a, c);
    addEdge(rows, degrees, spill, a, d);
    addEdge(rows, degrees, spill, b, c);
    addEdge(rows, degrees, spill, b, d);
    addEdge(rows, degrees, spill, c, d);
  }
}

/** Edges of the spill by their lesser node, each once; 0 stands where one was dropped. */
interface SpilledEdges {
  /** Places where those of each node begin in `highs`, `[N + 1]`. */
  readonly starts: Int32Array;
  readonly highs: Int32Array;
}

/** Sorts the spill by lesser node, drops repetitions and counts the rest in `degrees`. */
function* sortSpill({
  spill: { parts },
  numNodes,
  degrees,
}: EdgeSet): Generator<void, SpilledEdges | undefined> {
  if (parts.length === 0) return undefined;
  const starts = new Int32Array(numNodes + 1);
  for (const part of parts) {
    for (let at = 0; at < part.length; at += 2) {
      if (part[at + 1] !== 0) (starts[part[at] as number] as number)++;
    }
    yield;
  }
  let total = 0;
  for (let begin = 0; begin <= numNodes; begin += NODES_PER_STEP) {
    const end = Math.min(begin + NODES_PER_STEP, numNodes + 1);
    for (let node = begin; node < end; node++) starts[node] = total += starts[node] as number;
    yield;
  }
  const highs = new Int32Array(total);
  for (const part of parts) {
    for (let at = 0; at < part.length; at += 2) {
      const low = part[at] as number;
      if (part[at + 1] !== 0) highs[--(starts[low] as number)] = part[at + 1] as number;
    }
    yield;
  }
  const lastLows = new Int32Array(numNodes).fill(-1);
  for (let begin = 0; begin < numNodes; begin += NODES_PER_STEP) {
    dropRepetitions(starts, highs, lastLows, degrees, begin, Math.min(begin + NODES_PER_STEP, numNodes));
    yield;
  }
  return { starts, highs };
}

function dropRepetitions(
  starts: Int32Array,
  highs: Int32Array,
  lastLows: Int32Array,
  degrees: Int32Array,
  begin: number,
  end: number,
): void {
  for (let low = begin; low < end; low++) {
    const stop = starts[low + 1] as number;
    for (let at = starts[low] as number; at < stop; at++) {
      const high = highs[at] as number;
      if (lastLows[high] === low) {
        highs[at] = 0;
      } else {
        lastLows[high] = low;
        (degrees[low] as number)++;
        (degrees[high] as number)++;
      }
    }
  }
}

/** Turns `degrees` into where each node's edges begin, in place and in `cursors`; returns where `end`'s begin. */
function sumDegrees(
  degrees: Int32Array,
  cursors: Int32Array,
  begin: number,
  end: number,
  first: number,
): number {
  let next = first;
  for (let node = begin; node < end; node++) {
    const degree = degrees[node] as number;
    degrees[node] = next;
    cursors[node] = next;
    next += degree;
  }
  return next;
}

/** Appends `node` to the targets of the nodes in `greater[begin … end − 1]`. */
function appendToGreater(
  greater: Int32Array,
  begin: number,
  end: number,
  node: number,
  cursors: Int32Array,
  targets: Int32Array,
): void {
  for (let at = begin; at < end; at++) {
    const high = greater[at] as number;
    if (high !== 0) targets[(cursors[high] as number)++] = node;
  }
}

/** Appends each node in turn to the targets of its greater neighbours. */
function appendAllToGreater(
  { rows }: EdgeSet,
  spilled: SpilledEdges | undefined,
  cursors: Int32Array,
  targets: Int32Array,
  begin: number,
  end: number,
): void {
  for (let node = begin; node < end; node++) {
    const row = node << ROW_BITS;
    appendToGreater(rows, row, row + PLACES_PER_ROW, node, cursors, targets);
    if (spilled === undefined) continue;
    const { starts, highs } = spilled;
    appendToGreater(highs, starts[node] as number, starts[node + 1] as number, node, cursors, targets);
  }
}

/** Appends each node in turn to the targets of its lesser neighbours, which it already has; writes sources. */
function appendAllToLesser(
  starts: Int32Array,
  cursors: Int32Array,
  sources: Int32Array,
  targets: Int32Array,
  begin: number,
  end: number,
): void {
  for (let node = begin; node < end; node++) {
    const first = starts[node] as number;
    const last = starts[node + 1] as number;
    const lesserEnd = cursors[node] as number;
    for (let at = first; at < lesserEnd; at++) {
      const low = targets[at] as number;
      targets[(cursors[low] as number)++] = node;
    }
    for (let at = first; at < last; at++) sources[at] = node;
  }
}

/**
 * Sorts the edges of `set` in both directions, `[2, E]`, sorted by (source, target). Uses up `set`.
 *
 * Nothing is compared: appending nodes in ascending order to the lists of their neighbours sorts each list. The
 * first pass gives every node its lesser neighbours, the second its greater ones.
 *
 * @throws UnsupportedError when there are more edges than 32 bits count
 */
export function* sortEdges(
  set: EdgeSet,
  buffers: BufferPool | undefined,
): Generator<void, Int32Array<ArrayBuffer>> {
  const { numNodes, degrees } = set;
  const spilled = yield* sortSpill(set);
  const cursors = new Int32Array(numNodes);
  let numEdges = 0;
  for (let begin = 0; begin < numNodes; begin += NODES_PER_STEP) {
    numEdges = sumDegrees(degrees, cursors, begin, Math.min(begin + NODES_PER_STEP, numNodes), numEdges);
    yield;
  }
  if (numEdges >= 2 ** 31) {
    throw new UnsupportedError(
      '2^31 edges',
      `The mesh has ${numEdges} directed edges; 2^31 − 1 is the most.`,
    );
  }
  degrees[numNodes] = numEdges;
  const edges = new Int32Array(buffers?.take(8 * numEdges) ?? new ArrayBuffer(8 * numEdges));
  const sources = edges.subarray(0, numEdges);
  const targets = edges.subarray(numEdges);
  yield* mapPages(targets);
  for (let begin = 0; begin < numNodes; begin += NODES_PER_STEP) {
    const end = Math.min(begin + NODES_PER_STEP, numNodes);
    appendAllToGreater(set, spilled, cursors, targets, begin, end);
    yield;
  }
  for (let begin = 0; begin < numNodes; begin += NODES_PER_STEP) {
    const end = Math.min(begin + NODES_PER_STEP, numNodes);
    appendAllToLesser(degrees, cursors, sources, targets, begin, end);
    yield;
  }
  return edges;
}
