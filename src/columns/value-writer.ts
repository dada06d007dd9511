import { isSame, type RowShapes } from './row-shapes.ts';
import type { SharedTexts } from './shared-texts.ts';
import { VALUE_CODES } from './value-codes.ts';

/** Bytes that a value takes at the most beside its text. */
const VALUE_BYTES = 16;

/** Bytes of memory at first. */
const FIRST_BYTES = 4096;

/** Deepest nesting of values: who goes deeper may come to the end of the stack. */
const MAX_NESTING_DEPTH = 500;

/** Writer of what JSON can say, value behind value, into memory that it uses again. */
export class ValueWriter {
  readonly #shapes: RowShapes;
  readonly #texts: SharedTexts;
  #bytes: Buffer = Buffer.allocUnsafeSlow(FIRST_BYTES);
  #used = 0;
  /** Names of the last object, and those of them that were kept. */
  #lastNames: readonly string[] = [];
  #lastKept: readonly string[] = [];

  constructor(shapes: RowShapes, texts: SharedTexts) {
    this.#shapes = shapes;
    this.#texts = texts;
  }

  /** Bytes that were written, up to the next {@link ValueWriter.restart}. */
  get written(): Buffer {
    return this.#bytes.subarray(0, this.#used);
  }

  restart(): void {
    this.#used = 0;
  }

  /**
   * Writes an object without one of its names; false where it is nested too deep, and what was written is none.
   *
   * @param depth - of what it lies in
   */
  object(value: object, without?: string, depth = 0): boolean {
    if (depth > MAX_NESTING_DEPTH) return false;
    const all = Object.keys(value);
    const names = without === undefined ? all : this.#withoutName(all, without);
    const shape = this.#shapes.of(names);
    if (shape === undefined) this.#head(VALUE_CODES.object, names.length);
    else this.#head(VALUE_CODES.shaped, shape.number);
    for (const name of names) {
      if (shape === undefined) this.text(name);
      if (!this.#value((value as Record<string, unknown>)[name], depth + 1)) return false;
    }
    return true;
  }

  text(text: string): void {
    const number = this.#texts.numberOf(text);
    if (number !== undefined) this.#head(VALUE_CODES.shared, number);
    else this.#ownText(text, VALUE_CODES.ascii);
  }

  /** Writes an object as the JSON that it was read from. */
  json(text: string): void {
    this.#room(VALUE_BYTES);
    this.#bytes[this.#used++] = VALUE_CODES.json;
    this.#ownText(text, VALUE_CODES.ascii);
  }

  /** Takes one name away; of rows that have the same names only once. */
  #withoutName(all: readonly string[], without: string): readonly string[] {
    if (!isSame(all, this.#lastNames)) {
      this.#lastNames = all;
      this.#lastKept = all.filter((name) => name !== without);
    }
    return this.#lastKept;
  }

  #value(value: unknown, depth: number): boolean {
    if (typeof value === 'number') this.#number(value);
    else if (typeof value === 'string') this.text(value);
    else if (typeof value === 'boolean') this.#tag(value ? VALUE_CODES.true : VALUE_CODES.false);
    else if (value === null) this.#tag(VALUE_CODES.null);
    else if (!Array.isArray(value)) return this.object(value as object, undefined, depth);
    else {
      if (depth > MAX_NESTING_DEPTH) return false;
      this.#head(VALUE_CODES.array, value.length);
      for (const each of value) if (!this.#value(each, depth + 1)) return false;
    }
    return true;
  }

  #number(value: number): void {
    this.#room(VALUE_BYTES);
    if (value !== (value | 0) || Object.is(value, -0)) {
      this.#bytes[this.#used] = VALUE_CODES.double;
      this.#bytes.writeDoubleLE(value, this.#used + 1);
      this.#used += 9;
    } else if (value >= 0 && value < 256) {
      this.#bytes[this.#used++] = VALUE_CODES.byte;
      this.#bytes[this.#used++] = value;
    } else {
      this.#bytes[this.#used] = VALUE_CODES.integer;
      this.#bytes.writeInt32LE(value, this.#used + 1);
      this.#used += 5;
    }
  }

  #ownText(text: string, tag: number): void {
    this.#room(VALUE_BYTES + 3 * text.length);
    const before = this.#used;
    this.#head(tag, text.length);
    const written = this.#bytes.write(text, this.#used, 'utf8');
    if (written === text.length) {
      this.#used += written;
      return;
    }
    this.#used = before;
    this.#head(VALUE_CODES.utf16, text.length);
    this.#used += this.#bytes.write(text, this.#used, 'utf16le');
  }

  #tag(tag: number): void {
    this.#room(VALUE_BYTES);
    this.#bytes[this.#used++] = tag;
  }

  /** Writes a tag and a number of up to 32 bits: seven bits a byte, the low ones first. */
  #head(tag: number, number: number): void {
    this.#room(VALUE_BYTES);
    this.#bytes[this.#used++] = tag;
    let rest = number;
    for (; rest > 127; rest >>>= 7) this.#bytes[this.#used++] = (rest & 127) | 128;
    this.#bytes[this.#used++] = rest;
  }

  #room(bytes: number): void {
    if (this.#used + bytes <= this.#bytes.byteLength) return;
    const larger = Buffer.allocUnsafeSlow(2 * (this.#used + bytes));
    larger.set(this.written);
    this.#bytes = larger;
  }
}
