import { setTimeout as delay } from 'node:timers/promises';
import { LocalSource, type Source, VascuDataset } from '../../../src/index.ts';
import { runWorker } from '../../../src/queue/queue-worker.ts';
import { readRedisAddress } from '../../../src/queue/redis-address.ts';
import { RedisConnection } from '../../../src/queue/redis-connection.ts';

/*
 * Worker whose files come slowly, or kill it: ADDRESS OPTIONS, as JSON. The password is in VASCUSIM_REDIS_PASSWORD. Says on
 * standard output what it reads, and at last what it did.
 */

/** What a test wants of it. */
interface Wishes {
  readonly lockMs: number;
  readonly untilEmpty?: boolean;
  /** Time that a file takes, milliseconds. */
  readonly delayMs?: number;
  /** Path of a file that kills whoever reads it. */
  readonly deadly?: string;
}

const [address = '', text = '{}'] = process.argv.slice(2);
const { lockMs, untilEmpty = false, delayMs = 0, deadly } = JSON.parse(text) as Wishes;

function slow(inner: LocalSource): Source {
  return {
    id: 'slow',
    list: (options) => inner.list(options),
    stat: (path, options) => inner.stat(path, options),
    async open(path, options) {
      if (path.endsWith('.vtu')) {
        console.log(`reads ${path}`);
        if (path === deadly) process.kill(process.pid, 'SIGKILL');
        await delay(delayMs, undefined, { signal: options?.signal });
      }
      return inner.open(path, options);
    },
    [Symbol.asyncDispose]: () => inner[Symbol.asyncDispose](),
  };
}

const stop = new AbortController();
process.once('SIGTERM', () => stop.abort(new Error('told to end')));
await using redis = await RedisConnection.open({
  address: readRedisAddress(address),
  password: process.env['VASCUSIM_REDIS_PASSWORD'],
});
const done = await runWorker(redis, {
  name: 'convert',
  jobs: 1,
  lockMs,
  untilEmpty,
  signal: stop.signal,
  open: ({ source }) =>
    VascuDataset.open({
      source: slow(new LocalSource({ sourceUrl: source.address })),
      cacheDir: process.env['VASCUSIM_CACHE_DIR'],
    }),
});
console.log(JSON.stringify(done));
