import type { BufferPool } from '../../core/buffer-pool.ts';

/** List of cells that comes part by part and is sorted out: of each cell its number of points, then these. */
export class CellListParser {
  readonly connectivity: Int32Array<ArrayBuffer>;
  readonly offsets: Int32Array<ArrayBuffer>;
  /** Position of a number of points that cannot be, or −1. */
  wrongAt = -1;
  /** Cells met. */
  #cells = 0;
  /** Points of the present cell that did not come yet. */
  #left = 0;
  #points = 0;
  #taken = 0;

  /** @param size - numbers in the list, at least one a cell */
  constructor(cells: number, size: number, pool: BufferPool | undefined) {
    const make = (length: number): Int32Array<ArrayBuffer> =>
      new Int32Array(pool?.take(4 * length) ?? new ArrayBuffer(4 * length));
    this.connectivity = make(size - cells);
    this.offsets = make(cells + 1);
    this.offsets[0] = 0;
  }

  /** True when all cells came with all their points. */
  get isFull(): boolean {
    return this.#cells === this.offsets.length - 1 && this.#left === 0;
  }

  /** Cells that came. */
  get cells(): number {
    return this.#cells;
  }

  /** Takes the next part of the list. */
  take(values: Int32Array<ArrayBuffer>): void {
    if (this.wrongAt >= 0) return;
    const { connectivity, offsets } = this;
    const end = values.length;
    const capacity = connectivity.length;
    const count = offsets.length - 1;
    let [at, left, points, cells] = [0, this.#left, this.#points, this.#cells];
    for (;;) {
      const stop = at + left < end ? at + left : end;
      left -= stop - at;
      while (at < stop) connectivity[points++] = values[at++] as number;
      if (at === end) break;
      left = values[at] as number;
      if (left < 0 || left > capacity - points || cells === count) {
        this.wrongAt = this.#taken + at;
        break;
      }
      at++;
      offsets[++cells] = points + left;
    }
    this.#taken += end;
    this.#left = left;
    this.#points = points;
    this.#cells = cells;
  }
}
