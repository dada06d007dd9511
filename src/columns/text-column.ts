import type { ColumnReader, ColumnWriter } from './column-file.ts';
import { NumberColumn } from './number-column.ts';

/** Bits of a place that are the place in its block. */
const BLOCK_BITS = 18;
const BLOCK_BYTES = 2 ** BLOCK_BITS;

/** Most characters of a text that lies in a block. */
const MAX_BLOCK_TEXT = BLOCK_BYTES / 8;

/** Most bytes of an ending: as many as a number has room for. */
const MAX_ENDING_BYTES = 6;

/** Bytes before a text that is copied. */
const PREFIX_BYTES = 4;

const DOT_CODE = 0x2e;
const SLASH_CODE = 0x2f;

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
  /** Texts that are not ASCII. */
  #others = 0;
  /** Endings that were met, by their bytes as a number. */
  readonly #endings = new Map<number, string>();

  get length(): number {
    return this.#ends.length;
  }

  /** True when all texts are ASCII. */
  get isAllAscii(): boolean {
    return this.#others === 0;
  }

  push(text: string): void {
    if (text.length > MAX_BLOCK_TEXT) {
      this.#apart.set(this.length, text);
      this.#others++;
      this.#end(APART_KIND);
      return;
    }
    if (this.#blocks.length === 0 || BLOCK_BYTES - this.#used < 3 * text.length) this.#begin();
    const written = this.#block.write(text, this.#used, 'utf8');
    const isAscii = written === text.length;
    if (!isAscii) this.#others++;
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

  /**
   * Reads the end of a path from the last dot of its base name on, without making a string each time; all of the path
   * where there is none, or a long one, or nothing before it.
   */
  endingAt(row: number): string {
    if (this.#kinds.at(row) !== ASCII_KIND) return this.at(row);
    const end = this.#ends.at(row);
    const block = this.#blocks[end >>> BLOCK_BITS] as Buffer;
    const to = end & (BLOCK_BYTES - 1);
    // Behind the first byte: a name that begins with its dot has no ending.
    const from = Math.max(this.#startOf(row, end) + 1, to - MAX_ENDING_BYTES);
    let key = 0;
    for (let at = to - 1; at >= from; at--) {
      const byte = block[at] as number;
      if (byte === SLASH_CODE) break;
      key = key * 256 + byte;
      if (byte !== DOT_CODE) continue;
      if (block[at - 1] === SLASH_CODE) break;
      const known = this.#endings.get(key);
      if (known !== undefined) return known;
      const ending = block.toString('latin1', at, to);
      this.#endings.set(key, ending);
      return ending;
    }
    return this.at(row);
  }

  /** Says whether an ASCII text ends in other ASCII text, without making a string. */
  endsWith(row: number, ending: Buffer): boolean {
    const end = this.#ends.at(row);
    const start = this.#startOf(row, end);
    const to = end & (BLOCK_BYTES - 1);
    const from = to - ending.byteLength;
    if (from < start) return false;
    return (this.#blocks[end >>> BLOCK_BITS] as Buffer).compare(ending, 0, ending.byteLength, from, to) === 0;
  }

  /** Says whether a text is stored one byte a character. */
  isAscii(row: number): boolean {
    return this.#kinds.at(row) === ASCII_KIND;
  }

  /**
   * Copies what is stored of a text, behind four bytes that say how many it is and of which kind, so that different texts
   * are different bytes.
   *
   * @returns the place behind it; undefined where there is no room for it, and nothing was copied
   */
  copy(row: number, target: Buffer, at: number): number | undefined {
    const kind = this.#kinds.at(row);
    const end = this.#ends.at(row);
    const isApart = kind === APART_KIND;
    const from = isApart
      ? Buffer.from(this.at(row), 'utf16le')
      : (this.#blocks[end >>> BLOCK_BITS] as Buffer);
    const first = isApart ? 0 : this.#startOf(row, end);
    const length = isApart ? from.byteLength : (end & (BLOCK_BYTES - 1)) - first;
    const start = at + PREFIX_BYTES;
    if (start + length > target.byteLength) return undefined;
    target.writeUInt32LE(2 * length + (kind === ASCII_KIND ? 0 : 1), at);
    for (let step = 0; step < length; step++) target[start + step] = from[first + step] as number;
    return start + length;
  }

  save(to: ColumnWriter): void {
    to.fact([this.#blocks.length, [...this.#apart], this.#others]);
    for (const block of this.#blocks) to.array(block === this.#block ? block.subarray(0, this.#used) : block);
    this.#ends.save(to);
    this.#kinds.save(to);
  }

  /** Fills an empty column with what {@link TextColumn.save} has written. */
  load(from: ColumnReader): void {
    const [blocks, apart, others] = from.fact() as [number, [number, string][], number];
    this.#others = others;
    for (let number = 0; number < blocks; number++) {
      const { buffer, byteOffset, byteLength } = from.array(Uint8Array);
      this.#block = Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);
      this.#blocks.push(this.#block);
    }
    // What comes next gets a block of its own.
    this.#used = BLOCK_BYTES;
    for (const [row, text] of apart) this.#apart.set(row, text);
    this.#ends.load(from);
    this.#kinds.load(from);
  }

  /** Finds the byte of its block in which a text begins; `end` is the place behind it. */
  #startOf(row: number, end: number): number {
    if (row === 0) return 0;
    const before = this.#ends.at(row - 1);
    return before >>> BLOCK_BITS === end >>> BLOCK_BITS ? before & (BLOCK_BYTES - 1) : 0;
  }

  #begin(): void {
    // Files are made of blocks: what memory had before is nothing for them.
    if (this.#used < this.#block.byteLength) this.#block.fill(0, this.#used);
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
