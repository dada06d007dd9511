import { splitWords, toHex } from './crc-words.ts';

/** Polynomial of CRC-64/NVME, bits reversed: its two halves. */
const NVME_POLYNOMIAL = { low: 0xac4b_c9b5, high: 0x9a6c_9329 } as const;
/** Words that a step takes: a table for each of their bytes. */
const WORDS_PER_STEP = 2;

/** Lower and upper halves of what each byte adds, by the number of bytes that follow it. */
interface Tables {
  readonly low: Int32Array;
  readonly high: Int32Array;
}

let tables: Tables | undefined;

/** Running CRC-64/NVME of bytes, which AWS gives by default. */
export class Crc64Nvme {
  readonly #tables = (tables ??= makeTables());
  #low = -1;
  #high = -1;

  update(bytes: Uint8Array): void {
    const { head, words, tail } = splitWords(bytes, WORDS_PER_STEP);
    this.#takeBytes(head);
    this.#takeWords(words);
    this.#takeBytes(tail);
  }

  /** Gives the digest in lower-case hexadecimal. */
  digest(): string {
    return toHex(~this.#high) + toHex(~this.#low);
  }

  #takeBytes(bytes: Uint8Array): void {
    for (const byte of bytes) {
      const index = place(0, this.#low ^ byte);
      this.#low = ((this.#low >>> 8) | (this.#high << 24)) ^ at(this.#tables.low, index);
      this.#high = (this.#high >>> 8) ^ at(this.#tables.high, index);
    }
  }

  #takeWords(words: Int32Array): void {
    const { low: lows, high: highs } = this.#tables;
    let low = this.#low;
    let high = this.#high;
    for (let index = 0; index < words.length; index += WORDS_PER_STEP) {
      low ^= at(words, index);
      high ^= at(words, index + 1);
      // One array of these would be made anew for each step.
      const a = place(7, low);
      const b = place(6, low >>> 8);
      const c = place(5, low >>> 16);
      const d = place(4, low >>> 24);
      const e = place(3, high);
      const f = place(2, high >>> 8);
      const g = place(1, high >>> 16);
      const h = place(0, high >>> 24);
      low = at(lows, a) ^ at(lows, b) ^ at(lows, c) ^ at(lows, d);
      low ^= at(lows, e) ^ at(lows, f) ^ at(lows, g) ^ at(lows, h);
      high = at(highs, a) ^ at(highs, b) ^ at(highs, c) ^ at(highs, d);
      high ^= at(highs, e) ^ at(highs, f) ^ at(highs, g) ^ at(highs, h);
    }
    this.#low = low;
    this.#high = high;
  }
}

function at(values: Int32Array, index: number): number {
  return values[index] as number;
}

/** Finds the place in the tables of a byte that `distance` others follow. */
function place(distance: number, byte: number): number {
  return distance * 256 + (byte & 255);
}

function makeTables(): Tables {
  const count = WORDS_PER_STEP * 4 * 256;
  const lows = new Int32Array(count);
  const highs = new Int32Array(count);
  for (let byte = 0; byte < 256; byte++) {
    let [low, high] = [byte, 0];
    for (let bit = 0; bit < 8; bit++) {
      const isOdd = (low & 1) === 1;
      low = (low >>> 1) | (high << 31);
      high >>>= 1;
      if (isOdd) [low, high] = [low ^ NVME_POLYNOMIAL.low, high ^ NVME_POLYNOMIAL.high];
    }
    lows[byte] = low;
    highs[byte] = high;
  }
  for (let index = 256; index < count; index++) {
    const [low, high] = [at(lows, index - 256), at(highs, index - 256)];
    const next = place(0, low);
    lows[index] = ((low >>> 8) | (high << 24)) ^ at(lows, next);
    highs[index] = (high >>> 8) ^ at(highs, next);
  }
  return { low: lows, high: highs };
}
