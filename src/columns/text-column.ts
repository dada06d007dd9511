import { NumberColumn } from './number-column.ts';

/** Bits of a place that are the place in its block. */
const BLOCK_BITS = 18;
const BLOCK_BYTES = 2 ** BLOCK_BITS;

/** Most characters of a text that lies in a block. */
const MAX_BLOCK_TEXT = BLOCK_BYTES / 8;

/** Ways in which a text is stored. */
const ASCII_KIND = 0;
const UTF_16_KIND = 1;
const APART_KIND = 2;

/**
 * Column of texts that lie side by side as bytes: one a character where a text is ASCII, else its UTF-16 code units, so
 * that none is changed. What one costs is its bytes and five more; a string is made when it is looked at.
 */
export class TextColumn {
  readonly #blocks: Buffer[] = [];
  /** Place behind each text: the number of its block, then the byte in it. */
  readonly #ends = new NumberColumn(Uint32Array);
  readonly #kinds = new NumberColumn(Uint8Array);
  /** Texts that are too long for a block. */
  readonly #apart = new Map<number, string>();
  #block: Buffer = Buffer.alloc(0);
  #used = 0;

  get length(): number {
    return this.#ends.length;
  }

  push(text: string): void {
    if (text.length > MAX_BLOCK_TEXT) {
      this.#apart.set(this.length, text);
      this.#end(APART_KIND);
      return;
    }
    if (this.#blocks.length === 0 || BLOCK_BYTES - this.#used < 3 * text.length) this.#begin();
    const written = this.#block.write(text, this.#used, 'utf8');
    const isAscii = written === text.length;
    this.#used += isAscii ? written : this.#block.write(text, this.#used, 'utf16le');
    this.#end(isAscii ? ASCII_KIND : UTF_16_KIND);
  }

  /** Reads a text; `row` is in `0 … length − 1`. */
  at(row: number): string {
    const kind = this.#kinds.at(row);
    if (kind === APART_KIND) return this.#apart.get(row) as string;
    const end = this.#ends.at(row);
    const block = this.#blocks[end >>> BLOCK_BITS] as Buffer;
    return block.toString(
      kind === ASCII_KIND ? 'latin1' : 'utf16le',
      this.#startOf(row, end),
      end & (BLOCK_BYTES - 1),
    );
  }

  /** Says whether a text is stored one byte a character. */
  isAscii(row: number): boolean {
    return this.#kinds.at(row) === ASCII_KIND;
  }

  /** Finds the byte of its block in which a text begins; `end` is the place behind it. */
  #startOf(row: number, end: number): number {
    if (row === 0) return 0;
    const before = this.#ends.at(row - 1);
    return before >>> BLOCK_BITS === end >>> BLOCK_BITS ? before & (BLOCK_BYTES - 1) : 0;
  }

  #begin(): void {
    this.#block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
    this.#blocks.push(this.#block);
    this.#used = 0;
  }

  #end(kind: number): void {
    if (this.#blocks.length === 0) this.#begin();
    this.#ends.push((this.#blocks.length - 1) * BLOCK_BYTES + this.#used);
    this.#kinds.push(kind);
  }
}
