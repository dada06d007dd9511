import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { StreamingVascuDataset } from '../../src/dataset/streaming-vascu-dataset.ts';
import { HttpSource } from '../../src/sources/http/http-source.ts';
import { DataStreamer } from '../../src/streamers/data-streamer.ts';
import { downloadFiles } from '../../src/streamers/download-files.ts';
import { smallVtu } from '../dataset/small-mesh.ts';
import { describeWithNginx, startNginx } from '../servers/nginx.ts';
import { serve } from '../servers/odd-server.ts';
import { failureOf, makeFolder } from '../temporary-folder.ts';

const COUNT = 60;
const FILES = Object.fromEntries(
  Array.from({ length: COUNT }, (_, at) => [`case_${at}.vtu`, smallVtu({ pointData: { at } })]),
);
const LIST = Object.keys(FILES).join('\n');

type Refuse = (request: IncomingMessage, response: ServerResponse) => void;

const withStatus =
  (status: number, headers: Record<string, string> = {}): Refuse =>
  (_, response) =>
    void response.writeHead(status, headers).end('no');

/** Ways in which a server says that it has too much to do. */
const REFUSALS: Readonly<Record<string, Refuse>> = {
  '503': withStatus(503),
  '429': withStatus(429),
  '429 with Retry-After': withStatus(429, { 'retry-after': '0' }),
  '429 with a used-up RateLimit': withStatus(429, { ratelimit: '"api";r=0;t=0' }),
  '429 with the RateLimit of old': withStatus(429, { ratelimit: 'limit=9, remaining=0, reset=0' }),
  '503 with a date': withStatus(503, { 'retry-after': 'Thu, 01 Jan 1970 00:00:00 GMT' }),
  'a connection that is cut': (request) => void request.socket.resetAndDestroy(),
  'a connection that is closed': (request) => void request.socket.end(),
};

interface BusyServer {
  readonly url: string;
  /** Requests that were refused, and that were served. */
  readonly counts: { refused: number; served: number; most: number };
}

/** Serves so many requests at a time, each some milliseconds long. */
async function serveFew(most: number, refuse: Refuse): Promise<BusyServer> {
  const counts = { refused: 0, served: 0, most: 0 };
  let running = 0;
  const url = await serve((request, response) => {
    if (running >= most) {
      counts.refused++;
      return refuse(request, response);
    }
    counts.most = Math.max(counts.most, ++running);
    setTimeout(() => {
      running--;
      counts.served++;
      const path = (request.url ?? '').slice(1);
      const content = path === 'files.txt' ? LIST : FILES[path];
      if (content === undefined) return void response.writeHead(404).end();
      const headers = { 'content-length': Buffer.byteLength(content), etag: '"1"' };
      response.writeHead(200, headers).end(request.method === 'HEAD' ? undefined : content);
    }, 3);
  });
  return { url, counts };
}

async function streamerOf(url: string): Promise<DataStreamer> {
  const source = new HttpSource({ url, proxy: false });
  // No try is spare: what the server refuses for being busy must not count as a failure of a file.
  const streamer = new DataStreamer(source, { cacheDir: await makeFolder(), tries: 1 });
  onTestFinished(() => streamer.close());
  return streamer;
}

async function getAll(url: string, concurrency = 16): Promise<void> {
  const streamer = await streamerOf(url);
  const entries = await streamer.listFiles();
  expect(entries).toHaveLength(COUNT);
  const { got, failed } = await downloadFiles(streamer, entries, { concurrency });
  expect([failed, got]).toEqual([[], COUNT]);
}

describe.each(Object.entries(REFUSALS))('a server that refuses by %s', (_, refuse) => {
  test.each([1, 2, 5])('and bears %i at a time gives all files', async (most) => {
    const { url, counts } = await serveFew(most, refuse);
    await getAll(url);
    expect(counts.refused).toBeGreaterThan(0);
  });

  test('gives a dataset all its samples', async () => {
    const { url } = await serveFew(2, refuse);
    const dataset = await StreamingVascuDataset.open({
      sourceUrl: url,
      cacheDir: await makeFolder(),
      tries: 1,
      proxy: false,
      prefetch: true,
      prefetchSize: 16,
    });
    onTestFinished(() => dataset.close());
    let count = 0;
    for await (const _graph of dataset) count++;
    expect(count).toBe(COUNT);
  });
});

test('a server that closes all connections but two gives all files', async () => {
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    const path = (request.url ?? '').slice(1);
    const content = path === 'files.txt' ? LIST : FILES[path];
    if (content === undefined) return void response.writeHead(404).end();
    const headers = { 'content-length': Buffer.byteLength(content), etag: '"1"' };
    response.writeHead(200, headers).end(request.method === 'HEAD' ? undefined : content);
  });
  server.maxConnections = 2;
  server.listen({ port: 0, host: '127.0.0.1', backlog: 1 });
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await getAll(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
});

test('as many requests as the server bears are made again after it has refused', async () => {
  const { url, counts } = await serveFew(4, withStatus(503));
  await getAll(url);
  const refused = counts.refused;
  counts.most = 0;
  await getAll(url);
  expect(counts.most).toBe(4);
  expect(counts.refused - refused).toBeLessThan(COUNT);
});

test('a server that refuses nothing gets more requests at a time with its answers', async () => {
  const { url, counts } = await serveFew(100, withStatus(503));
  await getAll(url);
  expect(counts.refused).toBe(0);
  expect(counts.most).toBeGreaterThan(4);
  expect(counts.most).toBeLessThanOrEqual(64);
});

test('a rate of requests is kept to', async () => {
  let tokens = 3;
  const refill = setInterval(() => {
    tokens = Math.min(3, tokens + 1);
  }, 20);
  onTestFinished(() => clearInterval(refill));
  const url = await serve((request, response) => {
    if (tokens === 0) return void response.writeHead(429).end();
    tokens--;
    const path = (request.url ?? '').slice(1);
    const content = path === 'files.txt' ? LIST : FILES[path];
    if (content === undefined) return void response.writeHead(404).end();
    const headers = { 'content-length': Buffer.byteLength(content), etag: '"1"' };
    response.writeHead(200, headers).end(request.method === 'HEAD' ? undefined : content);
  });
  await getAll(url);
}, 60_000);

test('a request that is refused alone is an error at once, with its status', async () => {
  let count = 0;
  const url = await serve((request, response) => {
    if (request.url !== '/a') return void response.writeHead(404).end();
    count++;
    response.writeHead(503).end();
  });
  const streamer = await streamerOf(url);
  const entry = { path: 'a', size: 1, version: '"1"' };
  expect(String(await failureOf(streamer.getFile('a', { entry })))).toContain('503');
  expect(count).toBe(1);
});

test('one file that is refused for ever keeps no other from coming', async () => {
  const { url } = await serveFew(100, withStatus(503));
  const front = await serve(async (request, response) => {
    if (request.url === '/case_7.vtu') return void response.writeHead(503).end();
    const answer = await fetch(new URL(request.url ?? '', url), { method: request.method ?? 'GET' });
    const body = Buffer.from(await answer.arrayBuffer());
    const length = answer.headers.get('content-length') ?? body.byteLength;
    response.writeHead(answer.status, { etag: '"1"', 'content-length': length }).end(body);
  });
  const streamer = await streamerOf(front);
  const entries = Object.entries(FILES).map(([path, text]) => ({ path, size: text.length, version: '"1"' }));
  const { got, failed } = await downloadFiles(streamer, entries, { concurrency: 16 });
  expect([got, failed.map(({ path }) => path)]).toEqual([COUNT - 1, ['case_7.vtu']]);
}, 60_000);

test('waiting for a turn is not taken for silence', async () => {
  // One at a time, and longer in all than a download may be silent.
  const { url } = await serveFew(1, withStatus(503));
  const source = new HttpSource({ url, proxy: false, idleTimeoutMs: 5_000 });
  const streamer = new DataStreamer(source, { cacheDir: await makeFolder(), tries: 1, idleTimeoutMs: 40 });
  onTestFinished(() => streamer.close());
  const entries = await streamer.listFiles();
  const { failed } = await downloadFiles(streamer, entries, { concurrency: 16 });
  expect(failed).toEqual([]);
});

describeWithNginx('nginx with limits', () => {
  test.each(['conn', 'rate', 'burst'])(
    '%s: all files come',
    async (limit) => {
      const folder = await makeFolder({ 'files.txt': LIST, ...FILES });
      await using nginx = await startNginx({
        folder,
        limits:
          'limit_conn_zone $server_name zone=all:1m; limit_req_zone $server_name zone=rate:1m rate=100r/s;',
        directives: `
        location /conn/ { alias ${folder}/; limit_conn all 2; limit_rate 100k; }
        location /rate/ { alias ${folder}/; limit_req zone=rate; }
        location /burst/ { alias ${folder}/; limit_req zone=rate burst=5 nodelay; limit_req_status 429; }`,
      });
      await getAll(`${nginx.url}/${limit}/`);
    },
    60_000,
  );
});
