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

/** Columns of the numbers of entries. */
const COLUMN_INDEX = {
  size: 0,
  packedSize: 1,
  method: 2,
  flags: 3,
  crc: 4,
  offset: 5,
  headerBytes: 6,
  modified: 7,
} as const;
const COLUMN_COUNT = 8;
const FIRST_ENTRY_COUNT = 256;

/** Members of a ZIP archive in the order of its directory: of tens of thousands objects cost more than reading them. */
export class ZipEntries {
  readonly #paths: string[] = [];
  #numbers = new Float64Array(COLUMN_COUNT * FIRST_ENTRY_COUNT);

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
    const at = COLUMN_COUNT * this.#paths.length;
    if (at === this.#numbers.length) this.#grow();
    const numbers = this.#numbers;
    this.#paths.push(path);
    numbers[at + COLUMN_INDEX.size] = size;
    numbers[at + COLUMN_INDEX.packedSize] = packedSize;
    numbers[at + COLUMN_INDEX.method] = method;
    numbers[at + COLUMN_INDEX.flags] = flags;
    numbers[at + COLUMN_INDEX.crc] = crc;
    numbers[at + COLUMN_INDEX.offset] = offset;
    numbers[at + COLUMN_INDEX.headerBytes] = headerBytes;
    numbers[at + COLUMN_INDEX.modified] = modified;
  }

  path(index: number): string {
    return this.#paths[index] as string;
  }

  size(index: number): number {
    return this.#number(index, COLUMN_INDEX.size);
  }

  packedSize(index: number): number {
    return this.#number(index, COLUMN_INDEX.packedSize);
  }

  method(index: number): number {
    return this.#number(index, COLUMN_INDEX.method);
  }

  flags(index: number): number {
    return this.#number(index, COLUMN_INDEX.flags);
  }

  crc(index: number): number {
    return this.#number(index, COLUMN_INDEX.crc);
  }

  offset(index: number): number {
    return this.#number(index, COLUMN_INDEX.offset);
  }

  headerBytes(index: number): number {
    return this.#number(index, COLUMN_INDEX.headerBytes);
  }

  modified(index: number): Date | undefined {
    const time = this.#number(index, COLUMN_INDEX.modified);
    return Number.isNaN(time) ? undefined : new Date(time);
  }

  /** Tells the place behind a member, as far as the directory does. */
  end(index: number): number {
    return this.offset(index) + this.headerBytes(index) + this.packedSize(index);
  }

  offsets(): Float64Array {
    return Float64Array.from({ length: this.length }, (_, index) => this.offset(index));
  }

  at(index: number): ZipEntry {
    const modified = this.modified(index);
    return {
      path: this.path(index),
      size: this.size(index),
      packedSize: this.packedSize(index),
      method: this.method(index),
      flags: this.flags(index),
      crc: this.crc(index),
      offset: this.offset(index),
      headerBytes: this.headerBytes(index),
      ...(modified === undefined ? {} : { modified }),
    };
  }

  #number(index: number, column: number): number {
    return this.#numbers[COLUMN_COUNT * index + column] as number;
  }

  #grow(): void {
    const numbers = new Float64Array(2 * this.#numbers.length);
    numbers.set(this.#numbers);
    this.#numbers = numbers;
  }
}
