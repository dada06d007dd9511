import type { SampleOptions, Work, WorkModule } from '../core/dataset.ts';
import { ConfigError } from '../core/errors.ts';
import { hasWorkerFile, requireWorkerFile, WORKER_ENTRY } from './worker-files.ts';
import { WorkerGrowth } from './worker-growth.ts';
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

/** Result, before it is told what fetching its sample took. */
type Decoded<Result> = Omit<Loaded<Result>, 'fetchMs'>;

/** Options of {@link Decoders}. */
export interface DecoderOptions {
  /** Number of threads; 0 for the calling thread, `'auto'` for as many as help. */
  readonly numWorkers: number | 'auto';
  /** Threads that `'auto'` comes to at most. */
  readonly mostWorkers: number;
}

/** Number of samples under way at a time without workers: one is read from disk while another is decoded. */
const CONCURRENT_SAMPLES = 2;

/**
 * Threads that make something of samples: the calling one, or worker threads, in whose place it works until one has started.
 * A sample whose files are here waits for the first of them who is free.
 */
export class Decoders<Result> {
  readonly #dataset: WorkMaker<Result>;
  /** Number of threads that was given; 0 where {@link WorkerGrowth} says how many. */
  readonly #numWorkers: number;
  readonly #growth: WorkerGrowth | undefined;
  /** Functions that begin to decode a sample, in the order in which the files came. */
  readonly #waiting: ((pool: WorkerPool | undefined) => void)[] = [];
  #pool: Promise<WorkerPool> | undefined;
  #started: WorkerPool | undefined;
  /** Samples that the calling thread decodes now. */
  #here = 0;
  /** Samples that anyone decodes now. */
  #running = 0;
  /** Threads that were asked for, as {@link WorkerGrowth} wanted it last. */
  #staffed = 0;
  #isClosed = false;

  /** @throws ConfigError where threads that were asked for have no file to run */
  constructor(dataset: WorkMaker<Result>, { numWorkers, mostWorkers }: DecoderOptions) {
    this.#dataset = dataset;
    this.#numWorkers = numWorkers === 'auto' ? 0 : numWorkers;
    if (this.#numWorkers > 0) requireWorkerFile(WORKER_ENTRY);
    if (numWorkers === 'auto' && dataset.work !== undefined) {
      const most = hasWorkerFile(WORKER_ENTRY) ? mostWorkers : 0;
      this.#growth = new WorkerGrowth({ most, helps: dataset.worksAnywhere === true });
    }
  }

  /** Threads that ended in the middle of work and were replaced. */
  get restarts(): number {
    return this.#started?.restarts ?? 0;
  }

  /** Threads that decode, or are about to. */
  get workers(): number {
    return this.#growth?.threads ?? this.#numWorkers;
  }

  /** Number of samples that are to be ahead of the loop at the least, for everyone to have something to do. */
  get ahead(): number {
    const growth = this.#growth;
    if (growth === undefined) return 2 * this.#numWorkers;
    if (growth.threads === 0) return 1;
    return 2 * (growth.threads + (growth.isHelping ? 1 : 0));
  }

  /** Number of samples that are loaded at a time. */
  get concurrency(): number {
    return Math.max(CONCURRENT_SAMPLES, this.#numWorkers > 0 ? 2 * this.#numWorkers : this.ahead);
  }

  /**
   * Prepares for an epoch, so many samples of which are going to be asked for: starts the threads where only they can
   * make the first one.
   */
  expect(samples: number): void {
    this.#growth?.begin(samples);
    if (this.#numWorkers > 0 && this.#dataset.worksAnywhere !== true) this.#startEarly();
  }

  /** Notes that the loop waits for a batch. */
  ask(): void {
    this.#growth?.ask();
    this.#staff();
  }

  /** Notes that the loop has got one. */
  handOut(): void {
    this.#growth?.handOut();
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
    return { ...(await this.#decode(work, signal)), fetchMs };
  }

  /** Ends all threads. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const pool = await this.#pool?.catch(() => undefined);
    await pool?.close();
  }

  async #decode(work: Work<Result>, signal: AbortSignal): Promise<Decoded<Result>> {
    if (this.#numWorkers === 0 && !this.#mayGrow(work)) return decodeHere(work, signal);
    try {
      // Whoever needs threads that could not be started meets their failure.
      if (this.#numWorkers > 0 && !(this.#mayHelp && this.#pool === undefined)) await this.#start();
      signal.throwIfAborted();
    } catch (error) {
      work.release?.();
      throw error;
    }
    return new Promise((resolve, reject) => {
      const begin = (pool: WorkerPool | undefined): void => {
        signal.removeEventListener('abort', abort);
        this.#run(work, pool, signal).then(resolve, reject);
      };
      const abort = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(begin), 1);
        this.#count();
        work.release?.();
        reject(signal.reason);
      };
      signal.addEventListener('abort', abort, { once: true });
      this.#waiting.push(begin);
      this.#count();
      this.#dispatch();
    });
  }

  /** Decodes a sample on a thread of `pool`, or on the calling thread. */
  async #run(
    work: Work<Result>,
    pool: WorkerPool | undefined,
    signal: AbortSignal,
  ): Promise<Decoded<Result>> {
    this.#running++;
    if (pool === undefined) this.#here++;
    try {
      const sample = await (pool === undefined ? decodeHere(work, signal) : decodeIn(pool, work, signal));
      this.#growth?.decode(sample.decodeMs, pool === undefined ? 'here' : 'thread');
      return sample;
    } finally {
      this.#running--;
      if (pool === undefined) this.#here--;
      this.#count();
      if (!signal.aborted) {
        if (this.#numWorkers > 0) this.#startEarly();
        this.#staff();
      }
      this.#dispatch();
    }
  }

  /** Gives the samples that wait to those who are free. */
  #dispatch(): void {
    while (this.#waiting.length > 0) {
      const pool = this.#freePool();
      if (pool === undefined && this.#here >= this.#mostHere) return;
      this.#waiting.shift()?.(pool);
    }
  }

  /** Gives the threads if one of them should have the next sample. */
  #freePool(): WorkerPool | undefined {
    const pool = this.#started;
    if (pool === undefined || pool.idle > 0) return pool;
    if (this.#numWorkers === 0 || this.#mayHelp || pool.room <= 0) return undefined;
    // One that starts, or has to be started in the place of another, unless one that has started is free sooner.
    return pool.ready === 0 || pool.threads < this.#numWorkers ? pool : undefined;
  }

  /** Number of samples that the calling thread may decode at a time. */
  get #mostHere(): number {
    if (this.#growth === undefined) return this.#mayHelp ? 1 : 0;
    if ((this.#started?.ready ?? 0) === 0) return CONCURRENT_SAMPLES;
    return this.#growth.isHelping ? 1 : 0;
  }

  /**
   * True while the calling thread may work in the place of threads that were asked for: one takes longer to start than
   * most samples to be decoded.
   */
  get #mayHelp(): boolean {
    return this.#dataset.worksAnywhere === true && this.#started?.isReady !== true;
  }

  /** Tells whether threads that may be added could do this work: those of a bundle have no file to run. */
  #mayGrow(work: Work<Result>): boolean {
    if (this.#growth === undefined) return false;
    const can = work.load === undefined || hasWorkerFile(work.module);
    if (!can) this.#growth.limit(0);
    return can;
  }

  #count(): void {
    this.#growth?.hold(this.#waiting.length + this.#running);
  }

  /** Starts or ends threads as the rule says. */
  #staff(): void {
    const growth = this.#growth;
    if (growth === undefined || growth.threads === this.#staffed) return;
    this.#staffed = growth.threads;
    // Where no thread may be started, the calling thread goes on.
    this.#start()
      .then((pool) => pool.resize(this.#staffed))
      .catch(() => growth.limit(this.#started?.ready ?? 0));
  }

  /** Notes that a thread has started, has ended, or has nothing to do. */
  #look(pool: WorkerPool): void {
    const growth = this.#growth;
    if (growth !== undefined && !this.#isClosed) {
      if (pool.threads < growth.threads) growth.limit(pool.threads);
      else if (pool.ready === growth.threads) growth.start();
    }
    this.#dispatch();
  }

  /** Starts the threads early; whoever needs them meets their failure. */
  #startEarly(): void {
    this.#start().catch(() => undefined);
  }

  /** Starts the worker threads, once; they load what the work needs. */
  #start(): Promise<WorkerPool> {
    // Loaded when it is needed: a program without workers, such as a page in a browser, has no use for it.
    this.#pool ??= import('./worker-pool.ts').then(({ WorkerPool: Pool }) => {
      const pool: WorkerPool = new Pool(this.#numWorkers, () => this.#look(pool));
      this.#started = pool;
      pool.warmUp(this.#dataset.workModules);
      return pool;
    });
    return this.#pool;
  }
}

async function decodeIn<Result>(
  pool: WorkerPool,
  work: Work<Result>,
  signal: AbortSignal,
): Promise<Decoded<Result>> {
  try {
    // Of its own modules: those of others say themselves that they cannot be imported.
    if (work.load !== undefined) requireWorkerFile(work.module);
  } catch (error) {
    work.release?.();
    throw error;
  }
  const { value, workMs, recycle } = await pool.run(work, signal);
  return { result: await work.finish(value), decodeMs: workMs, recycle };
}

async function decodeHere<Result>(work: Work<Result>, signal: AbortSignal): Promise<Decoded<Result>> {
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
