import type { ColumnReader, ColumnWriter } from './column-file.ts';
import { NumberColumn } from './number-column.ts';
import { type PackedObject, PackedValues } from './packed-values.ts';
import { RowShapes } from './row-shapes.ts';
import { SharedTexts } from './shared-texts.ts';
import { ValueWriter } from './value-writer.ts';

/** Bits of a place that are the place in its block. */
const BLOCK_BITS = 20;
const BLOCK_BYTES = 2 ** BLOCK_BITS;

/** Most bytes of a row that lies in a block. */
const MAX_BLOCK_ROW = BLOCK_BYTES / 8;

/** Most bytes that are copied one by one, which of few is faster. */
const MAX_SINGLE_BYTES = 48;

/**
 * Table of objects as JSON has them, packed: the names of alike ones and the texts that many have are there once, numbers
 * are bytes. Each object is made when it is looked at, anew each time, and is just what was put in: numbers to the last
 * bit, names in their order.
 */
export class PackedRows {
  readonly #without: string | undefined;
  readonly #blocks: Buffer[] = [];
  /** Place behind each row: the number of its block, then the byte in it. */
  readonly #ends = new NumberColumn(Uint32Array);
  /** Rows that are too long for a block. */
  readonly #apart = new Map<number, Buffer>();
  readonly #shapes = new RowShapes();
  readonly #texts = new SharedTexts();
  readonly #writer = new ValueWriter(this.#shapes, this.#texts);
  readonly #values = new PackedValues(this.#shapes, this.#texts);
  #block: Buffer = Buffer.alloc(0);
  #used = BLOCK_BYTES;

  /** @param without - name that is left out of rows */
  constructor(without?: string) {
    this.#without = without;
  }

  get length(): number {
    return this.#ends.length;
  }

  /**
   * Adds a row.
   *
   * @param text - JSON that it was read from: the row itself where it is nested very deep
   */
  push(row: object, text: () => string): void {
    this.#writer.restart();
    if (!this.#writer.object(row, this.#without)) {
      this.#writer.restart();
      this.#writer.json(text());
    }
    const { written } = this.#writer;
    const bytes = written.byteLength;
    if (bytes > MAX_BLOCK_ROW) this.#apart.set(this.length, Buffer.from(written));
    else {
      if (this.#used + bytes > BLOCK_BYTES) this.#begin();
      if (bytes > MAX_SINGLE_BYTES) this.#block.set(written, this.#used);
      else for (let at = 0; at < bytes; at++) this.#block[this.#used + at] = written[at] as number;
      this.#used += bytes;
    }
    if (this.#blocks.length === 0) this.#begin();
    this.#ends.push((this.#blocks.length - 1) * BLOCK_BYTES + this.#used);
  }

  /** Makes a row; `row` is in `0 … length − 1`. */
  at(row: number): PackedObject {
    const apart = this.#apart.size === 0 ? undefined : this.#apart.get(row);
    const object = apart === undefined ? this.#inBlock(row) : this.#values.read(apart, 0);
    // Of what was packed it is not there; of JSON text it is.
    if (this.#without !== undefined && Object.hasOwn(object, this.#without)) delete object[this.#without];
    return object;
  }

  save(to: ColumnWriter): void {
    to.fact([this.#blocks.length, [...this.#apart.keys()]]);
    for (const block of this.#blocks) to.array(block === this.#block ? block.subarray(0, this.#used) : block);
    for (const row of this.#apart.values()) to.array(row);
    this.#ends.save(to);
    this.#shapes.save(to);
    this.#texts.save(to);
  }

  /** Fills an empty table, made with the same arguments, with what {@link PackedRows.save} has written. */
  load(from: ColumnReader): void {
    const [blocks, apart] = from.fact() as [number, number[]];
    for (let number = 0; number < blocks; number++) this.#blocks.push(bufferOf(from.array(Uint8Array)));
    for (const row of apart) this.#apart.set(row, bufferOf(from.array(Uint8Array)));
    this.#ends.load(from);
    this.#shapes.load(from);
    this.#texts.load(from);
  }

  #inBlock(row: number): PackedObject {
    const end = this.#ends.at(row);
    const before = row === 0 ? 0 : this.#ends.at(row - 1);
    const isFirst = row === 0 || before >>> BLOCK_BITS !== (end - 1) >>> BLOCK_BITS;
    return this.#values.read(
      this.#blocks[(end - 1) >>> BLOCK_BITS] as Buffer,
      isFirst ? 0 : before & (BLOCK_BYTES - 1),
    );
  }

  #begin(): void {
    // Files are made of blocks: what memory had before is nothing for them.
    if (this.#used < this.#block.byteLength) this.#block.fill(0, this.#used);
    this.#block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
    this.#blocks.push(this.#block);
    this.#used = 0;
  }
}

function bufferOf({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);
}
