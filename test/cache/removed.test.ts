import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { CacheManager } from '../../src/cache/cache-manager.ts';
import { makeFolder } from '../temporary-folder.ts';
import { contentOf, faultsOf, keyOf, obtain } from './cached-files.ts';

const SIZE = 2000;
const LIMIT = 100 * SIZE;
const LARGE = 17 * 1024 ** 2;

/** Everything of a cache that may be removed on its own, and all of it. */
const PIECES = [
  '',
  'objects',
  'objects/*',
  'objects/*/*',
  'tmp',
  'owners',
  'owners/*',
  'index.db',
  'index.db-wal',
  'index.db-shm',
  'format.json',
  'CACHEDIR.TAG',
];

async function open(): Promise<{ readonly cacheDir: string; readonly cache: CacheManager }> {
  const cacheDir = join(await makeFolder(), 'cache');
  const cache = await CacheManager.open({ cacheDir, maxSize: LIMIT });
  onTestFinished(() => cache.close());
  return { cacheDir, cache };
}

/** Removes the piece, every one of its kind. */
async function remove(cacheDir: string, piece: string): Promise<void> {
  let paths = [cacheDir];
  for (const part of piece === '' ? [] : piece.split('/')) {
    const found: string[] = [];
    for (const path of paths) {
      const names = part === '*' ? await readdir(path) : [part];
      found.push(...names.map((name) => join(path, name)));
    }
    paths = found;
  }
  for (const path of paths) await rm(path, { recursive: true, force: true });
}

async function expectRight(cache: CacheManager, path: string): Promise<void> {
  using held = (await obtain(cache, path, SIZE)).entry;
  expect(new Uint8Array(await readFile(held.path))).toEqual(contentOf(path, SIZE));
}

/** Afterwards the cache is one again that keeps what it is given. */
async function expectWhole(cache: CacheManager, cacheDir: string): Promise<void> {
  for (const path of ['a.vtu', 'b.vtu', 'x.vtu']) await expectRight(cache, path);
  expect((await obtain(cache, 'x.vtu', SIZE)).hit).toBe(true);
  await cache.close();
  expect(faultsOf(cacheDir, LIMIT)).toEqual([]);
}

describe.each(PIECES)('a cache of which "%s" is removed', (piece) => {
  test('while nothing is held is filled again', async () => {
    const { cacheDir, cache } = await open();
    for (const path of ['a.vtu', 'b.vtu']) await expectRight(cache, path);
    await remove(cacheDir, piece);
    await expectWhole(cache, cacheDir);
  });

  test('while a file is held lets it go and fetches it again', async () => {
    const { cacheDir, cache } = await open();
    const { entry } = await obtain(cache, 'a.vtu', SIZE);
    await remove(cacheDir, piece);
    await expectRight(cache, 'a.vtu');
    entry.release({ remove: true });
    await expectWhole(cache, cacheDir);
  });

  test('in the middle of a fetch keeps what comes', async () => {
    const { cacheDir, cache } = await open();
    const room = await cache.acquire(keyOf('a.vtu'), { size: SIZE });
    if (!('write' in room)) throw new Error('it was there');
    await room.write(contentOf('a.vtu', SIZE).slice(0, 500));
    await remove(cacheDir, piece);
    await room.write(contentOf('a.vtu', SIZE).slice(500));
    using held = await room.publish();
    expect(new Uint8Array(await readFile(held.path))).toEqual(contentOf('a.vtu', SIZE));
    held.release();
    await expectWhole(cache, cacheDir);
  });

  test('in the middle of a fetch that is given up forgets it', async () => {
    const { cacheDir, cache } = await open();
    const room = await cache.acquire(keyOf('a.vtu'), { size: SIZE });
    if (!('write' in room)) throw new Error('it was there');
    await room.write(contentOf('a.vtu', SIZE).slice(0, 500));
    await remove(cacheDir, piece);
    await room.abandon({ keep: true });
    await expectWhole(cache, cacheDir);
  });

  test('can be asked about, cleaned, cleared and verified', async () => {
    const { cacheDir, cache } = await open();
    for (const path of ['a.vtu', 'b.vtu']) await expectRight(cache, path);
    for (const ask of [
      () => cache.getCacheStats(),
      () => cache.listSources(),
      () => cache.find(keyOf('a.vtu')),
      () => cache.hold(keyOf('a.vtu')),
      () => cache.bytesOf(keyOf('a.vtu')),
      () => cache.verify({ repair: true }),
      () => cache.cleanup({ unfinished: true }),
      () => cache.clearAll(),
    ]) {
      await remove(cacheDir, piece);
      const found = await ask();
      if (found !== null && typeof found === 'object' && 'release' in found) found.release();
    }
    await expectWhole(cache, cacheDir);
  });
});

describe('a cache that is removed', () => {
  test('never ends the process by what is let go afterwards', async () => {
    const uncaught: unknown[] = [];
    const collect = (error: unknown): number => uncaught.push(error);
    process.on('uncaughtExceptionMonitor', collect);
    onTestFinished(() => {
      process.off('uncaughtExceptionMonitor', collect);
    });
    const { cacheDir, cache } = await open();
    for (let round = 0; round < 30; round++) {
      const paths = ['a', 'b', 'c', 'd'].map((name) => `${name}${round}.vtu`);
      const got = await Promise.all(paths.map((path) => obtain(cache, path, SIZE)));
      for (const { entry } of got.slice(0, 2)) entry.release();
      // While the folder is opened again the pins' timer runs.
      const removing = remove(cacheDir, round % 2 === 0 ? '' : 'index.db');
      const again = Promise.all(paths.map((path) => obtain(cache, path, SIZE)));
      await removing;
      for (const { entry } of [...got.slice(2), ...(await again)]) entry.release({ remove: round % 3 === 0 });
    }
    expect(uncaught).toEqual([]);
    await expectWhole(cache, cacheDir);
  });

  test('and made anew by another user is shared with that one', async () => {
    const { cacheDir, cache } = await open();
    await expectRight(cache, 'a.vtu');
    await remove(cacheDir, '');
    await using other = await CacheManager.open({ cacheDir, maxSize: LIMIT });
    await expectRight(other, 'b.vtu');
    expect((await obtain(cache, 'c.vtu', SIZE)).hit).toBe(false);
    expect((await obtain(cache, 'b.vtu', SIZE)).hit).toBe(true);
    expect((await obtain(other, 'c.vtu', SIZE)).hit).toBe(true);
  });

  test('and put aside is left as it is', async () => {
    const { cacheDir, cache } = await open();
    await expectRight(cache, 'a.vtu');
    await rename(cacheDir, `${cacheDir}-before`);
    await expectRight(cache, 'b.vtu');
    await expectWhole(cache, cacheDir);
    expect(existsSync(join(`${cacheDir}-before`, 'objects'))).toBe(true);
  });

  test.each(['a file', 'a folder of somebody'])(
    'with %s in its place goes on without a cache, which it says once',
    async (what) => {
      const warnings: string[] = [];
      const collect = (warning: Error & { code?: string }): number => warnings.push(warning.code ?? '');
      process.on('warning', collect);
      onTestFinished(() => {
        process.off('warning', collect);
      });
      const { cacheDir, cache } = await open();
      const held = (await obtain(cache, 'a.vtu', SIZE)).entry;
      await remove(cacheDir, '');
      if (what === 'a file') await writeFile(cacheDir, 'mine');
      else {
        await mkdir(cacheDir);
        await writeFile(join(cacheDir, 'mine'), 'mine');
      }
      held.release();
      for (const path of ['a.vtu', 'b.vtu', 'a.vtu']) await expectRight(cache, path);
      const mine = what === 'a file' ? cacheDir : join(cacheDir, 'mine');
      expect(await readFile(mine, 'utf8')).toBe('mine');
      if (what !== 'a file') expect(await readdir(cacheDir)).toEqual(['mine']);
      expect(warnings).toEqual(['VASCUSIM_CACHE_READ_ONLY']);
    },
  );

  test('while a large file is fetched, of which others cut what was safe, has it begun anew', async () => {
    const { cacheDir, cache } = await open();
    await cache.close();
    await using large = await CacheManager.open({ cacheDir, maxSize: 2 * LARGE });
    const content = contentOf('large.vtu', LARGE);
    const room = await large.acquire(keyOf('large.vtu'), { size: LARGE });
    if (!('write' in room)) throw new Error('it was there');
    for (let at = 0; at < LARGE; at += 1024 ** 2) await room.write(content.slice(at, at + 1024 ** 2));
    // Without its lock it counts as dead: another user takes what is safe for a beginning.
    await remove(cacheDir, 'owners/*');
    await (await CacheManager.open({ cacheDir, maxSize: 2 * LARGE })).close();
    const publishing = room.publish().catch(async () => {
      await room.restart();
      for (let at = 0; at < LARGE; at += 1024 ** 2) await room.write(content.slice(at, at + 1024 ** 2));
      return room.publish();
    });
    using held = await publishing;
    expect((await readFile(held.path)).equals(content)).toBe(true);
  });
});
