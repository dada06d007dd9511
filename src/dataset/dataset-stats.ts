import type { Shard } from '../core/shard.ts';
import type { StreamerStats } from '../streamers/data-streamer.ts';
import type { VascuDatasetOptions } from './dataset-parts.ts';
import type { SampleTable } from './sample-table.ts';

/** Counts of what a dataset did so far, on all threads. */
export interface DatasetStats extends StreamerStats {
  readonly samplesRead: number;
  /** Bytes read from mesh files. */
  readonly bytesRead: number;
  /** Reading and decoding, summed over samples, some of which may have been under way together. */
  readonly decodeMs: number;
}

/** Listing and options of a dataset, for what makes something else of it. */
export interface DatasetFacts<Whole> {
  readonly table: SampleTable;
  readonly options: VascuDatasetOptions;
  /** Share that it is of another one; undefined where it is none. */
  readonly share: Shard | undefined;
  /** Function that makes a dataset of all that it is a share of; it is closed by whoever asked. */
  readonly whole: (() => Whole) | undefined;
}
