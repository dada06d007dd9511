import { FormatError } from './errors.ts';

/** Deepest nesting of arrays and objects. */
const MAX_NESTING_DEPTH = 500;

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const STRING = /"(?:[^"\\]|\\[^])*"/y;
const SPACE = /[ \t\r\n]*/y;
const WORDS: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ['true', true],
  ['false', false],
  ['null', null],
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
]);

/**
 * Parses JSON (RFC 8259) and, beyond it, the literals `NaN`, `Infinity` and `-Infinity`, which Python's
 * `json.dump` writes.
 *
 * @param path - how error messages name the file
 * @param before - what precedes `text` in the file, so that messages give the right line and byte
 * @throws FormatError with the line and the byte offset of what is wrong
 */
export function parseJson(text: string, path: string, before = ''): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return new LenientParser(text, path, before).parse();
  }
}

class LenientParser {
  readonly #text: string;
  readonly #path: string;
  readonly #before: string;
  #at = 0;

  constructor(text: string, path: string, before: string) {
    this.#text = text;
    this.#path = path;
    this.#before = before;
  }

  parse(): unknown {
    const value = this.#value(0);
    if (this.#peek() !== '') throw this.#wrong('expected the end of the file');
    return value;
  }

  #value(depth: number): unknown {
    const first = this.#peek();
    if (depth > MAX_NESTING_DEPTH) throw this.#wrong(`nested more than ${MAX_NESTING_DEPTH} deep`);
    if (first === '{') return this.#object(depth);
    if (first === '[') return this.#array(depth);
    if (first === '"') return this.#string();
    for (const [word, value] of WORDS) {
      if (this.#text.startsWith(word, this.#at)) {
        this.#at += word.length;
        return value;
      }
    }
    return Number(this.#match(NUMBER, 'expected a value'));
  }

  #object(depth: number): unknown {
    const entries: [string, unknown][] = [];
    this.#at++;
    if (this.#peek() !== '}') {
      do {
        this.#peek();
        const key = this.#string();
        if (this.#peek() !== ':') throw this.#wrong('expected ":"');
        this.#at++;
        entries.push([key, this.#value(depth + 1)]);
      } while (this.#another('}'));
    }
    this.#at++;
    return Object.fromEntries(entries);
  }

  #array(depth: number): unknown {
    const values: unknown[] = [];
    this.#at++;
    if (this.#peek() !== ']') {
      do values.push(this.#value(depth + 1));
      while (this.#another(']'));
    }
    this.#at++;
    return values;
  }

  /** Steps over a comma; false before `end`. */
  #another(end: string): boolean {
    const next = this.#peek();
    if (next === end) return false;
    if (next !== ',') throw this.#wrong(`expected "," or "${end}"`);
    this.#at++;
    return true;
  }

  #string(): string {
    const start = this.#at;
    const literal = this.#match(STRING, 'expected a string in double quotes');
    try {
      return JSON.parse(literal) as string;
    } catch {
      this.#at = start;
      throw this.#wrong('a string with a bare control character or an unknown escape');
    }
  }

  #match(expression: RegExp, expected: string): string {
    expression.lastIndex = this.#at;
    const found = expression.exec(this.#text)?.[0];
    if (found === undefined) throw this.#wrong(expected);
    this.#at += found.length;
    return found;
  }

  /** Steps over white space and gives the character there, empty at the end. */
  #peek(): string {
    SPACE.lastIndex = this.#at;
    this.#at += SPACE.exec(this.#text)?.[0].length ?? 0;
    return this.#text.charAt(this.#at);
  }

  #wrong(problem: string): FormatError {
    const before = this.#before + this.#text.slice(0, this.#at);
    const line = before.split('\n').length;
    const found = this.#at < this.#text.length ? `"${this.#text.charAt(this.#at)}"` : 'the end';
    return new FormatError(`not JSON: ${problem}, found ${found} (line ${line})`, {
      path: this.#path,
      offset: new TextEncoder().encode(before).byteLength,
    });
  }
}
