import { getEventListeners } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { isVascuError } from '../../../src/core/errors.ts';
import { messageBody } from '../../../src/protocols/http/body.ts';
import { ExchangeWatch } from '../../../src/protocols/http/exchange-watch.ts';
import { fc, test as property } from '../../property.ts';
import { failureOf } from '../../temporary-folder.ts';
import { makeClient, startServer, until as untilTrue } from './start.ts';

const MEGABYTES = Buffer.from(Uint8Array.from({ length: 3_000_000 }, (_, index) => (index * 7919) >> 5));

describe('a body', () => {
  test('arrives byte for byte', async () => {
    const server = await startServer({ x: MEGABYTES });
    const { body } = await makeClient().request({ url: `${server.url}/x` });
    const chunks: Uint8Array[] = [];
    for await (const chunk of body) {
      expect(chunk).toBeInstanceOf(Uint8Array);
      expect(Buffer.isBuffer(chunk)).toBe(false);
      chunks.push(chunk);
    }
    expect(Buffer.concat(chunks).equals(MEGABYTES)).toBe(true);
  });

  test.each([false, true])('that is cut fails with a retryable error (reset: %s)', async (reset) => {
    const server = await startServer({ x: 'content' });
    server.always('x', { kind: 'cut', afterBytes: 3, reset });
    const error = await failureOf(
      (await makeClient().request({ url: `${server.url}/x?secret-word` })).text(),
    );
    expect(isVascuError(error, 'NETWORK') && error.retryable).toBe(true);
    if (!reset) expect(String(error)).toContain('ended after 3 of 7 bytes');
    expect(String(error)).not.toContain('secret-word');
  });

  test('shorter than its Content-Length fails', async () => {
    const server = await startServer({ x: 'content' });
    server.always('x', { kind: 'cut', afterBytes: 7 });
    server.put('x', 'content and more');
    expect(
      isVascuError(
        await failureOf((await makeClient().request({ url: `${server.url}/x` })).text()),
        'NETWORK',
      ),
    ).toBe(true);
  });

  test('longer than its Content-Length ends there', async () => {
    const server = await startServer({ x: 'content' });
    server.always('x', { kind: 'lie', length: 3 });
    expect(await (await makeClient().request({ url: `${server.url}/x` })).text()).toBe('con');
  });

  test('that is chunked and cut fails', async () => {
    const server = await startServer({ x: 'content' });
    server.always('x', { kind: 'cut', afterBytes: 3 });
    const error = await failureOf((await makeClient().request({ url: `${server.url}/x` })).text());
    expect(isVascuError(error, 'NETWORK') && error.retryable).toBe(true);
  });

  test('that falls silent fails and closes the connection', async () => {
    const server = await startServer({ x: 'content' });
    server.always('x', { kind: 'stall', afterBytes: 3 });
    const client = makeClient({ idleTimeoutMs: 50 });
    const error = await failureOf((await client.request({ url: `${server.url}/x` })).text());
    expect(isVascuError(error, 'NETWORK') && error.retryable).toBe(true);
    expect(String(error)).toContain('nothing for 50 ms after 3 bytes');
    await untilTrue(() => server.sockets.size === 0);
  });

  test('whose reader takes its time does not count as silent', async () => {
    const server = await startServer({ x: MEGABYTES });
    const { body } = await makeClient({ idleTimeoutMs: 300 }).request({ url: `${server.url}/x` });
    await new Promise((resolve) => setTimeout(resolve, 700));
    let length = 0;
    for await (const chunk of body) length += chunk.byteLength;
    expect(length).toBe(MEGABYTES.byteLength);
  });

  test('is not silent because this program was busy for longer than the time-out', async () => {
    const server = await startServer({ x: 'content' });
    let send: (() => void) | undefined;
    const until = new Promise<void>((resolve) => {
      send = resolve;
    });
    server.always('x', { kind: 'stall', afterBytes: 3, until });
    const { body } = await makeClient({ idleTimeoutMs: 100 }).request({ url: `${server.url}/x` });
    const reader = body.getReader();
    await reader.read();
    const rest = reader.read();
    send?.();
    // The server writes; then nothing runs for longer than the time-out.
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => process.nextTick(resolve));
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
    expect(Buffer.from((await rest).value ?? []).toString()).toBe('tent');
  });

  test('is read only as far as its reader keeps up', async () => {
    let produced = 0;
    const message = new Readable({
      read() {
        produced += 65_536;
        this.push(produced > 50_000_000 ? null : Buffer.alloc(65_536));
      },
    });
    Object.assign(message, { complete: true, headers: {} });
    const watch = new ExchangeWatch([], 10_000, { aborted: () => undefined, silent: () => undefined });
    const about = { host: 'host', label: 'x', idleTimeoutMs: 10_000 };
    const body = messageBody(message as IncomingMessage, { ...about, watch }).stream;
    const reader = body.getReader();
    for (let chunk = 0; chunk < 10; chunk++) {
      await reader.read();
      for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    }
    expect(produced).toBeLessThan(2_000_000);
    await reader.cancel();
    expect(message.destroyed).toBe(true);
  });

  test('leaves no listener on a signal that lives on', async () => {
    const server = await startServer({ x: 'content' });
    const { signal } = new AbortController();
    await (await makeClient().request({ url: `${server.url}/x`, signal })).text();
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  property(
    'is the same however the server cuts and whichever range is asked for',
    [fc.nat(20_000), fc.nat(20_000)],
    async (from, length) => {
      const content = MEGABYTES.subarray(0, 20_000);
      const server = await startServer({ x: content });
      const start = Math.min(from, content.byteLength - 1);
      const response = await makeClient().request({
        url: `${server.url}/x`,
        headers: { Range: `bytes=${start}-${start + length}` },
      });
      const chunks: Uint8Array[] = [];
      for await (const chunk of response.body) chunks.push(chunk);
      expect(Buffer.concat(chunks).equals(content.subarray(start, start + length + 1))).toBe(true);
    },
    { numRuns: 20 },
  );
});
