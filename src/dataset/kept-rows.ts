import { ColumnReader, ColumnWriter } from '../columns/column-file.ts';
import { keepColumns } from '../columns/keep-columns.ts';
import { digestPaths } from '../columns/path-digest.ts';
import type { Keeper } from '../core/keeper.ts';
import type { FileEntry, ReadOptions } from '../core/source.ts';
import { TimeSlice } from '../core/time-slice.ts';
import type { DataStreamer } from '../streamers/data-streamer.ts';
import type { ListedSamples } from './sample-listing.ts';
import type { SampleRows } from './sample-rows.ts';

/** Samples from which on rows are kept: those of fewer are read as fast as they are found. */
const MIN_SAMPLES = 1000;

/** Version of what is kept: there is one of a table at a time. */
const VERSION = '1';

/** Facts of which kept rows were made; of others they are not those that are looked for. */
interface Made {
  /** Version of the table. */
  readonly table: string;
  /** Number of the samples, and the digest of their paths. */
  readonly samples: readonly [number, string];
}

/** Keeper of the rows of a table as they were joined with samples, so that they are neither parsed nor joined again. */
export class KeptRows {
  readonly #streamer: DataStreamer;
  readonly #keeper: Keeper;
  readonly #entry: FileEntry;
  readonly #samples: ListedSamples;
  #made: Promise<Made> | undefined;

  private constructor(streamer: DataStreamer, keeper: Keeper, entry: FileEntry, samples: ListedSamples) {
    this.#streamer = streamer;
    this.#keeper = keeper;
    this.#entry = entry;
    this.#samples = samples;
  }

  /**
   * Opens the keeper of a table; undefined where its rows are not kept.
   *
   * @param entry - of the table
   */
  static async open(
    streamer: DataStreamer,
    entry: FileEntry,
    samples: ListedSamples,
  ): Promise<KeptRows | undefined> {
    if (samples.rows.length < MIN_SAMPLES) return undefined;
    const keeper = await streamer.keeper();
    return keeper && new KeptRows(streamer, keeper, entry, samples);
  }

  /** Fills rows with what was kept of this version of the table and these samples; false where that is nothing. */
  async recall(rows: SampleRows, { signal }: ReadOptions): Promise<boolean> {
    const bytes = await this.#keeper.recall(this.#path, VERSION, { signal });
    if (bytes === undefined) return false;
    const from = await ColumnReader.open(bytes, new TimeSlice(signal));
    if (from === undefined) {
      await this.#keeper.forget(this.#path, VERSION);
      return false;
    }
    const { table, samples } = from.fact() as Made;
    if (table !== this.#entry.version || samples[0] !== this.#samples.rows.length) return false;
    if (samples[1] !== (await this.#facts(signal)).samples[1]) return false;
    rows.load(from);
    return true;
  }

  /** Keeps rows in place of what was kept, in the background. */
  keep(rows: SampleRows): void {
    // What was read is newer than what was listed.
    if (this.#streamer.hasChanged(this.#entry.path)) return;
    this.#streamer.track(
      (async () => {
        const to = new ColumnWriter();
        to.fact(await this.#facts());
        rows.save(to);
        const bytes = await to.bytes(new TimeSlice());
        await keepColumns(this.#keeper, this.#path, VERSION, bytes);
      })(),
    );
  }

  #facts(signal?: AbortSignal): Promise<Made> {
    this.#made ??= this.#make(signal);
    return this.#made;
  }

  async #make(signal: AbortSignal | undefined): Promise<Made> {
    const { listing, rows } = this.#samples;
    const digest = await digestPaths(listing.files, rows, new TimeSlice(signal));
    return { table: this.#entry.version, samples: [rows.length, digest] };
  }

  get #path(): string {
    return `${this.#entry.path}.rows`;
  }
}
