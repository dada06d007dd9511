import { type PlaneHeights, Side } from './plane-heights.ts';

/**
 * Edges of one cell that a plane crosses, joined face by face: a face that the plane meets has as many edges that lead
 * up through it as down, and each edge is one of two faces. So they form rings. A point on the plane counts as above.
 */
export class CutLoops {
  /** Ends of the edges that are crossed, the lesser first. */
  readonly lows: number[] = [];
  readonly highs: number[] = [];
  /** Edge that follows each, and the one before it; −1 for none. */
  readonly #next: number[] = [];
  readonly #before: number[] = [];
  readonly #crossed: number[] = [];
  readonly #heights: PlaneHeights;

  constructor(heights: PlaneHeights) {
    this.#heights = heights;
  }

  clear(): void {
    this.lows.length = 0;
    this.highs.length = 0;
    this.#next.length = 0;
    this.#before.length = 0;
  }

  /** Adds a face, by its points around it. */
  addFace(ring: readonly number[]): void {
    const crossed = this.#crossed;
    crossed.length = 0;
    let startsBelow = false;
    let from = ring[ring.length - 1] as number;
    let isBelow = this.#heights.sideOf(from) === Side.Below;
    for (let at = 0; at < ring.length; at++) {
      const to = ring[at] as number;
      const next = this.#heights.sideOf(to) === Side.Below;
      if (next !== isBelow) {
        if (crossed.length === 0) startsBelow = isBelow;
        crossed.push(this.#edge(from, to));
      }
      from = to;
      isBelow = next;
    }
    const count = crossed.length;
    if (count === 0) return;
    // From here on each edge that leads up has one that leads down behind it.
    if (!startsBelow) crossed.push(crossed.shift() as number);
    // Of four edges, which belong together does not follow from the points: the middle of the face tells, to both of
    // its cells the same.
    const shift = count > 2 && this.#isMiddleAbove(ring) ? count - 1 : 1;
    for (let up = 0; up < count; up += 2)
      this.#join(crossed[up] as number, crossed[(up + shift) % count] as number);
  }

  /** Lists the rings as numbers of edges, each once. */
  rings(): number[][] {
    const found: number[][] = [];
    const seen = new Set<number>();
    for (let edge = 0; edge < this.lows.length; edge++) {
      const ring: number[] = [];
      for (let at = edge; at !== -1 && !seen.has(at); ) {
        seen.add(at);
        ring.push(at);
        const next = this.#next[at] as number;
        at = next === -1 || seen.has(next) ? (this.#before[at] as number) : next;
      }
      if (ring.length > 0) found.push(ring);
    }
    return found;
  }

  /** Lists the pairs of edges that were joined: a polygon alone is met in these pieces of lines. */
  pairs(): (readonly [number, number])[] {
    return this.#next.flatMap((next, edge) => (next === -1 ? [] : [[edge, next] as const]));
  }

  #edge(from: number, to: number): number {
    const low = from < to ? from : to;
    const high = from < to ? to : from;
    for (let edge = 0; edge < this.lows.length; edge++)
      if (this.lows[edge] === low && this.highs[edge] === high) return edge;
    this.lows.push(low);
    this.highs.push(high);
    this.#next.push(-1);
    this.#before.push(-1);
    return this.lows.length - 1;
  }

  /** Joins two edges; where faces do not all run the same way round, whichever way there is room for. */
  #join(from: number, to: number): void {
    if (from === to) return;
    const ends = this.#next[from] === -1 ? this.#next : this.#before;
    const begins = this.#before[to] === -1 ? this.#before : this.#next;
    if (ends[from] !== -1 || begins[to] !== -1) return;
    ends[from] = to;
    begins[to] = from;
  }

  #isMiddleAbove(ring: readonly number[]): boolean {
    let sum = 0;
    for (const point of ring) sum += this.#heights.heightOf(point);
    return sum >= 0;
  }
}
