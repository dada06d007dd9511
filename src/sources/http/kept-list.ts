import { ColumnReader, ColumnWriter } from '../../columns/column-file.ts';
import { keepColumns } from '../../columns/keep-columns.ts';
import type { Keeper } from '../../core/keeper.ts';
import { TimeSlice } from '../../core/time-slice.ts';
import { FileList } from './file-list.ts';

/** Files of a list from which on it is kept: a shorter one is read as fast as it is found. */
const MIN_FILES = 1000;

/** Version of what is kept: there is one at a time. */
const VERSION = '1';

/** A list as it was read, and the headers that ask for it only if it has changed. */
export interface ReadList {
  readonly name: string;
  readonly files: FileList;
  readonly unlessChanged: Readonly<Record<string, string>>;
}

/** Keeper of the list of a server, so that it is neither sent nor read again as long as it is the same. */
export class KeptList {
  readonly #keeper: () => Promise<Keeper>;
  readonly #path: string;
  readonly #track: (work: Promise<void>) => void;

  /**
   * @param wanted - which list is looked for
   * @param track - keeps account of work that goes on
   */
  constructor(keeper: () => Promise<Keeper>, wanted: string, track: (work: Promise<void>) => void) {
    this.#keeper = keeper;
    this.#path = wanted;
    this.#track = track;
  }

  /** Finds what was kept last. */
  async recall(signal: AbortSignal): Promise<ReadList | undefined> {
    const keeper = await this.#keeper();
    const bytes = await keeper.recall(this.#path, VERSION, { signal });
    const from = bytes && (await ColumnReader.open(bytes, new TimeSlice(signal)));
    if (from === undefined) return undefined;
    const { name, unlessChanged } = from.fact() as Omit<ReadList, 'files'>;
    return { name, unlessChanged, files: FileList.load(from) };
  }

  /** Keeps a list in place of what was kept, in the background. */
  keep(list: ReadList): void {
    const { name, unlessChanged, files } = list;
    if (files.length < MIN_FILES || Object.keys(unlessChanged).length === 0) return;
    this.#track(
      (async () => {
        const to = new ColumnWriter();
        to.fact({ name, unlessChanged });
        files.save(to);
        const bytes = await to.bytes(new TimeSlice());
        await keepColumns(await this.#keeper(), this.#path, VERSION, bytes);
      })(),
    );
  }
}
