/** What a loader did so far, over all epochs. */
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
  /** How long the loop over the loader waited for batches, milliseconds. */
  readonly waitMs: number;
  /** How long the body of that loop took, milliseconds. */
  readonly consumerMs: number;
  /** How long samples took to reach this machine, summed; 0 without workers, where `decodeMs` includes it. */
  readonly fetchMs: number;
  /** How long samples took to be read and decoded, summed; several may have been under way together. */
  readonly decodeMs: number;
  /**
   * What to make faster for the loop to become faster; undefined before the first batch is used up. Without
   * workers the loop's body and decoding take turns on one thread, and it is the one that takes longer.
   */
  readonly boundBy: 'network' | 'decode' | 'consumer' | undefined;
}

/** Times from which {@link findBound} draws its conclusion, milliseconds. */
export type LoaderTimes = Pick<LoaderStats, 'waitMs' | 'consumerMs' | 'fetchMs' | 'decodeMs'>;

/**
 * Which stage holds up the loop: the one without which it would gain most. Without waiting it would gain
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
