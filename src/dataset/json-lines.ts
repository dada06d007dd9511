import { FormatError } from '../core/errors.ts';
import type { Metadata } from '../core/graph.ts';
import type { TimeSlice } from '../core/time-slice.ts';
import { parseMetadata } from '../metadata/sidecar.ts';
import { type CheckedText, checkText } from './checked-text.ts';

const LINE_FEED = 10;

/** Line of {@link JsonLines}: its number from 1 on, its bytes, its object. */
export interface JsonLine {
  readonly line: number;
  readonly start: number;
  readonly end: number;
  readonly value: Metadata;
}

/** Text of a JSON object a line, as bytes: a line is decoded when it is looked at. Empty lines are passed over. */
export class JsonLines implements Iterable<JsonLine> {
  readonly #bytes: Buffer;
  readonly #path: string;
  readonly #encoding: 'latin1' | 'utf8';

  /** @param path - how error messages name the file */
  constructor({ bytes, encoding }: CheckedText, path: string) {
    this.#bytes = bytes;
    this.#path = path;
    this.#encoding = encoding;
  }

  /**
   * Checks the bytes of a file first.
   *
   * @throws FormatError when it is not UTF-8, or a pointer to a file that was not fetched
   */
  static async open(bytes: Uint8Array<ArrayBuffer>, path: string, slice: TimeSlice): Promise<JsonLines> {
    return new JsonLines(await checkText(bytes, path, slice), path);
  }

  /** @throws FormatError with the line, when one is no JSON object */
  *[Symbol.iterator](): Generator<JsonLine, void, void> {
    const { length } = this.#bytes;
    let line = 1;
    for (let start = 0; start < length; line++) {
      const cut = this.#bytes.indexOf(LINE_FEED, start);
      const end = cut < 0 ? length : cut + 1;
      const value = this.#read(start, end);
      if (value !== undefined) yield { line, start, end, value };
      start = end;
    }
  }

  /** Gives the text of a line that was given. */
  textOf(start: number, end: number): string {
    return this.#bytes.toString(this.#encoding, start, end);
  }

  /** Parses a line that was given. */
  parse(start: number, end: number): Metadata {
    return this.#read(start, end) ?? {};
  }

  /** Reads a line; undefined where it is empty. */
  #read(start: number, end: number): Metadata | undefined {
    const text = this.textOf(start, end);
    try {
      const value: unknown = JSON.parse(text);
      if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Metadata;
    } catch {
      if (text.trim() === '') return undefined;
    }
    return this.#readOddly(text, start);
  }

  /** Parses what is not plain JSON; what precedes it is only decoded where its error has to name the place. */
  #readOddly(text: string, start: number): Metadata {
    try {
      return parseMetadata(text, this.#path);
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      return parseMetadata(text, this.#path, this.#bytes.toString('utf8', 0, start));
    }
  }
}
