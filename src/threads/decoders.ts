import type { SampleOptions, Work, WorkModule } from '../core/dataset.ts';
import { ConfigError } from '../core/errors.ts';
import { requireWorkerFile, WORKER_ENTRY } from './worker-files.ts';
import type { WorkerPool } from './worker-pool.ts';

/** Dataset, or what makes something else of each sample, as far as it is asked for one after the other. */
export interface WorkMaker<Result> {
  /** True when the calling thread may do the work while no worker has started. @defaultValue false */
  readonly worksAnywhere?: boolean;
  /** URLs of modules that the work needs. @defaultValue none */
  readonly workModules?: readonly string[];
  get(index: number, options?: SampleOptions): Promise<Result>;
  /** Makes the work of a sample; present where threads can do it. */
  work?(index: number, options?: SampleOptions): Promise<Work<Result>>;
}

/** Result that was made of a sample, and the time that it took, milliseconds. */
export interface Loaded<Result> {
  readonly result: Result;
  /** Time until its files were on this machine; 0 where the dataset does not tell. */
  readonly fetchMs: number;
  readonly decodeMs: number;
  /** Function that takes memory of the result that nobody uses any more. */
  readonly recycle?: ((buffers: readonly ArrayBuffer[]) => void) | undefined;
}

/**
 * Threads that make something of samples: the calling one, or worker threads, in whose place it works until one has started.
 */
export class Decoders<Result> {
  readonly #dataset: WorkMaker<Result>;
  readonly #numWorkers: number;
  #pool: Promise<WorkerPool> | undefined;
  #started: WorkerPool | undefined;
  /** True while the calling thread works in the place of threads. */
  #isHelping = false;

  /**
   * @param numWorkers - 0 for the calling thread
   * @throws ConfigError where threads have no file to run
   */
  constructor(dataset: WorkMaker<Result>, numWorkers: number) {
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
  ): Promise<Loaded<Result>> {
    const { signal } = options;
    const start = performance.now();
    if (this.#dataset.work === undefined) {
      if (this.#numWorkers > 0) throw noWork();
      const result = await this.#dataset.get(index, options);
      return { result, fetchMs: 0, decodeMs: performance.now() - start };
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
    return { result: await work.finish(value), fetchMs, decodeMs: workMs, recycle };
  }

  /** Ends all threads. */
  async close(): Promise<void> {
    await (await this.#pool)?.close();
  }

  /** True while the calling thread may help: a thread takes longer to start than most samples to be decoded. */
  get #mayHelp(): boolean {
    return this.#dataset.worksAnywhere === true && !this.#isHelping && this.#started?.isReady !== true;
  }

  async #help(work: Work<Result>, signal: AbortSignal): Promise<Omit<Loaded<Result>, 'fetchMs'>> {
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

async function decodeHere<Result>(
  work: Work<Result>,
  signal: AbortSignal,
): Promise<Omit<Loaded<Result>, 'fetchMs'>> {
  try {
    const { run, reuse } = await (work.load?.() ?? importModule(work.module));
    // Loading the module is no decoding.
    const start = performance.now();
    const result = await work.finish((await run(work.input, signal)).value);
    return { result, decodeMs: performance.now() - start, recycle: reuse };
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
