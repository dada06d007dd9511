import { mkdir, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { objectName } from '../../src/cache/cache-key.ts';
import { CacheManager } from '../../src/cache/cache-manager.ts';
import { isVascuError } from '../../src/core/errors.ts';
import { makeFolder } from '../temporary-folder.ts';
import { contentOf, keyOf, obtain } from './cached-files.ts';

const SIZE = 2000;
const LIMIT = 100 * SIZE;

/** What may take the place of a piece of a cache. */
const REPLACEMENTS: Readonly<Record<string, (path: string) => Promise<unknown>>> = {
  'a link to itself': (path) => symlink(path, path),
  'a link to nowhere': (path) => symlink(join(path, '..', '..', 'nowhere'), path),
  'a file': (path) => writeFile(path, 'mine'),
  'a folder': (path) => mkdir(path),
};
const PIECES = ['objects', 'tmp', 'owners', 'index.db', 'index.db-wal', 'format.json', 'CACHEDIR.TAG'];
const WAYS = PIECES.flatMap((piece) => Object.keys(REPLACEMENTS).map((by) => [piece, by] as const));

test.each(WAYS)('a cache whose "%s" becomes %s works, or says why not, and is closed', async (piece, by) => {
  const cacheDir = join(await makeFolder(), 'cache');
  const cache = await CacheManager.open({ cacheDir, maxSize: LIMIT });
  const { entry } = await obtain(cache, 'a.vtu', SIZE);
  await rm(join(cacheDir, piece), { recursive: true, force: true });
  await REPLACEMENTS[by]?.(join(cacheDir, piece));
  const errors: unknown[] = [];
  const note = (error: unknown): number => errors.push(error);
  await obtain(cache, 'b.vtu', SIZE).then((got) => got.entry.release(), note);
  await cache.getCacheStats().catch(note);
  entry.release({ remove: true });
  await cache.cleanup({ unfinished: true }).catch(note);
  await cache.clearAll().catch(note);
  await cache.close();
  await CacheManager.open({ cacheDir, maxSize: LIMIT }).then((again) => again.close(), note);
  expect(errors.filter((error) => !isVascuError(error, 'CACHE', 'CONFIG'))).toEqual([]);
});

describe('a cache', () => {
  test('begins its index anew where a folder lies in its place, also a second time', async () => {
    const cacheDir = join(await makeFolder(), 'cache');
    for (let round = 0; round < 3; round++) {
      await using cache = await CacheManager.open({ cacheDir, maxSize: LIMIT });
      expect((await obtain(cache, 'a.vtu', SIZE)).hit).toBe(round > 0);
      await cache.close();
      await rm(join(cacheDir, 'index.db'));
      await mkdir(join(cacheDir, 'index.db'));
    }
  });

  test.each([0, 10, 60])('whose tag was cut to %i bytes and that has nothing else is one', async (bytes) => {
    const cacheDir = join(await makeFolder(), 'cache');
    await (await CacheManager.open({ cacheDir })).close();
    await truncate(join(cacheDir, 'CACHEDIR.TAG'), bytes);
    await rm(join(cacheDir, 'format.json'));
    await using cache = await CacheManager.open({ cacheDir });
    expect((await obtain(cache, 'a.vtu', SIZE)).hit).toBe(false);
  });

  test('fetches a file again that was cut while the index was lost', async () => {
    const cacheDir = join(await makeFolder(), 'cache');
    const before = await CacheManager.open({ cacheDir, maxSize: LIMIT });
    (await obtain(before, 'a.vtu', SIZE)).entry.release();
    await before.close();
    const name = objectName(keyOf('a.vtu'));
    await truncate(join(cacheDir, 'objects', name.slice(0, 2), name), SIZE / 2);
    await rm(join(cacheDir, 'index.db'));
    await using cache = await CacheManager.open({ cacheDir, maxSize: LIMIT });
    await cache.getCacheStats();
    const { hit, entry } = await obtain(cache, 'a.vtu', SIZE);
    expect([hit, (await stat(entry.path)).size]).toEqual([false, contentOf('a.vtu', SIZE).length]);
  });
});
