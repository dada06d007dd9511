import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { defaultCacheDir } from '../../src/cache/cache-directory.ts';
import { CacheManager } from '../../src/cache/cache-manager.ts';
import { explainDisk, explainFile, explainFolder, explainTemporary } from '../../src/cache/disk-error.ts';
import { isVascuError } from '../../src/core/errors.ts';
import { failureOf, makeFolder } from '../temporary-folder.ts';
import { contentOf, obtain } from './cached-files.ts';
import { describeWithMounts, mountDisk } from './mounts.ts';

const LIMIT = 100 * 1024 ** 2;

/** Sets a variable of the environment for this test. */
function setVariable(name: string, value: string | undefined): void {
  vi.stubEnv(name, value);
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
}

describe('a folder that cannot be a cache', () => {
  test.each([
    ['is a file', 'file', /it, or a part of its path, is a file/],
    ['lies below a file', 'file/below', /it, or a part of its path, is a file/],
    ['is a link to nowhere', 'link', /a link to a place that does not exist/],
    ['lies below a link to nowhere', 'link/below', /a link to a place that does not exist/],
    ['is a link to itself', 'circle', /a link in its path leads back to itself/],
    ['lies below a link to itself', 'circle/below', /a link in its path leads back to itself/],
    ['has a name that is too long', 'x'.repeat(300), /too long/],
    ['has a path that is too long', 'xxxxxxxxx/'.repeat(500), /too long/],
    ['has a path that is too long for SQLite', 'xxxxxxxxx/'.repeat(46), /too long/],
  ])('since it %s is a ConfigError that says so', async (_, name, message) => {
    const folder = await makeFolder({ file: 'mine' });
    await symlink(join(folder, 'nowhere'), join(folder, 'link'));
    await symlink(join(folder, 'circle'), join(folder, 'circle'));
    const error = await failureOf(CacheManager.open({ cacheDir: join(folder, name) }));
    expect(isVascuError(error, 'CONFIG'), String(error)).toBe(true);
    expect(error).toMatchObject({ option: 'cacheDir', message: expect.stringMatching(message) as string });
    expect(String(error)).toMatch(/Choose another cacheDir/);
  });

  test('leaves a link to a folder alone, which may be one', async () => {
    const folder = await makeFolder();
    await mkdir(join(folder, 'real'));
    await symlink(join(folder, 'real'), join(folder, 'link'));
    await using cache = await CacheManager.open({ cacheDir: join(folder, 'link') });
    (await obtain(cache, 'a.vtu', 100)).entry.release();
    expect(existsSync(join(folder, 'real', 'objects'))).toBe(true);
  });
});

describe('a folder for temporary files', () => {
  test.each([
    ['that is not there', 'nowhere', /does not exist/],
    ['that is a file', 'file', /does not exist/],
  ])('%s is a CacheError that names TMPDIR', async (_, name, message) => {
    const folder = await makeFolder({ file: 'mine' });
    await using cache = await CacheManager.open({ cacheDir: join(folder, 'cache'), maxSize: 10 });
    setVariable('TMPDIR', join(folder, name));
    const key = { source: 'test://place', path: 'a.vtu', version: '1' };
    const error = await failureOf(cache.acquire(key, { size: 100, oversized: 'temporary' }));
    expect(isVascuError(error, 'CACHE'), String(error)).toBe(true);
    expect(String(error)).toMatch(message);
    expect(String(error)).toMatch(/Set TMPDIR/);
  });
});

describe('an error of the disk', () => {
  const of = (code: string): Error =>
    Object.assign(new Error(`${code}: said the system, open '/x'`), { code, errno: -1 });

  test.each(['EIO', 'EROFS', 'EACCES', 'EPERM', 'EMFILE', 'ENFILE', 'ESTALE', 'EFBIG', 'EBUSY', 'EUNKNOWN'])(
    '%s of a file becomes a CacheError with its remedy',
    (code) => {
      const error = explainFile('test://a.vtu', of(code));
      expect(isVascuError(error, 'CACHE')).toBe(true);
      expect(String(error)).toMatch(new RegExp(`test://a\\.vtu.*${code}.*(choose|raise|close|Choose)`));
    },
  );

  test.each(['ENOSPC', 'EDQUOT'])('%s says that the disk is full', (code) => {
    for (const error of [
      explainFile('test://a.vtu', of(code)),
      explainDisk('The cache cannot be changed', of(code)),
      explainFolder('/cache', of(code)),
      explainTemporary('/tmp', of(code)),
    ]) {
      expect(isVascuError(error, 'CACHE')).toBe(true);
      expect(String(error)).toMatch(/full/);
    }
    expect(/quota/.test(String(explainFile('a', of('EDQUOT'))))).toBe(true);
  });

  test('of another kind is given back', () => {
    const error = new Error('a bug');
    expect([explainFile('a', error), explainFolder('/x', error), explainTemporary('/x', error)]).toEqual([
      error,
      error,
      error,
    ]);
  });
});

describeWithMounts('a disk on which no file more can be made', () => {
  /** Takes names until there are none left, and gives back `left` of them. */
  async function useUp(disk: string, left: number): Promise<void> {
    await mkdir(join(disk, 'others'));
    const error = await failureOf(
      (async () => {
        for (let name = 0; ; name++) await writeFile(join(disk, 'others', String(name)), '');
      })(),
    );
    expect(error).toMatchObject({ code: 'ENOSPC' });
    for (let name = 0; name < left; name++) await rm(join(disk, 'others', String(name)));
  }

  test('loses what was not used for longest', async () => {
    const disk = await mountDisk(4 * 1024, 400);
    await using cache = await CacheManager.open({ cacheDir: join(disk, 'cache'), maxSize: LIMIT });
    for (let name = 0; name < 10; name++) (await obtain(cache, `${name}.vtu`, 1000)).entry.release();
    await useUp(disk, 0);
    for (let name = 10; name < 60; name++) {
      const { entry } = await obtain(cache, `${name}.vtu`, 1000);
      expect(entry.size).toBe(1000);
      expect(entry.path.startsWith(disk)).toBe(true);
      entry.release();
    }
  });

  test('can be opened again, if nobody uses the cache', async () => {
    const disk = await mountDisk(4 * 1024, 400);
    const cacheDir = join(disk, 'cache');
    const before = await CacheManager.open({ cacheDir, maxSize: LIMIT });
    for (let name = 0; name < 20; name++) (await obtain(before, `${name}.vtu`, 1000)).entry.release();
    await before.close();
    await useUp(disk, 0);
    await using cache = await CacheManager.open({ cacheDir, maxSize: LIMIT });
    const { entry } = await obtain(cache, 'new.vtu', 1000);
    expect(entry.size).toBe(contentOf('new.vtu', 1000).byteLength);
    entry.release();
  });

  test('keeps what another one holds, and says so', async () => {
    const disk = await mountDisk(4 * 1024, 400);
    const cacheDir = join(disk, 'cache');
    await using other = await CacheManager.open({ cacheDir, maxSize: LIMIT });
    const { entry } = await obtain(other, 'a.vtu', 1000);
    await useUp(disk, 0);
    const error = await failureOf(CacheManager.open({ cacheDir, maxSize: LIMIT }));
    expect(isVascuError(error, 'CACHE'), String(error)).toBe(true);
    expect(existsSync(entry.path)).toBe(true);
    entry.release();
  });

  test('is a CacheError where there is no cache yet', async () => {
    const disk = await mountDisk(4 * 1024, 100);
    await useUp(disk, 0);
    const error = await failureOf(CacheManager.open({ cacheDir: join(disk, 'cache'), maxSize: LIMIT }));
    expect(isVascuError(error, 'CACHE'), String(error)).toBe(true);
    expect(String(error)).toMatch(/full/);
    expect(await readdir(disk)).toEqual(['others']);
  });
});

describe('the default folder', () => {
  test('of a user without a home names the variables to set', async () => {
    const module = new URL('../../src/cache/cache-directory.ts', import.meta.url).href;
    const script = `const { defaultCacheDir } = await import(${JSON.stringify(module)});
      process.setuid?.(61234);
      delete process.env.HOME;
      const given = defaultCacheDir({ VASCUSIM_CACHE_DIR: '/a' });
      const caches = defaultCacheDir({ XDG_CACHE_HOME: '/b' });
      try { defaultCacheDir({}); } catch (error) {
        console.log(JSON.stringify([given, caches, error.code, error.option, error.message]));
      }`;
    const isPossible = process.platform === 'linux' && process.getuid?.() === 0;
    if (!isPossible) return;
    const printed = await new Promise<string>((resolve, reject) => {
      execFile(process.execPath, ['--input-type=module', '-e', script], (error, stdout) => {
        if (error === null) resolve(stdout);
        else reject(error);
      });
    });
    const [given, caches, code, option, message] = JSON.parse(printed) as string[];
    expect([given, caches, code, option]).toEqual(['/a', '/b/vascusim', 'CONFIG', 'cacheDir']);
    expect(message).toMatch(/VASCUSIM_CACHE_DIR.*XDG_CACHE_HOME.*HOME/);
  });

  test('is the given one before all else', () => {
    expect(defaultCacheDir({ VASCUSIM_CACHE_DIR: '/given' })).toBe('/given');
  });
});
