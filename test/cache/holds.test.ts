import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { expect, onTestFinished, test } from 'vitest';
import { CacheManager } from '../../src/cache/cache-manager.ts';
import type { CacheManagerOptions } from '../../src/cache/cache-options.ts';
import { makeFolder } from '../temporary-folder.ts';
import { contentOf, faultsOf, keyOf, obtain } from './cached-files.ts';

/** Two users of one cache, as two processes are. */
async function openTwo(options: CacheManagerOptions): Promise<readonly [CacheManager, CacheManager]> {
  const cacheDir = await makeFolder();
  const both = [
    await CacheManager.open({ cacheDir, ...options }),
    await CacheManager.open({ cacheDir, ...options }),
  ] as const;
  onTestFinished(async () => {
    for (const cache of both) await cache.close();
  });
  return both;
}

test('what was let go makes room for another user', async () => {
  const [one, two] = await openTwo({ maxSize: 10 });
  (await obtain(one, 'a.vtu', 10)).entry.release();
  const { entry } = await obtain(two, 'b.vtu', 10);
  expect(new Uint8Array(await readFile(entry.path))).toEqual(contentOf('b.vtu', 10));
});

test('what was let go and is held again stays, though the release is told to the index late', async () => {
  const [one, two] = await openTwo({ maxSize: 20, roomTimeoutMs: 100 });
  (await obtain(one, 'a.vtu', 10)).entry.release();
  const again = await one.hold(keyOf('a.vtu'));
  await one.getCacheStats();
  await two.clearAll();
  for (const path of ['b.vtu', 'c.vtu', 'd.vtu']) (await obtain(two, path, 10)).entry.release();
  expect(new Uint8Array(await readFile(again?.path ?? ''))).toEqual(contentOf('a.vtu', 10));
});

test('what another user cleared after it was let go here goes', async () => {
  const [one, two] = await openTwo({ maxSize: 20 });
  const { entry } = await obtain(one, 'a.vtu', 10);
  entry.release();
  await two.clearAll();
  await one.getCacheStats();
  expect(existsSync(entry.path)).toBe(false);
  expect((await two.getCacheStats()).totalSize).toBe(0);
});

test('many files let go at once are all let go', async () => {
  const [one, two] = await openTwo({ maxSize: 3000 });
  const held = [];
  for (let index = 0; index < 300; index++) held.push((await obtain(one, `${index}.vtu`, 10)).entry);
  for (const entry of held) entry.release();
  await one.getCacheStats();
  await two.clearAll();
  expect((await two.getCacheStats()).totalSize).toBe(0);
  expect(held.filter(({ path }) => existsSync(path))).toEqual([]);
});

test.each([
  ['small', 30_000, 20_000],
  ['large', 3_000_000, 2_000_000],
])('the beginning of a %s file is kept, gone on from, and begun anew', async (_, size, part) => {
  const [one, two] = await openTwo({ maxSize: 10_000_000 });
  const back = new Set<Uint8Array>();
  let given = 0;
  const content = contentOf('a.vtu', size);
  const first = await one.acquire(keyOf('a.vtu'), { size });
  if (!('write' in first)) throw new Error('is there already');
  const write = async (room: typeof first, from: number, to: number): Promise<void> => {
    for (let at = from; at < to; at += part / 4) {
      given++;
      await room.write(content.slice(at, Math.min(to, at + part / 4)), (bytes) => back.add(bytes));
    }
  };
  await write(first, 0, part);
  await first.restart();
  expect(back.size).toBe(given);
  await write(first, 0, part);
  await first.abandon({ keep: true });
  expect(back.size).toBe(given);
  const second = await two.acquire(keyOf('a.vtu'), { size });
  if (!('write' in second)) throw new Error('is there already');
  expect(second.received).toBe(part);
  await write(second, part, size);
  const held = await second.publish();
  expect(back.size).toBe(given);
  expect(Buffer.from(content).equals(await readFile(held.path))).toBe(true);
  held.release();
  expect(await two.verify()).toMatchObject({ ok: 1, damaged: [], unhashed: 0 });
  await one.close();
  await two.close();
  expect(faultsOf(two.cacheDir, 10_000_000, () => content)).toEqual([]);
});
