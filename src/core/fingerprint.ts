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
    for (let at = 0; at < text.length; at++) {
      const unit = text.charCodeAt(at);
      this.#addByte(unit & 0xff);
      this.#addByte(unit >>> 8);
    }
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
