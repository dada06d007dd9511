import { readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { CacheManager } from '../../src/cache/cache-manager.ts';
import { isVascuError } from '../../src/core/errors.ts';
import { HttpSource } from '../../src/sources/http/http-source.ts';
import { DataStreamer } from '../../src/streamers/data-streamer.ts';
import { type DownloadProgress, downloadFiles } from '../../src/streamers/download-files.ts';
import { describeWithMounts, forbidWriting } from '../cache/mounts.ts';
import { FaultServer, type FaultServerOptions } from '../servers/fault-server.ts';
import { failureOf, makeFolder } from '../temporary-folder.ts';

const FILES = { 'd/a.vtu': 'a'.repeat(5000), 'd/b.vtu': 'b'.repeat(300_000), 'd/e/c.vtu': 'c' };

async function stage(options: FaultServerOptions = { index: 'size' }) {
  const server = await FaultServer.start(FILES, options);
  onTestFinished(() => server.close());
  const cache = await CacheManager.open({ cacheDir: await makeFolder(), maxSize: 1_000_000 });
  onTestFinished(() => cache.close());
  const streamer = new DataStreamer(new HttpSource({ url: `${server.url}/` }), {
    cache,
    tries: 2,
    retryDelayMs: 1,
  });
  onTestFinished(() => streamer.close());
  return { server, cache, streamer, entries: await streamer.listFiles(), to: await makeFolder() };
}

describe('downloadFiles', () => {
  test('brings files into the cache and tells how far it is', async () => {
    const { streamer, entries, cache } = await stage();
    const seen: DownloadProgress[] = [];
    const report = await downloadFiles(streamer, entries, { onProgress: (progress) => seen.push(progress) });
    expect(report).toMatchObject({ got: 3, had: 0, failed: [], bytesFetched: 305_001, retries: 0 });
    expect((await cache.getCacheStats()).fileCount).toBe(3);
    const last = seen.at(-1);
    expect(last).toMatchObject({ files: 3, filesDone: 3, bytes: 305_001, bytesDone: 305_001, active: [] });
    const received = seen.flatMap(({ active }) => active).filter(({ path }) => path === 'd/b.vtu');
    expect(Math.max(...received.map((each) => each.received))).toBe(300_000);
    expect(seen.every(({ bytesDone, bytes }) => bytesDone <= bytes)).toBe(true);
    expect(await downloadFiles(streamer, entries)).toMatchObject({ got: 0, had: 3, bytesFetched: 0 });
  });

  test('into a folder: below the base, with the time of the source, out of the cache again', async () => {
    const { streamer, entries, cache, to } = await stage();
    await downloadFiles(streamer, [entries[0] as (typeof entries)[0]]);
    const report = await downloadFiles(streamer, entries, { to, base: 'd/' });
    expect(report).toMatchObject({ got: 3, had: 0, bytesFetched: 300_001 });
    expect((await readdir(to, { recursive: true })).toSorted()).toEqual(['a.vtu', 'b.vtu', 'e', 'e/c.vtu']);
    expect(await readFile(join(to, 'e/c.vtu'), 'utf8')).toBe('c');
    const { mtimeMs, mode } = await stat(join(to, 'b.vtu'));
    expect(mtimeMs).toBe(Date.UTC(2026, 0));
    expect(mode & 0o777).toBe(0o666 & ~process.umask());
    // What was there before stays.
    expect((await cache.getCacheStats()).fileCount).toBe(1);
    await downloadFiles(streamer, entries, { to: await makeFolder(), keepCached: true });
    expect((await cache.getCacheStats()).fileCount).toBe(3);
  });

  test('a file of the same length and time counts as the same, one of another time does not', async () => {
    const { streamer, entries, to } = await stage();
    await downloadFiles(streamer, entries, { to });
    await writeFile(join(to, 'd/a.vtu'), 'x'.repeat(5000));
    expect(await downloadFiles(streamer, entries, { to })).toMatchObject({ got: 1, had: 2 });
    await writeFile(join(to, 'd/a.vtu'), 'x'.repeat(5000));
    const [entry] = entries;
    await utimes(join(to, 'd/a.vtu'), new Date(), entry?.modified ?? new Date());
    expect(await downloadFiles(streamer, entries, { to })).toMatchObject({ got: 0, had: 3 });
  });

  test('with a digest the content decides, whatever the time says', async () => {
    const { streamer, entries, to } = await stage({ index: 'sha256' });
    await downloadFiles(streamer, entries, { to });
    await utimes(join(to, 'd/b.vtu'), new Date(), new Date());
    await writeFile(join(to, 'd/a.vtu'), 'x'.repeat(5000));
    await utimes(join(to, 'd/a.vtu'), new Date(), entries[0]?.modified ?? new Date());
    expect(await downloadFiles(streamer, entries, { to })).toMatchObject({ got: 1, had: 2 });
    expect(await readFile(join(to, 'd/a.vtu'), 'utf8')).toBe(FILES['d/a.vtu']);
  });

  test('a file that fails is named, the others come', async () => {
    const { server, streamer, entries, to } = await stage();
    server.always('d/a.vtu', { kind: 'status', status: 404 });
    const { got, failed } = await downloadFiles(streamer, entries, { to, concurrency: 1 });
    expect(got).toBe(2);
    expect(failed.map(({ path, error }) => [path, isVascuError(error, 'NOT_FOUND')])).toEqual([
      ['d/a.vtu', true],
    ]);
    expect(await readdir(join(to, 'd'))).toEqual(['b.vtu', 'e']);
  });

  test('a refused login ends it: asking for the other files would lock the account', async () => {
    const { server, streamer, entries } = await stage();
    for (const path of Object.keys(FILES)) server.always(path, { kind: 'status', status: 401 });
    const error = await failureOf(downloadFiles(streamer, entries, { concurrency: 1 }));
    expect(isVascuError(error, 'AUTH')).toBe(true);
    expect(server.requestsOf('d/b.vtu')).toEqual([]);
  });

  test('a file that may not be read does not keep the others from coming', async () => {
    const { server, streamer, entries } = await stage();
    server.always('d/a.vtu', { kind: 'status', status: 403 });
    const { got, failed } = await downloadFiles(streamer, entries, { concurrency: 1 });
    expect([got, failed.map(({ path }) => path)]).toEqual([2, ['d/a.vtu']]);
  });

  test('gives up when the network fails again and again', async () => {
    const { server, streamer, entries } = await stage();
    const many = Array.from({ length: 20 }, () => entries[0] as (typeof entries)[0]);
    server.always('d/a.vtu', { kind: 'hang-up' });
    const error = await failureOf(downloadFiles(streamer, many, { concurrency: 1 }));
    expect(isVascuError(error, 'NETWORK')).toBe(true);
    expect(server.requestsOf('d/a.vtu', 'GET').length).toBeLessThan(20);
  });

  test('after an abort nothing half is in the folder, and a later call goes on', async () => {
    const { server, streamer, entries, to } = await stage();
    server.script('d/b.vtu', { kind: 'stall', afterBytes: 150_000 });
    const controller = new AbortController();
    const running = downloadFiles(streamer, entries, {
      to,
      signal: controller.signal,
      onProgress: ({ active }) => {
        if (active.some(({ received }) => received >= 150_000)) controller.abort(new Error('enough'));
      },
    });
    expect(await failureOf(running)).toEqual(new Error('enough'));
    expect(await readdir(to, { recursive: true })).not.toContain('d/b.vtu');
    expect((await readdir(to, { recursive: true })).filter((name) => name.includes('.part'))).toEqual([]);
    const entry = entries.find(({ path }) => path === 'd/b.vtu') as (typeof entries)[0];
    // The download itself ends a little after all who waited for it.
    await vi.waitFor(async () => expect(await streamer.bytesHere(entry)).toBe(150_000));
    const { bytesFetched } = await downloadFiles(streamer, [entry], { to });
    expect(bytesFetched).toBe(150_000);
    expect(await readFile(join(to, 'd/b.vtu'), 'utf8')).toBe(FILES['d/b.vtu']);
  });

  test('nothing is written outside of the folder', async () => {
    const { streamer, entries, to } = await stage();
    const [entry] = entries;
    const evil = { ...(entry as (typeof entries)[0]), path: 'd/../../evil.vtu' };
    const { failed } = await downloadFiles(streamer, [evil], { to, base: 'd/' });
    expect(failed).toHaveLength(1);
    expect(await readdir(to)).toEqual([]);
  });

  test.each([0, 1.5, Number.NaN])('a concurrency of %d is refused', async (concurrency) => {
    const { streamer, entries } = await stage();
    const error = await failureOf(downloadFiles(streamer, entries, { concurrency }));
    expect(isVascuError(error, 'CONFIG')).toBe(true);
  });
});

describe('CacheManager', () => {
  test('tells what of a file is there, and of unfinished downloads, which cleanup removes', async () => {
    const { server, streamer, entries, cache } = await stage();
    server.script('d/b.vtu', { kind: 'cut', afterBytes: 100_000 });
    server.always('d/b.vtu', { kind: 'status', status: 503 });
    await downloadFiles(streamer, entries.slice(0, 2));
    const key = (index: number) => {
      const { path, version } = entries[index] as (typeof entries)[0];
      return { source: streamer.source.id, path, version };
    };
    expect(await cache.bytesOf(key(0))).toBe(5000);
    const partial = await cache.bytesOf(key(1));
    expect(partial).toBeGreaterThanOrEqual(100_000);
    expect(await cache.bytesOf(key(2))).toBe(0);
    expect((await cache.getCacheStats()).unfinished).toEqual({ files: 1, bytes: partial });
    await cache.cleanup();
    expect((await cache.getCacheStats()).unfinished.files).toBe(1);
    await cache.cleanup({ unfinished: true });
    expect((await cache.getCacheStats()).unfinished).toEqual({ files: 0, bytes: 0 });
    expect(await cache.bytesOf(key(0))).toBe(5000);
  });
});

describeWithMounts('a folder that may not be written to', () => {
  test('is an error that says so', async () => {
    const { streamer, entries, to } = await stage();
    forbidWriting(to);
    const error = await failureOf(downloadFiles(streamer, entries, { to }));
    expect(isVascuError(error, 'CONFIG')).toBe(true);
  });
});
