import type { ColumnReader, ColumnWriter } from '../../columns/column-file.ts';
import { FileColumns, type ListedFile, toEntry } from '../../columns/file-columns.ts';
import { sortRows } from '../../columns/sorted-rows.ts';
import { mapLimited } from '../../core/limit.ts';
import type { FileEntry } from '../../core/source.ts';
import { TimeSlice } from '../../core/time-slice.ts';
import { isSound } from './escaped-text.ts';

/** Rows that are looked at between two looks at the time. */
const ROWS_PER_STEP = 128;

/** Entries that are made between two looks at the time. */
const ENTRIES_PER_STEP = 32;

/** Most files that are asked for before a table is given, and so many at a time. */
const MAX_COMPLETED_FILES = 64;
const COMPLETE_CONCURRENCY = 8;

/** Files of a list in the order of their paths (by UTF-16 code units), each path once. */
export class FileList {
  readonly #files: FileColumns;
  /** Rows of the files in the order of their paths; undefined where they came in it. */
  readonly #order: Uint32Array | undefined;

  private constructor(files: FileColumns, order?: Uint32Array) {
    this.#files = files;
    this.#order = order;
  }

  /**
   * Brings files into the order of their paths. A file that is named twice is there once; folders in which listed files
   * lie are passed over, since lists are made that have both.
   *
   * @param differs - makes the error for a row that names a file a second time, and says something else of it
   */
  static async of(files: FileColumns, differs: (row: number) => Error, slice: TimeSlice): Promise<FileList> {
    const { length } = files;
    let isSorted = true;
    let bare = 0;
    for (let row = 0, last = ''; row < length; row++) {
      const path = files.pathAt(row);
      isSorted &&= row === 0 || last < path;
      last = path;
      if (isBare(files, row, path)) bare++;
      if (row % ROWS_PER_STEP === 0) await slice.pause();
    }
    let order: Uint32Array | undefined;
    if (!isSorted) {
      const sorted = await sortRows((row) => files.pathAt(row), length, slice);
      order = await withoutRepeated(files, sorted, differs, slice);
    }
    const all = new FileList(files, order);
    return bare === 0 ? all : new FileList(files, await all.#withoutFolders(slice));
  }

  /** Takes what {@link FileList.save} has written. */
  static load(from: ColumnReader): FileList {
    const isOrdered = from.fact() as boolean;
    const order = isOrdered ? from.array(Uint32Array) : undefined;
    const files = new FileColumns();
    files.load(from);
    return new FileList(files, order);
  }

  save(to: ColumnWriter): void {
    to.fact(this.#order !== undefined);
    if (this.#order !== undefined) to.array(this.#order);
    this.#files.save(to);
  }

  get length(): number {
    return this.#order?.length ?? this.#files.length;
  }

  at(index: number): ListedFile {
    return this.#files.at(this.#rowAt(index));
  }

  /** Says whether the path of a file is ASCII. */
  isAscii(index: number): boolean {
    return this.#files.isAscii(this.#rowAt(index));
  }

  get(path: string): ListedFile | undefined {
    const index = this.#firstFrom(path);
    return index < this.length && this.#pathAt(index) === path ? this.at(index) : undefined;
  }

  /** Says whether the path of a file begins so. */
  hasPrefix(prefix: string): boolean {
    const index = this.#firstFrom(prefix);
    return index < this.length && this.#pathAt(index).startsWith(prefix);
  }

  /** Yields the places of the files whose paths begin so. */
  *rowsOf(prefix: string): Generator<number, void, void> {
    for (let index = this.#firstFrom(prefix); index < this.length; index++) {
      if (prefix !== '' && !this.#pathAt(index).startsWith(prefix)) return;
      yield index;
    }
  }

  /**
   * Gives the files whose paths begin so as a table; undefined where the list does not say enough of many of them, or a
   * name of them cannot be asked for.
   *
   * @param complete - asks for what the list does not say of a file
   */
  async tableOf(
    prefix: string,
    complete: (file: ListedFile) => Promise<FileEntry>,
    signal: AbortSignal | undefined,
  ): Promise<FileColumns | undefined> {
    const slice = new TimeSlice(signal);
    const table = this.#tableOf(prefix);
    const places = await table.incompletePlaces(MAX_COMPLETED_FILES, slice);
    if (places === undefined || !(await haveSoundPaths(table, slice))) return undefined;
    if (places.length === 0) return table;
    const entries = await mapLimited(places, COMPLETE_CONCURRENCY, (place) => complete(table.at(place)));
    return table.completedWith(new Map(places.map((place, at) => [place, entries[at] as FileEntry])));
  }

  #tableOf(prefix: string): FileColumns {
    if (prefix === '') return this.#order === undefined ? this.#files : this.#files.inOrder(this.#order);
    const from = this.#firstFrom(prefix);
    let to = from;
    // The end is not where some other text would be: characters beyond the last one of a text may follow.
    for (let high = this.length; to < high; ) {
      const middle = (to + high) >>> 1;
      if (this.#pathAt(middle).startsWith(prefix)) to = middle + 1;
      else high = middle;
    }
    return this.#files.inOrder(
      Uint32Array.from({ length: to - from }, (_, step) => this.#rowAt(from + step)),
    );
  }

  *keys(): Generator<string, void, void> {
    for (let index = 0; index < this.length; index++) yield this.#pathAt(index);
  }

  *values(): Generator<ListedFile, void, void> {
    for (let index = 0; index < this.length; index++) yield this.at(index);
  }

  #rowAt(index: number): number {
    return this.#order === undefined ? index : (this.#order[index] as number);
  }

  #pathAt(index: number): string {
    return this.#files.pathAt(this.#rowAt(index));
  }

  /** Finds the first place whose path is not before a text. */
  #firstFrom(text: string): number {
    let [low, high] = [0, this.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#pathAt(middle) < text) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  async #withoutFolders(slice: TimeSlice): Promise<Uint32Array> {
    const kept = new Uint32Array(this.length);
    let count = 0;
    for (let index = 0; index < this.length; index++) {
      const row = this.#rowAt(index);
      const path = this.#files.pathAt(row);
      if (!isBare(this.#files, row, path) || !this.hasPrefix(`${path}/`)) kept[count++] = row;
      if (index % ROWS_PER_STEP === 0) await slice.pause();
    }
    return kept.slice(0, count);
  }
}

/**
 * Yields the entries of a table, and lets other events run meanwhile.
 *
 * @param check - throws where the listing has to end
 */
export async function* entriesOf(
  table: FileColumns,
  check: () => void,
): AsyncGenerator<FileEntry, void, void> {
  const slice = new TimeSlice();
  for (let row = 0; row < table.length; row++) {
    if (row % ENTRIES_PER_STEP === 0) await slice.pause();
    check();
    yield toEntry(table.at(row)) as FileEntry;
  }
}

/** Says whether all names can be asked for. */
async function haveSoundPaths(files: FileColumns, slice: TimeSlice): Promise<boolean> {
  for (let row = 0; !files.isAllAscii && row < files.length; row++) {
    if (!files.isAscii(row) && !isSound(files.pathAt(row))) return false;
    if (row % ROWS_PER_STEP === 0) await slice.pause();
  }
  return true;
}

/** Says whether a row may be that of a folder: it has no size, and its name no extension. */
function isBare(files: FileColumns, row: number, path: string): boolean {
  return files.sizeAt(row) === undefined && !/\.[^/]*$/.test(path);
}

async function withoutRepeated(
  files: FileColumns,
  sorted: Uint32Array,
  differs: (row: number) => Error,
  slice: TimeSlice,
): Promise<Uint32Array> {
  let count = 0;
  let wrong: number | undefined;
  for (const [index, row] of sorted.entries()) {
    const before = count === 0 ? undefined : (sorted[count - 1] as number);
    if (before === undefined || files.pathAt(before) !== files.pathAt(row)) sorted[count++] = row;
    else if (JSON.stringify(files.at(before)) !== JSON.stringify(files.at(row)))
      wrong = Math.min(wrong ?? row, row);
    if (index % ROWS_PER_STEP === 0) await slice.pause();
  }
  if (wrong !== undefined) throw differs(wrong);
  return sorted.slice(0, count);
}
