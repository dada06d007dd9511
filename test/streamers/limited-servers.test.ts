import { createHash } from 'node:crypto';
import { createServer, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { StreamingVascuDataset } from '../../src/dataset/streaming-vascu-dataset.ts';
import { smallVtu } from '../dataset/small-mesh.ts';
import { describeWithNginx, startNginx } from '../servers/nginx.ts';
import { serve } from '../servers/odd-server.ts';
import { makeFolder } from '../temporary-folder.ts';

const COUNT = 200;
const FILES = Object.fromEntries(
  Array.from({ length: COUNT }, (_, at) => [
    `case_${String(at).padStart(3, '0')}.vtu`,
    smallVtu({ pointData: { at } }),
  ]),
);
const LIST = Object.entries(FILES)
  .map(([path, text]) => JSON.stringify({ path, size: Buffer.byteLength(text), sha256: sha256(text) }))
  .join('\n');

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Number of requests at a time from which on a server refuses one. */
const MOST = 3;

/** Reads the whole set by the stream of a dataset, with no try to spare; @returns the numbers that the samples have. */
async function readAll(sourceUrl: string): Promise<number[]> {
  const dataset = await StreamingVascuDataset.open({
    sourceUrl,
    cacheDir: await makeFolder(),
    tries: 1,
    proxy: false,
    prefetchSize: 64,
  });
  onTestFinished(() => dataset.close());
  const seen: number[] = [];
  for await (const graph of dataset) seen.push(Number(graph.node['at']?.data[0]));
  return seen;
}

const ALL = Array.from({ length: COUNT }, (_, at) => at);

function answer(url: string): Buffer | undefined {
  const path = url.slice(1);
  const content = path === 'files.jsonl' ? LIST : FILES[path];
  return content === undefined ? undefined : Buffer.from(content);
}

describeWithNginx('nginx', () => {
  test('that serves two at a time gives 200 whole files', async () => {
    const folder = await makeFolder({ 'files.jsonl': LIST, ...FILES });
    await using nginx = await startNginx({
      folder,
      limits: 'limit_conn_zone $server_name zone=all:1m;',
      directives: 'limit_conn all 2; limit_rate 400k;',
    });
    expect(await readAll(`${nginx.url}/`)).toEqual(ALL);
    const statuses = (await nginx.requests()).map((line) => line.split(' ').at(-1));
    // A refusal now and then, when more are tried again: not one for each file.
    expect(statuses.filter((status) => status === '503').length).toBeLessThan(COUNT / 4);
  }, 60_000);
});

test('after a 429 fewer come at a time than before it, none before the time that it names', async () => {
  let running = 0;
  let highest = 0;
  let refusing = false;
  let saidAt = 0;
  let early = 0;
  let later = 0;
  let count = 0;
  const url = await serve((request, response) => {
    const content = answer(request.url ?? '/');
    if (content === undefined) return void response.writeHead(404).end();
    running++;
    if (saidAt === 0) highest = Math.max(highest, running);
    else if (performance.now() < saidAt + 980) early++;
    else if (count++ < 20) later = Math.max(later, running);
    const isRefused = running > MOST && !refusing;
    refusing ||= isRefused;
    setTimeout(() => {
      running--;
      if (!isRefused) {
        return void response
          .writeHead(200, { 'content-length': content.byteLength, etag: '"1"' })
          .end(content);
      }
      saidAt = performance.now();
      response.writeHead(429, { 'retry-after': '1' }).end();
    }, 40);
  });
  expect(await readAll(url)).toEqual(ALL);
  expect(saidAt).toBeGreaterThan(0);
  // Those that were on their way when it said so.
  expect(early).toBeLessThanOrEqual(highest);
  expect(later).toBeGreaterThan(0);
  expect(later).toBeLessThan(highest);
}, 60_000);

test('a server that resets every connection beyond three gives all files', async () => {
  const open = new Set<Socket>();
  let resets = 0;
  const inner = new URL(
    await serve((request, response) => {
      const content = answer(request.url ?? '/');
      if (content === undefined) return void response.writeHead(404).end();
      setTimeout(
        () => response.writeHead(200, { 'content-length': content.byteLength, etag: '"1"' }).end(content),
        2,
      );
    }),
  );
  const { connect } = await import('node:net');
  const front = createServer((socket) => {
    socket.on('error', () => undefined);
    if (open.size >= 3) {
      resets++;
      socket.resetAndDestroy();
      return;
    }
    open.add(socket.on('close', () => open.delete(socket)));
    const back = connect(Number(inner.port), '127.0.0.1');
    socket.pipe(back).pipe(socket);
    back.on('error', () => socket.destroy());
    socket.on('close', () => back.destroy());
  });
  await new Promise<void>((resolve) => void front.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of open) socket.destroy();
    front.close();
  });
  const address = front.address();
  const port = address === null || typeof address === 'string' ? 0 : address.port;
  expect(await readAll(`http://127.0.0.1:${port}/`)).toEqual(ALL);
  expect(resets).toBeGreaterThan(0);
  expect(resets).toBeLessThan(COUNT / 2);
}, 60_000);
