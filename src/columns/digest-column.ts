import type { Checksum } from '../core/source.ts';
import type { ColumnReader, ColumnWriter } from './column-file.ts';

/** Bytes of the longest digest. */
const ROW_BYTES = 32;
const CHUNK_ROWS = 4096;

const ALGORITHMS: readonly (readonly [algorithm: Checksum['algorithm'], bytes: number])[] = [
  ['sha256', 32],
  ['git-sha1', 20],
  ['md5', 16],
];
/** Code of a checksum that is kept as it was given. */
const APART_CODE = 255;

/** Column of checksums as bytes: rows without one cost nothing where none near them has one. */
export class DigestColumn {
  readonly #chunks: (Buffer | undefined)[] = [];
  /** Checksums that are no hexadecimal digits of the usual number. */
  readonly #apart = new Map<number, Checksum>();

  /** Stores the checksum of a row and gives the code by which {@link DigestColumn.at} reads it; 0 for none. */
  set(row: number, checksum: Checksum | undefined): number {
    if (checksum === undefined) return 0;
    const { algorithm, value } = checksum;
    const code = 1 + ALGORITHMS.findIndex(([name]) => name === algorithm);
    const bytes = ALGORITHMS[code - 1]?.[1];
    if (bytes !== undefined && value.length === 2 * bytes && value === value.toLowerCase()) {
      const number = Math.floor(row / CHUNK_ROWS);
      this.#chunks[number] ??= Buffer.alloc(CHUNK_ROWS * ROW_BYTES);
      // Ends at what is no hexadecimal digit.
      const written = this.#chunks[number].write(value, (row % CHUNK_ROWS) * ROW_BYTES, 'hex');
      if (written === bytes) return code;
    }
    this.#apart.set(row, checksum);
    return APART_CODE;
  }

  at(row: number, code: number): Checksum | undefined {
    if (code === 0) return undefined;
    if (code === APART_CODE) return this.#apart.get(row);
    const [algorithm, bytes] = ALGORITHMS[code - 1] as (typeof ALGORITHMS)[number];
    const start = (row % CHUNK_ROWS) * ROW_BYTES;
    const value = this.#chunks[Math.floor(row / CHUNK_ROWS)]?.toString('hex', start, start + bytes) ?? '';
    return { algorithm, value };
  }

  save(to: ColumnWriter): void {
    to.fact([Array.from(this.#chunks, (chunk) => (chunk === undefined ? 0 : 1)), [...this.#apart]]);
    for (const chunk of this.#chunks) if (chunk !== undefined) to.array(chunk);
  }

  /** Fills an empty column with what {@link DigestColumn.save} has written. */
  load(from: ColumnReader): void {
    const [filled, apart] = from.fact() as [number[], [number, Checksum][]];
    for (const [number, isFilled] of filled.entries()) {
      if (isFilled === 0) continue;
      const { buffer, byteOffset, byteLength } = from.array(Uint8Array);
      this.#chunks[number] = Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);
    }
    for (const [row, checksum] of apart) this.#apart.set(row, checksum);
  }
}
