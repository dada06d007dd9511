import { ConfigError } from '../core/errors.ts';
import type { GraphData } from '../core/graph.ts';
import { readAhead } from '../core/read-ahead.ts';
import { type DatasetParts, openParts, VascuDataset, type VascuDatasetOptions } from './vascu-dataset.ts';

/** Options of {@link StreamingVascuDataset.open}. */
export interface StreamingVascuDatasetOptions extends VascuDatasetOptions {
  /** Whether iteration reads the next samples while the present one is used. @defaultValue true */
  readonly prefetch?: boolean | undefined;
  /** How many samples it reads ahead at most, all of them in memory; 0 or more. @defaultValue 5 */
  readonly prefetchSize?: number | undefined;
  /**
   * Whether the cached copy of a mesh is removed once it has been decoded, and nobody else holds it. A source's own
   * files are never deleted. @defaultValue false
   */
  readonly deleteAfterUse?: boolean | undefined;
}

const OPTIONS: readonly Exclude<keyof StreamingVascuDatasetOptions, keyof VascuDatasetOptions>[] = [
  'prefetch',
  'prefetchSize',
  'deleteAfterUse',
];

/** Samples that are under way at a time: one is read from disk while another is decoded. */
const CONCURRENCY = 2;

/**
 * A {@link VascuDataset} whose iteration works ahead: while a sample is used the next ones are read. They come
 * in order; a sample that cannot be read fails when its turn comes; `break` stops the work in the background.
 *
 * @example
 * await using dataset = await StreamingVascuDataset.open({ sourceUrl: '/data/cases', prefetchSize: 3 });
 * for await (const data of dataset) console.log(data.id, data.numNodes);
 */
export class StreamingVascuDataset extends VascuDataset {
  readonly #ahead: number;

  /** Rejects as {@link VascuDataset.open} does. */
  static override async open(options: StreamingVascuDatasetOptions): Promise<StreamingVascuDataset> {
    const { prefetch = true, prefetchSize = 5 } = options;
    if (!Number.isInteger(prefetchSize) || prefetchSize < 0) {
      throw new ConfigError(
        'prefetchSize',
        `prefetchSize must be a whole number from 0 on, not ${prefetchSize}.`,
      );
    }
    const parts = await openParts('StreamingVascuDataset', options, OPTIONS);
    return new StreamingVascuDataset(parts, prefetch ? prefetchSize : 0, options.deleteAfterUse);
  }

  private constructor(parts: DatasetParts, ahead: number, deleteAfterUse: boolean | undefined) {
    super(parts, deleteAfterUse);
    this.#ahead = ahead;
  }

  /** Reads the samples in order, `prefetchSize` of them ahead. */
  override async *[Symbol.asyncIterator](): AsyncGenerator<GraphData, void, void> {
    const load = (index: number, signal: AbortSignal): Promise<GraphData> => this.get(index, { signal });
    yield* readAhead(this.samples.keys(), load, {
      ahead: this.#ahead,
      concurrency: CONCURRENCY,
      signal: this.signal,
    });
  }
}
