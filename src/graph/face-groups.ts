import { free } from '../core/detach.ts';
import type { CellRows } from './cell-rows.ts';
import { distinctCorners, haveSame } from './corners.ts';
import { mapPages } from './edge-set.ts';

/** Numbers kept of a face: second and last corner, and the cell that it is of. */
const NUMBERS_PER_RECORD = 3;
/** Number of faces in a bucket from which on they are matched by a hash table. */
const LARGE_BUCKET_FACES = 64;
/** Least number of faces that are matched at a time. */
const MIN_FACES_PER_PASS = 2 ** 21;
/** Most passes through the cells. */
const MAX_PASSES = 4;
/** Number of faces matched between two yields. */
const FACES_PER_STEP = 2 ** 14;
/** Number of points handled between two yields. */
const POINTS_PER_STEP = 2 ** 16;
/** Multipliers that spread consecutive numbers. */
const SECOND_MULTIPLIER = 0x9e3779b1;
const LARGEST_MULTIPLIER = 0x85ebca6b;

/** Reader of the corners of faces with more than three of them. */
export interface CornerReader {
  /** Writes the corners of a face of a cell to `target` and returns how many they are. */
  readCorners(owner: number, place: number, target: number[]): number;
}

/** Key of a face: two faces that differ in it have not the same corners. */
export interface FaceKey {
  smallest: number;
  second: number;
  /** Largest corner; of faces with more than three corners a negative number made of all of them. */
  largest: number;
}

/**
 * Faces of all cells, grouped by their smallest corner with a counting sort: first count all, then pass by pass place
 * those whose smallest corners lie in a range, and match them. In a bucket are those of one smallest corner, in a
 * record the rest of a face's key and its cell, so that a bucket is one stretch of memory. Matched in passes, the
 * faces take as much memory as those of one.
 */
export class FaceGroups {
  readonly #reader: CornerReader;
  /**
   * Number of faces by smallest corner while they are counted; then the place where the bucket of each corner begins,
   * and once its faces are placed, where it ends.
   */
  readonly #starts: Int32Array;
  #records: Int32Array<ArrayBuffer> = new Int32Array(0);
  /** Places of the faces in their cells, by which the corners are read where a key does not tell them. */
  #places: Uint8Array | Int32Array | undefined;
  #low = 0;
  #high = 0;
  /** Faces before those of this pass. */
  #base = 0;
  readonly #corners: number[] = [];
  readonly #others: number[] = [];
  readonly #group: number[] = [];

  constructor(numPoints: number, reader: CornerReader) {
    this.#starts = new Int32Array(numPoints + 1);
    this.#reader = reader;
  }

  /** Counts a face by its smallest corner. */
  count(smallest: number): void {
    (this.#starts[smallest] as number)++;
  }

  /** Counts the faces of tetrahedra, whose corners are `points[begin … end − 1]`; ends at one of fewer corners. */
  countTetrahedra(points: Int32Array, begin: number, end: number): number {
    const starts = this.#starts;
    for (let at = begin; at < end; at += 4) {
      const a = points[at] as number;
      const b = points[at + 1] as number;
      const c = points[at + 2] as number;
      const d = points[at + 3] as number;
      if (a === b || a === c || a === d || b === c || b === d || c === d) return at;
      const ab = lesser(a, b);
      const cd = lesser(c, d);
      // The second is the greater of the two least, or the lesser of the two others.
      const first = lesser(ab, cd);
      const second = lesser(ab + cd - first, lesser(a + b - ab, c + d - cd));
      (starts[first] as number) += 3;
      (starts[second] as number)++;
    }
    return end;
  }

  /**
   * Ends counting, and gives the passes.
   *
   * @param places - bytes that the place of a face needs where faces have more than three corners
   */
  *passes(places: 0 | 1 | 4, onPass: () => Generator<void, void>, rows: CellRows): Generator<void, void> {
    const starts = this.#starts;
    let faces = 0;
    for (let begin = 0; begin < starts.length; begin += POINTS_PER_STEP) {
      faces = sumCounts(starts, begin, Math.min(begin + POINTS_PER_STEP, starts.length), faces);
      yield;
    }
    const wanted = Math.max(MIN_FACES_PER_PASS, Math.ceil(faces / MAX_PASSES));
    const last = starts.length - 1;
    for (this.#low = 0; this.#low < last; this.#low = this.#high) {
      this.#base = starts[this.#low] as number;
      this.#high = findPlace(starts, this.#base + wanted, this.#low + 1, last);
      const inPass = (starts[this.#high] as number) - this.#base;
      if (inPass === 0) continue;
      yield* this.#makeRoom(inPass, places);
      yield* onPass();
      yield* this.#match(rows);
    }
    free(this.#records.buffer);
  }

  /** Tells whether faces of a smallest corner are placed in this pass. */
  isInPass(smallest: number): boolean {
    return smallest >= this.#low && smallest < this.#high;
  }

  /** Places a face of this pass. */
  place({ smallest, second, largest }: FaceKey, owner: number, place: number): void {
    const at = (this.#starts[smallest] as number) - this.#base;
    (this.#starts[smallest] as number)++;
    const record = NUMBERS_PER_RECORD * at;
    this.#records[record] = second;
    this.#records[record + 1] = largest;
    this.#records[record + 2] = owner;
    if (this.#places !== undefined) this.#places[at] = place;
  }

  /** Places those faces of tetrahedra that are of this pass; ends at a tetrahedron of fewer corners. */
  placeTetrahedra(points: Int32Array, begin: number, end: number, owner: number): number {
    const starts = this.#starts;
    const records = this.#records;
    const base = this.#base;
    const low = this.#low;
    const high = this.#high;
    let cell = owner;
    for (let at = begin; at < end; at += 4, cell++) {
      const a = points[at] as number;
      const b = points[at + 1] as number;
      const c = points[at + 2] as number;
      const d = points[at + 3] as number;
      const ab = lesser(a, b);
      const cd = lesser(c, d);
      const first = lesser(ab, cd);
      if (first >= high) continue;
      const ba = a + b - ab;
      const dc = c + d - cd;
      const middle = ab + cd - first;
      const third = lesser(ba, dc);
      const fourth = ba + dc - third;
      const second = lesser(middle, third);
      if (second < low) continue;
      const next = middle + third - second;
      if (first === second || second === next || next === fourth) return at;
      if (first >= low) {
        const from = starts[first] as number;
        starts[first] = from + 3;
        const record = NUMBERS_PER_RECORD * (from - base);
        records[record] = second;
        records[record + 1] = next;
        records[record + 2] = cell;
        records[record + 3] = second;
        records[record + 4] = fourth;
        records[record + 5] = cell;
        records[record + 6] = next;
        records[record + 7] = fourth;
        records[record + 8] = cell;
      }
      if (second < high) {
        const from = starts[second] as number;
        starts[second] = from + 1;
        const record = NUMBERS_PER_RECORD * (from - base);
        records[record] = next;
        records[record + 1] = fourth;
        records[record + 2] = cell;
      }
    }
    return end;
  }

  *#makeRoom(faces: number, places: 0 | 1 | 4): Generator<void, void> {
    if (this.#records.length < NUMBERS_PER_RECORD * faces) {
      free(this.#records.buffer);
      this.#records = new Int32Array(NUMBERS_PER_RECORD * faces);
      yield* mapPages(this.#records);
    }
    if (places === 0 || (this.#places?.length ?? 0) >= faces) return;
    this.#places = places === 1 ? new Uint8Array(faces) : new Int32Array(faces);
    yield;
  }

  /** Goes through the buckets of this pass and tells `rows` of the cells that share a face. */
  *#match(rows: CellRows): Generator<void, void> {
    const starts = this.#starts;
    let work = 0;
    let begin = 0;
    for (let bucket = this.#low; bucket < this.#high; bucket++) {
      const end = (starts[bucket] as number) - this.#base;
      if (end - begin > LARGE_BUCKET_FACES) yield* this.#matchMany(begin, end, rows);
      else if (end - begin > 1) this.#matchFew(begin, end, rows);
      work += 8 + end - begin;
      begin = end;
      if (work < FACES_PER_STEP) continue;
      work = 0;
      yield;
    }
  }

  #matchFew(begin: number, bucketEnd: number, rows: CellRows): void {
    const records = this.#records;
    let end = NUMBERS_PER_RECORD * bucketEnd;
    for (let at = NUMBERS_PER_RECORD * begin; at < end; at += NUMBERS_PER_RECORD) {
      const second = records[at] as number;
      const largest = records[at + 1] as number;
      const owner = records[at + 2] as number;
      let partner = -1;
      for (let other = at + NUMBERS_PER_RECORD; other < end; ) {
        if (
          records[other] !== second ||
          records[other + 1] !== largest ||
          (largest < 0 && !this.#isSame(at, other))
        ) {
          other += NUMBERS_PER_RECORD;
          continue;
        }
        if (partner < 0) partner = records[other + 2] as number;
        else this.#group.push(records[other + 2] as number);
        end -= NUMBERS_PER_RECORD;
        this.#move(end, other);
      }
      if (partner >= 0) this.#tell(owner, partner, rows);
    }
  }

  /** Moves a record, and its place with it. */
  #move(from: number, to: number): void {
    const records = this.#records;
    records[to] = records[from] as number;
    records[to + 1] = records[from + 1] as number;
    records[to + 2] = records[from + 2] as number;
    const places = this.#places;
    if (places !== undefined) places[to / NUMBERS_PER_RECORD] = places[from / NUMBERS_PER_RECORD] as number;
  }

  /** Does what {@link FaceGroups.#matchFew} does, by a hash table of the first face of each key. */
  *#matchMany(begin: number, end: number, rows: CellRows): Generator<void, void> {
    const records = this.#records;
    const count = end - begin;
    const bits = Math.ceil(Math.log2(count)) + 1;
    const mask = 2 ** bits - 1;
    const table = new Int32Array(mask + 1).fill(-1);
    // Faces like the first one, each with the next.
    const chain = new Int32Array(count).fill(-1);
    const firsts: number[] = [];
    for (let face = 0; face < count; face++) {
      if (face % FACES_PER_STEP === FACES_PER_STEP - 1) yield;
      const record = NUMBERS_PER_RECORD * (begin + face);
      const second = records[record] as number;
      const largest = records[record + 1] as number;
      const spread = Math.imul(second, SECOND_MULTIPLIER) ^ Math.imul(largest, LARGEST_MULTIPLIER);
      for (let place = (spread ^ (spread >>> 15)) & mask; ; place = (place + 1) & mask) {
        const first = table[place] as number;
        if (first < 0) {
          table[place] = face;
          break;
        }
        const like = NUMBERS_PER_RECORD * (begin + first);
        if (records[like] !== second || records[like + 1] !== largest) continue;
        if (largest < 0 && !this.#isSame(like, record)) continue;
        if (chain[first] === -1) firsts.push(first);
        chain[face] = chain[first] as number;
        chain[first] = face;
        break;
      }
    }
    const ownerOf = (face: number): number => records[NUMBERS_PER_RECORD * (begin + face) + 2] as number;
    for (const [index, first] of firsts.entries()) {
      if (index % FACES_PER_STEP === FACES_PER_STEP - 1) yield;
      const partner = chain[first] as number;
      for (let face = chain[partner] as number; face >= 0; face = chain[face] as number)
        this.#group.push(ownerOf(face));
      this.#tell(ownerOf(first), ownerOf(partner), rows);
    }
  }

  /** Tells of cells that share a face: two, or with those in the group more. */
  #tell(owner: number, partner: number, rows: CellRows): void {
    if (this.#group.length === 0) return rows.addPair(owner, partner);
    rows.addGroup([owner, partner, ...this.#group.splice(0)]);
  }

  /** Tells whether two faces of the same key have all corners in common. */
  #isSame(one: number, other: number): boolean {
    const { length } = this.#read(one, this.#corners);
    return length === this.#read(other, this.#others).length && haveSame(this.#corners, this.#others);
  }

  #read(record: number, target: number[]): number[] {
    const place = this.#places?.[record / NUMBERS_PER_RECORD] as number;
    target.length = this.#reader.readCorners(this.#records[record + 2] as number, place, target);
    target.length = distinctCorners(target, target.length);
    return target;
  }
}

/** Finds the lesser of two numbers without a branch: their order is as good as random. */
function lesser(a: number, b: number): number {
  const difference = a - b;
  return b + (difference & (difference >> 31));
}

/** Turns counts into where each begins; returns where the next begins. */
function sumCounts(counts: Int32Array, begin: number, end: number, first: number): number {
  let next = first;
  for (let at = begin; at < end; at++) {
    const count = counts[at] as number;
    counts[at] = next;
    next += count;
  }
  return next;
}

/** Finds the first place in `low … high` whose value is not below `value`, of values that never fall; else `high`. */
function findPlace(values: Int32Array, value: number, low: number, high: number): number {
  let [from, to] = [low, high];
  while (from < to) {
    const middle = (from + to) >>> 1;
    if ((values[middle] as number) < value) from = middle + 1;
    else to = middle;
  }
  return from;
}
