import { FormatError } from '../core/errors.ts';

/** Character that may stand between the fields of a record. */
export type Separator = ',' | ';' | '\t';

/** Format of a table as text. */
export interface CsvFormat {
  /** Character between fields. @defaultValue `','` */
  readonly separator?: Separator | undefined;
  /** Place at which the header begins; lines before it count. @defaultValue 0 */
  readonly start?: number | undefined;
  /** Line on which the text begins. @defaultValue 1 */
  readonly line?: number | undefined;
  /** True where blanks around fields are no part of them, also outside their quotes. @defaultValue false */
  readonly trim?: boolean | undefined;
}

/** Code units of the signs of a table. */
const QUOTE_CODE = 34;
const LINE_FEED_CODE = 10;
const RETURN_CODE = 13;
const SPACE_CODE = 32;
const TAB_CODE = 9;

/** Kinds of fields by how they are written. */
const BARE_KIND = 0;
const QUOTED_KIND = 1;
const DOUBLED_KIND = 2;

/**
 * Reader of the records of a table by RFC 4180, whatever its separator: fields in double quotes may hold separators, line
 * breaks and doubled quotes; lines end in LF, CRLF or CR. Empty lines are passed over, and where blanks are left out records
 * of empty fields. The text of a field is made when it is asked for.
 */
export class CsvReader {
  readonly #text: string;
  readonly #path: string;
  readonly #separator: number;
  readonly #trim: boolean;
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];
  readonly #kinds: number[] = [];
  #at: number;
  #nextLine: number;
  /** Number of fields of the record. */
  count = 0;
  /** Line on which the record begins, from 1. */
  line = 0;
  /** Place in the text at which the record begins. */
  start = 0;

  /** @param path - how error messages name the file */
  constructor(
    text: string,
    path: string,
    { separator = ',', start = 0, line = 1, trim = false }: CsvFormat = {},
  ) {
    this.#text = text;
    this.#path = path;
    this.#separator = separator.charCodeAt(0);
    this.#trim = trim;
    this.#at = start;
    this.#nextLine = start === 0 ? line : line + 1;
  }

  /**
   * Goes to the next record; false where there is none.
   *
   * @throws FormatError when quotes do not pair
   */
  next(): boolean {
    while (this.#at < this.#text.length) {
      this.#scan();
      if (!this.#isEmpty()) return true;
    }
    return false;
  }

  /** Goes to the record that begins at a place. */
  seek(start: number): void {
    this.#at = start;
    this.#scan();
  }

  /** Reads a field of the record; `index` is in `0 … count − 1`. */
  field(index: number): string {
    const text = this.#text.slice(this.#starts[index], this.#ends[index]);
    const kind = this.#kinds[index];
    if (kind === BARE_KIND) return this.#trim ? text.trim() : text;
    return kind === DOUBLED_KIND ? text.replaceAll('""', '"') : text;
  }

  /** Reads all fields of the record. */
  fields(): string[] {
    return Array.from({ length: this.count }, (_, index) => this.field(index));
  }

  /** Tells whether a record is an empty line or, where blanks are left out, has nothing but empty fields. */
  #isEmpty(): boolean {
    if (this.count > 1 && !this.#trim) return false;
    for (let index = 0; index < this.count; index++) {
      if ((this.#ends[index] as number) > (this.#starts[index] as number)) return false;
    }
    return true;
  }

  #scan(): void {
    const { length } = this.#text;
    let at = this.#at;
    this.start = at;
    this.line = this.#nextLine;
    this.count = 0;
    for (;;) {
      at = this.#scanField(this.#trim ? this.#passBlanks(at) : at);
      if (this.#text.charCodeAt(at) !== this.#separator) break;
      at++;
    }
    if (at < length) {
      const isPair =
        this.#text.charCodeAt(at) === RETURN_CODE && this.#text.charCodeAt(at + 1) === LINE_FEED_CODE;
      at += isPair ? 2 : 1;
      this.#nextLine++;
    }
    this.#at = at;
  }

  /** Scans a field from its first character on. @returns the place of what ends it */
  #scanField(start: number): number {
    const text = this.#text;
    if (text.charCodeAt(start) === QUOTE_CODE) return this.#scanQuoted(start);
    for (let at = start; ; at++) {
      const code = text.charCodeAt(at);
      // Behind the end there is no code.
      if (code === this.#separator || code === LINE_FEED_CODE || code === RETURN_CODE || at >= text.length) {
        this.#push(start, at, BARE_KIND);
        return at;
      }
      if (code === QUOTE_CODE) throw this.#unpaired();
    }
  }

  #scanQuoted(start: number): number {
    const text = this.#text;
    let kind = QUOTED_KIND;
    let close = text.indexOf('"', start + 1);
    while (close >= 0 && text.charCodeAt(close + 1) === QUOTE_CODE) {
      kind = DOUBLED_KIND;
      close = text.indexOf('"', close + 2);
    }
    if (close < 0) throw this.#unpaired();
    const at = this.#trim ? this.#passBlanks(close + 1) : close + 1;
    const code = text.charCodeAt(at);
    const isEnd =
      code === this.#separator || code === LINE_FEED_CODE || code === RETURN_CODE || at >= text.length;
    if (!isEnd) throw this.#unpaired();
    this.#nextLine += text.slice(start, close).match(/\r\n|\n|\r/g)?.length ?? 0;
    this.#push(start + 1, close, kind);
    return at;
  }

  #push(start: number, end: number, kind: number): void {
    const index = this.count++;
    this.#starts[index] = start;
    this.#ends[index] = end;
    this.#kinds[index] = kind;
  }

  #passBlanks(start: number): number {
    for (let at = start; ; at++) {
      const code = this.#text.charCodeAt(at);
      if (code !== SPACE_CODE && (code !== TAB_CODE || this.#separator === TAB_CODE)) return at;
    }
  }

  #unpaired(): FormatError {
    const problem = `line ${this.#nextLine}: a double quote in the wrong place, or without its pair`;
    return new FormatError(problem, { path: this.#path });
  }
}
