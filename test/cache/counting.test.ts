import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { expect, onTestFinished, test } from 'vitest';
import { CacheManager } from '../../src/cache/cache-manager.ts';
import { DataStreamer } from '../../src/streamers/data-streamer.ts';
import { MemorySource } from '../streamers/memory-source.ts';
import { makeFolder } from '../temporary-folder.ts';
import { keyOf, obtain } from './cached-files.ts';

const SIZE = 1000;

async function openTwo(): Promise<readonly [CacheManager, CacheManager]> {
  const cacheDir = join(await makeFolder(), 'cache');
  const both = [await CacheManager.open({ cacheDir }), await CacheManager.open({ cacheDir })] as const;
  onTestFinished(async () => {
    for (const each of both) await each.close();
  });
  return both;
}

test('uses of a file that is held all the time are told to another manager at once', async () => {
  const [first, second] = await openTwo();
  const { entry } = await obtain(first, 'a.vtu', SIZE);
  for (let use = 0; use < 5; use++) (await first.hold(keyOf('a.vtu')))?.release();
  expect(await second.getCacheStats()).toMatchObject({ hits: 5, misses: 1 });
  entry.release();
  expect(await first.getCacheStats()).toMatchObject({ hits: 5, misses: 1 });
});

test('uses of a streamer are told to a manager of the same folder at once', async () => {
  const [first, second] = await openTwo();
  const source = new MemorySource();
  for (const name of ['a', 'b', 'c']) source.put(`${name}.vtu`, new Uint8Array(SIZE));
  const streamer = new DataStreamer(source, { cache: first });
  onTestFinished(() => streamer.close());
  for (let round = 0; round < 4; round++) {
    for (const name of ['a', 'b', 'c']) await streamer.getFile(`${name}.vtu`);
  }
  expect(await second.getCacheStats()).toMatchObject({ hits: 9, misses: 3 });
});

test('uses in another thread are told without being asked for', async () => {
  const [first] = await openTwo();
  (await obtain(first, 'a.vtu', SIZE)).entry.release();
  const module = new URL('../../src/cache/cache-manager.ts', import.meta.url).href;
  const worker = new Worker(
    `const { workerData, parentPort } = require('node:worker_threads');
    (async () => {
      const { CacheManager } = await import(workerData.module);
      const cache = await CacheManager.open({ cacheDir: workerData.cacheDir });
      const held = await cache.hold(workerData.key);
      for (let use = 0; use < 6; use++) (await cache.hold(workerData.key)).release();
      parentPort.once('message', async () => { held.release(); await cache.close(); });
      parentPort.postMessage('used');
    })();`,
    { eval: true, workerData: { module, cacheDir: first.cacheDir, key: keyOf('a.vtu') } },
  );
  onTestFinished(async () => {
    await worker.terminate();
  });
  await new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  let hits = 0;
  // It is told within a few turns of that thread's event loop.
  while (hits < 7) {
    ({ hits } = await first.getCacheStats());
    await delay(5);
  }
  expect(hits).toBe(7);
});
