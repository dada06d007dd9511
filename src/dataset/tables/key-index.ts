import { TextIndex } from '../../columns/text-index.ts';
import { FormatError } from '../../core/errors.ts';
import { showValue } from '../../core/show-value.ts';
import type { TimeSlice } from '../../core/time-slice.ts';
import type { KeyValue, TableRows } from './table-rows.ts';

/** Index of the rows of a table by their keys: equal as texts, or as numbers where one side is a number. */
export class KeyIndex {
  readonly #table: TableRows;
  readonly #slice: TimeSlice;
  /** Indices by which parts of what is asked for are numbers, as bits. */
  readonly #indices = new Map<number, TextIndex>();

  constructor(table: TableRows, slice: TimeSlice) {
    this.#table = table;
    this.#slice = slice;
  }

  /**
   * Finds the row of a key; undefined where there is none. What it returns need only be awaited where it is a promise.
   *
   * @throws FormatError where two rows have one key
   */
  find(values: readonly KeyValue[]): number | undefined | Promise<number | undefined> {
    let pattern = 0;
    for (let at = 0; at < values.length; at++) if (typeof values[at] === 'number') pattern |= 1 << at;
    const index = this.#indices.get(pattern);
    if (index === undefined)
      return this.#build(pattern, values.length).then((built) => this.#search(built, values));
    return this.#search(index, values);
  }

  /** Searches the rows of all keys that are equal to one. */
  #search(index: TextIndex, values: readonly KeyValue[]): number | undefined {
    let found: number | undefined;
    for (const key of this.#table.keys.equalTo(values)) {
      const row = index.find(key);
      // A text and a number that it reads as.
      if (row !== undefined && found !== undefined) throw this.#twice(found, row);
      found ??= row;
    }
    return found;
  }

  async #build(pattern: number, parts: number): Promise<TextIndex> {
    const { keys } = this.#table;
    const isNumber = Array.from({ length: parts }, (_, at) => (pattern & (1 << at)) !== 0);
    const textAt =
      pattern !== 0
        ? (row: number): string => keys.numericAt(row, isNumber)
        : (row: number): string => keys.at(row);
    const onTwice = (row: number, before: number): void => {
      if (textAt(row) !== '') throw this.#twice(before, row);
    };
    const index = await TextIndex.build(textAt, keys.length, this.#slice, onTwice);
    this.#indices.set(pattern, index);
    return index;
  }

  #twice(before: number, row: number): FormatError {
    const { path, keys, by } = this.#table;
    const [one, other] = [keys.show(before), keys.show(row)].map((parts) => parts.map(showValue).join(', '));
    const names = by.map(({ column }) => showValue(column)).join(', ');
    const values = one === other ? one : `${one} and ${other}, which are the same number`;
    const advice =
      by.length === 1
        ? 'Give a list of names as key, which tell rows apart together, or leave one of them out.'
        : 'Add a name to key that tells them apart, or leave one of them out.';
    return new FormatError(
      `${this.#table.placeOf(before)} and ${this.#table.placeOf(row)} have the same ${names}: ${values}. ${advice}`,
      { path },
    );
  }
}
