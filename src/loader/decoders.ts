import type { Dataset, SampleOptions, Work, WorkModule } from '../core/dataset.ts';
import { ConfigError } from '../core/errors.ts';
import type { GraphData } from '../core/graph.ts';
import { requireWorkerFile, WORKER_ENTRY } from './worker-files.ts';
import type { WorkerPool } from './worker-pool.ts';

/** A sample and what it took to get it, milliseconds. */
export interface LoadedSample {
  readonly graph: GraphData;
  /** Time until its files were on this machine; 0 where the dataset does not tell. */
  readonly fetchMs: number;
  readonly decodeMs: number;
  /** Function that takes memory of the graph that nobody uses any more. */
  readonly recycle?: ((buffers: readonly ArrayBuffer[]) => void) | undefined;
}

/**
 * Makers of a loader's samples: the calling thread, or worker threads, in whose place it works until one has started.
 */
export class Decoders {
  readonly #dataset: Dataset;
  readonly #numWorkers: number;
  #pool: Promise<WorkerPool> | undefined;
  #started: WorkerPool | undefined;
  /** True while the calling thread works in the place of threads. */
  #isHelping = false;

  /**
   * @param numWorkers - 0 for the calling thread
   * @throws ConfigError where threads have no file to run
   */
  constructor(dataset: Dataset, numWorkers: number) {
    if (numWorkers > 0) requireWorkerFile(WORKER_ENTRY);
    this.#dataset = dataset;
    this.#numWorkers = numWorkers;
  }

  /** Threads that ended in the middle of work and were replaced. */
  get restarts(): number {
    return this.#started?.restarts ?? 0;
  }

  /** Prepares for samples that are going to be asked for: starts the threads where only they can make the first one. */
  expect(): void {
    if (this.#numWorkers > 0 && this.#dataset.worksAnywhere !== true) this.#startEarly();
  }

  /** Loads a sample. */
  async load(
    index: number,
    options: SampleOptions & { readonly signal: AbortSignal },
  ): Promise<LoadedSample> {
    const { signal } = options;
    const start = performance.now();
    if (this.#dataset.work === undefined) {
      if (this.#numWorkers > 0) throw noWork();
      const graph = await this.#dataset.get(index, options);
      return { graph, fetchMs: 0, decodeMs: performance.now() - start };
    }
    const work = await this.#dataset.work(index, options);
    const fetchMs = performance.now() - start;
    if (this.#numWorkers === 0) return { ...(await decodeHere(work, signal)), fetchMs };
    if (signal.aborted) {
      work.release?.();
      throw signal.reason;
    }
    if (this.#mayHelp) return { ...(await this.#help(work, signal)), fetchMs };
    const pool = await this.#start();
    try {
      // Of its own modules: those of others say themselves that they cannot be imported.
      if (work.load !== undefined) requireWorkerFile(work.module);
    } catch (error) {
      work.release?.();
      throw error;
    }
    const { value, workMs, recycle } = await pool.run(work, signal);
    return { graph: await work.finish(value), fetchMs, decodeMs: workMs, recycle };
  }

  /** Ends all threads. */
  async close(): Promise<void> {
    await (await this.#pool)?.close();
  }

  /** True while the calling thread may help: a thread takes longer to start than most samples to be decoded. */
  get #mayHelp(): boolean {
    return this.#dataset.worksAnywhere === true && !this.#isHelping && this.#started?.isReady !== true;
  }

  async #help(work: Work, signal: AbortSignal): Promise<Omit<LoadedSample, 'fetchMs'>> {
    this.#isHelping = true;
    try {
      return await decodeHere(work, signal);
    } finally {
      this.#isHelping = false;
      if (!signal.aborted) this.#startEarly();
    }
  }

  /** Starts the threads early; whoever needs them meets their failure. */
  #startEarly(): void {
    this.#start().catch(() => undefined);
  }

  /** Starts the worker threads, once; they load what the work needs. */
  #start(): Promise<WorkerPool> {
    // Loaded when it is needed: a program without workers, such as a page in a browser, has no use for it.
    this.#pool ??= import('./worker-pool.ts').then(({ WorkerPool: Pool }) => {
      this.#started = new Pool(this.#numWorkers);
      this.#started.warmUp(this.#dataset.workModules);
      return this.#started;
    });
    return this.#pool;
  }
}

async function decodeHere(work: Work, signal: AbortSignal): Promise<Omit<LoadedSample, 'fetchMs'>> {
  try {
    const { run, reuse } = await (work.load?.() ?? importModule(work.module));
    // Loading the module is no decoding.
    const start = performance.now();
    const graph = await work.finish((await run(work.input, signal)).value);
    return { graph, decodeMs: performance.now() - start, recycle: reuse };
  } finally {
    work.release?.();
  }
}

function importModule(url: string): Promise<WorkModule> {
  return import(/* webpackIgnore: true */ /* @vite-ignore */ url) as Promise<WorkModule>;
}

/** Makes the error for a dataset whose samples only the calling thread can make. */
export function noWork(): ConfigError {
  return new ConfigError(
    'numWorkers',
    'The samples of this dataset cannot be decoded by worker threads: it has no work() method. Use numWorkers: 0.',
  );
}
