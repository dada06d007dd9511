import { readFile } from 'node:fs/promises';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { HttpSource } from '../../src/sources/http/http-source.ts';
import { DataStreamer, type StreamerOptions } from '../../src/streamers/data-streamer.ts';
import { contentOf } from '../cache/cached-files.ts';
import { FaultServer } from '../servers/fault-server.ts';
import { failureOf, makeFolder } from '../temporary-folder.ts';
import { MemorySource } from './memory-source.ts';

/** Enough that it is known how long files take. */
const QUICK = Array.from({ length: 10 }, (_, at) => `quick-${at}.vtu`);
const CONTENT = contentOf('slow.vtu', 300_000);

async function stage(
  options: StreamerOptions = {},
  content: Uint8Array = CONTENT,
): Promise<{ readonly server: FaultServer; readonly streamer: DataStreamer }> {
  const files = Object.fromEntries(QUICK.map((path) => [path, path]));
  const server = await FaultServer.start({ ...files, 'slow.vtu': content }, { index: 'size' });
  onTestFinished(() => server.close());
  const streamer = new DataStreamer(new HttpSource({ url: server.url }), {
    cacheDir: await makeFolder(),
    retryDelayMs: 1,
    ...options,
  });
  onTestFinished(() => streamer.close());
  for (const path of QUICK) await streamer.getFile(path);
  return { server, streamer };
}

describe('a server that is slow once', () => {
  test('is asked a second time, which brings the file', async () => {
    const { server, streamer } = await stage();
    server.script('slow.vtu', { kind: 'slow-headers' });
    const path = await streamer.getFile('slow.vtu');
    expect((await readFile(path)).equals(CONTENT)).toBe(true);
    expect(server.requestsOf('slow.vtu', 'GET')).toHaveLength(2);
    expect(streamer.stats()).toMatchObject({ hedges: { made: 1, won: 1 }, retries: 0 });
  });

  test('is asked once with `hedge: false`', async () => {
    const { server, streamer } = await stage({ hedge: false, idleTimeoutMs: 400, tries: 1 });
    server.script('slow.vtu', { kind: 'slow-headers' });
    await expect(streamer.getFile('slow.vtu')).rejects.toMatchObject({ code: 'NETWORK' });
    expect(server.requestsOf('slow.vtu', 'GET')).toHaveLength(1);
    expect(streamer.stats().hedges).toEqual({ made: 0, won: 0 });
  });

  test('and answers both requests at once sends a large file that is taken once', async () => {
    const content = contentOf('large', 20_000_000);
    const { server, streamer } = await stage({}, content);
    let goOn = (): void => undefined;
    const until = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    server.script('slow.vtu', { kind: 'slow-headers', until }, { kind: 'slow-headers', until });
    const before = streamer.stats().bytesDownloaded;
    const getting = streamer.getFile('slow.vtu');
    await vi.waitFor(() => expect(server.requestsOf('slow.vtu', 'GET')).toHaveLength(2), 5000);
    goOn();
    expect((await readFile(await getting)).equals(content)).toBe(true);
    expect(streamer.stats().bytesDownloaded - before).toBe(content.byteLength);
    // Neither of the two connections can be used for anything else.
    await vi.waitFor(() => expect(server.sockets.size).toBeLessThanOrEqual(1), 5000);
  });

  test('is asked twice for the rest of a file alone', async () => {
    const { server, streamer } = await stage();
    server.script('slow.vtu', { kind: 'stall', afterBytes: 200_000 });
    const controller = new AbortController();
    const before = streamer.stats().bytesDownloaded;
    const left = failureOf(streamer.getFile('slow.vtu', { signal: controller.signal }));
    await vi.waitFor(() => expect(streamer.stats().bytesDownloaded - before).toBe(200_000), 5000);
    controller.abort('enough');
    expect(await left).toBe('enough');
    server.script('slow.vtu', { kind: 'slow-headers' });
    const path = await streamer.getFile('slow.vtu');
    expect((await readFile(path)).equals(CONTENT)).toBe(true);
    const ranges = server.requestsOf('slow.vtu', 'GET').map(({ headers }) => headers['range']);
    expect(ranges).toEqual([undefined, 'bytes=200000-299999', 'bytes=200000-299999']);
    expect(streamer.stats().hedges).toEqual({ made: 1, won: 1 });
  });
});

describe('nothing is asked for twice', () => {
  test('of a server that has just failed', async () => {
    const { server, streamer } = await stage({ idleTimeoutMs: 400, tries: 2 });
    server.script('slow.vtu', { kind: 'status', status: 503 }, { kind: 'slow-headers' });
    await expect(streamer.getFile('slow.vtu')).rejects.toMatchObject({ code: 'NETWORK' });
    expect(server.requestsOf('slow.vtu', 'GET')).toHaveLength(2);
    expect(streamer.stats().hedges.made).toBe(0);
  });

  test('of a source that does not say that it may be', async () => {
    const source = new MemorySource();
    for (const path of [...QUICK, 'slow.vtu']) source.put(path, CONTENT);
    await using streamer = new DataStreamer(source, { cacheDir: await makeFolder(), hedge: true });
    for (const path of QUICK) await streamer.getFile(path);
    let goOn = (): void => undefined;
    source.onOpen = () =>
      new Promise<void>((resolve) => {
        goOn = resolve;
      });
    const getting = streamer.getFile('slow.vtu', { entry: await source.stat('slow.vtu') });
    await vi.waitFor(() => expect(source.requests).toHaveLength(QUICK.length + 1), 5000);
    await new Promise((resolve) => setTimeout(resolve, 300));
    goOn();
    await getting;
    expect(source.requests).toHaveLength(QUICK.length + 1);
  });
});

test('a server that answers nothing any more gets a tenth more requests at the most', async () => {
  const { server, streamer } = await stage({ idleTimeoutMs: 300, tries: 2 });
  for (const path of QUICK) {
    server.put(`dead-${path}`, path);
    server.always(`dead-${path}`, { kind: 'slow-headers' });
  }
  await Promise.allSettled(QUICK.map((path) => streamer.getFile(`dead-${path}`)));
  const asked = QUICK.reduce((sum, path) => sum + server.requestsOf(`dead-${path}`, 'GET').length, 0);
  const { made } = streamer.stats().hedges;
  expect(asked).toBe(2 * QUICK.length + made);
  expect(made).toBeLessThanOrEqual(2);
});
