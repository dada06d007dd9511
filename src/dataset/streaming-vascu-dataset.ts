import type { Prefetch, PrefetchPlan } from '../core/dataset.ts';
import { ConfigError } from '../core/errors.ts';
import type { GraphData } from '../core/graph.ts';
import { readAhead } from '../core/read-ahead.ts';
import { showValue } from '../core/show-value.ts';
import { type DatasetParts, openParts, type VascuDatasetOptions } from './dataset-parts.ts';
import { PrefetchedFiles } from './prefetched-files.ts';
import { VascuDataset } from './vascu-dataset.ts';

/** Options of {@link StreamingVascuDataset.open}. */
export interface StreamingVascuDatasetOptions extends VascuDatasetOptions {
  /** True to fetch the next samples while the present one is used. @defaultValue true */
  readonly prefetch?: boolean | undefined;
  /**
   * Number of samples that are fetched ahead at most, 0 or more: ahead of the one that the loop has or waits for, under a
   * `DataLoader` of its batch. Plain iteration has them in memory. A loader loads its `prefetchBatches` also where these
   * are more. @defaultValue as many as fill the way to the source; plain iteration has 5 of them in memory, and `get` of
   * one sample after the other fetches 5 ahead
   */
  readonly prefetchSize?: number | undefined;
  /**
   * True to remove the cached copy of a mesh once it has been decoded, and nobody else holds it. A source's own
   * files are never deleted. @defaultValue false
   */
  readonly deleteAfterUse?: boolean | undefined;
}

const OPTIONS: readonly Exclude<keyof StreamingVascuDatasetOptions, keyof VascuDatasetOptions>[] = [
  'prefetch',
  'prefetchSize',
  'deleteAfterUse',
];

/** Number of samples that plain iteration reads ahead. */
const DEFAULT_PREFETCH_SIZE = 5;

/** Samples that are under way at a time: one is read from disk while another is decoded. */
const READ_CONCURRENCY = 2;

/**
 * A {@link VascuDataset} that works ahead: while a sample is used the files of the next ones are fetched — in the
 * order in which a `DataLoader` is going to ask for them, or, where `get` is called for one sample after the other, in
 * that order. Iteration gives them in order; a sample that cannot be read fails when its turn comes; `break` stops the work in the background.
 *
 * @example
 * await using dataset = await StreamingVascuDataset.open({ sourceUrl: '/data/cases', prefetchSize: 3 });
 * for await (const data of dataset) console.log(data.id, data.numNodes);
 */
export class StreamingVascuDataset extends VascuDataset {
  readonly #files: PrefetchedFiles;
  /** Samples ahead, 0 for none; undefined for as far as it pays. */
  readonly #prefetchSize: number | undefined;
  readonly #deleteAfterUse: boolean;

  /** Rejects as {@link VascuDataset.open} does. */
  static override async open(options: StreamingVascuDatasetOptions): Promise<StreamingVascuDataset> {
    const { prefetch = true, prefetchSize, deleteAfterUse = false } = options;
    if (prefetchSize !== undefined && (!Number.isInteger(prefetchSize) || prefetchSize < 0)) {
      throw new ConfigError(
        'prefetchSize',
        `prefetchSize must be a whole number from 0 on, not ${showValue(prefetchSize)}.`,
      );
    }
    const parts = await openParts('StreamingVascuDataset', options, OPTIONS);
    // Opens the cache, so that the first sample need not wait for it; whoever needs it meets its failure.
    await parts.streamer.capacity().catch(() => undefined);
    return new StreamingVascuDataset(parts, deleteAfterUse, prefetch ? prefetchSize : 0);
  }

  private constructor(parts: DatasetParts, deleteAfterUse: boolean, prefetchSize: number | undefined) {
    const { streamer, decoded, catalogue, lifetime, demand } = parts;
    const { length } = catalogue.table;
    const { signal } = lifetime;
    const options = { streamer, decoded, length, prefetchSize, demand, signal };
    const files = new PrefetchedFiles(parts.files, options);
    super({ ...parts, files }, deleteAfterUse);
    this.#deleteAfterUse = deleteAfterUse;
    this.#files = files;
    this.#prefetchSize = prefetchSize;
  }

  protected override remake(parts: DatasetParts): StreamingVascuDataset {
    return new StreamingVascuDataset(parts, this.#deleteAfterUse, this.#prefetchSize);
  }

  /** Fetches files in the order in which a loader is going to ask for their samples. */
  prefetch(plan: PrefetchPlan): Prefetch {
    return this.#files.prefetch(plan);
  }

  /**
   * False when nothing is fetched beyond what is asked for.
   *
   * @internal
   */
  get looksAhead(): boolean {
    return this.#prefetchSize !== 0;
  }

  /** Reads the samples in order, `prefetchSize` of them ahead. */
  override async *[Symbol.asyncIterator](): AsyncGenerator<GraphData, void, void> {
    const load = (index: number, signal: AbortSignal): Promise<GraphData> => this.get(index, { signal });
    let reached = 0;
    const prefetch = this.prefetch({
      order: upTo(this.length),
      concurrency: READ_CONCURRENCY,
      reached: () => reached,
    });
    const samples = readAhead(upTo(this.length), load, {
      ahead: this.#prefetchSize ?? DEFAULT_PREFETCH_SIZE,
      concurrency: READ_CONCURRENCY,
      signal: this.signal,
    });
    try {
      for (;;) {
        reached++;
        prefetch.advance?.();
        const next = await samples.next();
        if (next.done === true) return;
        yield next.value;
      }
    } finally {
      await samples.return();
      prefetch.close();
    }
  }
}

/** Yields the whole numbers below one. */
function* upTo(length: number): Generator<number, void, void> {
  for (let index = 0; index < length; index++) yield index;
}
