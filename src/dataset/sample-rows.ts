import type { ColumnReader, ColumnWriter } from '../columns/column-file.ts';
import { PackedRows } from '../columns/packed-rows.ts';
import type { Metadata } from '../core/graph.ts';

/** Rows of a table by the samples that they describe; each is made when it is looked at. */
export class SampleRows {
  readonly #rows: PackedRows;
  readonly #samples: number;
  /** One more than the row of each sample, 0 where it has none; undefined as long as that of each has its own number. */
  #places: Uint32Array | undefined;

  /**
   * @param samples - their number
   * @param without - name that is no part of metadata
   */
  constructor(samples: number, without: string) {
    this.#samples = samples;
    this.#rows = new PackedRows(without);
  }

  /** Adds the row of a sample, see {@link PackedRows.push}. */
  push(sample: number, row: Metadata, text: () => string): void {
    if (this.#places === undefined && sample !== this.#rows.length) this.#place();
    this.#rows.push(row, text);
    if (this.#places !== undefined) this.#places[sample] = this.#rows.length;
  }

  at(sample: number): Metadata | undefined {
    const row = this.#places === undefined ? sample : (this.#places[sample] as number) - 1;
    return row < 0 || row >= this.#rows.length ? undefined : this.#rows.at(row);
  }

  save(to: ColumnWriter): void {
    to.fact(this.#places !== undefined);
    if (this.#places !== undefined) to.array(this.#places);
    this.#rows.save(to);
  }

  /** Fills empty rows, made with the same arguments, with what {@link SampleRows.save} has written. */
  load(from: ColumnReader): void {
    if (from.fact() === true) this.#places = from.array(Uint32Array);
    this.#rows.load(from);
  }

  /** Says of each row so far which sample it is of. */
  #place(): void {
    this.#places = new Uint32Array(this.#samples);
    for (let row = 0; row < this.#rows.length; row++) this.#places[row] = row + 1;
  }
}
