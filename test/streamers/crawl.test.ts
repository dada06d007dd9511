import { readFileSync } from 'node:fs';
import { describe, expect, onTestFinished, test } from 'vitest';
import { CrawlWatch } from '../../src/download/crawl-watch.ts';
import { HttpSource } from '../../src/sources/http/http-source.ts';
import { DataStreamer } from '../../src/streamers/data-streamer.ts';
import { serve } from '../servers/odd-server.ts';
import { makeFolder } from '../temporary-folder.ts';

const CONTENT = Uint8Array.from({ length: 5000 }, (_, index) => index >> 3);

interface Crawl {
  /** Bytes that each answer sends at once; the rest comes a byte at a time. */
  readonly atOnce: (count: number) => number;
  readonly everyMs: number;
  readonly ranges?: boolean | undefined;
  readonly idleTimeoutMs?: number | undefined;
}

async function stage({ atOnce, everyMs, ranges = true, idleTimeoutMs = 200 }: Crawl) {
  const starts: number[] = [];
  const url = await serve((request, response) => {
    if (request.url === '/files.txt') return void response.end('a.bin\n');
    if (request.url !== '/a.bin') return void response.writeHead(404).end();
    const size = CONTENT.byteLength;
    const from = ranges ? Number(/^bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0) : 0;
    const isPart = ranges && request.headers.range !== undefined;
    response.writeHead(isPart ? 206 : 200, {
      'content-length': size - from,
      etag: '"1"',
      ...(isPart ? { 'content-range': `bytes ${from}-${size - 1}/${size}` } : {}),
    });
    if (request.method === 'HEAD') return void response.end();
    let at = from + atOnce(starts.push(from) - 1);
    if (at >= size) return void response.end(CONTENT.subarray(from));
    response.write(CONTENT.subarray(from, at));
    const timer = setInterval(() => {
      if (at + 1 === size) response.end(CONTENT.subarray(at));
      else response.write(CONTENT.subarray(at, at + 1));
      if (++at === size) clearInterval(timer);
    }, everyMs);
    response.once('close', () => clearInterval(timer));
  });
  const source = new HttpSource({ url, proxy: false });
  const options = {
    cacheDir: await makeFolder(),
    idleTimeoutMs,
    retryDelayMs: 1,
    tries: 1,
    hedge: false,
  };
  const streamer = new DataStreamer(source, options);
  onTestFinished(() => streamer.close());
  const get = async (): Promise<boolean> => readFileSync(await streamer.getFile('a.bin')).equals(CONTENT);
  return { starts, get };
}

describe('a transfer at a crawl', () => {
  test('is begun anew behind the bytes that came, and counts as no failure', async () => {
    const { starts, get } = await stage({ atOnce: (count) => (count === 0 ? 10 : 5000), everyMs: 20 });
    expect(await get()).toBe(true);
    expect(starts.length).toBe(2);
    expect(starts[1]).toBeGreaterThanOrEqual(10);
  });

  test('that stays one is let go on in the end: the line is slow', async () => {
    const { starts, get } = await stage({ atOnce: (count) => (count < 3 ? 10 : 4800), everyMs: 8 });
    expect(await get()).toBe(true);
    expect(starts.length).toBeLessThanOrEqual(4);
    expect(starts).toEqual(starts.toSorted((a, b) => a - b));
  }, 30_000);

  test('is begun anew once where no part can be had, and then let go on', async () => {
    const { starts, get } = await stage({
      atOnce: () => 4960,
      everyMs: 60,
      ranges: false,
      idleTimeoutMs: 900,
    });
    expect(await get()).toBe(true);
    expect(starts.length).toBeLessThanOrEqual(3);
  }, 30_000);
});

describe('CrawlWatch', () => {
  /** Steps of so many milliseconds, each with so many bytes. */
  function watch(stepMs: number, bytes: number, steps: number, idleMs = 0): boolean {
    const crawl = new CrawlWatch(20_000);
    for (let at = 0, now = 0; at < steps; at++) {
      crawl.waits(now);
      now += stepMs;
      crawl.came(bytes, now);
      now += idleMs;
      if (crawl.judge(now) !== undefined) return true;
    }
    return false;
  }

  test.each([
    [2000, 1, true],
    [100, 10, true],
    [10_000, 1000, true],
    [1000, 1100, false],
    [10_000, 20_000, false],
  ])('every %i ms %i bytes: %s', (stepMs, bytes, expected) => {
    expect(watch(stepMs, bytes, 1000)).toBe(expected);
  });

  test('time in which nobody waits for bytes does not count', () => {
    expect(watch(1, 100, 100, 60_000)).toBe(false);
  });

  test('silence is judged as well', () => {
    const crawl = new CrawlWatch(20_000);
    crawl.waits(0);
    expect(crawl.judge(19_999)).toBeUndefined();
    expect(crawl.judge(20_000)).toEqual({ bytes: 0, seconds: 20 });
  });
});
