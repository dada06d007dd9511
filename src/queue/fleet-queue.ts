import type { Job, Queue } from 'bullmq';
import { ConfigError } from '../core/errors.ts';
import { showValue } from '../core/show-value.ts';
import { type FleetJob, type FleetPlan, planId, readJob } from './job-data.ts';
import { loadQueuePackages } from './queue-packages.ts';
import type { RedisConnection } from './redis-connection.ts';

/** Beginning of all keys in Redis. */
export const KEY_PREFIX = 'vascusim';

/** Time for which a plan stays in Redis after its fleet has ended, seconds. */
const PLAN_SECONDS = 7 * 24 * 60 * 60;
/** Silence after which a worker, or a fleet, is not there any more, milliseconds. */
export const AWAY_MS = 15_000;
/** Pause before a job is tried again that the network has failed, milliseconds; it doubles. */
const BACKOFF_MS = 1_000;
/** Events that the queue keeps in Redis. */
const MAX_EVENTS = 100;
/** Dead letters that are looked at. */
const MAX_FAILED = 10_000;

/** Numbers of jobs in a queue. */
export interface JobCounts {
  readonly waiting: number;
  readonly active: number;
  /** Number of jobs that wait to be tried again. */
  readonly delayed: number;
  /** Number of dead letters. */
  readonly failed: number;
}

/** Job that is not tried again. */
export interface DeadLetter {
  readonly id: string;
  /** Unit of work; undefined where the job is none of ours. */
  readonly job: FleetJob | undefined;
  readonly reason: string;
}

/** Progress of a fleet, as it says it in Redis. */
export interface FleetProgress {
  readonly directory: string;
  readonly samples: number;
  readonly done: number;
  readonly failed: number;
  /** Time of the last word, milliseconds since 1970. */
  readonly at: number;
}

/** Worker as it says it in Redis. */
export interface WorkerSign {
  readonly worker: string;
  readonly jobs: number;
  readonly at: number;
}

/** Queue of jobs in Redis, with what fleets and workers say of themselves there. Keys begin with `vascusim:`. */
export class FleetQueue implements AsyncDisposable {
  readonly name: string;
  readonly #queue: Queue<FleetJob, unknown, string>;
  readonly #redis: RedisConnection;

  private constructor(name: string, queue: Queue<FleetJob, unknown, string>, redis: RedisConnection) {
    this.name = name;
    this.#queue = queue;
    this.#redis = redis;
  }

  /** @throws ConfigError for a name that cannot be one */
  static async open(redis: RedisConnection, name: string): Promise<FleetQueue> {
    checkQueueName(name);
    const { bullmq } = await loadQueuePackages();
    const queue: Queue<FleetJob, unknown, string> = new bullmq.Queue(name, {
      connection: redis.client,
      prefix: KEY_PREFIX,
      skipVersionCheck: true,
      // Nobody reads them.
      streams: { events: { maxLen: MAX_EVENTS } },
    });
    // The connection says what is wrong with it.
    queue.on('error', () => undefined);
    return new FleetQueue(name, queue, redis);
  }

  /** Queue itself, for a dashboard. */
  get queue(): Queue {
    return this.#queue as unknown as Queue;
  }

  async counts(): Promise<JobCounts> {
    const found = await this.#queue.getJobCounts('wait', 'prioritized', 'active', 'delayed', 'failed');
    const of = (name: string): number => found[name] ?? 0;
    return {
      waiting: of('wait') + of('prioritized'),
      active: of('active'),
      delayed: of('delayed'),
      failed: of('failed'),
    };
  }

  /** Puts jobs in; those that are there already are not put in again. */
  async add(
    jobs: readonly { readonly id: string; readonly job: FleetJob }[],
    attempts: number,
  ): Promise<void> {
    await this.#queue.addBulk(
      jobs.map(({ id, job }) => ({
        name: 'make',
        data: job,
        opts: {
          jobId: id,
          attempts,
          backoff: { type: 'exponential', delay: BACKOFF_MS },
          removeOnComplete: true,
          stackTraceLimit: 0,
        },
      })),
    );
  }

  /** Lists the dead letters. */
  async failed(most: number = MAX_FAILED): Promise<readonly DeadLetter[]> {
    const jobs = await this.#queue.getFailed(0, most - 1);
    return jobs.flatMap((job: Job<FleetJob> | undefined) =>
      job?.id === undefined
        ? []
        : [{ id: job.id, job: readJob(job.data), reason: job.failedReason ?? 'unknown' }],
    );
  }

  /** Removes dead letters, so that their jobs can be put in again. */
  async remove(ids: readonly string[]): Promise<void> {
    for (const id of ids) await this.#queue.remove(id);
  }

  async putPlan(plan: FleetPlan): Promise<void> {
    await this.#redis.client.set(keyOfPlan(planId(plan)), JSON.stringify(plan), 'EX', PLAN_SECONDS);
  }

  /** Reads a plan as it stands there; undefined where there is none. */
  async plan(id: string): Promise<string | undefined> {
    return (await this.#redis.client.get(keyOfPlan(id))) ?? undefined;
  }

  async putProgress(plan: string, progress: FleetProgress): Promise<void> {
    const key = `${KEY_PREFIX}:fleets:${this.name}`;
    await this.#redis.client.hset(key, plan, JSON.stringify(progress));
    await this.#redis.client.expire(key, PLAN_SECONDS);
  }

  /** Forgets a fleet that has come to its end. */
  async endFleet(plan: string): Promise<void> {
    await this.#redis.client.hdel(`${KEY_PREFIX}:fleets:${this.name}`, plan);
  }

  /** Lists the fleets that have not come to their end. */
  async fleets(): Promise<readonly FleetProgress[]> {
    const found = await this.#redis.client.hgetall(`${KEY_PREFIX}:fleets:${this.name}`);
    return Object.values(found).flatMap(readProgress);
  }

  /** Says that a worker is there. */
  async sign({ worker, jobs }: Pick<WorkerSign, 'worker' | 'jobs'>): Promise<void> {
    const key = `${KEY_PREFIX}:workers:${this.name}`;
    await this.#redis.client.hset(key, worker, JSON.stringify({ jobs, at: Date.now() }));
    await this.#redis.client.expire(key, PLAN_SECONDS);
  }

  async signOff(worker: string): Promise<void> {
    await this.#redis.client.hdel(`${KEY_PREFIX}:workers:${this.name}`, worker);
  }

  /** Lists the workers that are there; what dead ones left is removed. */
  async workers(): Promise<readonly WorkerSign[]> {
    const key = `${KEY_PREFIX}:workers:${this.name}`;
    const found = Object.entries(await this.#redis.client.hgetall(key)).map(([worker, text]) => {
      const { jobs, at } = parse(text);
      return { worker, jobs: Number(jobs) || 0, at: Number(at) || 0 };
    });
    const gone = found.filter(({ at }) => Date.now() - at > AWAY_MS);
    if (gone.length > 0) await this.#redis.client.hdel(key, ...gone.map(({ worker }) => worker));
    return found.filter(({ at }) => Date.now() - at <= AWAY_MS);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // The connection is somebody else's, who may have closed it.
    if (this.#redis.client.status === 'ready') await this.#queue.close().catch(() => undefined);
  }
}

function keyOfPlan(id: string): string {
  return `${KEY_PREFIX}:plan:${id}`;
}

function readProgress(text: string): readonly FleetProgress[] {
  const { directory, samples, done, failed, at } = parse(text);
  if (typeof directory !== 'string') return [];
  const [all = 0, ready = 0, lost = 0, when = 0] = [samples, done, failed, at].map(Number);
  return [{ directory, samples: all, done: ready, failed: lost, at: when }];
}

function parse(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** @throws ConfigError for a name of a queue that cannot be one */
export function checkQueueName(name: string): void {
  if (/^[\w.-]{1,100}$/.test(name)) return;
  throw new ConfigError(
    'name',
    `The name of a queue has letters, digits, "_", "-" and "." alone, not ${showValue(name)}.`,
  );
}
