import type { ErrorCode } from '../core/errors.ts';
import type { GraphOf } from '../core/graph.ts';
import type { Shard } from '../core/shard.ts';
import type { ReadOptions } from '../core/source.ts';
import type { GivenResultOptions } from './result-options.ts';

/** Progress of `convertDataset`. */
export interface ConvertProgress {
  /** Samples that are wanted, and those of them that are done with: there before, made, or failed. */
  readonly samples: number;
  readonly done: number;
  readonly converted: number;
  readonly failed: number;
  /** Bytes that were fetched. */
  readonly bytesFetched: number;
}

/** Options of `convertDataset`. */
export interface ConvertDatasetOptions extends GivenResultOptions, ReadOptions {
  /** Names of the point and cell arrays that results have. @defaultValue `includeAttributes` of the dataset, else all */
  readonly attributes?: readonly string[] | undefined;
  /** Graph that is made of each mesh. @defaultValue `graphOf` of the dataset */
  readonly graphOf?: GraphOf | undefined;
  /** Share of the results that is made here. @defaultValue all, or the share that the dataset is */
  readonly shard?: Shard | undefined;
  /** Results that are made at a time; graphs are made on as many threads. @defaultValue 2 */
  readonly jobs?: number | undefined;
  /** True to say only what would be done. @defaultValue false */
  readonly dryRun?: boolean | undefined;
  /** True to compare what is done by its digest, and not by its size alone. @defaultValue false */
  readonly verify?: boolean | undefined;
  /** True to remove the results of samples that are not there any more. @defaultValue false: they are named */
  readonly prune?: boolean | undefined;
  /** True to make everything again. @defaultValue false */
  readonly force?: boolean | undefined;
  /** Listener that is called whenever a sample is done with. @defaultValue none */
  readonly onProgress?: ((progress: ConvertProgress) => void) | undefined;
}

/** Sample that could not be converted. */
export interface UnconvertedSample {
  readonly id: string;
  /** Code of the error, `ERROR` where it is none of this package's. */
  readonly code: ErrorCode | 'ERROR';
  readonly message: string;
}

/** Outcome of `convertDataset`. */
export interface ConvertReport {
  /** Samples that were wanted: of the share, where there is one. */
  readonly samples: number;
  /** Number of those that were converted; of a dry run those that would be. */
  readonly converted: number;
  /** Number of those that were done before. */
  readonly skipped: number;
  readonly failed: readonly UnconvertedSample[];
  /** Bytes that were fetched of the source for it. */
  readonly bytesFetched: number;
  /** Ids of the samples that would be converted: of a dry run alone. */
  readonly left?: readonly string[] | undefined;
  /** Ids of samples that were converted once and are not in the dataset any more; left out where there are none. */
  readonly vanished?: readonly string[] | undefined;
  /**
   * Ids of samples that no share has made although all have ended, since the source changed in between; left out where there
   * are none. The same call without a share makes them.
   */
  readonly missing?: readonly string[] | undefined;
}
