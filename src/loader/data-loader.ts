import { type LinkedSignal, linkSignals } from '../core/abort.ts';
import type { Dataset } from '../core/dataset.ts';
import { ConfigError, DisposedError } from '../core/errors.ts';
import type { GraphData } from '../core/graph.ts';
import { buffersOf } from '../core/graph-buffers.ts';
import { rejectUnknownOptions } from '../core/known-options.ts';
import { readAhead } from '../core/read-ahead.ts';
import { TimeSlice } from '../core/time-slice.ts';
import { Batch } from '../graph/batch.ts';
import type { BatchOptions } from '../graph/collate.ts';
import { type LoadedSample, loadByWorker, loadHere, noWork } from './load-sample.ts';
import { findBound, type LoaderStats } from './loader-stats.ts';
import { countBatches, planBatches } from './plan.ts';
import { sampleOrder } from './sampler.ts';
import type { WorkerPool } from './worker-pool.ts';

/** Options of {@link DataLoader}. */
export interface DataLoaderOptions {
  /** Samples in a batch, 1 or more. @defaultValue 1 */
  readonly batchSize?: number | undefined;
  /** Whether each epoch has an order of its own. @defaultValue false */
  readonly shuffle?: boolean | undefined;
  /** From which the orders follow, a safe integer. @defaultValue 0 */
  readonly seed?: number | undefined;
  /** Whether samples that do not fill the last batch are left out. @defaultValue false */
  readonly dropLast?: boolean | undefined;
  /**
   * Threads that decode samples; 0 decodes on the calling thread, in slices that let other events run.
   * @defaultValue 0
   */
  readonly numWorkers?: number | undefined;
  /**
   * Batches whose samples are loaded while one is used, 0 or more; with workers at least two samples a worker
   * are. All of them are in memory. @defaultValue 1
   */
  readonly prefetchBatches?: number | undefined;
  /**
   * What happens to arrays that not all graphs of a batch have, or not of one type and number of components:
   * `'same'` makes the iteration fail, `'common'` leaves them out and names them in `batch.leftOut`.
   *
   * @defaultValue `'same'`
   */
  readonly arrays?: BatchOptions['arrays'];
  /**
   * Called for a sample that cannot be loaded, which is then left out of its batch. Without it the iteration fails.
   *
   * @defaultValue none
   */
  readonly onError?: ((error: unknown, index: number) => void) | undefined;
  /** Ends every iteration when aborted. @defaultValue none */
  readonly signal?: AbortSignal | undefined;
}

/** The options as they are used. */
type Settings = {
  readonly [Name in Exclude<keyof DataLoaderOptions, 'signal' | 'onError'>]-?: NonNullable<
    DataLoaderOptions[Name]
  >;
};

/** A sample of the plan, or why it could not be loaded. */
type Outcome = { readonly endsBatch: boolean } & (
  | LoadedSample
  | { readonly error: unknown; readonly index: number }
);

const OPTIONS: readonly (keyof DataLoaderOptions)[] = [
  'batchSize',
  'shuffle',
  'seed',
  'dropLast',
  'numWorkers',
  'prefetchBatches',
  'arrays',
  'onError',
  'signal',
];

/** Samples under way at a time without workers: one is read from disk while another is decoded. */
const CONCURRENCY_HERE = 2;

/**
 * Batches of a dataset's samples, again for each epoch.
 *
 * The order is a pure function of (seed, epoch). The first iteration is epoch 0; each iteration that is run to
 * its end moves on to the next epoch, one that is left early does not; {@link DataLoader.setEpoch} overrides.
 * Batches come in that order, whatever finishes first. A sample that cannot be loaded makes the iteration fail
 * when its turn comes.
 *
 * @example
 * await using loader = new DataLoader(dataset, { batchSize: 4, shuffle: true, seed: 42, numWorkers: 2 });
 * for await (const batch of loader) await model(batch);
 */
export class DataLoader implements AsyncIterable<Batch>, AsyncDisposable {
  readonly #dataset: Dataset;
  readonly #options: Settings;
  readonly #onError: DataLoaderOptions['onError'];
  readonly #lifetime = new AbortController();
  readonly #outer: LinkedSignal;
  readonly #running = new Set<Promise<unknown>>();
  readonly #counts = { samples: 0, batches: 0, nodes: 0, edges: 0, bytes: 0 };
  readonly #times = { waitMs: 0, consumerMs: 0, fetchMs: 0, decodeMs: 0 };
  #epoch = 0;
  #pool: Promise<WorkerPool> | undefined;
  #closing: Promise<void> | undefined;

  /** @throws ConfigError for an option that does not exist or cannot be used as given */
  constructor(dataset: Dataset, options: DataLoaderOptions = {}) {
    rejectUnknownOptions('DataLoader', options, OPTIONS);
    const { batchSize = 1, shuffle = false, seed = 0, dropLast = false } = options;
    const { numWorkers = 0, prefetchBatches = 1, arrays = 'same' } = options;
    requireInteger('batchSize', batchSize, 1);
    requireInteger('seed', seed, Number.MIN_SAFE_INTEGER);
    requireInteger('numWorkers', numWorkers, 0);
    requireInteger('prefetchBatches', prefetchBatches, 0);
    if (numWorkers > 0 && dataset.work === undefined) throw noWork();
    this.#dataset = dataset;
    if (arrays !== 'same' && arrays !== 'common') {
      throw new ConfigError('arrays', `arrays must be 'same' or 'common', not '${String(arrays)}'.`);
    }
    this.#options = { batchSize, shuffle, seed, dropLast, numWorkers, prefetchBatches, arrays };
    this.#onError = options.onError;
    this.#outer = linkSignals(options.signal, this.#lifetime.signal);
  }

  /** Number of batches of an epoch. */
  get length(): number {
    return countBatches({ ...this.#options, length: this.#dataset.length });
  }

  /** The epoch that the next iteration goes through. */
  get epoch(): number {
    return this.#epoch;
  }

  /** Sets the epoch that the next iteration goes through: a whole number from 0 on. */
  setEpoch(epoch: number): void {
    requireInteger('epoch', epoch, 0);
    this.#epoch = epoch;
  }

  /** The batches of one epoch. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Batch, void, void> {
    if (this.#closing !== undefined) throw disposed();
    const epoch = this.#epoch;
    let graphs: GraphData[] = [];
    let last = performance.now();
    for await (const outcome of this.#load(epoch)) {
      if ('error' in outcome) this.#onError?.(outcome.error, outcome.index);
      else {
        this.#times.fetchMs += outcome.fetchMs;
        this.#times.decodeMs += outcome.decodeMs;
        graphs.push(outcome.graph);
      }
      if (!outcome.endsBatch || graphs.length === 0) continue;
      const batch = await new TimeSlice(this.#outer.signal).run(Batch.joinSteps(graphs, this.#options));
      this.#count(graphs);
      graphs = [];
      last = this.#lap('waitMs', last);
      try {
        yield batch;
      } finally {
        last = this.#lap('consumerMs', last);
      }
    }
    if (this.#epoch === epoch) this.#epoch = epoch + 1;
  }

  stats(): LoaderStats {
    return { ...this.#counts, ...this.#times, boundBy: findBound(this.#times, this.#options.numWorkers) };
  }

  /** Ends iterations under way, which reject with a `DisposedError`, and all worker threads. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    this.#lifetime.abort(disposed());
    await (await this.#pool)?.close();
    await Promise.allSettled(this.#running);
    this.#outer.unlink();
  }

  /** The samples of an epoch in order, some of them loaded ahead. */
  #load(epoch: number): AsyncGenerator<Outcome, void, void> {
    const { numWorkers, batchSize, prefetchBatches } = this.#options;
    const { length } = this.#dataset;
    const plan = planBatches(sampleOrder({ ...this.#options, length, epoch }), { ...this.#options, length });
    return readAhead(
      plan,
      async ({ index, endsBatch }, signal): Promise<Outcome> => {
        try {
          return { ...(await this.#track(this.#loadOne(index, signal))), endsBatch };
        } catch (error) {
          if (this.#onError === undefined || signal.aborted) throw error;
          return { error, index, endsBatch };
        }
      },
      {
        ahead: Math.max(2 * numWorkers, prefetchBatches * batchSize),
        concurrency: numWorkers === 0 ? CONCURRENCY_HERE : 2 * numWorkers,
        signal: this.#outer.signal,
      },
    );
  }

  async #loadOne(index: number, signal: AbortSignal): Promise<LoadedSample> {
    const { numWorkers } = this.#options;
    if (numWorkers === 0) return loadHere(this.#dataset, index, signal);
    // Loaded when it is needed: a program without workers, such as a page in a browser, has no use for it.
    this.#pool ??= import('./worker-pool.ts').then(({ WorkerPool: Pool }) => new Pool(numWorkers));
    return loadByWorker(this.#dataset, await this.#pool, index, signal);
  }

  /** Keeps account of work that {@link DataLoader.close} has to wait for. */
  async #track<Result>(work: Promise<Result>): Promise<Result> {
    this.#running.add(work);
    try {
      return await work;
    } finally {
      this.#running.delete(work);
    }
  }

  #count(graphs: readonly GraphData[]): void {
    const counts = this.#counts;
    counts.batches++;
    counts.samples += graphs.length;
    for (const graph of graphs) {
      counts.nodes += graph.numNodes;
      counts.edges += graph.numEdges;
      for (const buffer of buffersOf(graph)) counts.bytes += buffer.byteLength;
    }
  }

  /** Adds the time since `start` to `name` and gives the time now. */
  #lap(name: 'waitMs' | 'consumerMs', start: number): number {
    const now = performance.now();
    this.#times[name] += now - start;
    return now;
  }
}

function requireInteger(option: string, value: number, least: number): void {
  if (Number.isSafeInteger(value) && value >= least) return;
  const range = least < 0 ? 'a safe integer' : `a whole number from ${least} on`;
  throw new ConfigError(option, `${option} must be ${range}, not ${value}.`);
}

function disposed(): DisposedError {
  return new DisposedError('The loader was closed.');
}
