import { FormatError } from '../../core/errors.ts';
import type { RandomAccess } from '../../core/mesh.ts';
import type { OpenMeshOptions } from '../../core/mesh-format.ts';
import { readFully } from '../../core/read-fully.ts';
import { TimeSlice } from '../../core/time-slice.ts';
import { isSpace, WordCounter } from './word-skip.ts';

/** Bytes read where the scanner was sent: a keyword line and what is behind it. */
const FIRST_BYTES = 4 * 1024;
/** Bytes at whose multiples a short read ends: the heads of files come in such steps. */
const HEAD_BYTES = 64 * 1024;
/** Bytes read at once of what is scanned from front to back. */
const MAX_BYTES = 256 * 1024;
/** The longest word, bytes. */
const MAX_WORD_BYTES = 8 * 1024;
/** The longest line that is kept, bytes. */
const MAX_LINE_BYTES = 1024 ** 2;

/** Byte that ends a line. */
export const LINE_FEED = 10;
/** Byte that some writers put before it. */
export const CARRIAGE_RETURN = 13;

/** Word of a file: bytes between white space. */
export interface Word {
  /** Text of its bytes, as characters of one byte each. */
  readonly text: string;
  readonly lower: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Offset of its first byte. */
  readonly offset: number;
}

/** Options of a {@link WordScanner}. */
export type ScannerOptions = Pick<OpenMeshOptions, 'path' | 'head' | 'signal'>;

/** Place in a file from where words and lines are read on. It reads little where it is sent, and more the longer it goes on. */
export class WordScanner {
  readonly file: RandomAccess;
  readonly path: string;
  readonly slice: TimeSlice;
  /** Offset of the next byte. */
  position = 0;
  readonly #signal: AbortSignal | undefined;
  #start = 0;
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  #buffer: Uint8Array<ArrayBuffer> = new Uint8Array(FIRST_BYTES);
  /** Bytes to read next where it goes on from front to back. */
  #step = FIRST_BYTES;

  constructor(file: RandomAccess, { path, head, signal }: ScannerOptions) {
    this.file = file;
    this.path = path;
    this.slice = new TimeSlice(signal);
    this.#signal = signal;
    if (head !== undefined) this.#bytes = head;
  }

  /** Makes an error about what is at `offset`. */
  error(problem: string, offset: number, array?: string): FormatError {
    return new FormatError(problem, { path: this.path, offset, array });
  }

  /**
   * Gives the bytes from the position that are in memory, at least one unless the file ends; valid until the next call.
   */
  async #view(): Promise<Uint8Array<ArrayBuffer>> {
    const behind = this.#start + this.#bytes.length;
    if (this.position < this.#start || this.position >= behind) {
      this.#step = this.position === behind && behind > 0 ? Math.min(MAX_BYTES, 2 * this.#step) : FIRST_BYTES;
      const inside = HEAD_BYTES - (this.position % HEAD_BYTES);
      const length = this.#step === FIRST_BYTES ? Math.min(FIRST_BYTES, inside) : this.#step;
      const wanted = Math.max(0, Math.min(length, this.file.size - this.position));
      if (this.#buffer.length < length) this.#buffer = new Uint8Array(length);
      this.#bytes = this.#buffer.subarray(0, 0);
      await readFully(this.file, this.position, this.#buffer.subarray(0, wanted), this.#signal);
      await this.slice.pause();
      this.#start = this.position;
      this.#bytes = this.#buffer.subarray(0, wanted);
    }
    return this.#bytes.subarray(this.position - this.#start);
  }

  /** Moves to the next byte that is no white space; false where the file ends before. */
  async skipSpace(): Promise<boolean> {
    for (;;) {
      const bytes = await this.#view();
      if (bytes.length === 0) return false;
      let at = 0;
      while (at < bytes.length && isSpace(bytes[at] as number)) at++;
      this.position += at;
      if (at < bytes.length) return true;
    }
  }

  /**
   * Reads the next word, behind white space.
   *
   * @returns undefined at the end of the file
   * @throws FormatError for a word that is longer than any is
   */
  async next(): Promise<Word | undefined> {
    const word = await this.#word();
    if (typeof word !== 'number') return word;
    throw this.error('has bytes where a word of the format belongs', word);
  }

  /** Reads the next word, which stays the next one; undefined where there is none, nor bytes that can be one. */
  async peek(): Promise<Word | undefined> {
    const { position } = this;
    try {
      const word = await this.#word();
      return typeof word === 'number' ? undefined : word;
    } finally {
      this.position = position;
    }
  }

  /** Reads the next word; where bytes follow that are too many for one, gives their offset. */
  async #word(): Promise<Word | number | undefined> {
    if (!(await this.skipSpace())) return undefined;
    const offset = this.position;
    const parts: Uint8Array<ArrayBuffer>[] = [];
    let length = 0;
    for (;;) {
      const view = await this.#view();
      let at = 0;
      while (at < view.length && !isSpace(view[at] as number)) at++;
      parts.push(view.slice(0, at));
      length += at;
      this.position += at;
      if (length > MAX_WORD_BYTES) return offset;
      if (at < view.length || view.length === 0) break;
    }
    await this.slice.pause();
    const bytes = join(parts, length);
    let text = '';
    for (const byte of bytes) text += String.fromCharCode(byte);
    return { text, lower: text.toLowerCase(), bytes, offset };
  }

  /** Tells whether nothing but white space follows in the line. */
  async isLineOver(): Promise<boolean> {
    for (let at = this.position; ; ) {
      const { position } = this;
      this.position = at;
      const view = await this.#view();
      this.position = position;
      for (const byte of view) {
        if (byte === LINE_FEED) return true;
        if (!isSpace(byte)) return false;
      }
      if (view.length === 0) return true;
      at += view.length;
    }
  }

  /** Moves behind the next line feed, where binary data begin, or to the end of the file. */
  async endLine(): Promise<void> {
    for (;;) {
      const view = await this.#view();
      const at = view.indexOf(LINE_FEED);
      this.position += at < 0 ? view.length : at + 1;
      if (at >= 0 || view.length === 0) return;
    }
  }

  /** Reads the bytes up to the next line feed, without it and a carriage return before it, or to the end of the file. */
  async line(): Promise<{ readonly bytes: Uint8Array<ArrayBuffer>; readonly isWhole: boolean }> {
    const offset = this.position;
    const parts: Uint8Array<ArrayBuffer>[] = [];
    let length = 0;
    for (;;) {
      const view = await this.#view();
      const found = view.indexOf(LINE_FEED);
      const at = found < 0 ? view.length : found;
      parts.push(view.slice(0, at));
      length += at;
      this.position += found < 0 ? at : at + 1;
      if (length > MAX_LINE_BYTES)
        throw this.error(`has a line of more than ${MAX_LINE_BYTES} bytes`, offset);
      if (found < 0 && view.length > 0) continue;
      const bytes = join(parts, length);
      const isReturned = bytes.at(-1) === CARRIAGE_RETURN;
      return { bytes: isReturned ? bytes.subarray(0, -1) : bytes, isWhole: found >= 0 };
    }
  }

  /** Moves behind `count` words; returns how many there were. */
  async skipWords(count: number): Promise<number> {
    const counter = new WordCounter(count);
    while (counter.left > 0) {
      const view = await this.#view();
      if (view.length === 0) return count - counter.left + (counter.isInside ? 1 : 0);
      this.position += counter.take(view);
    }
    return count;
  }

  /** Reads the next bytes, as many as there are of `length`. */
  async take(length: number): Promise<Uint8Array<ArrayBuffer>> {
    const parts: Uint8Array<ArrayBuffer>[] = [];
    let taken = 0;
    while (taken < length) {
      const part = (await this.#view()).slice(0, length - taken);
      if (part.length === 0) break;
      parts.push(part);
      taken += part.length;
      this.position += part.length;
    }
    return join(parts, taken);
  }

  /** Moves behind `count` lines; returns how many there were, the last without a line feed as well. */
  async skipLines(count: number): Promise<number> {
    for (let done = 0; done < count; done++) {
      if (this.position >= this.file.size) return done;
      await this.endLine();
    }
    return count;
  }
}

function join(parts: readonly Uint8Array<ArrayBuffer>[], length: number): Uint8Array<ArrayBuffer> {
  const [first] = parts;
  if (parts.length === 1 && first !== undefined) return first;
  const joined = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
