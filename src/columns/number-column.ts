type Chunk = Float64Array | Uint32Array | Uint8Array;

/** Bits of a row's number that are its place in a chunk. */
const CHUNK_BITS = 15;
const CHUNK_ROWS = 2 ** CHUNK_BITS;

/**
 * Column of numbers that grows without being copied: typed arrays of so many rows each. Where all of these have the usual
 * value, there is none.
 */
export class NumberColumn {
  readonly #chunks: (Chunk | undefined)[] = [];
  readonly #make: (rows: number) => Chunk;
  readonly #usual: number;
  #length = 0;

  /**
   * @param type - array of the numbers, which decides on their range and bytes
   * @param usual - value that most rows have
   */
  constructor(type: new (rows: number) => Chunk, usual = 0) {
    this.#make = (rows) => new type(rows);
    this.#usual = usual;
  }

  get length(): number {
    return this.#length;
  }

  push(value: number): void {
    this.set(this.#length++, value);
  }

  /** Reads a row; `row` is in `0 … length − 1`. */
  at(row: number): number {
    const chunk = this.#chunks[row >>> CHUNK_BITS];
    return chunk === undefined ? this.#usual : (chunk[row & (CHUNK_ROWS - 1)] as number);
  }

  /** Overwrites a row; `row` is in `0 … length − 1`. */
  set(row: number, value: number): void {
    const number = row >>> CHUNK_BITS;
    let chunk = this.#chunks[number];
    if (chunk === undefined) {
      if (Object.is(value, this.#usual)) return;
      chunk = this.#make(CHUNK_ROWS);
      if (this.#usual !== 0) chunk.fill(this.#usual);
      this.#chunks[number] = chunk;
    }
    chunk[row & (CHUNK_ROWS - 1)] = value;
  }
}
