import { chmod, chown, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { CacheManager } from '../../src/cache/cache-manager.ts';
import { makeFolder } from '../temporary-folder.ts';
import { obtain } from './cached-files.ts';
import { ANN, BOB, describeWithUsers, GROUP, getAs, SIZE, type UserReport } from './users.ts';

const PATHS = ['a.vtu', 'b.vtu', 'c.json'];
const FAULTLESS = { wrong: [], errors: [] };

/** A cache of root's with some files. */
async function fill(): Promise<{ readonly cacheDir: string; readonly cache: CacheManager }> {
  const folder = await makeFolder();
  await chmod(folder, 0o755);
  const cacheDir = join(folder, 'cache');
  const cache = await CacheManager.open({ cacheDir, maxSize: 100 * SIZE });
  for (const path of PATHS) (await obtain(cache, path, SIZE)).entry.release();
  return { cacheDir, cache };
}

/** Lets everybody do everything in a folder. */
async function openToAll(folder: string): Promise<void> {
  await chmod(folder, 0o777);
  for (const name of await readdir(folder, { recursive: true })) {
    const path = join(folder, name);
    await chmod(path, (await stat(path)).isDirectory() ? 0o777 : 0o666);
  }
}

/** The path of a piece of a cache by what it is. */
async function find(cacheDir: string, piece: string): Promise<string> {
  const parts = [cacheDir];
  for (const part of piece.split('/')) {
    const names = (await readdir(join(...parts))).sort();
    parts.push(part === '*' ? (names[0] ?? '') : part);
  }
  return join(...parts);
}

/** The owner of a cache goes on as if nothing had been. */
async function expectUnharmed(cacheDir: string): Promise<void> {
  await using cache = await CacheManager.open({ cacheDir, maxSize: 100 * SIZE });
  for (const path of [...PATHS, 'later.vtu']) {
    using held = (await obtain(cache, path, SIZE)).entry;
    expect(held.size).toBe(SIZE);
  }
  expect((await cache.getCacheStats()).fileCount).toBeGreaterThanOrEqual(PATHS.length + 1);
  const report = await cache.verify();
  expect(report.damaged).toEqual([]);
}

describeWithUsers("a cache of root's", () => {
  test('whose files nobody else may read is filled by nobody else, and all come', async () => {
    const { cacheDir, cache } = await fill();
    await cache.close();
    const report = await getAs(BOB, '022', cacheDir, [...PATHS, 'd.vtu']);
    expect(report).toEqual({ ...FAULTLESS, hits: [], warnings: ['VASCUSIM_CACHE_READ_ONLY'] });
    await expectUnharmed(cacheDir);
  });

  test('of which files may be read serves these', async () => {
    const { cacheDir, cache } = await fill();
    await cache.close();
    const [first = '', ...others] = await readdir(join(cacheDir, 'objects'));
    for (const prefix of others) {
      const folder = join(cacheDir, 'objects', prefix);
      for (const name of await readdir(folder)) await chmod(join(folder, name), 0o644);
    }
    const report = await getAs(BOB, '022', cacheDir, [...PATHS, 'd.vtu']);
    expect(report.hits.length, first).toBe(PATHS.length - 1);
    expect(report).toMatchObject(FAULTLESS);
  });

  test('that cannot even be looked into is done without', async () => {
    const { cacheDir, cache } = await fill();
    await cache.close();
    await chmod(cacheDir, 0o700);
    const report = await getAs(BOB, '022', cacheDir, PATHS);
    expect(report).toEqual({ ...FAULTLESS, hits: [], warnings: ['VASCUSIM_CACHE_READ_ONLY'] });
    await expectUnharmed(cacheDir);
  });

  const pieces = [
    'CACHEDIR.TAG',
    'format.json',
    'index.db',
    'index.db-wal',
    'index.db-shm',
    'objects',
    'tmp',
    'owners',
    'objects/*',
    'objects/*/*',
    'owners/*',
  ];
  const modes = [
    ['unreadable', 0o700, 0o600],
    ['unwritable', 0o755, 0o644],
  ] as const;
  test.each(pieces.flatMap((piece) => modes.map((mode) => [piece, ...mode] as const)))(
    'that root has open and all share but for %s, which is %s, gives the right files and goes on',
    async (piece, _, folderMode, fileMode) => {
      const { cacheDir, cache } = await fill();
      await openToAll(cacheDir);
      const path = await find(cacheDir, piece);
      await chmod(path, (await stat(path)).isDirectory() ? folderMode : fileMode);
      const report: UserReport = await getAs(BOB, '022', cacheDir, [...PATHS, 'd.vtu', 'e.json']);
      expect(report).toMatchObject(FAULTLESS);
      for (const each of [...PATHS, 'd.vtu', 'f.vtu']) {
        using held = (await obtain(cache, each, SIZE)).entry;
        expect(held.size).toBe(SIZE);
      }
      await cache.close();
      await expectUnharmed(cacheDir);
    },
  );
});

describeWithUsers("a cache of somebody else's", () => {
  test.each(['index.db-wal', 'index.db-shm', 'index.db'])(
    'of which a former version left its %s to another user is taken back by its owner',
    async (name) => {
      const { cacheDir, cache } = await fill();
      const contents = await readdir(cacheDir, { recursive: true });
      for (const each of contents) await chown(join(cacheDir, each), ANN, GROUP);
      await chown(cacheDir, ANN, GROUP);
      await chown(join(cacheDir, name), BOB, GROUP);
      await chmod(join(cacheDir, name), 0o644);
      await chmod(cacheDir, 0o2775);
      const report = await getAs(ANN, '022', cacheDir, [...PATHS, 'd.vtu']);
      expect(report).toEqual({ ...FAULTLESS, hits: PATHS, warnings: [] });
      // It is kept from now on.
      expect((await getAs(ANN, '022', cacheDir, ['d.vtu'])).hits).toEqual(['d.vtu']);
      await cache.close();
    },
  );

  test('is not given companions of the index that its owner may not write', async () => {
    const { cacheDir, cache } = await fill();
    await cache.close();
    await openToAll(cacheDir);
    await chmod(join(cacheDir, 'index.db'), 0o644);
    const report = await getAs(BOB, '022', cacheDir, ['a.vtu', 'd.vtu']);
    expect(report).toMatchObject({ ...FAULTLESS, hits: ['a.vtu'], warnings: ['VASCUSIM_CACHE_READ_ONLY'] });
    expect((await readdir(cacheDir)).filter((name) => /-wal|-shm/.test(name))).toEqual([]);
  });
});
