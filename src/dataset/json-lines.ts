import { isAscii, isUtf8 } from 'node:buffer';
import { FormatError } from '../core/errors.ts';
import { isLfsPointer, LFS_POINTER_TEXT } from '../core/foreign-file.ts';
import type { Metadata } from '../core/graph.ts';
import type { TimeSlice } from '../core/time-slice.ts';
import { decodeText, parseMetadata } from '../metadata/sidecar.ts';

/** Bytes that are checked for being text in one go. */
const CHECKED_BYTES = 2 ** 20;
const LINE_FEED = 10;
const MARK = Buffer.from('\uFEFF');

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

  private constructor(bytes: Buffer, path: string, encoding: 'latin1' | 'utf8') {
    this.#bytes = bytes;
    this.#path = path;
    this.#encoding = encoding;
  }

  /**
   * @param path - how error messages name the file
   * @throws FormatError when it is not UTF-8, or a pointer to a file that was not fetched
   */
  static async open(bytes: Uint8Array<ArrayBuffer>, path: string, slice: TimeSlice): Promise<JsonLines> {
    const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (isLfsPointer(bytes)) throw new FormatError(LFS_POINTER_TEXT, { path });
    let ascii = true;
    for (let start = 0; start < all.length; ) {
      const cut = all.indexOf(LINE_FEED, start + CHECKED_BYTES);
      const end = cut < 0 ? all.length : cut + 1;
      const part = all.subarray(start, end);
      ascii &&= isAscii(part);
      if (!ascii && !isUtf8(part)) decodeText(bytes, path);
      start = end;
      await slice.pause();
    }
    const text = all.subarray(0, MARK.length).equals(MARK) ? all.subarray(MARK.length) : all;
    return new JsonLines(text, path, ascii ? 'latin1' : 'utf8');
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

  /** Parses a line that was given. */
  parse(start: number, end: number): Metadata {
    return this.#read(start, end) ?? {};
  }

  /** Reads a line; undefined where it is empty. */
  #read(start: number, end: number): Metadata | undefined {
    const text = this.#bytes.toString(this.#encoding, start, end);
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
