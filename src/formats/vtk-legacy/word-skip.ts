/** Tells whether a byte is white space, as C has it. */
export function isSpace(byte: number): boolean {
  return byte <= 32 && (byte === 32 || (byte >= 9 && byte <= 13));
}

/** Counts words in text that comes part by part. */
export class WordCounter {
  /** Words not met to their ends yet. */
  left: number;
  #isInside = false;

  constructor(count: number) {
    this.left = count;
  }

  /** True when a word was begun whose end was not met. */
  get isInside(): boolean {
    return this.#isInside;
  }

  /** Takes the next part, up to the end of the last word; returns how many of its bytes. */
  take(text: Uint8Array): number {
    const end = text.length;
    let at = 0;
    let inside = this.#isInside;
    let { left } = this;
    while (left > 0 && at < end) {
      if (!inside) {
        while (at < end && isSpace(text[at] as number)) at++;
        if (at === end) break;
        inside = true;
      }
      while (at < end && !isSpace(text[at] as number)) at++;
      if (at === end) break;
      inside = false;
      left--;
    }
    this.left = left;
    this.#isInside = inside;
    return at;
  }
}
