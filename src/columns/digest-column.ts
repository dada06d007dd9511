import type { Checksum } from '../core/source.ts';

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
}
