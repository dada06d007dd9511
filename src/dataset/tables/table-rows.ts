import { TextColumn } from '../../columns/text-column.ts';
import type { Metadata } from '../../core/graph.ts';
import type { TableKey } from './table-options.ts';

/** Value by which rows are found. */
export type KeyValue = string | number;

/** Rows of a table of metadata, of which each is made when it is looked at. */
export interface TableRows {
  /** File as messages name it. */
  readonly path: string;
  /** Texts of what rows are found by. */
  readonly keys: RowKeys;
  /** Keys by which it is joined. */
  readonly by: readonly TableKey[];
  at(row: number): Metadata;
  /** Names the place of a row in the file: `line 7`. */
  placeOf(row: number): string;
}

/** Sign between the parts of a key of several. */
const BETWEEN = '\0';

/** Marks of texts and numbers. */
const TEXT = 't';
const NUMBER = 'n';

/** Keys of rows, each as one text. A row that lacks a part of its key has an empty one, which nothing equals. */
export class RowKeys {
  readonly #texts = new TextColumn();
  readonly #hasTexts: boolean[];
  readonly #hasNumbers: boolean[];

  /** @param parts - number of values that make a key */
  constructor(parts: number) {
    this.#hasTexts = Array.from({ length: parts }, () => false);
    this.#hasNumbers = Array.from({ length: parts }, () => false);
  }

  get length(): number {
    return this.#texts.length;
  }

  push(values: readonly unknown[]): void {
    let key = '';
    for (const [at, given] of values.entries()) {
      const value = toKeyValue(given);
      if (value === undefined) {
        this.#texts.push('');
        return;
      }
      (typeof value === 'number' ? this.#hasNumbers : this.#hasTexts)[at] = true;
      key += (at === 0 ? '' : BETWEEN) + tag(value);
    }
    this.#texts.push(key);
  }

  /** Gives the key of a row as it is compared with texts. */
  at(row: number): string {
    return this.#texts.at(row);
  }

  /**
   * Gives the key of a row as it is compared where parts of it are numbers: empty where a part reads as none.
   *
   * @param isNumber - for each part
   */
  numericAt(row: number, isNumber: readonly boolean[]): string {
    const text = this.#texts.at(row);
    if (isNumber.length === 1) return toNumeric(text);
    const parts = text.split(BETWEEN);
    for (const [at, part] of parts.entries()) {
      if (isNumber[at] !== true) continue;
      const numeric = toNumeric(part);
      if (numeric === '') return '';
      parts[at] = numeric;
    }
    return parts.join(BETWEEN);
  }

  /** Lists the keys, as rows have them, that are equal to values: several only where columns hold texts and numbers. */
  equalTo(values: readonly KeyValue[]): readonly string[] {
    let keys = this.#partsEqualTo(values[0] as KeyValue, 0);
    for (let at = 1; at < values.length; at++) {
      const parts = this.#partsEqualTo(values[at] as KeyValue, at);
      keys = keys.flatMap((key) => parts.map((part) => key + BETWEEN + part));
    }
    return keys;
  }

  /** Shows the parts of the key of a row. */
  show(row: number): string[] {
    return this.#texts
      .at(row)
      .split(BETWEEN)
      .map((part) => part.slice(1));
  }

  #partsEqualTo(value: KeyValue, at: number): readonly string[] {
    if (typeof value === 'number') return [tag(value)];
    const own = this.#hasTexts[at] === true ? [tag(value)] : [];
    const number = this.#hasNumbers[at] === true ? readNumber(value) : undefined;
    return number === undefined ? own : [...own, tag(number)];
  }
}

/** Makes of a part of a key that of a number; empty where it reads as none. */
function toNumeric(part: string): string {
  if (part.startsWith(NUMBER)) return part;
  const number = readNumber(part.slice(1));
  return number === undefined ? '' : tag(number);
}

function tag(value: KeyValue): string {
  // -0 is 0.
  return typeof value === 'number' ? NUMBER + String(value || 0) : TEXT + value;
}

/** Takes a value as one that rows are found by; undefined for what is missing, or is no single value. */
export function toKeyValue(value: unknown): KeyValue | undefined {
  if (typeof value === 'number') return Number.isNaN(value) ? undefined : value;
  if (typeof value === 'boolean') return String(value);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

const DECIMAL = /^\s*[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?\s*$/;

/** Reads the number that a text is; undefined where it is none. */
export function readNumber(text: string): number | undefined {
  return DECIMAL.test(text) ? Number(text) : undefined;
}
