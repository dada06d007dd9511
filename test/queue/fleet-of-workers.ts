import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { onTestFinished } from 'vitest';
import { type ConvertReport, VascuDataset } from '../../src/index.ts';
import { FleetQueue } from '../../src/queue/fleet-queue.ts';
import { type FleetOptions, runFleet } from '../../src/queue/fleet-run.ts';
import { readRedisAddress } from '../../src/queue/redis-address.ts';
import { RedisConnection } from '../../src/queue/redis-connection.ts';
import { type RedisServer, USER } from '../servers/redis.ts';
import { makeFolder } from '../temporary-folder.ts';

/** Time for which the jobs of the tests' workers are theirs without a word, milliseconds. */
const LOCK_MS = 1_500;

/** A worker that runs as a program of its own. */
export interface RunningWorker {
  readonly child: ChildProcess;
  /** Waits until it says this. */
  says(text: string): Promise<void>;
  /** Its exit code; null where it was killed. */
  readonly ended: Promise<number | null>;
  /** What it has said so far. */
  said(): string;
}

/** Starts a worker. */
export async function startWorker(
  { address }: RedisServer,
  wishes: Readonly<Record<string, unknown>> = {},
): Promise<RunningWorker> {
  const cache = await makeFolder();
  const options = JSON.stringify({ lockMs: LOCK_MS, ...wishes });
  const child = spawn(process.execPath, [resolve('test/queue/processes/worker.ts'), address, options], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, VASCUSIM_REDIS_PASSWORD: USER.password, VASCUSIM_CACHE_DIR: cache },
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => void (text += part));
  const ended = once(child, 'exit').then(([code]) => code as number | null);
  return {
    child,
    ended,
    said: () => text,
    async says(wanted) {
      while (!text.includes(wanted)) await once(child.stdout, 'data');
    },
  };
}

/** Connects as the user of the tests. */
export async function connect({ address }: Pick<RedisServer, 'address'>): Promise<RedisConnection> {
  const redis = await RedisConnection.open({
    address: readRedisAddress(address),
    password: USER.password,
  });
  onTestFinished(() => redis[Symbol.asyncDispose]());
  return redis;
}

/** Runs a fleet over a folder. */
export async function fleet(
  server: RedisServer,
  sourceUrl: string,
  directory: string,
  options: Partial<FleetOptions> = {},
): Promise<ConvertReport> {
  const redis = await connect(server);
  await using queue = await FleetQueue.open(redis, 'convert');
  await using dataset = await VascuDataset.open({ sourceUrl });
  return await runFleet(dataset, directory, queue, {
    source: { address: sourceUrl, options: {} },
    results: { to: 'safetensors' },
    ahead: 50,
    attempts: 3,
    ...options,
  });
}
