import { existsSync, readdirSync } from 'node:fs';
import { mkdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { CacheManager } from '../../src/cache/cache-manager.ts';
import type { CacheManagerOptions } from '../../src/cache/cache-options.ts';
import type { Reservation } from '../../src/cache/reservation.ts';
import { isVascuError } from '../../src/core/errors.ts';
import { failureOf, makeFolder } from '../temporary-folder.ts';
import { bytesOnDisk, contentOf, faultsOf, keyOf, obtain, reapCache } from './cached-files.ts';

async function openCache(options: CacheManagerOptions = {}): Promise<CacheManager> {
  const cache = await CacheManager.open({ cacheDir: await makeFolder(), maxSize: 1000, ...options });
  onTestFinished(() => cache.close());
  return cache;
}

/** Fetches files and lets go of them at once. */
async function fill(cache: CacheManager, size: number, ...paths: readonly string[]): Promise<void> {
  for (const path of paths) (await obtain(cache, path, size)).entry.release();
}

async function isThere(cache: CacheManager, path: string): Promise<boolean> {
  return (await cache.find(keyOf(path))) !== undefined;
}

async function reserve(cache: CacheManager, path: string, size: number): Promise<Reservation> {
  const room = await cache.acquire(keyOf(path), { size });
  if (!('write' in room)) throw new Error('is there already');
  return room;
}

describe('CacheManager', () => {
  test('keeps what was fetched, under its extension, and finds it again', async () => {
    const cache = await openCache();
    const first = await obtain(cache, 'a/b.vtu', 10);
    expect(first.hit).toBe(false);
    expect(first.entry.path).toMatch(/\.vtu$/);
    expect(new Uint8Array(await readFile(first.entry.path))).toEqual(contentOf('a/b.vtu', 10));
    first.entry.release();
    const second = await obtain(cache, 'a/b.vtu', 10);
    expect(second.hit).toBe(true);
    expect(second.entry.path).toBe(first.entry.path);
    second.entry.release();
  });

  test('another version, path or source is another file', async () => {
    const cache = await openCache();
    await fill(cache, 10, 'a.vtu');
    expect((await obtain(cache, 'a.vtu', 10, { version: '2' })).hit).toBe(false);
    expect(await cache.find({ source: 'test://placea', path: '.vtu', version: '1' })).toBeUndefined();
  });

  test('is still there for the next program', async () => {
    const cacheDir = await makeFolder();
    for (const expected of [false, true]) {
      await using cache = await CacheManager.open({ cacheDir, maxSize: 100 });
      const { entry, hit } = await obtain(cache, 'a.vtu', 10);
      entry.release();
      expect(hit).toBe(expected);
    }
    expect(faultsOf(cacheDir, 100)).toEqual([]);
  });

  test('says what lies in it and what was asked of it', async () => {
    const cache = await openCache({ maxSize: 40 });
    await fill(cache, 10, 'a.vtu', 'b.vtu', 'c.vtu', 'd.vtu', 'e.vtu', 'e.vtu');
    expect(await cache.getCacheStats()).toEqual({
      totalSize: 40,
      fileCount: 4,
      maxSize: 40,
      usagePercent: 100,
      hits: 1,
      misses: 5,
      evictions: 1,
      unfinished: { files: 0, bytes: 0 },
    });
    expect(cache.evictions).toBe(1);
    expect(await cache.listSources()).toMatchObject([
      { source: 'test://place', files: 4, bytes: 40, held: 0 },
    ]);
  });

  test('removes what was not used for longest', async () => {
    const cache = await openCache({ maxSize: 30 });
    await fill(cache, 10, 'a.vtu', 'b.vtu', 'c.vtu');
    // A use within a second of the last is not written down, so that the clock of the index must move on.
    const now = Date.now;
    onTestFinished(() => {
      Date.now = now;
    });
    Date.now = () => now() + 5000;
    await fill(cache, 10, 'a.vtu', 'd.vtu');
    expect(
      await Promise.all(['a.vtu', 'b.vtu', 'c.vtu', 'd.vtu'].map((path) => isThere(cache, path))),
    ).toEqual([true, false, true, true]);
  });

  test('the order of use survives a clock that goes back', async () => {
    const cache = await openCache({ maxSize: 30 });
    const now = Date.now;
    onTestFinished(() => {
      Date.now = now;
    });
    const year = 365 * 86_400_000;
    Date.now = () => now() + year;
    await fill(cache, 10, 'a.vtu');
    Date.now = () => now() - year;
    await fill(cache, 10, 'b.vtu', 'c.vtu', 'd.vtu');
    expect(await isThere(cache, 'a.vtu')).toBe(false);
    expect(await isThere(cache, 'b.vtu')).toBe(true);
  });

  test('never removes what is held', async () => {
    const cache = await openCache({ maxSize: 20 });
    const { entry } = await obtain(cache, 'a.vtu', 10);
    await fill(cache, 10, 'b.vtu', 'c.vtu', 'd.vtu');
    expect(existsSync(entry.path)).toBe(true);
    entry.release();
    await fill(cache, 10, 'e.vtu', 'f.vtu');
    expect(existsSync(entry.path)).toBe(false);
  });

  test('a file is held as long as one of several holds is left', async () => {
    const cache = await openCache({ maxSize: 10 });
    const first = (await obtain(cache, 'a.vtu', 10)).entry;
    const second = (await obtain(cache, 'a.vtu', 10)).entry;
    first.release();
    first.release();
    await cache.clearAll();
    expect(existsSync(second.path)).toBe(true);
    second.release();
    await cache.getCacheStats();
    expect(existsSync(second.path)).toBe(false);
  });

  test('removal on release waits for the last holder, also of another user', async () => {
    const cacheDir = await makeFolder();
    const [one, two] = [await openCache({ cacheDir }), await openCache({ cacheDir })];
    const first = (await obtain(one, 'a.vtu', 10)).entry;
    const second = (await obtain(two, 'a.vtu', 10)).entry;
    first.release({ remove: true });
    await one.getCacheStats();
    expect(existsSync(second.path)).toBe(true);
    second.release();
    expect((await two.getCacheStats()).totalSize).toBe(0);
    expect(existsSync(second.path)).toBe(false);
  });

  test('clearAll removes everything but what is being fetched', async () => {
    const cache = await openCache();
    await fill(cache, 10, 'a.vtu', 'b.vtp', 'c.json');
    const room = await reserve(cache, 'd.vtu', 10);
    await cache.clearAll();
    expect(await cache.getCacheStats()).toMatchObject({ totalSize: 10, fileCount: 0 });
    await room.write(contentOf('d.vtu', 10));
    (await room.publish()).release();
    expect(await cache.getCacheStats()).toMatchObject({ totalSize: 10, fileCount: 1 });
  });

  test('clearAll of one source leaves the others', async () => {
    const cache = await openCache();
    await fill(cache, 10, 'a.vtu', 'b.vtu');
    await cache.clearAll({ source: 'test://other' });
    expect((await cache.getCacheStats()).fileCount).toBe(2);
    await cache.clearAll({ source: 'test://place' });
    expect((await cache.getCacheStats()).fileCount).toBe(0);
  });

  test('cleanup goes down to a limit that became smaller, the oldest first', async () => {
    const cacheDir = await makeFolder();
    const paths = Array.from({ length: 300 }, (_, index) => `${index}.vtu`);
    await fill(await openCache({ cacheDir, maxSize: 3000 }), 10, ...paths);
    const small = await openCache({ cacheDir, maxSize: 55 });
    await small.cleanup();
    expect(await small.getCacheStats()).toMatchObject({ totalSize: 50, fileCount: 5, evictions: 295 });
    expect(await isThere(small, '299.vtu')).toBe(true);
    expect(bytesOnDisk(cacheDir)).toBe(50);
  });

  test('one large file takes the place of many small ones', async () => {
    const cache = await openCache({ maxSize: 3000 });
    await fill(cache, 10, ...Array.from({ length: 300 }, (_, index) => `${index}.vtu`));
    await fill(cache, 2995, 'large.vtu');
    expect(await cache.getCacheStats()).toMatchObject({ totalSize: 2995, fileCount: 1, evictions: 300 });
  });

  test('is DISPOSED after it was closed, and closing twice is one', async () => {
    const cache = await openCache();
    await cache.close();
    await cache.close();
    expect(isVascuError(await failureOf(cache.getCacheStats()), 'DISPOSED')).toBe(true);
    expect(isVascuError(await failureOf(cache.acquire(keyOf('a'), { size: 1 })), 'DISPOSED')).toBe(true);
  });

  test.each([-1, 1.5, Number.NaN, '1' as never])('refuses maxSize %s', async (maxSize) => {
    const error = await failureOf(CacheManager.open({ cacheDir: await makeFolder(), maxSize }));
    expect(isVascuError(error, 'CONFIG') && error.option).toBe('maxSize');
  });
});

describe('limits', () => {
  test.each([
    [10, 10],
    [0, 0],
  ])('a file of exactly the limit fits: %i of %i', async (size, maxSize) => {
    const cache = await openCache({ maxSize });
    await fill(cache, size, 'a.vtu', 'b.vtu');
    expect(await isThere(cache, 'b.vtu')).toBe(true);
    expect(bytesOnDisk(cache.cacheDir)).toBe(size);
  });

  test('a file of one byte more is an error that says what to raise, and removes nothing', async () => {
    const cache = await openCache({ maxSize: 10 });
    await fill(cache, 10, 'a.vtu');
    const error = await failureOf(cache.acquire(keyOf('b.vtu'), { size: 11 }));
    expect(isVascuError(error, 'CACHE')).toBe(true);
    expect(String(error)).toMatch(/b\.vtu has 11 bytes.*maxCacheSize 10.*Raise maxCacheSize to at least 11/);
    expect(await isThere(cache, 'a.vtu')).toBe(true);
  });

  test('or, where asked for, a temporary file that goes when it is let go', async () => {
    const cache = await openCache({ maxSize: 10 });
    const room = await cache.acquire(keyOf('b.vtu'), { size: 11, oversized: 'temporary' });
    if (!('write' in room)) throw new Error('is there already');
    await room.write(contentOf('b.vtu', 11));
    const entry = await room.publish();
    expect(entry.path).toMatch(/\.vtu$/);
    expect(entry.path.startsWith(cache.cacheDir)).toBe(false);
    expect(new Uint8Array(await readFile(entry.path))).toEqual(contentOf('b.vtu', 11));
    entry.release();
    expect(await cache.getCacheStats()).toMatchObject({ totalSize: 0 });
    expect(existsSync(entry.path)).toBe(false);
  });

  test('where everything is held it waits for room', async () => {
    const cache = await openCache({ maxSize: 10 });
    const { entry } = await obtain(cache, 'a.vtu', 10);
    const waiting = obtain(cache, 'b.vtu', 10);
    setImmediate(() => entry.release());
    (await waiting).entry.release();
    expect(await isThere(cache, 'a.vtu')).toBe(false);
  });

  test('and says after its time what is full, what is needed and what helps', async () => {
    const cache = await openCache({ maxSize: 15, roomTimeoutMs: 50 });
    const { entry } = await obtain(cache, 'a.vtu', 10);
    const error = await failureOf(cache.acquire(keyOf('b.vtu'), { size: 7 }));
    expect(isVascuError(error, 'CACHE')).toBe(true);
    expect(String(error)).toMatch(/10 of its 15 bytes are files in use, and test:\/\/place\/b\.vtu needs 7/);
    expect(String(error)).toMatch(/maxCacheSize.*deleteAfterUse/);
    expect(existsSync(entry.path)).toBe(true);
  });

  test('bytes that are being fetched count', async () => {
    const cache = await openCache({ maxSize: 15, roomTimeoutMs: 20 });
    const room = await reserve(cache, 'a.vtu', 10);
    expect((await cache.getCacheStats()).totalSize).toBe(10);
    expect(isVascuError(await failureOf(cache.acquire(keyOf('b.vtu'), { size: 7 })), 'CACHE')).toBe(true);
    await room.abandon({ keep: false });
    expect((await cache.getCacheStats()).totalSize).toBe(0);
  });

  test('an abort ends the wait with its reason', async () => {
    const cache = await openCache({ maxSize: 10 });
    await obtain(cache, 'a.vtu', 10);
    const controller = new AbortController();
    const waiting = failureOf(cache.acquire(keyOf('b.vtu'), { size: 10, signal: controller.signal }));
    controller.abort('enough');
    expect(await waiting).toBe('enough');
  });
});

describe('a reservation', () => {
  test('is seen by nobody before it is published', async () => {
    const cache = await openCache();
    const room = await reserve(cache, 'a.vtu', 10);
    await room.write(contentOf('a.vtu', 10));
    expect(await isThere(cache, 'a.vtu')).toBe(false);
    expect(readdirSync(join(cache.cacheDir, 'objects'))).toEqual([]);
    (await room.publish()).release();
    expect(await isThere(cache, 'a.vtu')).toBe(true);
  });

  test.each([9, 11])('refuses %i bytes where 10 were announced, and leaves nothing', async (count) => {
    const cache = await openCache();
    const room = await reserve(cache, 'a.vtu', 10);
    const error = await failureOf(
      room.write(new Uint8Array(count)).then(async () => (await room.publish()).release()),
    );
    expect(isVascuError(error, 'INTEGRITY') && error.expected).toBe('10');
    await room.abandon({ keep: false });
    expect(bytesOnDisk(cache.cacheDir)).toBe(0);
    expect((await cache.getCacheStats()).totalSize).toBe(0);
  });

  test.each([
    ['sha256', '9f64a747e1b97f131fabb6b447296c9b6f0201e79fb3c5356e6c77e89b6a806a'],
    ['md5', '08d6c05a21512a79a1dfeb9d2a8f262f'],
    ['git-sha1', '82090ee2cbeabdd7d37e0c896aaa6d9db6b8c161'],
  ] as const)('checks a %s', async (algorithm, value) => {
    const cache = await openCache();
    const bytes = new Uint8Array([1, 2, 3, 4]);
    for (const [path, content, good] of [
      ['good.vtu', bytes, true],
      ['bad.vtu', new Uint8Array([1, 2, 3, 5]), false],
    ] as const) {
      const room = await cache.acquire(keyOf(path), { size: 4, checksum: { algorithm, value } });
      if (!('write' in room)) throw new Error('is there already');
      await room.write(content);
      const outcome = await room.publish().then(
        (entry) => entry.release(),
        (error: unknown) => error,
      );
      expect(outcome === undefined, String(outcome)).toBe(good);
      if (!good) expect(isVascuError(outcome, 'INTEGRITY') && outcome.expected).toBe(value);
      await room.abandon({ keep: false });
      expect(await isThere(cache, path)).toBe(good);
    }
  });

  test('gives chunks back when they are written', async () => {
    const cache = await openCache();
    const room = await reserve(cache, 'a.vtu', 6);
    const back: Uint8Array[] = [];
    const chunks = [contentOf('x', 2), contentOf('y', 4)];
    for (const chunk of chunks) await room.write(chunk, (bytes) => back.push(bytes));
    (await room.publish()).release();
    expect(back).toEqual(chunks);
  });

  test('a beginning that is kept counts, and the next fetch goes on from it', async () => {
    const cacheDir = await makeFolder();
    const cache = await openCache({ cacheDir });
    const room = await reserve(cache, 'a.vtu', 100);
    await room.write(contentOf('a.vtu', 100).slice(0, 30));
    await room.abandon({ keep: true });
    expect((await cache.getCacheStats()).totalSize).toBe(30);
    expect(bytesOnDisk(cacheDir)).toBe(30);
    const other = await openCache({ cacheDir });
    const again = await reserve(other, 'a.vtu', 100);
    expect(again.received).toBe(30);
    await again.write(contentOf('a.vtu', 100).slice(30));
    (await again.publish()).release();
    expect((await other.verify()).ok).toBe(1);
    expect((await other.verify()).unhashed).toBe(0);
  });

  test('a beginning goes when its room is needed', async () => {
    const cache = await openCache({ maxSize: 100 });
    const room = await reserve(cache, 'a.vtu', 100);
    await room.write(contentOf('a.vtu', 30));
    await room.abandon({ keep: true });
    await fill(cache, 100, 'b.vtu');
    expect(bytesOnDisk(cache.cacheDir)).toBe(100);
    const again = await reserve(cache, 'a.vtu', 100);
    expect(again.received).toBe(0);
    await again.abandon({ keep: false });
  });

  test('can begin anew', async () => {
    const cache = await openCache();
    const room = await reserve(cache, 'a.vtu', 10);
    await room.write(new Uint8Array(7).fill(9));
    await room.restart();
    await room.write(contentOf('a.vtu', 10));
    const entry = await room.publish();
    expect(new Uint8Array(await readFile(entry.path))).toEqual(contentOf('a.vtu', 10));
  });

  test('others that want the file wait for it', async () => {
    const cacheDir = await makeFolder();
    const [one, two] = [await openCache({ cacheDir }), await openCache({ cacheDir })];
    const room = await reserve(one, 'a.vtu', 10);
    const waiting = [one, one, two, two].map((cache) => obtain(cache, 'a.vtu', 10));
    await room.write(contentOf('a.vtu', 10));
    (await room.publish()).release();
    expect((await Promise.all(waiting)).map(({ hit }) => hit)).toEqual([true, true, true, true]);
  });

  test('when it is given up one of those who wait fetches the file', async () => {
    const cacheDir = await makeFolder();
    const [one, two] = [await openCache({ cacheDir }), await openCache({ cacheDir })];
    const room = await reserve(one, 'a.vtu', 10);
    const waiting = [one, two, two].map((cache) => obtain(cache, 'a.vtu', 10));
    await room.abandon({ keep: false });
    expect((await Promise.all(waiting)).filter(({ hit }) => !hit)).toHaveLength(1);
  });

  test('is given up when the cache is closed; what is there of it stays', async () => {
    const cacheDir = await makeFolder();
    const cache = await CacheManager.open({ cacheDir, maxSize: 100 });
    const room = await reserve(cache, 'a.vtu', 100);
    await room.write(contentOf('a.vtu', 30));
    await cache.close();
    expect(faultsOf(cacheDir, 30)).toEqual([]);
  });

  test('one that makes no progress is overtaken after the lease', async () => {
    const cacheDir = await makeFolder();
    const stuck = await openCache({ cacheDir });
    const room = await reserve(stuck, 'a.vtu', 10);
    const cache = await openCache({ cacheDir, leaseTimeoutMs: 30 });
    const { entry, hit } = await obtain(cache, 'a.vtu', 10);
    expect(hit).toBe(false);
    expect(new Uint8Array(await readFile(entry.path))).toEqual(contentOf('a.vtu', 10));
    entry.release();
    await room.abandon({ keep: false });
  });
});

describe('verify', () => {
  test('finds what rotted, and repairs', async () => {
    const cache = await openCache();
    await fill(cache, 10, 'flip.vtu', 'cut.vtu', 'gone.vtu', 'good.vtu');
    const pathOf = async (path: string): Promise<string> => (await cache.find(keyOf(path))) as string;
    const [flip, cut, gone] = [await pathOf('flip.vtu'), await pathOf('cut.vtu'), await pathOf('gone.vtu')];
    await writeFile(flip, new Uint8Array(10));
    await truncate(cut, 4);
    await rm(gone);
    const report = await cache.verify();
    expect(report).toMatchObject({ ok: 1, repaired: false });
    expect(new Map(report.damaged.map(({ file, problem }) => [file, problem]))).toEqual(
      new Map([
        ['test://place/flip.vtu', 'wrong hash'],
        ['test://place/cut.vtu', 'wrong size'],
        ['test://place/gone.vtu', 'missing'],
      ]),
    );
    expect((await cache.verify({ repair: true })).damaged).toHaveLength(3);
    expect(await cache.verify()).toMatchObject({ ok: 1, damaged: [] });
    await fill(cache, 10, 'flip.vtu', 'cut.vtu', 'gone.vtu');
    expect(await cache.verify()).toMatchObject({ ok: 4, damaged: [] });
  });

  test.each(['cut', 'gone'])('a file that is %s is fetched again, without a word', async (how) => {
    const cache = await openCache();
    await fill(cache, 10, 'a.vtu');
    const path = (await cache.find(keyOf('a.vtu'))) as string;
    await (how === 'cut' ? truncate(path, 4) : rm(path));
    const { entry, hit } = await obtain(cache, 'a.vtu', 10);
    expect(hit).toBe(false);
    expect(new Uint8Array(await readFile(entry.path))).toEqual(contentOf('a.vtu', 10));
    entry.release();
    expect((await cache.getCacheStats()).totalSize).toBe(10);
  });

  test('a length that does not fit the version is an error, not a loop', async () => {
    const cache = await openCache();
    await fill(cache, 10, 'a.vtu');
    const error = await failureOf(cache.acquire(keyOf('a.vtu'), { size: 12 }));
    expect(isVascuError(error, 'INTEGRITY')).toBe(true);
  });
});

describe('the folder', () => {
  test('that holds something else is refused and left alone', async () => {
    const cacheDir = await makeFolder({ 'thesis.tex': 'years of work' });
    const error = await failureOf(CacheManager.open({ cacheDir }));
    expect(isVascuError(error, 'CONFIG') && error.option).toBe('cacheDir');
    expect(String(error)).toMatch(/thesis\.tex/);
    expect(readdirSync(cacheDir)).toEqual(['thesis.tex']);
  });

  test('that another program tagged is refused', async () => {
    const tag = 'Signature: 8a477f597d28d172789f06886806bc55\n# of cargo\n';
    const error = await failureOf(CacheManager.open({ cacheDir: await makeFolder({ 'CACHEDIR.TAG': tag }) }));
    expect(isVascuError(error, 'CONFIG')).toBe(true);
  });

  test('whose tag another process of ours is about to write is taken, unless it holds something else', async () => {
    await using cache = await CacheManager.open({ cacheDir: await makeFolder({ 'CACHEDIR.TAG': '' }) });
    expect((await cache.getCacheStats()).fileCount).toBe(0);
    const cacheDir = await makeFolder({ 'CACHEDIR.TAG': '', 'thesis.tex': 'years of work' });
    expect(isVascuError(await failureOf(CacheManager.open({ cacheDir })), 'CONFIG')).toBe(true);
  });

  test('of a newer layout is refused', async () => {
    const cache = await openCache();
    await writeFile(join(cache.cacheDir, 'format.json'), '{"version":2}');
    expect(isVascuError(await failureOf(CacheManager.open({ cacheDir: cache.cacheDir })), 'CONFIG')).toBe(
      true,
    );
  });

  test('whose objects lie behind a link is refused', async () => {
    const elsewhere = await makeFolder({ 'mine.vtu': 'x' });
    const cacheDir = await makeFolder({ 'CACHEDIR.TAG': '', 'format.json': '{"version":1}' });
    await symlink(elsewhere, join(cacheDir, 'objects'));
    expect(isVascuError(await failureOf(CacheManager.open({ cacheDir })), 'CONFIG')).toBe(true);
    expect(readdirSync(elsewhere)).toEqual(['mine.vtu']);
  });

  test('that is a file is refused', async () => {
    const folder = await makeFolder({ file: 'x' });
    for (const cacheDir of [join(folder, 'file'), join(folder, 'file', 'sub'), '', 'a\0b']) {
      expect(isVascuError(await failureOf(CacheManager.open({ cacheDir })), 'CONFIG'), cacheDir).toBe(true);
    }
  });

  test('keeps files of others that come into it', async () => {
    const cache = await openCache();
    await fill(cache, 10, 'a.vtu');
    const mine = ['mine.vtu', 'objects/mine.vtu', 'objects/ab/mine.vtu', 'tmp/mine.part', 'owners/mine.db'];
    await mkdir(join(cache.cacheDir, 'objects/ab'), { recursive: true });
    for (const path of mine) await writeFile(join(cache.cacheDir, path), 'mine');
    await cache.clearAll();
    await cache.verify({ repair: true });
    await cache.cleanup();
    await reapCache(cache.cacheDir, 5);
    for (const path of mine) expect(existsSync(join(cache.cacheDir, path)), path).toBe(true);
  });

  test('may be opened by many at once', async () => {
    const cacheDir = join(await makeFolder(), 'new', 'cache');
    const caches = await Promise.all(Array.from({ length: 8 }, () => CacheManager.open({ cacheDir })));
    await Promise.all(caches.map((cache) => obtain(cache, 'a.vtu', 10)));
    await Promise.all(caches.map((cache) => cache.close()));
    expect(faultsOf(cacheDir, 10)).toEqual([]);
  });
});

describe('an index', () => {
  test.each(['', '-wal', '-shm'])('that lost index.db%s is made again from the files', async (suffix) => {
    const cacheDir = await makeFolder();
    const cache = await CacheManager.open({ cacheDir, maxSize: 100 });
    await fill(cache, 10, 'a.vtu', 'b.vtu', 'c.vtu');
    await cache.close();
    await rm(join(cacheDir, `index.db${suffix}`), { force: true });
    const again = await openCache({ cacheDir, maxSize: 35 });
    expect(await again.getCacheStats()).toMatchObject({ totalSize: 30, fileCount: 3 });
    expect((await obtain(again, 'b.vtu', 10)).hit).toBe(true);
    await fill(again, 10, 'd.vtu');
    expect((await again.getCacheStats()).totalSize).toBe(30);
  });

  test('that is overwritten is put aside', async () => {
    const cacheDir = await makeFolder();
    const cache = await CacheManager.open({ cacheDir, maxSize: 100 });
    await fill(cache, 10, 'a.vtu');
    await cache.close();
    await writeFile(join(cacheDir, 'index.db'), 'no database at all'.repeat(500));
    const again = await openCache({ cacheDir, maxSize: 100 });
    expect((await obtain(again, 'a.vtu', 10)).hit).toBe(true);
    expect(existsSync(join(cacheDir, 'index.db.damaged'))).toBe(true);
  });

  test('removed while it is in use is noticed, and holds stay', async () => {
    const cache = await openCache({ maxSize: 30 });
    const { entry } = await obtain(cache, 'a.vtu', 10);
    for (const suffix of ['', '-wal', '-shm'])
      await rm(join(cache.cacheDir, `index.db${suffix}`), { force: true });
    await fill(cache, 10, 'b.vtu', 'c.vtu', 'd.vtu', 'e.vtu');
    expect(existsSync(entry.path)).toBe(true);
    expect(bytesOnDisk(cache.cacheDir)).toBeLessThanOrEqual(30);
  });

  test('goes with its folder, and a new one is laid out', async () => {
    const cache = await openCache();
    await fill(cache, 10, 'a.vtu');
    await rm(cache.cacheDir, { recursive: true });
    const { entry, hit } = await obtain(cache, 'a.vtu', 10);
    expect(hit).toBe(false);
    expect(new Uint8Array(await readFile(entry.path))).toEqual(contentOf('a.vtu', 10));
  });
});
