import type { BufferPool } from '../core/buffer-pool.ts';
import { free } from '../core/detach.ts';
import { UnsupportedError } from '../core/errors.ts';
import { mapPages } from './edge-set.ts';

/** Number of cells and neighbours handled between two yields. */
const NUMBERS_PER_STEP = 2 ** 14;
/** Number of neighbours in a row from which on the platform sorts them. */
const LONG_ROW = 32;

/** Cells that share a face with a third: each is the neighbour of all others. */
interface Groups {
  readonly members: Int32Array;
  /** Place where each group begins in `members`, and the end of the last. */
  readonly starts: Int32Array;
  /** Groups of each cell, those of one cell after the other. */
  readonly ofCells: Int32Array;
  /** Place where those of each cell begin in `ofCells`, and the end of the last. */
  readonly cellStarts: Int32Array;
}

/**
 * Neighbours of each cell, row by row: a cell has a place for each of its faces, which are filled from the last one on.
 * Those that share a face with more than one other cell are kept as groups, in which each is the neighbour of each.
 */
export class CellRows {
  readonly #numCells: number;
  /** Place in `#slots` behind a cell's last place, and once it has neighbours that of the first of them. */
  readonly #ends: Int32Array<ArrayBuffer>;
  /** Neighbours, each by its number + 1; 0 is an empty place. */
  #slots: Int32Array<ArrayBuffer> = new Int32Array(0);
  readonly #members: number[] = [];
  readonly #groupStarts: number[] = [0];

  constructor(numCells: number) {
    this.#numCells = numCells;
    this.#ends = new Int32Array(numCells + 1);
  }

  /** Places of the cells: `ends[cell]` is that behind its last one, and the last of `ends` that of all. */
  get ends(): Int32Array {
    return this.#ends;
  }

  /** Makes room for as many neighbours as cells have faces. */
  *makeRoom(): Generator<void, void> {
    this.#slots = new Int32Array(this.#ends[this.#numCells] as number);
    yield* mapPages(this.#slots);
  }

  addPair(one: number, other: number): void {
    if (one === other) return;
    const slots = this.#slots;
    const ends = this.#ends;
    const ofOne = (ends[one] as number) - 1;
    ends[one] = ofOne;
    slots[ofOne] = other + 1;
    const ofOther = (ends[other] as number) - 1;
    ends[other] = ofOther;
    slots[ofOther] = one + 1;
  }

  /** @throws UnsupportedError when so many cells share a face that 32 bits do not count their edges */
  addGroup(cells: readonly number[]): void {
    const group = [...new Set(cells)];
    if (group.length < 2) return;
    if (group.length === 2) return this.addPair(group[0] as number, group[1] as number);
    checkCount(group.length * (group.length - 1));
    for (const cell of group) this.#members.push(cell);
    this.#groupStarts.push(this.#members.length);
  }

  /**
   * Makes the edge index of the rows, `[2, E]`, and uses them up.
   *
   * @throws UnsupportedError when there are more edges than 32 bits count
   */
  *toEdges(buffers: BufferPool | undefined): Generator<void, Int32Array<ArrayBuffer>> {
    const edges = this.#members.length > 0 ? yield* this.#mergeRows(buffers) : yield* this.#sortRows(buffers);
    free(this.#slots.buffer);
    return edges;
  }

  /** Sorts each row in its place, without repetitions, and closes the gaps between rows. */
  *#sortRows(buffers: BufferPool | undefined): Generator<void, Int32Array<ArrayBuffer>> {
    const ends = this.#ends;
    let numEdges = 0;
    for (let begin = 0; begin < this.#numCells; begin += NUMBERS_PER_STEP) {
      const end = Math.min(begin + NUMBERS_PER_STEP, this.#numCells);
      numEdges = closeRows(this.#slots, ends, begin, end, numEdges);
      yield;
    }
    ends[this.#numCells] = numEdges;
    const edges = yield* makeEdges(numEdges, buffers);
    const sources = edges.subarray(0, numEdges);
    for (let begin = 0; begin < numEdges; begin += 4 * NUMBERS_PER_STEP) {
      const end = Math.min(begin + 4 * NUMBERS_PER_STEP, numEdges);
      edges.set(this.#slots.subarray(begin, end), numEdges + begin);
      yield;
    }
    for (let begin = 0; begin < this.#numCells; begin += NUMBERS_PER_STEP) {
      fillSources(sources, ends, begin, Math.min(begin + NUMBERS_PER_STEP, this.#numCells));
      yield;
    }
    return edges;
  }

  /** Does what {@link CellRows.#sortRows} does where there are groups: rows may be longer than their places. */
  *#mergeRows(buffers: BufferPool | undefined): Generator<void, Int32Array<ArrayBuffer>> {
    const groups = yield* this.#sortGroups();
    const row = new Row();
    let numEdges = 0;
    let work = 0;
    for (let cell = 0; cell < this.#numCells; cell++) {
      numEdges += this.#gather(cell, groups, row);
      checkCount(numEdges);
      work += 1 + row.length;
      if (work < NUMBERS_PER_STEP) continue;
      work = 0;
      yield;
    }
    const edges = yield* makeEdges(numEdges, buffers);
    let at = 0;
    for (let cell = 0; cell < this.#numCells; cell++) {
      const count = this.#gather(cell, groups, row);
      edges.fill(cell, at, at + count);
      edges.set(row.values.subarray(0, count), numEdges + at);
      at += count;
      work += 1 + row.length;
      if (work < NUMBERS_PER_STEP) continue;
      work = 0;
      yield;
    }
    return edges;
  }

  *#sortGroups(): Generator<void, Groups> {
    const members = Int32Array.from(this.#members);
    const starts = Int32Array.from(this.#groupStarts);
    const cellStarts = new Int32Array(this.#numCells + 1);
    for (const cell of members) (cellStarts[cell] as number)++;
    yield;
    let total = 0;
    for (let cell = 0; cell <= this.#numCells; cell++) cellStarts[cell] = total += cellStarts[cell] as number;
    yield;
    const ofCells = new Int32Array(members.length);
    for (let group = 0; group + 1 < starts.length; group++) {
      for (let at = starts[group] as number; at < (starts[group + 1] as number); at++) {
        const cell = members[at] as number;
        cellStarts[cell] = (cellStarts[cell] as number) - 1;
        ofCells[cellStarts[cell] as number] = group;
      }
    }
    yield;
    return { members, starts, ofCells, cellStarts };
  }

  /** Gathers the neighbours of a cell, sorted and each once, and returns how many they are. */
  #gather(cell: number, { members, starts, ofCells, cellStarts }: Groups, row: Row): number {
    row.length = 0;
    const end = this.#ends[cell + 1] as number;
    for (let at = this.#ends[cell] as number; at < end && this.#slots[at] !== 0; at++)
      row.push((this.#slots[at] as number) - 1);
    const last = cellStarts[cell + 1] as number;
    for (let at = cellStarts[cell] as number; at < last; at++) {
      const group = ofCells[at] as number;
      for (let of = starts[group] as number; of < (starts[group + 1] as number); of++)
        if (members[of] !== cell) row.push(members[of] as number);
    }
    return row.sort();
  }
}

/** Row of neighbours that grows. */
class Row {
  values: Int32Array<ArrayBuffer> = new Int32Array(64);
  length = 0;

  push(value: number): void {
    if (this.length === this.values.length) {
      const larger = new Int32Array(2 * this.length);
      larger.set(this.values);
      this.values = larger;
    }
    this.values[this.length++] = value;
  }

  /** Sorts what was pushed and drops repetitions; returns how many are left. */
  sort(): number {
    const { values, length } = this;
    sortRow(values, 0, length);
    let kept = 0;
    for (let at = 0; at < length; at++)
      if (kept === 0 || values[kept - 1] !== values[at]) values[kept++] = values[at] as number;
    return kept;
  }
}

/** Sorts rows, drops repetitions and moves them to `first` on; returns the place behind them. */
function closeRows(slots: Int32Array, ends: Int32Array, begin: number, end: number, first: number): number {
  let to = first;
  for (let cell = begin; cell < end; cell++) {
    const from = ends[cell] as number;
    let stop = from;
    const limit = ends[cell + 1] as number;
    while (stop < limit && slots[stop] !== 0) stop++;
    sortRow(slots, from, stop);
    ends[cell] = to;
    let before = 0;
    for (let at = from; at < stop; at++) {
      const neighbour = slots[at] as number;
      if (neighbour !== before) slots[to++] = neighbour - 1;
      before = neighbour;
    }
  }
  return to;
}

function sortRow(values: Int32Array, begin: number, end: number): void {
  if (end - begin > LONG_ROW) {
    values.subarray(begin, end).sort();
    return;
  }
  for (let at = begin + 1; at < end; at++) {
    const value = values[at] as number;
    let to = at;
    for (; to > begin && (values[to - 1] as number) > value; to--) values[to] = values[to - 1] as number;
    values[to] = value;
  }
}

function fillSources(sources: Int32Array, starts: Int32Array, begin: number, end: number): void {
  for (let cell = begin; cell < end; cell++) {
    const stop = starts[cell + 1] as number;
    for (let at = starts[cell] as number; at < stop; at++) sources[at] = cell;
  }
}

function* makeEdges(
  numEdges: number,
  buffers: BufferPool | undefined,
): Generator<void, Int32Array<ArrayBuffer>> {
  checkCount(numEdges);
  const edges = new Int32Array(buffers?.take(8 * numEdges) ?? new ArrayBuffer(8 * numEdges));
  yield;
  return edges;
}

function checkCount(numEdges: number): void {
  if (numEdges < 2 ** 31) return;
  throw new UnsupportedError(
    '2^31 edges',
    `The cells have ${numEdges} directed edges or more; 2^31 − 1 is the most.`,
  );
}
