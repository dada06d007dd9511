import type { Latency } from './latency-histogram.ts';

/** Account of what a loader did so far, over all epochs. */
export interface LoaderStats {
  /** Samples that were handed out in batches. */
  readonly samples: number;
  readonly batches: number;
  /** Nodes of these samples. */
  readonly nodes: number;
  /** Directed edges of these samples. */
  readonly edges: number;
  /** Bytes of the tensors of these samples. */
  readonly bytes: number;
  /** Samples among them that came a second time, so that all processes got as many. */
  readonly padded: number;
  /** Samples that could not be loaded and were left out. */
  readonly skipped: number;
  /** Ids of the first 100 of these; `#3` for sample 3 of a dataset without ids. */
  readonly skippedIds: readonly string[];
  /** Worker threads that decode, or are about to: `numWorkers`, or as many as `'auto'` found to help. */
  readonly workers: number;
  /** Worker threads that ended in the middle of a sample and were replaced. */
  readonly workerRestarts: number;
  /** Time that the loop over the loader waited for batches, milliseconds. */
  readonly waitMs: number;
  /** Time that the body of that loop took, milliseconds. */
  readonly consumerMs: number;
  /** Time that samples took to reach this machine, summed; 0 without workers, where `decodeMs` includes it. */
  readonly fetchMs: number;
  /**
   * Time that samples took to be read and decoded, summed; several may have been under way together. Starting threads
   * and loading what they run is no part of it.
   */
  readonly decodeMs: number;
  /** Time that making batches of samples took; the loop need not have waited for it. */
  readonly collateMs: number;
  /** Distribution of these times: waits for a batch; fetching and decoding of a sample. */
  readonly latency: { readonly wait: Latency; readonly fetch: Latency; readonly decode: Latency };
  /**
   * Stage to make faster for the loop to become faster; undefined before the first batch is used up. Without workers
   * the loop's body and decoding take turns on one thread, and it is the one that takes longer.
   */
  readonly boundBy: 'network' | 'decode' | 'consumer' | undefined;
}

/** Times from which {@link findBound} draws its conclusion, milliseconds. */
export type LoaderTimes = Pick<LoaderStats, 'waitMs' | 'consumerMs' | 'fetchMs' | 'decodeMs'>;

/**
 * Finds the stage that holds up the loop: the one without which it would gain most. Without waiting it would gain
 * `waitMs`; with a loop body that takes no time, at most what is left of the whole after the workers' share.
 *
 * @param workers - threads that decode; 0 for the calling thread
 */
export function findBound(times: LoaderTimes, workers: number): LoaderStats['boundBy'] {
  const { waitMs, consumerMs, fetchMs, decodeMs } = times;
  if (waitMs + consumerMs === 0) return undefined;
  const withoutBody = workers === 0 ? waitMs : (fetchMs + decodeMs) / workers;
  if (waitMs <= waitMs + consumerMs - withoutBody) return 'consumer';
  return fetchMs > decodeMs ? 'network' : 'decode';
}

/** Progress of an epoch, for a progress bar. */
export interface LoaderProgress {
  readonly epoch: number;
  /** Batches that were handed out, those before a resumed state included. */
  readonly batches: number;
  /** Batches of the epoch; undefined where it is not known beforehand. */
  readonly of: number | undefined;
  /** Samples that were handed out in this iteration. */
  readonly samples: number;
  /** Bytes of their tensors. */
  readonly bytes: number;
  /** Samples a second since this iteration began, the loop's body included; 0 before the first batch. */
  readonly samplesPerSecond: number;
  /** Time until the end of the epoch at this pace, milliseconds; undefined where it cannot be told. */
  readonly etaMs: number | undefined;
}

/** A sample in its turn. */
export interface SampleEvent {
  readonly epoch: number;
  /** Index in the dataset. */
  readonly index: number;
  readonly id: string;
  readonly numNodes: number;
  readonly numEdges: number;
  /** Bytes of its tensors. */
  readonly bytes: number;
  readonly fetchMs: number;
  readonly decodeMs: number;
  /** True when it comes a second time, so that all processes get as many. */
  readonly padding: boolean;
}

/** A batch that is about to be handed out. */
export interface BatchEvent {
  readonly epoch: number;
  /** Number of the batch in the epoch. */
  readonly batch: number;
  readonly ids: readonly string[];
  readonly numNodes: number;
  readonly numEdges: number;
  /** Bytes of the tensors of its samples. */
  readonly bytes: number;
  /** Time that the loop waited for it, milliseconds. */
  readonly waitMs: number;
  /** Time that making it of its samples took, milliseconds; the loop need not have waited for it. */
  readonly collateMs: number;
}
