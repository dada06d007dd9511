import type { TimeSlice } from '../core/time-slice.ts';

/** Rows that are taken in between two looks at the time. */
const ROWS_PER_STEP = 256;

/** Index of texts by their hash, made at once of a number of them that does not change: it never grows in one long step. */
export class TextIndex {
  readonly #textAt: (row: number) => string;
  readonly #mask: number;
  /** One more than the row, by hash; 0 where there is none. */
  readonly #rows: Uint32Array;
  readonly #hashes: Uint32Array;

  private constructor(textAt: (row: number) => string, length: number) {
    const places = 2 ** Math.ceil(Math.log2(2 * length + 2));
    this.#textAt = textAt;
    this.#mask = places - 1;
    this.#rows = new Uint32Array(places);
    this.#hashes = new Uint32Array(places);
  }

  /**
   * Makes the index of rows `0 … length − 1`. Of equal texts the last one is found.
   *
   * @param onTwice - called with each row whose text an earlier one has
   */
  static async build(
    textAt: (row: number) => string,
    length: number,
    slice: TimeSlice,
    onTwice?: (row: number, before: number) => void,
  ): Promise<TextIndex> {
    const index = new TextIndex(textAt, length);
    for (let row = 0; row < length; row++) {
      const before = index.#add(row);
      if (before !== 0) onTwice?.(row, before - 1);
      if (row % ROWS_PER_STEP === 0) await slice.pause();
    }
    return index;
  }

  /** Finds the row of a text; undefined where there is none. */
  find(text: string): number | undefined {
    const row = (this.#rows[this.#placeOf(text, hashOf(text))] as number) - 1;
    return row < 0 ? undefined : row;
  }

  /** @returns one more than the row that had the text before; 0 where none had */
  #add(row: number): number {
    const text = this.#textAt(row);
    const hash = hashOf(text);
    const place = this.#placeOf(text, hash);
    const before = this.#rows[place] as number;
    this.#rows[place] = row + 1;
    this.#hashes[place] = hash;
    return before;
  }

  /** Finds the place of a text, or the free one where it would be. */
  #placeOf(text: string, hash: number): number {
    for (let place = hash & this.#mask; ; place = (place + 1) & this.#mask) {
      const row = this.#rows[place] as number;
      if (row === 0 || (this.#hashes[place] === hash && this.#textAt(row - 1) === text)) return place;
    }
  }
}

/** Hashes a text: FNV-1a over its code units, mixed once more since close texts differ in their last ones. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x7feb352d);
  return (hash ^ (hash >>> 15)) >>> 0;
}
