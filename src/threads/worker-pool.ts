import { setFlagsFromString } from 'node:v8';
import { Worker } from 'node:worker_threads';
import type { Work } from '../core/dataset.ts';
import { free } from '../core/detach.ts';
import { restoreError } from '../core/error-transfer.ts';
import { ConfigError, DisposedError } from '../core/errors.ts';
import { WORKER_ENTRY } from './worker-files.ts';
import type { FromWorker, ToWorker } from './worker-messages.ts';

/** Result that a worker made of a piece of work. */
export interface WorkOutcome {
  /** Value that `Work.finish` takes. */
  readonly value: unknown;
  /** Time that the worker was busy with it, milliseconds. */
  readonly workMs: number;
  /** Function that moves memory that is no longer used to the thread that `value` came from, or frees it. */
  readonly recycle: (buffers: readonly ArrayBuffer[]) => void;
}

/** Size of memory that is worth a message, bytes: to get less anew takes no longer. */
const MIN_MESSAGE_BYTES = 256 * 1024;

/** A piece of work and who waits for it. */
interface Job {
  readonly id: number;
  readonly work: Work<unknown>;
  readonly resolve: (outcome: WorkOutcome) => void;
  readonly reject: (reason: unknown) => void;
  /** Function that lets go of the caller's signal. */
  readonly unlink: () => void;
  /** True when a thread has died of it, or of something else at the same time. */
  hasKilled: boolean;
  /** True when nobody waits for it any more. */
  isAborted: boolean;
}

/** A worker thread and the job it does. */
interface Lane {
  readonly worker: Worker;
  job: Job | undefined;
  /** Text of what its last job had in common with others. */
  affinity: string | undefined;
  /** True when it has answered: it has started, and loaded the modules that it was told to. */
  isReady: boolean;
  /** Reason why the thread is about to end. */
  failure: unknown;
}

/**
 * Worker threads that do {@link Work}, each one job at a time, in the order it was given. Threads start when
 * they are needed and stay for the next job; those without one do not keep the process alive.
 */
export class WorkerPool {
  #size: number;
  readonly #onChange: () => void;
  readonly #lanes: Lane[] = [];
  readonly #queue: Job[] = [];
  #nextId = 0;
  #restarts = 0;
  #isReady = false;
  #modules: readonly string[] = [];
  #closing: Promise<void> | undefined;

  /**
   * @param size - the most threads; 1 or more, or 0 until {@link WorkerPool.resize}
   * @param onChange - called when a thread has started, has no job any more, or has ended
   */
  constructor(size: number, onChange: () => void = () => undefined) {
    this.#size = size;
    this.#onChange = onChange;
  }

  /** Threads that are there, or start. */
  get threads(): number {
    return this.#lanes.filter(isOfUse).length;
  }

  /** Threads that have started. */
  get ready(): number {
    return this.#lanes.filter((lane) => isOfUse(lane) && lane.isReady).length;
  }

  /** Threads that have started and have no job. */
  get idle(): number {
    return this.#lanes.filter((lane) => isIdle(lane) && lane.isReady).length;
  }

  /** Jobs that would have a thread, started or not, for themselves. */
  get room(): number {
    return this.#size - this.#lanes.filter(({ job }) => job !== undefined).length - this.#queue.length;
  }

  /**
   * Sets the most threads: more of them are started now; of those that are too many each ends when it has no job.
   */
  resize(size: number): void {
    this.#size = size;
    this.#shrink();
    this.#grow();
  }

  /** Threads that ended in the middle of work and were replaced. */
  get restarts(): number {
    return this.#restarts;
  }

  /**
   * Runs `work` on a thread; on another one if that ends in the middle of it. `work.release` is called when no thread
   * uses it any more, which after an abort is later than the rejection.
   *
   * @throws ConfigError (option `numWorkers`) when a second thread ended in the middle of the work too
   * @throws DisposedError when the pool was closed
   */
  run(work: Work<unknown>, signal?: AbortSignal): Promise<WorkOutcome> {
    return new Promise((resolve, reject) => {
      const id = this.#nextId++;
      const abort = (): void => this.#abort(id, signal?.reason);
      const unlink = (): void => signal?.removeEventListener('abort', abort);
      const refusal = this.#closing === undefined ? signal?.reason : disposed();
      if (this.#closing !== undefined || signal?.aborted === true) {
        work.release?.();
        reject(refusal);
        return;
      }
      signal?.addEventListener('abort', abort, { once: true });
      this.#queue.push({ id, work, resolve, reject, unlink, hasKilled: false, isAborted: false });
      this.#assign();
    });
  }

  /** True when a thread has started, and loaded the modules that it was told to. */
  get isReady(): boolean {
    return this.#isReady;
  }

  /**
   * Starts all threads now, so that the first work finds one ready, and has them load the modules of that: first one
   * thread, which is ready sooner alone, then the others.
   */
  warmUp(modules: readonly string[] = []): void {
    this.#modules = modules;
    this.#grow();
  }

  /** Starts the threads that are missing: the first one alone, since it is ready sooner then. */
  #grow(): void {
    if (this.#closing !== undefined) return;
    while (this.#lanes.length < this.#size && (this.#isReady || this.#lanes.length === 0)) this.#prepare();
  }

  /** Ends threads without a job while there are too many. */
  #shrink(): void {
    if (this.#closing !== undefined) return;
    for (const lane of this.#lanes.filter(isIdle).slice(0, Math.max(0, this.threads - this.#size)))
      this.#retire(lane, new Error('There are threads enough.'));
  }

  #prepare(): void {
    tell(this.#start().worker, { prepare: this.#modules });
  }

  /** Ends all threads, also in the middle of work, which rejects with a `DisposedError`. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    for (const job of this.#queue.splice(0)) fail(job, disposed());
    const ended = this.#lanes.map(async (lane) => {
      lane.failure = disposed();
      lane.job?.reject(lane.failure);
      await lane.worker.terminate();
    });
    await Promise.all(ended);
  }

  /** Gives waiting jobs to free threads, starting some while there are too few. */
  #assign(): void {
    while (this.#queue.length > 0 && this.#closing === undefined) {
      const idle = this.#lanes.filter(isIdle);
      const affinity = this.#queue[0]?.work.affinity;
      const alike = affinity === undefined ? undefined : idle.find((each) => each.affinity === affinity);
      const lane = alike ?? idle.find(({ isReady }) => isReady) ?? idle[0];
      if (lane === undefined && this.#lanes.length >= this.#size) return;
      const job = this.#queue.shift();
      if (job !== undefined) this.#give(lane ?? this.#start(), job);
    }
  }

  #give(lane: Lane, job: Job): void {
    const { module, input } = job.work;
    try {
      tell(lane.worker, { id: job.id, module, input, threads: Math.max(1, this.#size) });
      lane.job = job;
      lane.affinity = job.work.affinity;
      lane.worker.ref();
    } catch (error) {
      fail(job, error);
    }
  }

  #start(): Lane {
    const worker = startThread(new URL(WORKER_ENTRY ?? ''));
    const lane: Lane = { worker, job: undefined, affinity: undefined, isReady: false, failure: undefined };
    worker.on('message', (message: FromWorker) => this.#settle(lane, message));
    worker.on('messageerror', (error) => this.#retire(lane, error));
    worker.on('error', (error) => this.#retire(lane, error));
    worker.on('exit', (code) => this.#bury(lane, code));
    worker.unref();
    this.#lanes.push(lane);
    return lane;
  }

  #settle(lane: Lane, message: FromWorker): void {
    lane.isReady = true;
    if (!this.#isReady) {
      this.#isReady = true;
      this.#grow();
    }
    if ('ready' in message) {
      this.#onChange();
      return;
    }
    const { job } = lane;
    if (job?.id !== message.id) return;
    lane.job = undefined;
    // A thread that is being ended keeps the process alive until it has: `close` waits for it.
    if (lane.failure === undefined) lane.worker.unref();
    if ('error' in message) fail(job, restoreError(message.error));
    else {
      finish(job);
      const { module } = job.work;
      const recycle = (buffers: readonly ArrayBuffer[]): void => this.#recycle(lane, module, buffers);
      job.resolve({ ...message, recycle });
    }
    this.#shrink();
    this.#assign();
    this.#onChange();
  }

  #recycle(lane: Lane, module: string, buffers: readonly ArrayBuffer[]): void {
    const bytes = buffers.reduce((sum, { byteLength }) => sum + byteLength, 0);
    const isThere = this.#closing === undefined && lane.failure === undefined && this.#lanes.includes(lane);
    if (isThere && bytes >= MIN_MESSAGE_BYTES)
      lane.worker.postMessage({ reuse: buffers, module } satisfies ToWorker, [...buffers]);
    else for (const buffer of buffers) free(buffer);
  }

  /** Ends a thread that cannot be used any more. */
  #retire(lane: Lane, failure: unknown): void {
    lane.failure ??= failure;
    void lane.worker.terminate();
  }

  /** Removes a thread that has ended. */
  #bury(lane: Lane, code: number): void {
    this.#lanes.splice(this.#lanes.indexOf(lane), 1);
    const { job, failure } = lane;
    if (job !== undefined) {
      const isOver = this.#closing !== undefined || job.isAborted || job.hasKilled;
      if (this.#closing === undefined) this.#restarts++;
      if (isOver) fail(job, failure instanceof DisposedError ? failure : died(job, failure, code));
      else {
        job.hasKilled = true;
        this.#queue.unshift(job);
      }
    }
    this.#assign();
    this.#onChange();
  }

  #abort(id: number, reason: unknown): void {
    const waiting = this.#queue.findIndex((job) => job.id === id);
    if (waiting >= 0) {
      for (const job of this.#queue.splice(waiting, 1)) fail(job, reason);
      return;
    }
    const lane = this.#lanes.find(({ job }) => job?.id === id);
    if (lane?.job === undefined) return;
    lane.job.isAborted = true;
    tell(lane.worker, { cancel: id });
    lane.job.reject(reason);
  }
}

function isOfUse({ failure }: Lane): boolean {
  return failure === undefined;
}

function isIdle({ job, failure }: Lane): boolean {
  return job === undefined && failure === undefined;
}

/** Starts a thread with the flags of the process. */
function startThread(script: URL): Worker {
  // From sources, Node strips the types of each module by a WebAssembly module that calls JavaScript. V8 14 may end the
  // process when several threads optimize such calls ("Check failed: jit_page.has_value()"), so they are not.
  if (script.pathname.endsWith('.ts')) setFlagsFromString('--wasm-wrapper-tiering-budget=1000000000');
  // The flag of a program given as text does not fit a file. Flags that are named must not be V8's, inherited ones may.
  const fitting = process.execArgv.filter((argument) => !argument.startsWith('--input-type'));
  if (fitting.length === process.execArgv.length) return new Worker(script);
  try {
    return new Worker(script, { execArgv: fitting });
  } catch {
    return new Worker(script, { execArgv: [] });
  }
}

function tell(worker: Worker, message: ToWorker): void {
  worker.postMessage(message);
}

/** Lets go of what a job held, now that no thread uses it. */
function finish(job: Job): void {
  job.unlink();
  job.work.release?.();
}

function fail(job: Job, reason: unknown): void {
  finish(job);
  job.reject(reason);
}

function died({ work }: Job, cause: unknown, exitCode: number): ConfigError {
  const why = cause instanceof Error ? cause.message : `exit code ${exitCode}`;
  return new ConfigError(
    'numWorkers',
    `The worker thread that decoded the sample ${work.label} ended before it was done (${why}), and so did another one that tried again. If memory ran out, use fewer workers; numWorkers: 0 decodes on the calling thread and shows more of the failure.`,
    cause === undefined ? {} : { cause },
  );
}

function disposed(): DisposedError {
  return new DisposedError('The loader was closed.');
}
