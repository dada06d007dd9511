import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { CacheIndex } from '../../src/cache/cache-index.ts';
import { CacheManager } from '../../src/cache/cache-manager.ts';
import { failureOf, makeFolder } from '../temporary-folder.ts';
import { faultsOf, keyOf, obtain } from './cached-files.ts';

const MAX_SIZE = 1e6;
const NAMES = Array.from({ length: 32 }, (_, index) => `${index}.vtu`);

async function openCache(maxSize: number = MAX_SIZE): Promise<CacheManager> {
  const cache = await CacheManager.open({ cacheDir: join(await makeFolder(), 'cache'), maxSize });
  onTestFinished(() => cache.close());
  return cache;
}

/** Fetches of one cache at a time, each set aside and not written yet. */
async function beginAll(cache: CacheManager, names: readonly string[]) {
  const rooms = await Promise.all(names.map((name) => cache.acquire(keyOf(name), { size: 10 })));
  return rooms.map((room) => {
    if (!('write' in room)) throw new Error('it is there already');
    return room;
  });
}

test('files that come near each other share transactions, and each is there once it is told of', async () => {
  const cache = await openCache();
  const transactions = vi.spyOn(CacheIndex.prototype, 'transaction');
  onTestFinished(() => transactions.mockRestore());
  await Promise.all(
    NAMES.map(async (name) => {
      const { entry } = await obtain(cache, name, 100);
      expect(await cache.find(keyOf(name))).toBe(entry.path);
      entry.release();
    }),
  );
  // One to set room aside and one to publish each were 64; a slow disk makes them come one by one.
  expect(transactions.mock.calls.length).toBeLessThan(48);
  expect(await cache.getCacheStats()).toMatchObject({ fileCount: 32, totalSize: 3200, misses: 32 });
  await cache.close();
  expect(faultsOf(cache.cacheDir, MAX_SIZE)).toEqual([]);
});

test('a file that comes alone waits for no other one', async () => {
  const cache = await openCache();
  vi.useFakeTimers({ toFake: ['setTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  expect((await obtain(cache, 'alone.vtu', 100)).hit).toBe(false);
});

test('of changes that are made together the failure of one is its own', async () => {
  const cache = await openCache(100);
  const rooms = await beginAll(cache, NAMES.slice(0, 6));
  const wanted = NAMES.slice(0, 8).map((name) => keyOf(name, '2'));
  // Nothing can be removed for what is larger than what is left, and each of the others finds its room.
  const tried = wanted.map((key, at) => cache.acquire(key, { size: at === 3 ? 200 : 5, mayWait: false }));
  const outcomes = await Promise.allSettled(tried);
  expect(outcomes.map(({ status }) => status)).toEqual(
    wanted.map((_, at) => (at === 3 ? 'rejected' : 'fulfilled')),
  );
  for (const outcome of outcomes) {
    if (outcome.status === 'fulfilled' && 'write' in outcome.value)
      await outcome.value.abandon({ keep: false });
  }
  for (const room of rooms) await room.abandon({ keep: false });
  expect(await cache.getCacheStats()).toMatchObject({ totalSize: 0 });
});

test('what throws inside a shared transaction takes nothing of the others with it', async () => {
  const cache = await openCache();
  const rooms = await beginAll(cache, NAMES.slice(0, 6));
  const { insert } = CacheIndex.prototype;
  const inserted = vi.spyOn(CacheIndex.prototype, 'insert').mockImplementation(function (
    this: CacheIndex,
    row,
  ) {
    if (row.path === '7.vtu') throw new Error('the disk is on fire');
    insert.call(this, row);
  });
  onTestFinished(() => inserted.mockRestore());
  const tried = await Promise.allSettled(
    NAMES.slice(6, 12).map(async (name) => (await obtain(cache, name, 100)).entry.release()),
  );
  expect(tried.map(({ status }) => status)).toEqual([
    'fulfilled',
    'rejected',
    ...Array.from({ length: 4 }, () => 'fulfilled'),
  ]);
  expect(String((tried[1] as PromiseRejectedResult).reason)).toMatch(/on fire/);
  for (const room of rooms) await room.abandon({ keep: false });
  expect(await cache.getCacheStats()).toMatchObject({ totalSize: 500, fileCount: 5 });
});

test('what is given up while it waits for others sets nothing aside', async () => {
  const cache = await openCache();
  const rooms = await beginAll(cache, NAMES.slice(0, 6));
  const own = new AbortController();
  const reason = new Error('no longer wanted');
  const waiting = cache.acquire(keyOf('late.vtu'), { size: 50, signal: own.signal });
  own.abort(reason);
  expect(await failureOf(waiting)).toBe(reason);
  for (const room of rooms) await room.abandon({ keep: false });
  expect(await cache.getCacheStats()).toMatchObject({ totalSize: 0, misses: 6 });
});

test('closing makes what waits', async () => {
  const cache = await openCache();
  const names = NAMES.slice(0, 6);
  const rooms = await beginAll(cache, names);
  for (const room of rooms) await room.write(new Uint8Array(10));
  const published = Promise.allSettled(rooms.map((room) => room.publish()));
  await cache.close();
  await published;
  const again = await CacheManager.open({ cacheDir: cache.cacheDir, maxSize: MAX_SIZE });
  const { fileCount } = await again.getCacheStats();
  const found = await Promise.all(names.map((name) => again.find(keyOf(name))));
  await again.close();
  expect(found.filter((path) => path !== undefined)).toHaveLength(fileCount);
  expect(faultsOf(cache.cacheDir, MAX_SIZE, (_, size) => new Uint8Array(size))).toEqual([]);
});
