/** Low half of the square of the prime. */
const SQUARE_LOW = 0x1b3 ** 2;

/** Digest by FNV-1a of 64 bits (Fowler, Noll and Vo), in two halves: tells things apart, no defence against malice. */
export class Fingerprint {
  #high = 0xcbf29ce4;
  #low = 0x84222325;

  /** Takes in a 32-bit integer. */
  addInteger(value: number): this {
    for (let shift = 0; shift < 32; shift += 8) this.#addByte((value >>> shift) & 0xff);
    return this;
  }

  /** Takes in a text, so that "a", "b" and "ab" differ. */
  addText(text: string): this {
    let high = this.#high;
    let low = this.#low;
    for (let at = 0; at < text.length; at++) {
      const unit = text.charCodeAt(at);
      low = (low ^ (unit & 0xff)) >>> 0;
      if (unit < 256) {
        // Of a byte and a zero behind it: times the square of the prime, 2 · 0x1b3 · 2^40 + 0x1b3².
        const product = low * SQUARE_LOW;
        high =
          (Math.imul(high, SQUARE_LOW) + Math.floor(product / 2 ** 32) + (Math.imul(low, 2 * 0x1b3) << 8)) >>>
          0;
        low = product >>> 0;
        continue;
      }
      const first = low * 0x1b3;
      high = (Math.imul(high, 0x1b3) + Math.floor(first / 2 ** 32) + (low << 8)) >>> 0;
      low = ((first >>> 0) ^ (unit >>> 8)) >>> 0;
      const second = low * 0x1b3;
      high = (Math.imul(high, 0x1b3) + Math.floor(second / 2 ** 32) + (low << 8)) >>> 0;
      low = second >>> 0;
    }
    this.#high = high;
    this.#low = low;
    return this.addInteger(text.length);
  }

  /** Writes the digest as 16 hexadecimal digits. */
  toString(): string {
    return [this.#high, this.#low].map((half) => half.toString(16).padStart(8, '0')).join('');
  }

  #addByte(byte: number): void {
    const low = (this.#low ^ byte) >>> 0;
    // Times 2^40 + 0x1b3: the product of the low half and 0x1b3 fits a double exactly.
    const product = low * 0x1b3;
    this.#high = (Math.imul(this.#high, 0x1b3) + Math.floor(product / 2 ** 32) + (low << 8)) >>> 0;
    this.#low = product >>> 0;
  }
}
