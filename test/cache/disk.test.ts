import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { CacheManager } from '../../src/cache/cache-manager.ts';
import { isVascuError } from '../../src/core/errors.ts';
import { failureOf } from '../temporary-folder.ts';
import { bytesOnDisk, contentOf, faultsOf, keyOf, obtain } from './cached-files.ts';
import { describeWithMounts, forbidWriting, mountDisk, remount } from './mounts.ts';

const LIMIT = 100 * 1024 ** 2;

/** The codes of warnings that this test causes. */
function collectWarnings(): string[] {
  const codes: string[] = [];
  const collect = (warning: Error & { code?: string }): number => codes.push(warning.code ?? warning.name);
  process.on('warning', collect);
  onTestFinished(() => {
    process.off('warning', collect);
  });
  return codes;
}

async function content(path: string): Promise<Uint8Array> {
  return new Uint8Array(await readFile(path));
}

describeWithMounts('a full disk', () => {
  test('loses what was not used for longest, though the limit would allow more', async () => {
    const disk = await mountDisk(6 * 1024);
    await using cache = await CacheManager.open({ cacheDir: join(disk, 'cache'), maxSize: LIMIT });
    for (let round = 0; round < 60; round++) {
      const path = `${round}.vtu`;
      const { entry } = await obtain(cache, path, 400_000, { chunk: 64_000 });
      expect(await content(entry.path)).toEqual(contentOf(path, 400_000));
      entry.release();
    }
    expect(bytesOnDisk(cache.cacheDir)).toBeGreaterThan(3_000_000);
  });

  test('that others fill and empty meanwhile ends in right bytes or a CacheError, and recovers', async () => {
    const disk = await mountDisk(6 * 1024);
    const cacheDir = join(disk, 'cache');
    const cache = await CacheManager.open({ cacheDir, maxSize: LIMIT });
    const errors: unknown[] = [];
    for (let round = 0; round < 80; round++) {
      if (round % 20 === 5)
        await writeFile(join(disk, 'other'), Buffer.alloc(5 * 1024 ** 2)).catch(() => undefined);
      if (round % 20 === 15) await rm(join(disk, 'other'), { force: true });
      const path = `${round % 13}.vtu`;
      try {
        const { entry } = await obtain(cache, path, 300_000, { chunk: 50_000 });
        expect(await content(entry.path)).toEqual(contentOf(path, 300_000));
        entry.release();
      } catch (error) {
        errors.push(error);
      }
    }
    for (const error of errors) expect(isVascuError(error, 'CACHE'), String(error)).toBe(true);
    await rm(join(disk, 'other'), { force: true });
    (await obtain(cache, 'last.vtu', 300_000)).entry.release();
    await cache.verify({ repair: true });
    await cache.close();
    expect(faultsOf(cacheDir, LIMIT)).toEqual([]);
  });

  test('on which a file cannot lie is an error that says so, and leaves nothing', async () => {
    const disk = await mountDisk(3 * 1024);
    await using cache = await CacheManager.open({ cacheDir: join(disk, 'cache'), maxSize: LIMIT });
    const error = await failureOf(obtain(cache, 'a.vtu', 8_000_000, { chunk: 500_000 }));
    expect(isVascuError(error, 'CACHE')).toBe(true);
    expect(String(error)).toMatch(/disk of the cache is full.*a\.vtu.*cacheDir on another disk/);
    expect(bytesOnDisk(cache.cacheDir)).toBe(0);
    (await obtain(cache, 'b.vtu', 1000)).entry.release();
  });
});

describeWithMounts('a disk that cannot be written to', () => {
  test('still gives what lies on it; the rest is kept nowhere', async () => {
    const disk = await mountDisk(6 * 1024);
    const cacheDir = join(disk, 'cache');
    const before = await CacheManager.open({ cacheDir, maxSize: LIMIT });
    (await obtain(before, 'a.vtu', 1000)).entry.release();
    await before.close();
    remount(disk, 'ro');
    const warnings = collectWarnings();
    const cache = await CacheManager.open({ cacheDir, maxSize: LIMIT });
    const here = await obtain(cache, 'a.vtu', 1000);
    expect(here.hit).toBe(true);
    expect(await content(here.entry.path)).toEqual(contentOf('a.vtu', 1000));
    const there = await obtain(cache, 'b.vtu', 1000);
    expect(there.hit).toBe(false);
    expect(await content(there.entry.path)).toEqual(contentOf('b.vtu', 1000));
    there.entry.release();
    await cache.close();
    expect(existsSync(there.entry.path)).toBe(false);
    expect(warnings).toEqual(['VASCUSIM_CACHE_READ_ONLY']);
    remount(disk, 'rw');
  });

  test('may become so in the middle of the work', async () => {
    const disk = await mountDisk(6 * 1024);
    const cacheDir = join(disk, 'cache');
    const cache = await CacheManager.open({ cacheDir, maxSize: LIMIT });
    (await obtain(cache, 'a.vtu', 1000)).entry.release();
    forbidWriting(join(cacheDir, 'tmp'));
    const warnings = collectWarnings();
    for (const path of ['a.vtu', 'b.vtu', 'a.vtu']) {
      const { entry } = await obtain(cache, path, 1000);
      expect(await content(entry.path)).toEqual(contentOf(path, 1000));
      entry.release();
    }
    expect(await cache.find(keyOf('a.vtu'))).toBeDefined();
    await cache.close();
    expect(warnings).toEqual(['VASCUSIM_CACHE_READ_ONLY']);
  });
});
