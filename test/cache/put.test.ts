import { readFile } from 'node:fs/promises';
import { expect, onTestFinished, test } from 'vitest';
import { CacheManager } from '../../src/cache/cache-manager.ts';
import { isVascuError } from '../../src/core/errors.ts';
import { failureOf, makeFolder } from '../temporary-folder.ts';
import { contentOf, keyOf } from './cached-files.ts';

const KEY = keyOf('a.bin');
const CONTENT = contentOf('a.bin', 50);

async function openCache(): Promise<CacheManager> {
  const cache = await CacheManager.open({ cacheDir: await makeFolder(), maxSize: 100 });
  onTestFinished(() => cache.close());
  return cache;
}

test('what is put is there, and held until it is let go', async () => {
  const cache = await openCache();
  const held = await cache.put(KEY, CONTENT);
  expect(new Uint8Array(await readFile(held.path))).toEqual(CONTENT);
  expect((await cache.listSources())[0]?.held).toBe(1);
  held.release();
  expect((await cache.listSources())[0]?.held).toBe(0);
});

test('what is there already stays as it is', async () => {
  const cache = await openCache();
  (await cache.put(KEY, CONTENT)).release();
  using held = await cache.put(KEY, new Uint8Array(50));
  expect(new Uint8Array(await readFile(held.path))).toEqual(CONTENT);
});

test('what somebody left in the middle is not its beginning', async () => {
  const cache = await openCache();
  const room = await cache.acquire(KEY, { size: 50 });
  if (!('write' in room)) throw new Error('it is there already');
  await room.write(new Uint8Array(20));
  await room.abandon({ keep: true });
  using held = await cache.put(KEY, CONTENT);
  expect(new Uint8Array(await readFile(held.path))).toEqual(CONTENT);
});

test('what fails leaves no room set aside', async () => {
  const cache = await openCache();
  const checksum = { algorithm: 'sha256', value: '00'.repeat(32) } as const;
  const error = await failureOf(cache.put(KEY, CONTENT, { checksum }));
  expect(isVascuError(error, 'INTEGRITY')).toBe(true);
  expect(await cache.getCacheStats()).toMatchObject({ totalSize: 0, unfinished: { files: 0 } });
});
