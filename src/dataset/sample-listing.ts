import { FileColumns, toEntry } from '../columns/file-columns.ts';
import { TextIndex } from '../columns/text-index.ts';
import type { FileEntry, LeftOut } from '../core/source.ts';
import { TimeSlice } from '../core/time-slice.ts';
import { SIDECAR_EXTENSION } from '../metadata/sidecar.ts';
import type { DataStreamer } from '../streamers/data-streamer.ts';

/** Names of the files in which the metadata of a whole dataset may lie. */
const ROOT_FILES = ['metadata.jsonl', 'metadata.csv'];

/** Samples as rows of a listing, in its order. */
export interface ListedSamples {
  readonly listing: Listing;
  readonly rows: Uint32Array;
}

/** Listing of a dataset's folder, in columns. */
export class Listing {
  readonly files: FileColumns;
  /** Entries that it passed over. */
  readonly leftOut: readonly LeftOut[];
  /** True when it has files that may be sidecars. */
  readonly hasSidecars: boolean;
  /** Files in which the metadata of the whole dataset may lie; the first one counts. */
  readonly commonFiles: readonly FileEntry[];
  /** Entries of the paths that were asked for, as far as they were listed. */
  readonly noted: ReadonlyMap<string, FileEntry>;
  #index: Promise<TextIndex> | undefined;

  private constructor(
    files: FileColumns,
    facts: Pick<Listing, 'leftOut' | 'hasSidecars' | 'commonFiles' | 'noted'>,
  ) {
    this.files = files;
    this.leftOut = facts.leftOut;
    this.hasSidecars = facts.hasSidecars;
    this.commonFiles = facts.commonFiles;
    this.noted = facts.noted;
  }

  /**
   * @param folder - empty or with `/` at its end
   * @param asked - paths, a few, of which the entries are kept
   */
  static async read(
    streamer: Pick<DataStreamer, 'listEach'>,
    folder: string,
    signal: AbortSignal,
    asked: readonly string[] = [],
  ): Promise<Listing> {
    let files = new FileColumns();
    let isWhole = false;
    const leftOut: LeftOut[] = [];
    let hasSidecars = false;
    const names = ROOT_FILES.map((name) => folder + name);
    const common: FileEntry[] = [];
    const noted = new Map<string, FileEntry>();
    const take = (entry: FileEntry): void => {
      const { path } = entry;
      files.push(entry);
      hasSidecars ||= path.endsWith(SIDECAR_EXTENSION);
      const place = names.indexOf(path);
      if (place >= 0) common[place] = entry;
      if (asked.includes(path)) noted.set(path, entry);
    };
    const onLeftOut = (each: LeftOut): void => void leftOut.push(each);
    const takeTable = (table: object): boolean => {
      isWhole = table instanceof FileColumns;
      if (table instanceof FileColumns) files = table;
      return isWhole;
    };
    await streamer.listEach(take, { prefix: folder, onLeftOut, signal }, takeTable);
    if (isWhole) {
      hasSidecars = await files.somePathEnds(SIDECAR_EXTENSION, new TimeSlice(signal));
      const entryOf = (path: string): FileEntry | undefined => {
        const row = files.findSorted(path);
        return row === undefined ? undefined : (toEntry(files.at(row)) as FileEntry);
      };
      for (const path of asked) {
        const entry = entryOf(path);
        if (entry !== undefined) noted.set(path, entry);
      }
      // A file that is asked for as well is one entry, by which it is known again.
      for (const path of names)
        common.push(...[noted.get(path) ?? entryOf(path)].filter((entry) => entry !== undefined));
    }
    // Not those that are not there.
    const commonFiles = common.filter(() => true);
    return new Listing(files, { leftOut, hasSidecars, commonFiles, noted });
  }

  get length(): number {
    return this.files.length;
  }

  /** Makes the entry of a row as it was listed. */
  entryAt(row: number): FileEntry {
    return toEntry(this.files.at(row)) as FileEntry;
  }

  /** Gives the index of the paths, made when it is asked for first. */
  index(signal: AbortSignal): Promise<TextIndex> {
    const { files } = this;
    this.#index ??= TextIndex.build((row) => files.pathAt(row), files.length, new TimeSlice(signal));
    return this.#index;
  }
}
