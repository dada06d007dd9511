/** Member of a ZIP archive, as its central directory tells of it. */
export interface ZipEntry {
  readonly path: string;
  /** Bytes when unpacked, and as they lie in the archive. */
  readonly size: number;
  readonly packedSize: number;
  readonly method: number;
  readonly flags: number;
  readonly crc: number;
  /** Place of its local header in the file. */
  readonly offset: number;
  /** Bytes of the local header at the least. */
  readonly headerBytes: number;
  readonly modified?: Date | undefined;
}

/** Numbers of an entry: eight, in the order in which {@link ZipEntries.add} takes them. */
const NUMBERS = 8;
const SIZE = 0;
const PACKED_SIZE = 1;
const METHOD = 2;
const FLAGS = 3;
const CRC = 4;
const OFFSET = 5;
const HEADER_BYTES = 6;
const MODIFIED = 7;
const FIRST_CAPACITY = 256;

/** Members of a ZIP archive in the order of its directory: of tens of thousands objects cost more than reading them. */
export class ZipEntries implements Iterable<ZipEntry> {
  readonly #paths: string[] = [];
  #numbers = new Float64Array(NUMBERS * FIRST_CAPACITY);

  get length(): number {
    return this.#paths.length;
  }

  /** @param modified - milliseconds since 1970; NaN where nothing tells */
  add(
    path: string,
    size: number,
    packedSize: number,
    method: number,
    flags: number,
    crc: number,
    offset: number,
    headerBytes: number,
    modified: number,
  ): void {
    const at = NUMBERS * this.#paths.length;
    if (at === this.#numbers.length) this.#grow();
    const numbers = this.#numbers;
    this.#paths.push(path);
    numbers[at + SIZE] = size;
    numbers[at + PACKED_SIZE] = packedSize;
    numbers[at + METHOD] = method;
    numbers[at + FLAGS] = flags;
    numbers[at + CRC] = crc;
    numbers[at + OFFSET] = offset;
    numbers[at + HEADER_BYTES] = headerBytes;
    numbers[at + MODIFIED] = modified;
  }

  path(index: number): string {
    return this.#paths[index] as string;
  }

  offset(index: number): number {
    return this.#number(index, OFFSET);
  }

  offsets(): Float64Array {
    return Float64Array.from({ length: this.length }, (_, index) => this.offset(index));
  }

  /** Place behind a member, as far as the directory tells. */
  end(index: number): number {
    return this.offset(index) + this.#number(index, HEADER_BYTES) + this.#number(index, PACKED_SIZE);
  }

  at(index: number): ZipEntry {
    const entry = {
      path: this.path(index),
      size: this.#number(index, SIZE),
      packedSize: this.#number(index, PACKED_SIZE),
      method: this.#number(index, METHOD),
      flags: this.#number(index, FLAGS),
      crc: this.#number(index, CRC),
      offset: this.#number(index, OFFSET),
      headerBytes: this.#number(index, HEADER_BYTES),
    };
    const modified = this.#number(index, MODIFIED);
    return Number.isNaN(modified) ? entry : { ...entry, modified: new Date(modified) };
  }

  *[Symbol.iterator](): Generator<ZipEntry, void, void> {
    for (let index = 0; index < this.length; index++) yield this.at(index);
  }

  #number(index: number, which: number): number {
    return this.#numbers[NUMBERS * index + which] as number;
  }

  #grow(): void {
    const numbers = new Float64Array(2 * this.#numbers.length);
    numbers.set(this.#numbers);
    this.#numbers = numbers;
  }
}
