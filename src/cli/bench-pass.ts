import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { type FilterFn, StreamingVascuDataset } from '../data.ts';
import { DataLoader, type LoaderStats } from '../loader.ts';
import { countingKeys, openVisibly } from './dataset-listing.ts';
import type { ResolvedSource } from './options/source-options.ts';
import { formatBytes } from './terminal/format-number.ts';
import { Activity } from './terminal/output.ts';

/** Way in which a pass loads. */
export interface BenchOptions {
  readonly samples: number;
  readonly batchSize: number;
  readonly workers: number | 'auto';
  readonly prefetch: number;
  readonly attributes: readonly string[] | undefined;
  /** Time that a training step takes, milliseconds. */
  readonly stepMs: number;
  readonly cacheDir: string | undefined;
  readonly filter: FilterFn | undefined;
  readonly signal: AbortSignal;
}

/** Measurements of a pass. */
export interface BenchPass {
  readonly name: string;
  readonly samples: number;
  readonly batches: number;
  readonly milliseconds: number;
  /** Time until the samples were listed and their metadata read. */
  readonly listMs: number;
  /** Time from the end of listing to the first batch. */
  readonly firstBatchMs: number;
  readonly samplesPerSecond: number;
  /** Bytes that were fetched, and those of meshes that were read. */
  readonly bytesFetched: number;
  readonly bytesRead: number;
  /** Share of the time of the loop spent waiting, percent. */
  readonly waitingPercent: number;
  /** Time that the loop waited for a batch, milliseconds. */
  readonly wait: LoaderStats['latency']['wait'];
  /** Threads that decoded at the end; 0: the calling thread. */
  readonly workers: number;
  /** Share of the workers' time spent decoding, percent; of the one thread's where there are none. */
  readonly decodeBusyPercent: number;
  /** Time that reading and decoding of samples took, summed, milliseconds; starting threads is no part of it. */
  readonly decodeMs: number;
  readonly boundBy: LoaderStats['boundBy'];
  readonly trace: readonly TracedBatch[];
}

/** A pass, and what is said of the source besides. */
interface PassedSource {
  readonly pass: BenchPass;
  /** Paths that the listing passed over. */
  readonly leftOut: StreamingVascuDataset['leftOut'];
  /** Number of samples that have each key of the metadata. */
  readonly keys: ReadonlyMap<string, number>;
}

/** A batch as it came. */
interface TracedBatch {
  /** Time from the end of listing until it was there. */
  readonly readyMs: number;
  readonly waitMs: number;
  readonly samples: number;
}

/** Goes once through the first samples of a source and measures how they come. */
export async function runPass(
  name: string,
  source: ResolvedSource,
  options: BenchOptions,
): Promise<PassedSource> {
  const { signal } = options;
  const keys = new Map<string, number>();
  const filter = options.filter === undefined ? () => true : countingKeys(keys, options.filter);
  const start = performance.now();
  let taken = 0;
  await using dataset = await openVisibly(source, StreamingVascuDataset.open, {
    ...source.options,
    cacheDir: options.cacheDir ?? source.options.cacheDir,
    includeAttributes: options.attributes,
    filterFn: async (metadata, sample) =>
      taken < options.samples && (await filter(metadata, sample)) && taken++ < options.samples,
  });
  const listed = performance.now();
  const fetchedBefore = dataset.stats().bytesDownloaded;
  const trace: TracedBatch[] = [];
  await using loader = new DataLoader(dataset, {
    batchSize: options.batchSize,
    numWorkers: options.workers,
    prefetchBatches: options.prefetch,
    arrays: 'common',
    onBatch: ({ waitMs, ids }) => {
      trace.push({ readyMs: performance.now() - listed, waitMs, samples: ids.length });
    },
    signal,
  });
  let first: number | undefined;
  let samples = 0;
  using _activity = new Activity((seconds) => {
    const { bytesDownloaded } = dataset.stats();
    return `${name}: ${samples} of ${dataset.length} samples, ${formatBytes(bytesDownloaded)} fetched, ${seconds} s`;
  });
  for await (const batch of loader) {
    first ??= performance.now();
    samples += batch.numGraphs;
    if (options.stepMs > 0) await delay(options.stepMs, undefined, { signal });
  }
  const end = performance.now();
  const { workers, batches, waitMs, consumerMs, decodeMs, latency, boundBy } = loader.stats();
  const milliseconds = end - listed;
  const { bytesDownloaded, bytesRead } = dataset.stats();
  const pass: BenchPass = {
    name,
    samples,
    batches,
    milliseconds,
    listMs: listed - start,
    firstBatchMs: (first ?? end) - listed,
    samplesPerSecond: (1000 * samples) / milliseconds,
    bytesFetched: bytesDownloaded - fetchedBefore,
    bytesRead,
    waitingPercent: (100 * waitMs) / Math.max(1e-9, waitMs + consumerMs),
    wait: latency.wait,
    workers,
    decodeMs,
    decodeBusyPercent: Math.min(100, (100 * decodeMs) / Math.max(1, workers) / milliseconds),
    boundBy,
    trace,
  };
  return { pass, leftOut: dataset.leftOut, keys };
}
