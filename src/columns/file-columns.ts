import type { Checksum, FileEntry } from '../core/source.ts';
import { DigestColumn } from './digest-column.ts';
import { NumberColumn } from './number-column.ts';
import { TextColumn } from './text-column.ts';
import { VersionColumn } from './version-column.ts';

/** A file as a list names it; what is undefined the server must be asked for. */
export interface ListedFile {
  readonly path: string;
  readonly size: number | undefined;
  /** Made of what the list says; undefined when that is not enough. */
  readonly version: string | undefined;
  readonly modified: Date | undefined;
  readonly checksum: Checksum | undefined;
  /** Bytes that it takes in its archive; of members of archives alone. */
  readonly packedSize?: number | undefined;
}

/** Takes a file as it is listed; undefined where the server must be asked for more. */
export function toEntry({
  path,
  size,
  version,
  modified,
  checksum,
  packedSize,
}: ListedFile): FileEntry | undefined {
  if (size === undefined || version === undefined) return undefined;
  return {
    path,
    size,
    version,
    ...(modified === undefined ? {} : { modified }),
    ...(checksum === undefined ? {} : { checksum }),
    ...(packedSize === undefined ? {} : { packedSize }),
  };
}

/**
 * Columns of the facts of files, in the order in which they came: a listing costs about what its bytes do, and holds no
 * object that garbage collection would have to walk. Files are made when they are looked at.
 */
export class FileColumns {
  readonly #paths = new TextColumn();
  /** NaN where it is unknown. */
  readonly #sizes = new NumberColumn(Float64Array);
  /** Milliseconds since 1970; NaN where it is unknown. */
  readonly #modified = new NumberColumn(Float64Array, Number.NaN);
  /** Bytes of members of archives as they are packed; NaN of other files. */
  readonly #packedSizes = new NumberColumn(Float64Array, Number.NaN);
  readonly #digestCodes = new NumberColumn(Uint8Array);
  readonly #digests = new DigestColumn();
  readonly #versions = new VersionColumn();
  #incomplete = 0;

  /** Number of files. */
  get length(): number {
    return this.#sizes.length;
  }

  /** True when size and version of every file are known. */
  get isComplete(): boolean {
    return this.#incomplete === 0;
  }

  push(file: FileEntry | ListedFile): void {
    const { path, size, version, modified, checksum } = file;
    const row = this.length;
    if (size === undefined || version === undefined) this.#incomplete++;
    this.#paths.push(path);
    this.#sizes.push(size ?? Number.NaN);
    this.#modified.push(modified?.getTime() ?? Number.NaN);
    this.#packedSizes.push(file.packedSize ?? Number.NaN);
    this.#digestCodes.push(this.#digests.set(row, checksum));
    this.#versions.push(version, { size, modified, checksum });
  }

  /** Makes the file of a row; `row` is in `0 … length − 1`. */
  at(row: number): ListedFile {
    const time = this.#modified.at(row);
    const facts = {
      size: this.sizeAt(row),
      modified: Number.isNaN(time) ? undefined : new Date(time),
      checksum: this.#digests.at(row, this.#digestCodes.at(row)),
    };
    const file = { path: this.#paths.at(row), ...facts, version: this.#versions.at(row, facts) };
    const packedSize = this.#packedSizes.at(row);
    return Number.isNaN(packedSize) ? file : { ...file, packedSize };
  }

  pathAt(row: number): string {
    return this.#paths.at(row);
  }

  /** Yields the paths of all files. */
  *paths(): Generator<string, void, void> {
    for (let row = 0; row < this.length; row++) yield this.pathAt(row);
  }

  sizeAt(row: number): number | undefined {
    const size = this.#sizes.at(row);
    return Number.isNaN(size) ? undefined : size;
  }

  /** Says whether the path of a row is ASCII. */
  isAscii(row: number): boolean {
    return this.#paths.isAscii(row);
  }
}
