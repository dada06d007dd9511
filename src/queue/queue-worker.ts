import type { Job, Worker } from 'bullmq';
import { abortable } from '../core/abort.ts';
import { isVascuError } from '../core/errors.ts';
import type { MadeResult } from '../fleet/make-result.ts';
import { SELF } from '../fleet/process-owner.ts';
import { AWAY_MS, checkQueueName, FleetQueue, KEY_PREFIX } from './fleet-queue.ts';
import { type FleetJob, readJob, readPlan } from './job-data.ts';
import { type OpenPlanned, PlannedWork } from './planned-work.ts';
import { loadQueuePackages, type QueuePackages } from './queue-packages.ts';
import type { RedisConnection } from './redis-connection.ts';

/** Time for which a worker has a job without a word, milliseconds; jobs without one are looked for twice in it. */
const LOCK_MS = 10_000;
/** Workers that a job may outlive: the next one that ends is its last. */
const MAX_STALLED_WORKERS = 2;
/** Pause between two looks at the clock, by which a process sees that it was stopped, milliseconds. */
const CLOCK_MS = 250;
/** Pause between two signs of life, and between two looks whether the queue is empty, milliseconds. */
const SIGN_MS = 5_000;
const EMPTY_LOOK_MS = 500;
/** Number of looks at an empty queue, one after the other, after which a worker may end. */
const EMPTY_LOOKS = 3;
/** Number of plans whose sources stay open while nothing is to do. */
const KEPT_PLANS = 2;
/** Time in which a job goes back to the queue when its worker is to end, milliseconds. */
const GIVE_BACK_MS = 1_500;

/** Options of {@link runWorker}. */
export interface WorkerOptions {
  /** Name of the queue. */
  readonly name: string;
  /** Path of the fleet's directory on this machine. @defaultValue the same as where the fleet was started */
  readonly directory?: string | undefined;
  /** Jobs at a time. */
  readonly jobs: number;
  /** True to end when nothing is left to do. */
  readonly untilEmpty: boolean;
  /** Time for which a job is this worker's without a word of it, milliseconds. @defaultValue 10 s @internal */
  readonly lockMs?: number | undefined;
  /** Time after which no more jobs are taken, milliseconds. @defaultValue no such time */
  readonly forMs?: number | undefined;
  readonly open: OpenPlanned;
  readonly onProgress?: ((progress: WorkerProgress) => void) | undefined;
  /** Request to end: jobs go back to the queue. */
  readonly signal: AbortSignal;
}

/** Progress of a worker, and its outcome. */
export interface WorkerProgress {
  readonly converted: number;
  readonly failed: number;
  /** Number of jobs that are under way. */
  readonly active: number;
}

/**
 * Takes jobs of a queue and does them, until it is told to end.
 *
 * @throws ConfigError for a directory that is not the fleet's
 * @throws AuthError, CacheError for what would befall all jobs: those under way go back to the queue
 */
export async function runWorker(redis: RedisConnection, options: WorkerOptions): Promise<WorkerProgress> {
  checkQueueName(options.name);
  await using queue = await FleetQueue.open(redis, options.name);
  await using worker = new QueueWorker(redis, queue, options, await loadQueuePackages());
  return await worker.run();
}

/** Worker of a queue. */
class QueueWorker implements AsyncDisposable {
  readonly #queue: FleetQueue;
  readonly #options: WorkerOptions;
  readonly #packages: QueuePackages;
  readonly #worker: Worker<FleetJob, unknown, string>;
  readonly #works = new Map<string, Promise<PlannedWork>>();
  readonly #lockMs: number;
  /** Ends of the jobs that are under way, by their ids. */
  readonly #active = new Map<string, AbortController>();
  /** End of the worker: when it is asked for, or for an error that would befall all jobs. */
  readonly #end = new AbortController();
  #failure: { readonly error: unknown } | undefined;
  #converted = 0;
  #failed = 0;

  constructor(redis: RedisConnection, queue: FleetQueue, options: WorkerOptions, packages: QueuePackages) {
    this.#queue = queue;
    this.#options = options;
    this.#packages = packages;
    this.#lockMs = options.lockMs ?? LOCK_MS;
    this.#worker = new packages.bullmq.Worker<FleetJob, unknown, string>(
      options.name,
      (job, token) => this.#process(job, token),
      {
        connection: redis.client,
        prefix: KEY_PREFIX,
        skipVersionCheck: true,
        concurrency: options.jobs,
        lockDuration: this.#lockMs,
        stalledInterval: this.#lockMs / 2,
        maxStalledCount: MAX_STALLED_WORKERS,
        removeOnComplete: { count: 0 },
        autorun: false,
      },
    );
    // A connection that is away is told of by itself; a job that another worker has now is no harm: results are equal.
    this.#worker.on('error', () => undefined);
    this.#worker.on('lockRenewalFailed', (ids) => {
      for (const id of ids) this.#active.get(id)?.abort(new Error('The job was taken over.'));
    });
    this.#worker.on('drained', () => void this.#rest());
  }

  async run(): Promise<WorkerProgress> {
    const { signal, forMs, untilEmpty } = this.#options;
    const end = (): void => this.#end.abort(signal.reason);
    signal.addEventListener('abort', end, { once: true });
    if (signal.aborted) end();
    const clock = this.#watchClock();
    const timers: NodeJS.Timeout[] = [];
    const sign = (): void =>
      void this.#queue.sign({ worker: workerName(), jobs: this.#active.size }).catch(() => undefined);
    sign();
    timers.push(setInterval(sign, SIGN_MS));
    const closing = new Promise<void>((resolve) => {
      if (forMs !== undefined) timers.push(setTimeout(resolve, forMs));
      if (untilEmpty) timers.push(this.#watchQueue(resolve));
      this.#end.signal.addEventListener('abort', () => resolve(), { once: true });
    });
    const running = this.#worker.run().catch(() => undefined);
    try {
      if (!this.#end.signal.aborted) await closing;
      for (const each of this.#active.values())
        if (this.#end.signal.aborted) each.abort(this.#end.signal.reason);
      await this.#close();
      await settledWithin(running, GIVE_BACK_MS);
    } finally {
      clearInterval(clock);
      for (const timer of timers) clearInterval(timer);
      signal.removeEventListener('abort', end);
    }
    await settledWithin(this.#queue.signOff(workerName()), GIVE_BACK_MS / 3);
    if (this.#failure !== undefined) throw this.#failure.error;
    return this.#progress();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const work of this.#works.values())
      await work.then((each) => each[Symbol.asyncDispose]()).catch(() => undefined);
  }

  /** Does a job; what it throws is for the queue. */
  async #process(job: Job<FleetJob, unknown, string>, token = ''): Promise<void> {
    const { bullmq } = this.#packages;
    const data = readJob(job.data);
    if (data === undefined || job.id === undefined)
      throw new bullmq.UnrecoverableError('The job is none of VascuSim’s.');
    const own = new AbortController();
    this.#active.set(job.id, own);
    if (this.#end.signal.aborted) own.abort(this.#end.signal.reason);
    this.#tell();
    try {
      await this.#do(job, data, own.signal);
    } catch (error) {
      if (error instanceof bullmq.UnrecoverableError || error instanceof RetryError) throw error;
      if (!this.#end.signal.aborted && own.signal.aborted) throw new RetryError('The job was taken over.');
      // Not the job's fault, or not its turn any more: somebody else does it.
      if (!this.#end.signal.aborted) {
        this.#failure ??= { error };
        this.#end.abort(error);
      }
      await job.moveToWait(token);
      throw new bullmq.WaitingError();
    } finally {
      this.#active.delete(job.id);
      this.#tell();
    }
  }

  async #do(job: Job<FleetJob, unknown, string>, data: FleetJob, signal: AbortSignal): Promise<void> {
    const { bullmq } = this.#packages;
    const work = await this.#workOf(data.plan);
    let made: MadeResult;
    try {
      made = await abortable(work.make(data, signal), signal);
    } catch (error) {
      if (isVascuError(error, 'CONFIG') && error.option === 'samples')
        throw new bullmq.UnrecoverableError(error.message);
      if (isVascuError(error, 'NETWORK')) throw new RetryError(error.message);
      throw error;
    }
    const { lines, failed } = made;
    const isLast = job.attemptsMade + 1 >= (job.opts.attempts ?? 1);
    const passing = failed.find(({ error }) => isVascuError(error, 'NETWORK', 'INTEGRITY'));
    if (passing !== undefined && !isLast) throw new RetryError(messageOf(passing.error));
    signal.throwIfAborted();
    await work.tell(lines, data);
    this.#converted += lines.length - failed.length;
    this.#failed += failed.length;
    const [first] = failed;
    if (first !== undefined && failed.length === lines.length)
      throw new bullmq.UnrecoverableError(messageOf(first.error));
  }

  #workOf(id: string): Promise<PlannedWork> {
    let work = this.#works.get(id);
    if (work === undefined) {
      work = this.#begin(id);
      this.#works.set(id, work);
      work.catch(() => this.#works.delete(id));
    }
    return work;
  }

  async #begin(id: string): Promise<PlannedWork> {
    const text = await this.#queue.plan(id);
    if (text === undefined)
      throw new RetryError('The plan of the job is not in Redis: its fleet puts it there again.');
    const { directory, open, jobs } = this.#options;
    return PlannedWork.begin(readPlan(text), directory, open, jobs);
  }

  /** Lets a process that was stopped give up what another one has taken over meanwhile. */
  #watchClock(): NodeJS.Timeout {
    let last = Date.now();
    return setInterval(() => {
      const now = Date.now();
      if (now - last > this.#lockMs - CLOCK_MS)
        for (const each of this.#active.values()) each.abort(new Error('The process was stopped.'));
      last = now;
    }, CLOCK_MS);
  }

  /** Looks whether anything is left: jobs, also of others, which may come back, and fleets that put in more. */
  #watchQueue(end: () => void): NodeJS.Timeout {
    let looks = 0;
    let isLooking = false;
    const look = async (): Promise<void> => {
      const { waiting, active, delayed } = await this.#queue.counts();
      const fleets = (await this.#queue.fleets()).filter(({ at }) => Date.now() - at < AWAY_MS);
      const isEmpty = waiting + active + delayed + this.#active.size === 0 && fleets.length === 0;
      looks = isEmpty ? looks + 1 : 0;
      if (looks >= EMPTY_LOOKS) end();
    };
    return setInterval(() => {
      if (isLooking) return;
      isLooking = true;
      look()
        .catch(() => undefined)
        .finally(() => (isLooking = false));
    }, EMPTY_LOOK_MS);
  }

  /** Closes the parts of manifests when nothing is under way, and the sources of plans that were left behind. */
  async #rest(): Promise<void> {
    if (this.#active.size > 0) return;
    const all = [...this.#works];
    const left = all.slice(0, Math.max(0, all.length - KEPT_PLANS));
    // Before anything is waited for: a job that comes meanwhile opens its own.
    for (const [id] of left) this.#works.delete(id);
    for (const [, work] of left)
      await work.then((each) => each[Symbol.asyncDispose]()).catch(() => undefined);
    for (const work of this.#works.values()) await work.then((each) => each.rest()).catch(() => undefined);
  }

  /** Ends the worker: what is under way comes to its end, or goes back where it was told to end. */
  async #close(): Promise<void> {
    if (!this.#end.signal.aborted) {
      const closing = this.#worker.close();
      await Promise.race([closing, aborted(this.#end.signal)]);
      for (const each of this.#active.values())
        if (this.#end.signal.aborted) each.abort(this.#end.signal.reason);
      await (this.#end.signal.aborted ? settledWithin(closing, GIVE_BACK_MS) : closing);
      return;
    }
    await settledWithin(this.#worker.close(), GIVE_BACK_MS);
  }

  #progress(): WorkerProgress {
    return { converted: this.#converted, failed: this.#failed, active: this.#active.size };
  }

  #tell(): void {
    this.#options.onProgress?.(this.#progress());
  }
}

/** Failure after which a job is tried again, with a pause. */
class RetryError extends Error {}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Makes the name by which people know this worker. */
function workerName(): string {
  return `${SELF.host}:${SELF.pid}`;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** Waits for something, but not longer. */
async function settledWithin(promise: Promise<unknown>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => void (timer = setTimeout(resolve, ms)));
  await Promise.race([promise.catch(() => undefined), late]);
  clearTimeout(timer);
}
