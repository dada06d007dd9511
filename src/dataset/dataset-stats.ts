import type { StreamerStats } from '../streamers/data-streamer.ts';

/** Counts of what a dataset did so far, on all threads. */
export interface DatasetStats extends StreamerStats {
  readonly samplesRead: number;
  /** Bytes read from mesh files. */
  readonly bytesRead: number;
  /** Reading and decoding, summed over samples, some of which may have been under way together. */
  readonly decodeMs: number;
}
