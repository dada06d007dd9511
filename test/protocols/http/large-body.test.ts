import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { isVascuError } from '../../../src/core/errors.ts';
import type { HttpResponse } from '../../../src/protocols/http/exchange-types.ts';
import { fc, test as property } from '../../property.ts';
import { makeCertificate } from '../../servers/certificates.ts';
import { failureOf } from '../../temporary-folder.ts';
import { makeClient, startServer, until } from './start.ts';

/** Large enough that the bytes are taken from the socket without the parser. */
const SIZE = 12_345_678;

function contentOf(size: number): Buffer {
  const block = Buffer.from(Uint8Array.from({ length: 65_521 }, (_, index) => (index * 7919) >> 5));
  return Buffer.alloc(size, block);
}

const CONTENT = contentOf(SIZE);

/** What came; each chunk is given back at once. */
async function digest(response: HttpResponse): Promise<{ sha256: string; memory: number }> {
  const hash = createHash('sha256');
  const memory = new Set<ArrayBuffer>();
  for await (const chunk of response.body) {
    hash.update(chunk);
    memory.add(chunk.buffer);
    response.recycle?.(chunk);
  }
  return { sha256: hash.digest('hex'), memory: memory.size };
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

test('arrives byte for byte, in memory that is used again', async () => {
  const content = contentOf(60_000_000);
  const server = await startServer({ x: content });
  const came = await digest(await makeClient().request({ url: `${server.url}/x` }));
  expect(came.sha256).toBe(sha256(content));
  // 60 MB in pieces of 256 KiB would be 230 of them.
  expect(came.memory).toBeLessThan(40);
});

property(
  'what is not given back is not written over, whatever else is, one after the other and together',
  [fc.infiniteStream(fc.boolean())],
  async (choices) => {
    const server = await startServer({ x: CONTENT });
    const client = makeClient();
    const read = async (): Promise<void> => {
      const response = await client.request({ url: `${server.url}/x` });
      const chunks: Uint8Array[] = [];
      for await (const chunk of response.body) {
        const isKept = choices.next().value;
        chunks.push(isKept ? chunk : chunk.slice());
        if (!isKept) response.recycle?.(chunk);
      }
      expect(Buffer.concat(chunks).equals(CONTENT)).toBe(true);
    };
    await Promise.all([read(), read()]);
    await read();
  },
  { numRuns: 5 },
);

test('cannot be taken away with its memory, into which the socket still reads', async () => {
  const server = await startServer({ x: CONTENT });
  const { body } = await makeClient().request({ url: `${server.url}/x` });
  let shared = 0;
  for await (const { buffer } of body) {
    // The first bytes come from the parser, in memory of their own.
    if (buffer.byteLength !== 256 * 1024) continue;
    shared++;
    expect(() => structuredClone(buffer, { transfer: [buffer] })).toThrow(/transfer/i);
  }
  expect(shared).toBeGreaterThan(0);
});

test('of a range holds that range', async () => {
  const server = await startServer({ x: CONTENT });
  const headers = { Range: 'bytes=1000001-11999999' };
  const response = await makeClient().request({ url: `${server.url}/x`, headers });
  expect(response.status).toBe(206);
  expect((await digest(response)).sha256).toBe(sha256(CONTENT.subarray(1_000_001, 12_000_000)));
});

test('over TLS arrives byte for byte', async () => {
  const content = contentOf(65 * 1024 ** 2);
  const certificate = makeCertificate();
  const server = await startServer({ x: content }, { tls: certificate });
  const client = makeClient({ tls: { ca: certificate.cert } });
  expect((await digest(await client.request({ url: `${server.url}/x` }))).sha256).toBe(sha256(content));
  expect((await digest(await client.request({ url: `${server.url}/x` }))).sha256).toBe(sha256(content));
});

test.each([
  [false, 9_000_000],
  [true, 9_000_000],
  [false, 3],
  [false, 0],
])('that is cut (by a reset: %s) after %i bytes fails with a retryable error', async (reset, afterBytes) => {
  const server = await startServer({ x: CONTENT });
  server.always('x', { kind: 'cut', afterBytes, reset });
  const error = await failureOf(
    makeClient()
      .request({ url: `${server.url}/x` })
      .then(digest),
  );
  expect(isVascuError(error, 'NETWORK') && error.retryable).toBe(true);
  if (!reset) expect(String(error)).toContain(`ended after ${afterBytes} of ${SIZE} bytes`);
});

test('that falls silent fails and closes the connection', async () => {
  const server = await startServer({ x: CONTENT });
  server.always('x', { kind: 'stall', afterBytes: 9_000_000 });
  const error = await failureOf(
    makeClient({ idleTimeoutMs: 200 })
      .request({ url: `${server.url}/x` })
      .then(digest),
  );
  expect(isVascuError(error, 'NETWORK') && error.retryable).toBe(true);
  expect(String(error)).toContain('nothing for 200 ms after 9000000 bytes');
  await until(() => server.sockets.size === 0);
});

test('longer than its Content-Length ends there', async () => {
  const server = await startServer({ x: CONTENT });
  server.always('x', { kind: 'lie', length: 10_000_000 });
  const response = await makeClient().request({ url: `${server.url}/x` });
  expect((await digest(response)).sha256).toBe(sha256(CONTENT.subarray(0, 10_000_000)));
});

test('that is aborted fails with the reason, and closes the connection', async () => {
  const server = await startServer({ x: CONTENT });
  const abort = new AbortController();
  const { body } = await makeClient().request({ url: `${server.url}/x`, signal: abort.signal });
  const reader = body.getReader();
  await reader.read();
  const reason = new Error('enough');
  abort.abort(reason);
  expect(await failureOf(reader.read())).toBe(reason);
  await until(() => server.sockets.size === 0);
});

test('is read only as far as its reader keeps up', async () => {
  const server = await startServer({ x: contentOf(100_000_000) });
  const { body } = await makeClient({ idleTimeoutMs: 100 }).request({ url: `${server.url}/x` });
  const reader = body.getReader();
  await reader.read();
  await new Promise((resolve) => setTimeout(resolve, 400));
  // What is not here lies in the two systems' buffers or is still to be sent.
  const [socket] = server.sockets;
  expect(socket?.writableLength).toBeGreaterThan(50_000_000);
  let length = 0;
  for (let next = await reader.read(); !next.done; next = await reader.read())
    length += next.value.byteLength;
  expect(length).toBeGreaterThan(90_000_000);
});

test('gives the place of its connection to the next request', async () => {
  const server = await startServer({ x: CONTENT, y: 'short' });
  const client = makeClient({ maxConnections: 1 });
  for (let round = 0; round < 3; round++) {
    expect((await digest(await client.request({ url: `${server.url}/x` }))).sha256).toBe(sha256(CONTENT));
    expect(await (await client.request({ url: `${server.url}/y` })).text()).toBe('short');
  }
  expect(server.connections).toBe(4);
});

test('that was only asked about, by HEAD, leaves the connection as it was', async () => {
  const server = await startServer({ x: CONTENT, y: 'short' });
  const client = makeClient({ maxConnections: 1 });
  const response = await client.request({ url: `${server.url}/x`, method: 'HEAD' });
  expect(response.headers.get('content-length')).toBe(String(SIZE));
  expect(await response.text()).toBe('');
  expect(await (await client.request({ url: `${server.url}/y` })).text()).toBe('short');
  expect(server.connections).toBe(1);
});
