/** Most entries of a file that lists steps. */
export const MAX_COLLECTION_ENTRIES: number = 2 ** 18;

/** File of one step, or of a part of it, as a file that lists steps names it. */
export interface CollectionEntry {
  /** Path as it is written, relative to the list. */
  readonly file: string;
  /** Time; undefined where none is written. */
  readonly time: number | undefined;
  readonly group: string;
  readonly name: string;
  /** Number of the part as it is written. */
  readonly part: string;
  /** Offset of the entry in the list, as far as it is known. */
  readonly offset: number | undefined;
}

const NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;

/** Reads a decimal number; undefined for anything else, and for what is not finite. */
export function readDecimal(text: string): number | undefined {
  const trimmed = text.trim();
  const value = NUMBER.test(trimmed) ? Number(trimmed) : Number.NaN;
  return Number.isFinite(value) ? value + 0 : undefined;
}
