/*
 * A process that asks a cache for files all the time, on two threads, and says what was wrong with them:
 * chaos.ts CACHE_DIR MAX_SIZE ORIGIN FILES SEED. On `terminate` on its standard input it ends one thread in the
 * middle of its work and starts another; on `end` it ends.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { CacheManager } from '../../../src/cache/cache-manager.ts';
import { isVascuError } from '../../../src/core/errors.ts';
import { contentOf, keyOf } from '../cached-files.ts';

interface Order {
  readonly cacheDir: string;
  readonly maxSize: number;
  readonly origin: string;
  readonly files: number;
  readonly seed: number;
}

/** Bytes of the file of this number: some large, most small. */
export function sizeOfFile(index: number): number {
  return 1000 + ((index * 7919) % 13) * 9000;
}

function say(kind: string, detail: string): void {
  process.stdout.write(`${JSON.stringify({ kind, detail })}\n`);
}

async function get(cache: CacheManager, order: Order, index: number, remove: boolean): Promise<void> {
  const path = `${index}.vtu`;
  const size = sizeOfFile(index);
  const sha256 = createHash('sha256').update(contentOf(path, size)).digest('hex');
  const room = await cache.acquire(keyOf(path), { size, checksum: { algorithm: 'sha256', value: sha256 } });
  let entry = room;
  if ('write' in entry) {
    const reservation = entry;
    try {
      const { body } = await fetch(`${order.origin}/${path}?from=${reservation.received}`);
      if (body === null) throw new Error('no body');
      for await (const chunk of body) await reservation.write(chunk as Uint8Array<ArrayBuffer>);
      entry = await reservation.publish();
    } catch (error) {
      await reservation.abandon({ keep: true });
      throw error;
    }
  }
  const content = readFileSync(entry.path);
  if (!content.equals(contentOf(path, size))) say('bad', `${path}: wrong bytes`);
  await new Promise((resolve) => setTimeout(resolve, 2));
  const again = readFileSync(entry.path);
  if (!again.equals(content)) say('bad', `${path}: changed while it was held`);
  entry.release({ remove });
}

async function work(order: Order): Promise<void> {
  const { cacheDir, maxSize, files } = order;
  const cache = await CacheManager.open({ cacheDir, maxSize });
  let state = order.seed;
  const random = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  let ended = false;
  parentPort?.once('message', () => {
    ended = true;
  });
  while (!ended) {
    try {
      // Some files are wanted far more often than others.
      await get(cache, order, Math.floor(files * random() ** 2), random() < 0.05);
      say('done', '');
    } catch (error) {
      const cut = error instanceof TypeError || isVascuError(error, 'INTEGRITY');
      if (!cut) say('bad', error instanceof Error ? (error.stack ?? error.message) : String(error));
    }
  }
  await cache.close();
}

if (!isMainThread) await work(workerData as Order);
else if (process.argv[1]?.endsWith('chaos.ts') === true) {
  const [cacheDir = '', maxSize, origin = '', files, seed] = process.argv.slice(2);
  const threads: Worker[] = [];
  let started = 0;
  const start = (): void => {
    const order: Order = {
      cacheDir,
      maxSize: Number(maxSize),
      origin,
      files: Number(files),
      seed: Number(seed) + 1000 * started++,
    };
    const thread = new Worker(new URL(import.meta.url), { workerData: order });
    thread.on('error', (error) => say('bad', error.stack ?? error.message));
    threads.push(thread);
  };
  start();
  start();
  let text = '';
  for await (const chunk of process.stdin) {
    text += String(chunk);
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
      const command = text.slice(0, end);
      text = text.slice(end + 1);
      if (command === 'terminate') {
        await threads.shift()?.terminate();
        start();
      }
      if (command === 'end') {
        const ends = threads.map((thread) => new Promise((resolve) => thread.once('exit', resolve)));
        for (const thread of threads) thread.postMessage('end');
        await Promise.all(ends);
        process.exit(0);
      }
    }
  }
}
