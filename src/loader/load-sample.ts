import type { Dataset, WorkResult } from '../core/dataset.ts';
import { ConfigError } from '../core/errors.ts';
import type { GraphData } from '../core/graph.ts';
import type { WorkerPool } from './worker-pool.ts';

/** A sample and what it took to get it, milliseconds. */
export interface LoadedSample {
  readonly graph: GraphData;
  /** Until its files were on this machine; 0 where the dataset does not tell. */
  readonly fetchMs: number;
  readonly decodeMs: number;
}

/** Gets a sample on the calling thread. */
export async function loadHere(dataset: Dataset, index: number, signal: AbortSignal): Promise<LoadedSample> {
  const start = performance.now();
  if (dataset.work === undefined) {
    const graph = await dataset.get(index, { signal });
    return { graph, fetchMs: 0, decodeMs: performance.now() - start };
  }
  const work = await dataset.work(index, { signal });
  const fetchMs = performance.now() - start;
  try {
    const { run } = (await import(work.module)) as {
      run: (input: unknown, signal: AbortSignal) => Promise<WorkResult>;
    };
    const graph = await work.finish((await run(work.input, signal)).value);
    return { graph, fetchMs, decodeMs: performance.now() - start - fetchMs };
  } finally {
    work.release?.();
  }
}

/** Gets a sample by a worker thread. */
export async function loadByWorker(
  dataset: Dataset,
  pool: WorkerPool,
  index: number,
  signal: AbortSignal,
): Promise<LoadedSample> {
  if (dataset.work === undefined) throw noWork();
  const start = performance.now();
  const work = await dataset.work(index, { signal });
  const fetchMs = performance.now() - start;
  const { value, workMs } = await pool.run(work, signal);
  return { graph: await work.finish(value), fetchMs, decodeMs: workMs };
}

/** Said of a dataset whose samples only the calling thread can make. */
export function noWork(): ConfigError {
  return new ConfigError(
    'numWorkers',
    'The samples of this dataset cannot be decoded by worker threads: it has no work() method. Use numWorkers: 0.',
  );
}
