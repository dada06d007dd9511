import type { Checksum, FileEntry } from '../core/source.ts';
import type { TimeSlice } from '../core/time-slice.ts';
import type { ColumnReader, ColumnWriter } from './column-file.ts';
import { DigestColumn } from './digest-column.ts';
import { NumberColumn } from './number-column.ts';
import { TextColumn } from './text-column.ts';
import { VersionColumn } from './version-column.ts';

/** Rows that are looked at between two looks at the time. */
const ROWS_PER_STEP = 1024;

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
  #paths = new TextColumn();
  /** NaN where it is unknown. */
  #sizes = new NumberColumn(Float64Array);
  /** Milliseconds since 1970; NaN where it is unknown. */
  #modified = new NumberColumn(Float64Array, Number.NaN);
  /** Bytes of members of archives as they are packed; NaN of other files. */
  #packedSizes = new NumberColumn(Float64Array, Number.NaN);
  #digestCodes = new NumberColumn(Uint8Array);
  #digests = new DigestColumn();
  #versions = new VersionColumn();
  #incomplete = 0;
  /** Rows of the files, in their order; undefined for all as they came. */
  #order: Uint32Array | undefined;
  /** Files that take the place of what rows say of them. */
  #completed: ReadonlyMap<number, ListedFile> | undefined;

  /** Number of files. */
  get length(): number {
    return this.#order?.length ?? this.#sizes.length;
  }

  /** Makes a table of some of these rows, in another order. It shares what is here, which must not grow any more. */
  inOrder(order: Uint32Array): FileColumns {
    const table = this.#share();
    table.#order = order;
    return table;
  }

  /** Makes a table that knows more of some files, by their places here. It shares the rest, which must not grow any more. */
  completedWith(entries: ReadonlyMap<number, FileEntry>): FileColumns {
    const table = this.#share();
    table.#completed = new Map(
      Array.from(entries, ([place, { path, size, version, modified, checksum }]) => [
        this.#rowAt(place),
        { path, size, version, modified, checksum },
      ]),
    );
    return table;
  }

  /** Finds the places of files whose size or version is not known; undefined where these are more than so many. */
  async incompletePlaces(most: number, slice: TimeSlice): Promise<readonly number[] | undefined> {
    const places: number[] = [];
    for (let place = 0; this.#incomplete > 0 && place < this.length; place++) {
      const isKnown = this.sizeAt(place) !== undefined && this.#versions.has(this.#rowAt(place));
      if (!isKnown && places.push(place) > most) return undefined;
      if (place % ROWS_PER_STEP === 0) await slice.pause();
    }
    return places;
  }

  /** True when the paths of all files are ASCII. */
  get isAllAscii(): boolean {
    return this.#paths.isAllAscii;
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
  at(place: number): ListedFile {
    const row = this.#rowAt(place);
    const completed = this.#completed?.get(row);
    if (completed !== undefined) return completed;
    const time = this.#modified.at(row);
    const facts = {
      size: this.sizeAt(place),
      modified: Number.isNaN(time) ? undefined : new Date(time),
      checksum: this.#digests.at(row, this.#digestCodes.at(row)),
    };
    const file = { path: this.#paths.at(row), ...facts, version: this.#versions.at(row, facts) };
    const packedSize = this.#packedSizes.at(row);
    return Number.isNaN(packedSize) ? file : { ...file, packedSize };
  }

  pathAt(row: number): string {
    return this.#paths.at(this.#rowAt(row));
  }

  /** Copies what is stored of a path, see {@link TextColumn.copy}. */
  copyPath(row: number, target: Buffer, at: number): number | undefined {
    return this.#paths.copy(this.#rowAt(row), target, at);
  }

  /** Reads the extension of a path, with its dot; all of the path where it has none that is usual. */
  endingAt(row: number): string {
    return this.#paths.endingAt(this.#rowAt(row));
  }

  /** Says whether the path of any row ends so; the ending is ASCII. */
  async somePathEnds(ending: string, slice: TimeSlice): Promise<boolean> {
    const bytes = Buffer.from(ending);
    for (let row = 0; row < this.length; row++) {
      const isEnding = this.isAscii(row)
        ? this.#paths.endsWith(this.#rowAt(row), bytes)
        : this.pathAt(row).endsWith(ending);
      if (isEnding) return true;
      if (row % ROWS_PER_STEP === 0) await slice.pause();
    }
    return false;
  }

  /** Finds a path where they are in order (by UTF-16 code units); undefined where it is not there. */
  findSorted(path: string): number | undefined {
    let [low, high] = [0, this.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.pathAt(middle) < path) low = middle + 1;
      else high = middle;
    }
    return low < this.length && this.pathAt(low) === path ? low : undefined;
  }

  /** Yields the paths of all files. */
  *paths(): Generator<string, void, void> {
    for (let row = 0; row < this.length; row++) yield this.pathAt(row);
  }

  sizeAt(place: number): number | undefined {
    const row = this.#rowAt(place);
    const size = this.#sizes.at(row);
    return Number.isNaN(size) ? this.#completed?.get(row)?.size : size;
  }

  /** Says whether the path of a row is ASCII. */
  isAscii(row: number): boolean {
    return this.#paths.isAscii(this.#rowAt(row));
  }

  save(to: ColumnWriter): void {
    to.fact(this.#incomplete);
    for (const column of this.#columns()) column.save(to);
  }

  /** Fills an empty table with what {@link FileColumns.save} has written. */
  load(from: ColumnReader): void {
    this.#incomplete = from.fact() as number;
    for (const column of this.#columns()) column.load(from);
  }

  #share(): FileColumns {
    const table = new FileColumns();
    table.#paths = this.#paths;
    table.#sizes = this.#sizes;
    table.#modified = this.#modified;
    table.#packedSizes = this.#packedSizes;
    table.#digestCodes = this.#digestCodes;
    table.#digests = this.#digests;
    table.#versions = this.#versions;
    table.#incomplete = this.#incomplete;
    table.#order = this.#order;
    return table;
  }

  #rowAt(place: number): number {
    return this.#order === undefined ? place : (this.#order[place] as number);
  }

  #columns() {
    const numbers = [this.#sizes, this.#modified, this.#packedSizes, this.#digestCodes];
    return [this.#paths, ...numbers, this.#digests, this.#versions];
  }
}
