/** Reading side of `Headers`, which answers of the client have. */
export type HeaderReader = Pick<Headers, 'get' | 'has'>;

/**
 * Headers of an answer: those of `fetch`, as far as they are read. The global `Headers` brings a whole client with it
 * the first time that it is used, and takes longer over a small answer than all else.
 */
export class AnswerHeaders implements HeaderReader {
  /** Names and values in turn, as they came. */
  readonly #raw: readonly string[];
  /** Names in lower case. */
  readonly #names: readonly string[];

  /** @param raw - names and values in turn */
  constructor(raw: readonly string[]) {
    this.#raw = raw;
    const names: string[] = [];
    for (let index = 0; index + 1 < raw.length; index += 2) names.push((raw[index] as string).toLowerCase());
    this.#names = names;
  }

  /** Finds the value of a header: of several of the name all, with commas between them (RFC 9110, 5.3). */
  get(name: string): string | null {
    const wanted = name.toLowerCase();
    let found: string | null = null;
    for (let at = this.#names.indexOf(wanted); at >= 0; at = this.#names.indexOf(wanted, at + 1)) {
      // What no header can hold counts as a space (5.5).
      const value = (this.#raw[2 * at + 1] as string).replaceAll(/[\0\r\n]/g, ' ').trim();
      found = found === null ? value : `${found}, ${value}`;
    }
    return found;
  }

  has(name: string): boolean {
    return this.#names.includes(name.toLowerCase());
  }
}
