import type { ColumnArray, ColumnReader, ColumnWriter } from './column-file.ts';

/** Type of the arrays of a column. */
type ChunkType = (new (
  rows: number,
) => ColumnArray) &
  (new (
    buffer: ArrayBuffer,
    offset: number,
    rows: number,
  ) => ColumnArray) & { readonly BYTES_PER_ELEMENT: number };

/** Bits of a row's number that are its place in a chunk. */
const CHUNK_BITS = 15;
const CHUNK_ROWS = 2 ** CHUNK_BITS;

/**
 * Column of numbers that grows without being copied: typed arrays of so many rows each. Where all of these have the usual
 * value, there is none.
 */
export class NumberColumn {
  readonly #chunks: (ColumnArray | undefined)[] = [];
  readonly #type: ChunkType;
  readonly #usual: number;
  #length = 0;

  /**
   * @param type - array of the numbers, which decides on their range and bytes
   * @param usual - value that most rows have
   */
  constructor(type: ChunkType, usual = 0) {
    this.#type = type;
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
      chunk = new this.#type(CHUNK_ROWS);
      if (this.#usual !== 0) chunk.fill(this.#usual);
      this.#chunks[number] = chunk;
    }
    chunk[row & (CHUNK_ROWS - 1)] = value;
  }

  save(to: ColumnWriter): void {
    to.fact([this.#length, Array.from(this.#chunks, (chunk) => (chunk === undefined ? 0 : 1))]);
    for (const chunk of this.#chunks) if (chunk !== undefined) to.array(chunk);
  }

  /** Fills an empty column with what {@link NumberColumn.save} has written of one alike. */
  load(from: ColumnReader): void {
    const [length, filled] = from.fact() as [number, number[]];
    this.#length = length;
    for (const [number, isFilled] of filled.entries())
      this.#chunks[number] = isFilled === 1 ? from.array(this.#type) : undefined;
  }
}
