import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { CacheManager } from '../../src/cache/cache-manager.ts';
import { isVascuError } from '../../src/core/errors.ts';
import { HttpSource } from '../../src/sources/http/http-source.ts';
import { DataStreamer, type StreamerOptions } from '../../src/streamers/data-streamer.ts';
import { bytesOnDisk, contentOf } from '../cache/cached-files.ts';
import { FaultServer, type FaultServerOptions } from '../servers/fault-server.ts';
import { failureOf, makeFolder } from '../temporary-folder.ts';

const CONTENT = contentOf('a.vtu', 3_000_000);
const FILES = { 'a.vtu': CONTENT, 'a.json': '{"age": 60}', 'b.vtu': 'other' };

interface Stage {
  readonly server: FaultServer;
  readonly streamer: DataStreamer;
  readonly cacheDir: string;
  /** Another streamer over the same server and cache. */
  again(options?: StreamerOptions): DataStreamer;
  /** The requests for the content of a file: the value of `Range`, or undefined. */
  gets(path?: string): (string | undefined)[];
}

async function stage(
  options: StreamerOptions & { readonly server?: FaultServerOptions } = {},
): Promise<Stage> {
  const { server: serverOptions = { index: 'size' as const }, ...streamerOptions } = options;
  const server = await FaultServer.start(FILES, serverOptions);
  onTestFinished(() => server.close());
  const cacheDir = await makeFolder();
  const again = (more: StreamerOptions = {}): DataStreamer => {
    const all = { cacheDir, maxCacheSize: 10_000_000, retryDelayMs: 1, ...streamerOptions, ...more };
    const streamer = new DataStreamer(new HttpSource({ url: server.url }), all);
    onTestFinished(() => streamer.close());
    return streamer;
  };
  const gets = (path = 'a.vtu'): (string | undefined)[] =>
    server.requestsOf(path, 'GET').map(({ headers }) => headers['range'] as string | undefined);
  return { server, streamer: again(), cacheDir, again, gets };
}

/** Whether a file has this content. */
async function holds(path: string, content: Uint8Array): Promise<boolean> {
  return (await readFile(path)).equals(content);
}

describe('a file', () => {
  test('is fetched once and found from then on, also by the next program', async () => {
    const { streamer, again, gets } = await stage();
    const path = await streamer.getFile('a.vtu');
    expect(await holds(path, CONTENT)).toBe(true);
    expect(await streamer.getFile('a.vtu')).toBe(path);
    await streamer.close();
    expect(await again().getFile('a.vtu')).toBe(path);
    expect(gets()).toHaveLength(1);
    expect(streamer.stats()).toMatchObject({
      hits: 1,
      misses: 1,
      bytesDownloaded: 3_000_000,
      retries: 0,
      evictions: 0,
    });
  });

  test('that a listing described is not asked for again', async () => {
    const { server, streamer } = await stage();
    const [entry] = await streamer.listFiles({ pattern: 'a.vtu' });
    const before = server.requests.length;
    await streamer.getFile('a.vtu', { entry });
    await streamer.getFile('a.vtu', { entry });
    const asked = server.requests.slice(before).filter(({ path }) => path === 'a.vtu');
    expect(asked.map(({ method }) => method)).toEqual(['GET']);
  });

  test('that changed is fetched anew, one that did not is not', async () => {
    const { server, streamer, again, gets } = await stage({ server: {} });
    server.put('files.txt', 'a.vtu\nb.vtu\n');
    await streamer.getFile('a.vtu');
    await streamer.getFile('b.vtu');
    const changed = contentOf('changed', 3_000_000);
    server.put('a.vtu', changed);
    const next = again();
    expect(await holds(await next.getFile('a.vtu'), changed)).toBe(true);
    await next.getFile('b.vtu');
    expect([gets().length, gets('b.vtu').length]).toEqual([2, 1]);
  });

  test('of zero bytes is a file', async () => {
    const { server, streamer } = await stage();
    server.put('empty.json', '');
    expect(await holds(await streamer.getFile('empty.json'), new Uint8Array())).toBe(true);
  });

  test('that is held survives a cleanup of everything', async () => {
    const { streamer, cacheDir } = await stage();
    const held = await streamer.openFile('a.vtu');
    await streamer.cleanup('all');
    expect(existsSync(held.path)).toBe(true);
    held.release();
    await streamer.cleanup('lru');
    expect(bytesOnDisk(cacheDir)).toBe(0);
  });

  test('goes when it is let go, where that is asked for, and comes again', async () => {
    const { streamer, cacheDir, gets } = await stage();
    (await streamer.openFile('a.vtu')).release({ remove: true });
    await streamer.cleanup();
    expect(bytesOnDisk(cacheDir)).toBe(0);
    await streamer.getFile('a.vtu');
    expect(gets()).toHaveLength(2);
  });

  test('that is not here is NOT_FOUND where it may not be fetched', async () => {
    const { streamer, gets } = await stage();
    const only = { downloadIfMissing: false };
    expect(isVascuError(await failureOf(streamer.getFile('a.vtu', only)), 'NOT_FOUND')).toBe(true);
    expect(gets()).toEqual([]);
    await streamer.getFile('a.vtu');
    expect(await holds(await streamer.getFile('a.vtu', only), CONTENT)).toBe(true);
  });

  test('larger than the cache is an error that says what to raise', async () => {
    const { streamer, gets } = await stage({ maxCacheSize: 2_999_999 });
    const error = await failureOf(streamer.getFile('a.vtu'));
    expect(isVascuError(error, 'CACHE')).toBe(true);
    expect(String(error)).toMatch(/a\.vtu has 3000000 bytes.*maxCacheSize/);
    expect(gets()).toEqual([]);
  });

  test('or lies beside it as long as it is held, where that is asked for', async () => {
    const { streamer, cacheDir } = await stage({ maxCacheSize: 100, oversized: 'temporary' });
    const held = await streamer.openFile('a.vtu');
    expect(await holds(held.path, CONTENT)).toBe(true);
    expect(bytesOnDisk(cacheDir)).toBe(0);
    held.release();
    await streamer.close();
    expect(existsSync(held.path)).toBe(false);
  });

  test('its metadata is read from its sidecar, {} where there is none', async () => {
    const { streamer } = await stage();
    expect(await streamer.getMetadata('a.vtu')).toEqual({ age: 60 });
    expect(await streamer.getMetadata('a.json')).toEqual({ age: 60 });
    expect(await streamer.getMetadata('b.vtu')).toEqual({});
    expect(isVascuError(await failureOf(streamer.getMetadata('c.vtu')), 'NOT_FOUND')).toBe(true);
  });
});

describe('several who want one file', () => {
  test('make one request', async () => {
    const { streamer, again, gets } = await stage();
    const other = again();
    const paths = await Promise.all(
      Array.from({ length: 20 }, (_, getter) => (getter % 2 === 0 ? streamer : other).getFile('a.vtu')),
    );
    expect(new Set(paths).size).toBe(1);
    expect(gets()).toHaveLength(1);
  });

  test('50 in four processes make one request', async () => {
    const { server, cacheDir, gets } = await stage();
    const script = fileURLToPath(new URL('./processes/getters.ts', import.meta.url));
    const digests = await Promise.all(
      [13, 13, 12, 12].map(async (count) => {
        const args = [script, server.url, cacheDir, 'a.vtu', String(count)];
        const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
        let output = '';
        for await (const chunk of child.stdout) output += String(chunk);
        return JSON.parse(output) as string[];
      }),
    );
    const expected = createHash('sha256').update(CONTENT).digest('hex');
    expect(digests.flat()).toEqual(Array.from({ length: 50 }, () => expected));
    expect(gets()).toHaveLength(1);
  });

  test('one that leaves does not take it from the others', async () => {
    const { server, streamer, gets } = await stage();
    let goOn = (): void => undefined;
    const until = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    server.script('a.vtu', undefined, { kind: 'stall', afterBytes: 1000, until });
    const [entry] = await streamer.listFiles({ pattern: 'a.vtu' });
    server.script('a.vtu');
    const controller = new AbortController();
    const leaving = failureOf(streamer.getFile('a.vtu', { entry, signal: controller.signal }));
    const staying = streamer.getFile('a.vtu', { entry });
    controller.abort('enough');
    expect(await leaving).toBe('enough');
    goOn();
    expect(await holds(await staying, CONTENT)).toBe(true);
    expect(gets()).toHaveLength(1);
  });

  test('when the last one leaves the connection ends, and what came of it is kept', async () => {
    const { server, streamer, cacheDir } = await stage();
    server.always('a.vtu', { kind: 'stall', afterBytes: 2_000_000 });
    const controller = new AbortController();
    const [entry] = await streamer.listFiles({ pattern: 'a.vtu' });
    const all = [1, 2, 3].map(() =>
      failureOf(streamer.getFile('a.vtu', { entry, signal: controller.signal })),
    );
    await until(() => streamer.stats().bytesDownloaded === 2_000_000);
    controller.abort('enough');
    expect(await Promise.all(all)).toEqual(['enough', 'enough', 'enough']);
    await until(() => server.sockets.size === 0);
    await streamer.close();
    expect(bytesOnDisk(cacheDir)).toBe(2_000_000);
  });

  test('whoever comes after all have left fetches the rest', async () => {
    const { server, streamer, gets } = await stage();
    server.script('a.vtu', { kind: 'stall', afterBytes: 2_000_000 });
    const controller = new AbortController();
    const [entry] = await streamer.listFiles({ pattern: 'a.vtu' });
    const leaving = failureOf(streamer.getFile('a.vtu', { entry, signal: controller.signal }));
    await until(() => streamer.stats().bytesDownloaded === 2_000_000);
    controller.abort('enough');
    expect(await holds(await streamer.getFile('a.vtu', { entry }), CONTENT)).toBe(true);
    expect(await leaving).toBe('enough');
    expect(gets()).toEqual([undefined, 'bytes=2000000-2999999']);
  });
});

describe('a server', () => {
  test.each([false, true])('that cuts is asked for the rest (reset: %s)', async (reset) => {
    const { server, streamer, gets } = await stage();
    const [entry] = await streamer.listFiles({ pattern: 'a.vtu' });
    server.script(
      'a.vtu',
      { kind: 'cut', afterBytes: 1_000_000, reset },
      { kind: 'cut', afterBytes: 500_000, reset },
    );
    expect(await holds(await streamer.getFile('a.vtu', { entry }), CONTENT)).toBe(true);
    expect(gets()[0]).toBeUndefined();
    expect(gets()).toHaveLength(3);
    expect(streamer.stats()).toMatchObject({ misses: 1, retries: 2 });
    if (!reset) expect(gets().slice(1)).toEqual(['bytes=1000000-2999999', 'bytes=1500000-2999999']);
  });

  test('that cuts an answer without a length is asked for the whole, since that may be any page', async () => {
    const { server, streamer, gets } = await stage();
    const [entry] = await streamer.listFiles({ pattern: 'a.vtu' });
    server.script('a.vtu', { kind: 'no-length', bytes: 1234 });
    expect(await holds(await streamer.getFile('a.vtu', { entry }), CONTENT)).toBe(true);
    expect(gets()).toEqual([undefined, undefined]);
  });

  test('that cuts every connection gives the file in the end', async () => {
    const { server, streamer } = await stage({ tries: 2 });
    server.always('a.vtu', { kind: 'cut', afterBytes: 100_000 });
    expect(await holds(await streamer.getFile('a.vtu'), CONTENT)).toBe(true);
    expect(streamer.stats()).toMatchObject({ bytesDownloaded: 3_000_000, retries: 29 });
  });

  test('that falls silent is left after the idle time-out', async () => {
    const { server, streamer, gets } = await stage({ idleTimeoutMs: 100 });
    const [entry] = await streamer.listFiles({ pattern: 'a.vtu' });
    server.script('a.vtu', { kind: 'stall', afterBytes: 1_000_000 });
    expect(await holds(await streamer.getFile('a.vtu', { entry }), CONTENT)).toBe(true);
    expect(gets()).toEqual([undefined, 'bytes=1000000-2999999']);
  });

  test('that never answers ends in a NetworkError', async () => {
    const { server, streamer } = await stage({ idleTimeoutMs: 50, tries: 2 });
    const [entry] = await streamer.listFiles({ pattern: 'a.vtu' });
    server.always('a.vtu', { kind: 'slow-headers' });
    const error = await failureOf(streamer.getFile('a.vtu', { entry }));
    expect(isVascuError(error, 'NETWORK')).toBe(true);
  });

  test('that drips is left after the total time-out', async () => {
    const { server, streamer } = await stage({ totalTimeoutMs: 200, idleTimeoutMs: 60 });
    const [entry] = await streamer.listFiles({ pattern: 'a.vtu' });
    server.always('a.vtu', { kind: 'stall', afterBytes: 70_000 });
    const error = await failureOf(streamer.getFile('a.vtu', { entry }));
    expect(isVascuError(error, 'NETWORK') && error.retryable).toBe(false);
    expect(String(error)).toMatch(/0\.2 s \(totalTimeoutMs\)/);
  });

  test.each([
    ['truncates', { kind: 'truncate', bytes: 1234 }],
    ['announces too much', { kind: 'lie', length: 3_000_001 }],
    ['says nothing of the length and ends early', { kind: 'no-length', bytes: 1234 }],
    ['gives another page', { kind: 'status', status: 200, body: '<html>please sign in</html>' }],
  ] as const)('that %s once is asked again', async (_, fault) => {
    const { server, streamer } = await stage();
    const [entry] = await streamer.listFiles({ pattern: 'a.vtu' });
    server.script('a.vtu', fault);
    expect(await holds(await streamer.getFile('a.vtu', { entry }), CONTENT)).toBe(true);
    expect(server.requestsOf('a.vtu')).toHaveLength(2);
  });

  test.each([
    { kind: 'truncate', bytes: 1234 },
    { kind: 'no-length', bytes: 1234 },
    { kind: 'status', status: 200, body: '<html>please sign in</html>' },
  ] as const)('that does so each time is an error, and nothing of it is a file: %o', async (fault) => {
    const { server, streamer, cacheDir } = await stage({ tries: 3 });
    const [entry] = await streamer.listFiles({ pattern: 'a.vtu' });
    server.always('a.vtu', fault);
    const error = await failureOf(streamer.getFile('a.vtu', { entry }));
    expect(isVascuError(error, 'NETWORK', 'INTEGRITY'), String(error)).toBe(true);
    expect((await new CacheReader(cacheDir).count()).files).toBe(0);
  });

  test('that corrupts once is asked for the whole again', async () => {
    const { server, streamer, gets } = await stage({ server: { index: 'sha256' } });
    const [entry] = await streamer.listFiles({ pattern: 'a.vtu' });
    server.script('a.vtu', { kind: 'corrupt', offset: 77 });
    expect(await holds(await streamer.getFile('a.vtu', { entry }), CONTENT)).toBe(true);
    expect(gets()).toEqual([undefined, undefined]);
  });

  test('that corrupts each time is an IntegrityError, and nothing is kept', async () => {
    const { server, streamer, cacheDir } = await stage({ server: { index: 'sha256' } });
    const [entry] = await streamer.listFiles({ pattern: 'a.vtu' });
    server.always('a.vtu', { kind: 'corrupt', offset: 77 });
    const error = await failureOf(streamer.getFile('a.vtu', { entry }));
    expect(isVascuError(error, 'INTEGRITY')).toBe(true);
    expect(bytesOnDisk(cacheDir)).toBe(0);
  });

  test('that corrupts before a cut is found out at the end', async () => {
    const { server, streamer } = await stage({ server: { index: 'sha256' } });
    const [entry] = await streamer.listFiles({ pattern: 'a.vtu' });
    const wrong = CONTENT.slice();
    wrong[5] = 99;
    server.put('a.vtu', wrong, { etag: '"same"' });
    server.script('a.vtu', { kind: 'cut', afterBytes: 500_000 });
    const running = streamer.getFile('a.vtu', { entry });
    await until(() => streamer.stats().retries === 1);
    server.put('a.vtu', CONTENT, { etag: '"same"' });
    expect(await holds(await running, CONTENT)).toBe(true);
    expect(streamer.stats().bytesDownloaded).toBeGreaterThan(5_000_000);
  });

  test('that ignores the range of a resume gives the right bytes', async () => {
    const { server, streamer } = await stage();
    const [entry] = await streamer.listFiles({ pattern: 'a.vtu' });
    server.script('a.vtu', { kind: 'cut', afterBytes: 1_000_000 }, { kind: 'ignore-range' });
    expect(await holds(await streamer.getFile('a.vtu', { entry }), CONTENT)).toBe(true);
  });

  test.each(['bytes 0-1999999/3000000', 'bytes 1000000-2999999/4000000', 'nonsense'])(
    'that answers a resume with the range %j gives the right bytes or none',
    async (value) => {
      const { server, streamer } = await stage();
      const [entry] = await streamer.listFiles({ pattern: 'a.vtu' });
      server.script('a.vtu', { kind: 'cut', afterBytes: 1_000_000 }, { kind: 'content-range', value });
      expect(await holds(await streamer.getFile('a.vtu', { entry }), CONTENT)).toBe(true);
    },
  );

  test('whose file changes between a cut and the resume gives the new file, not a mixture', async () => {
    const { server, streamer } = await stage({ server: {} });
    server.put('files.txt', 'a.vtu\n');
    const changed = contentOf('changed', 3_000_000);
    const [entry] = await streamer.listFiles({ pattern: 'a.vtu' });
    server.script('a.vtu', { kind: 'cut', afterBytes: 1_000_000 });
    const running = streamer.getFile('a.vtu', { entry });
    await until(() => server.requestsOf('a.vtu', 'GET').length === 1);
    server.put('a.vtu', changed);
    expect(await holds(await running, changed)).toBe(true);
  });

  test.each([500, 502, 503, 504, 429, 408])(
    'whose answer is %i for a while is asked again',
    async (status) => {
      const { server, streamer } = await stage();
      const [entry] = await streamer.listFiles({ pattern: 'a.vtu' });
      const busy = { kind: 'status', status, headers: { 'retry-after': '0' } } as const;
      server.script('a.vtu', busy, busy, busy);
      expect(await holds(await streamer.getFile('a.vtu', { entry }), CONTENT)).toBe(true);
    },
  );

  test.each([
    [401, 'AUTH'],
    [403, 'AUTH'],
    [404, 'NOT_FOUND'],
    [503, 'NETWORK'],
  ] as const)('whose answer stays %i is an error of class %s', async (status, code) => {
    const { server, streamer } = await stage({ tries: 3 });
    const [entry] = await streamer.listFiles({ pattern: 'a.vtu' });
    server.always('a.vtu', { kind: 'status', status });
    const error = await failureOf(streamer.getFile('a.vtu', { entry }));
    expect(isVascuError(error, code), String(error)).toBe(true);
    expect(String(error)).toContain('a.vtu');
  });

  test('that fails leaves a beginning from which the next program goes on', async () => {
    const { server, streamer, again, gets } = await stage({ tries: 1 });
    const [entry] = await streamer.listFiles({ pattern: 'a.vtu' });
    server.script('a.vtu', { kind: 'cut', afterBytes: 1_500_000 });
    expect(isVascuError(await failureOf(streamer.getFile('a.vtu', { entry })), 'NETWORK')).toBe(true);
    await streamer.close();
    expect(await holds(await again().getFile('a.vtu'), CONTENT)).toBe(true);
    expect(gets()).toEqual([undefined, 'bytes=1500000-2999999']);
  });
});

describe('a streamer', () => {
  test('that is closed in the middle ends its downloads', async () => {
    const { server, streamer } = await stage();
    const [entry] = await streamer.listFiles({ pattern: 'a.vtu' });
    server.always('a.vtu', { kind: 'stall', afterBytes: 1000 });
    const running = failureOf(streamer.getFile('a.vtu', { entry }));
    await until(() => streamer.stats().bytesDownloaded > 0);
    await streamer.close();
    expect(isVascuError(await running, 'DISPOSED')).toBe(true);
    expect(isVascuError(await failureOf(streamer.getFile('a.vtu')), 'DISPOSED')).toBe(true);
    await until(() => server.sockets.size === 0);
  });

  test('ends with the signal it was made with, with its reason', async () => {
    const controller = new AbortController();
    const { streamer } = await stage({ signal: controller.signal });
    controller.abort('over');
    expect(await failureOf(streamer.listFiles())).toBe('over');
  });

  test('leaves a cache that it was given open', async () => {
    await using cache = await CacheManager.open({ cacheDir: await makeFolder(), maxSize: 10_000_000 });
    const { streamer } = await stage({ cache });
    await streamer.getFile('b.vtu');
    await streamer.close();
    expect((await cache.getCacheStats()).fileCount).toBe(1);
  });

  test.each([
    ['tries', 0],
    ['idleTimeoutMs', 0],
    ['totalTimeoutMs', -1],
    ['tries', Number.NaN],
  ] as const)('refuses %s: %d', async (option, value) => {
    const error = await failureOf(stage({ [option]: value }));
    expect(isVascuError(error, 'CONFIG') && error.option).toBe(option);
  });

  test('checks what lies between here and the files', async () => {
    const { streamer, cacheDir } = await stage();
    const report = await streamer.checkConnection();
    expect(report.ok).toBe(true);
    expect(report.steps.map(({ name, ok }) => [name, ok])).toEqual([
      ['list', true],
      ['read a sample', true],
      ['cache', true],
    ]);
    expect(report.steps[2]?.found).toContain(cacheDir);
  });

  test('says of a server that is away which step failed, and why', async () => {
    const { server, streamer } = await stage();
    await server.close();
    const { ok, steps } = await streamer.checkConnection();
    expect(ok).toBe(false);
    expect(steps.map((step) => [step.name, step.ok])).toEqual([
      ['list', false],
      ['cache', true],
    ]);
    expect(steps[0]?.found).toMatch(/127\.0\.0\.1/);
  }, 30_000); // The source tries several times before it believes it.
});

/** Waits, turn by turn, until something holds. */
async function until(reached: () => boolean): Promise<void> {
  while (!reached()) await new Promise((resolve) => setTimeout(resolve, 1));
}

/** What a cache holds, as another program sees it. */
class CacheReader {
  readonly #cacheDir: string;

  constructor(cacheDir: string) {
    this.#cacheDir = cacheDir;
  }

  async count(): Promise<{ readonly files: number }> {
    await using cache = await CacheManager.open({ cacheDir: this.#cacheDir });
    return { files: (await cache.getCacheStats()).fileCount };
  }
}
