import { splitWords, toHex } from './crc-words.ts';

/** Polynomial of Castagnoli, bits reversed. */
const CASTAGNOLI_POLYNOMIAL = 0x82f6_3b78;
/** Words that a step takes: a table for each of their bytes. */
const WORDS_PER_STEP = 4;

let table: Int32Array | undefined;

/** Running CRC-32C of bytes. */
export class Crc32c {
  readonly #table = (table ??= makeTable());
  #state = -1;

  update(bytes: Uint8Array): void {
    const { head, words, tail } = splitWords(bytes, WORDS_PER_STEP);
    this.#takeBytes(head);
    this.#takeWords(words);
    this.#takeBytes(tail);
  }

  /** Gives the digest in lower-case hexadecimal. */
  digest(): string {
    return toHex(~this.#state);
  }

  #takeBytes(bytes: Uint8Array): void {
    let crc = this.#state;
    for (const byte of bytes) crc = entry(this.#table, 0, crc ^ byte) ^ (crc >>> 8);
    this.#state = crc;
  }

  #takeWords(words: Int32Array): void {
    const found = this.#table;
    let crc = this.#state;
    for (let at = 0; at < words.length; at += WORDS_PER_STEP) {
      crc =
        ofWord(found, 12, crc ^ (words[at] as number)) ^
        ofWord(found, 8, words[at + 1] as number) ^
        ofWord(found, 4, words[at + 2] as number) ^
        ofWord(found, 0, words[at + 3] as number);
    }
    this.#state = crc;
  }
}

/** Computes the share of a word that `distance` bytes follow. */
function ofWord(found: Int32Array, distance: number, word: number): number {
  return (
    entry(found, distance + 3, word) ^
    entry(found, distance + 2, word >>> 8) ^
    entry(found, distance + 1, word >>> 16) ^
    entry(found, distance, word >>> 24)
  );
}

/** Computes the share of a byte that `distance` others follow. */
function entry(found: Int32Array, distance: number, byte: number): number {
  return found[distance * 256 + (byte & 255)] as number;
}

function makeTable(): Int32Array {
  const made = new Int32Array(WORDS_PER_STEP * 4 * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ CASTAGNOLI_POLYNOMIAL : crc >>> 1;
    made[byte] = crc;
  }
  for (let index = 256; index < made.length; index++) {
    const before = made[index - 256] as number;
    made[index] = (before >>> 8) ^ entry(made, 0, before);
  }
  return made;
}
