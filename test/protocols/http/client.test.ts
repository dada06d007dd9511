import { once } from 'node:events';
import { createServer } from 'node:net';
import { gzipSync } from 'node:zlib';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type ConfigError, isVascuError } from '../../../src/core/errors.ts';
import { HttpClient } from '../../../src/protocols/http/client.ts';
import { failureOf } from '../../temporary-folder.ts';
import { makeClient, startServer, until } from './start.ts';

/** A TCP server that does `answer` with each connection's first bytes. */
async function startRaw(
  answer: (socket: import('node:net').Socket, count: number) => void,
): Promise<{ url: string; connections: () => number }> {
  let connections = 0;
  const server = createServer((socket) => {
    const count = ++connections;
    socket.on('error', () => undefined).once('data', () => answer(socket, count));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/`,
    connections: () => connections,
  };
}

describe('a request', () => {
  test('gives status, headers, final URL and the bytes', async () => {
    const server = await startServer({ 'a b.vtu': 'content' });
    const response = await makeClient().request({ url: `${server.url}/a%20b.vtu?x=1` });
    expect(response.status).toBe(200);
    expect(response.url.href).toBe(`${server.url}/a%20b.vtu?x=1`);
    expect(response.headers.get('content-length')).toBe('7');
    expect(await response.text()).toBe('content');
    expect(response.redirects).toEqual([]);
  });

  test('asks for no compression, whatever the caller says', async () => {
    const server = await startServer({ x: '' });
    await (
      await makeClient().request({ url: `${server.url}/x`, headers: { 'accept-encoding': 'gzip' } })
    ).discard();
    expect(server.requests[0]?.headers['accept-encoding']).toBe('identity');
  });

  test('sends a body by POST', async () => {
    const server = await startServer({ x: 'ok' });
    const response = await makeClient().request({
      url: `${server.url}/x`,
      method: 'POST',
      body: 'a=ü',
      headers: { 'Content-Type': 'text/plain' },
    });
    expect(await response.text()).toBe('ok');
    expect(server.requests[0]).toMatchObject({
      method: 'POST',
      body: 'a=ü',
      headers: { 'content-length': '4' },
    });
  });

  test('a status of failure is an answer', async () => {
    const server = await startServer();
    const response = await makeClient().request({ url: `${server.url}/nope` });
    expect(response.status).toBe(404);
    expect(await response.text()).toBe('no such file');
  });

  test('HEAD has headers and no bytes', async () => {
    const server = await startServer({ x: 'content' });
    const response = await makeClient().request({ url: `${server.url}/x`, method: 'HEAD' });
    expect(response.headers.get('content-length')).toBe('7');
    expect(await response.text()).toBe('');
  });

  test('reaches an IPv6 address', async () => {
    const server = createServer((socket) =>
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')),
    );
    server.listen(0, '::1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const { port } = server.address() as { port: number };
    expect(await (await makeClient().request({ url: `http://[::1]:${port}/` })).text()).toBe('ok');
  });
});

describe('refused before anything is sent', () => {
  test.each([
    ['http://user:secret-word@localhost/', 'url'],
    ['http://secret-word@localhost/', 'url'],
    ['ftp://localhost/', 'url'],
    ['nonsense', 'url'],
  ])('the URL %s', async (url, option) => {
    const error = await failureOf(makeClient().request({ url }));
    expect(isVascuError(error, 'CONFIG') && error.option).toBe(option);
    expect(String(error)).not.toContain('secret-word');
  });

  test('a header that cannot be sent, which then holds no slot', async () => {
    const server = await startServer({ x: 'content' });
    const client = makeClient({ maxConnections: 1 });
    const headers = { Authorization: 'secret-word\r\nX: y' };
    const error = await failureOf(client.request({ url: `${server.url}/x`, headers }));
    expect(isVascuError(error, 'CONFIG') && error.option).toBe('headers');
    expect(String(error)).not.toContain('secret-word');
    expect(await (await client.request({ url: `${server.url}/x` })).text()).toBe('content');
    expect(server.requests).toHaveLength(1);
  });

  test.each([
    [{ connectTimeoutMs: 0 }, 'connectTimeoutMs'],
    [{ idleTimeoutMs: -1 }, 'idleTimeoutMs'],
    [{ maxConnections: 1.5 }, 'maxConnections'],
    [{ tls: { fingerprint256: 'AB:CD' } }, 'tls.fingerprint256'],
    [{ tls: { ca: '/etc/ca.pem' } }, 'tls.ca'],
    [{ tls: { fingerprint256: 5 } }, 'tls.fingerprint256'],
    [{ tls: { ca: 5 } }, 'tls.ca'],
    [{ tls: { insecure: 'false' } }, 'tls.insecure'],
    [{ tls: true }, 'tls'],
    [{ tls: null }, 'tls'],
    [{ proxy: 'socks5://localhost' }, 'proxy'],
    [{ proxy: true }, 'proxy'],
    [{ proxy: null }, 'proxy'],
    [{ timeout: 5 }, 'timeout'],
  ])('the options %j', (options, option) => {
    expect(() => new HttpClient(options as object)).toThrow(
      expect.objectContaining({ code: 'CONFIG', option } satisfies Partial<ConfigError>),
    );
  });
});

describe('connections', () => {
  test('one serves requests that come one after another', async () => {
    const server = await startServer({ x: 'content' });
    const client = makeClient();
    for (let count = 0; count < 20; count++) await (await client.request({ url: `${server.url}/x` })).text();
    expect(server.connections).toBe(1);
  });

  test('are never more than maxConnections, and all requests get their turn', async () => {
    const server = await startServer({ x: 'y'.repeat(100_000) });
    const client = makeClient({ maxConnections: 3 });
    const lengths = await Promise.all(
      Array.from(
        { length: 40 },
        async () => (await (await client.request({ url: `${server.url}/x` })).text()).length,
      ),
    );
    expect(new Set(lengths)).toEqual(new Set([100_000]));
    expect(server.connections).toBe(3);
  });

  test('a request that waits for its turn leaves at an abort, and the next one goes on', async () => {
    const server = await startServer({ x: 'y'.repeat(5_000_000) });
    const client = makeClient({ maxConnections: 1 });
    const first = await client.request({ url: `${server.url}/x` });
    const controller = new AbortController();
    const second = failureOf(client.request({ url: `${server.url}/x`, signal: controller.signal }));
    const third = client.request({ url: `${server.url}/x` });
    const reason = new Error('stop');
    controller.abort(reason);
    expect(await second).toBe(reason);
    await first.text();
    expect((await (await third).text()).length).toBe(5_000_000);
    expect(server.requests).toHaveLength(2);
  });

  test('a kept one that the server has closed costs a GET nothing', async () => {
    const raw = await startRaw((socket, count) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx');
      if (count === 1) socket.once('data', () => socket.destroy());
    });
    const client = makeClient();
    expect(await (await client.request({ url: raw.url })).text()).toBe('x');
    expect(await (await client.request({ url: raw.url })).text()).toBe('x');
    expect(raw.connections()).toBe(2);
  });

  test('a POST over such a one is not sent twice: whether it took effect is unknown', async () => {
    const raw = await startRaw((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx');
      socket.once('data', () => socket.destroy());
    });
    const client = makeClient();
    await (await client.request({ url: raw.url })).text();
    const error = await failureOf(client.request({ url: raw.url, method: 'POST', body: 'x' }));
    expect(isVascuError(error, 'NETWORK') && error.retryable).toBe(true);
    expect(raw.connections()).toBe(1);
  });

  test('cancelling a body frees its slot', async () => {
    const server = await startServer({ x: 'y'.repeat(5_000_000) });
    const client = makeClient({ maxConnections: 1 });
    for (let count = 0; count < 3; count++)
      await (await client.request({ url: `${server.url}/x` })).body.cancel();
    expect(server.connections).toBe(3);
  });

  test('discarding a short answer keeps the connection, discarding a long one does not read it', async () => {
    const server = await startServer({ short: 'x', long: 'y'.repeat(50_000_000) });
    const client = makeClient();
    await (await client.request({ url: `${server.url}/short` })).discard();
    await (await client.request({ url: `${server.url}/short` })).discard();
    expect(server.connections).toBe(1);
    await (await client.request({ url: `${server.url}/long` })).discard();
    await until(() => server.sockets.size === 0);
  });

  test('HEAD of a large file keeps the connection', async () => {
    const server = await startServer({ long: 'y'.repeat(500_000) });
    const client = makeClient();
    for (let count = 0; count < 3; count++)
      await (await client.request({ url: `${server.url}/long`, method: 'HEAD' })).discard();
    expect(server.connections).toBe(1);
  });

  test('close ends what runs with a DisposedError', async () => {
    const server = await startServer({ x: 'content', y: 'content' });
    server.always('x', { kind: 'stall', afterBytes: 3 });
    server.always('y', { kind: 'slow-headers' });
    const client = makeClient();
    const text = failureOf((await client.request({ url: `${server.url}/x` })).text());
    const headers = failureOf(client.request({ url: `${server.url}/y` }));
    await until(() => server.requests.length === 2);
    await client.close();
    expect(isVascuError(await text, 'DISPOSED')).toBe(true);
    expect(isVascuError(await headers, 'DISPOSED')).toBe(true);
    expect(isVascuError(await failureOf(client.request({ url: server.url })), 'DISPOSED')).toBe(true);
    await until(() => server.sockets.size === 0);
  });
});

describe('an abort', () => {
  test('before the headers rejects with its reason and closes the connection', async () => {
    const server = await startServer();
    server.always('x', { kind: 'slow-headers' });
    const controller = new AbortController();
    const failure = failureOf(makeClient().request({ url: `${server.url}/x`, signal: controller.signal }));
    await until(() => server.requests.length === 1);
    const reason = new Error('stop');
    controller.abort(reason);
    expect(await failure).toBe(reason);
    await until(() => server.sockets.size === 0);
  });

  test('while the body comes fails it with its reason and closes the connection', async () => {
    const server = await startServer({ x: 'content' });
    server.always('x', { kind: 'stall', afterBytes: 3 });
    const controller = new AbortController();
    const { body } = await makeClient().request({ url: `${server.url}/x`, signal: controller.signal });
    const reader = body.getReader();
    expect(Buffer.from((await reader.read()).value ?? []).toString()).toBe('con');
    const next = failureOf(reader.read());
    const reason = new Error('stop');
    controller.abort(reason);
    expect(await next).toBe(reason);
    await until(() => server.sockets.size === 0);
  });

  test('while connecting closes the socket', async () => {
    const open = new Set<unknown>();
    const server = createServer((socket) => {
      open.add(socket);
      socket
        .resume()
        .on('error', () => undefined)
        .once('close', () => open.delete(socket));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const { port } = server.address() as { port: number };
    const controller = new AbortController();
    const failure = failureOf(
      makeClient().request({ url: `https://127.0.0.1:${port}/`, signal: controller.signal }),
    );
    await until(() => open.size === 1);
    controller.abort(new Error('stop'));
    expect(await failure).toBe(controller.signal.reason);
    await until(() => open.size === 0);
  });

  test('of an exchange that has ended leaves the kept connection alone', async () => {
    const server = await startServer({ x: 'content' });
    const client = makeClient();
    const controller = new AbortController();
    await (await client.request({ url: `${server.url}/x`, signal: controller.signal })).text();
    await new Promise((resolve) => setImmediate(resolve));
    controller.abort();
    await (await client.request({ url: `${server.url}/x` })).text();
    expect(server.connections).toBe(1);
  });
});

describe('failures are retryable or not, and say why', () => {
  test('refused connection', async () => {
    const error = await failureOf(makeClient().request({ url: 'http://127.0.0.1:1/x?token=secret-word' }));
    expect(isVascuError(error, 'NETWORK') && error.retryable).toBe(true);
    expect(String(error)).toMatch(/127\.0\.0\.1:1 refuses connections/);
    expect(String(error)).not.toContain('secret-word');
  });

  test('unknown host', async () => {
    const error = await failureOf(makeClient().request({ url: 'http://no-such-host.invalid/' }));
    expect(isVascuError(error, 'NETWORK')).toBe(true);
    expect(String(error)).toMatch(/no-such-host\.invalid:80/);
  });

  test('a server that takes the connection and never speaks TLS', async () => {
    const raw = await startRaw(() => undefined);
    const error = await failureOf(
      makeClient({ connectTimeoutMs: 50 }).request({ url: raw.url.replace('http:', 'https:') }),
    );
    expect(isVascuError(error, 'NETWORK') && error.retryable).toBe(true);
    expect(String(error)).toContain('no connection to 127.0.0.1');
    expect(String(error)).toContain('within 50 ms');
  });

  test('no headers for too long', async () => {
    const server = await startServer();
    server.always('x', { kind: 'slow-headers' });
    const error = await failureOf(makeClient({ idleTimeoutMs: 50 }).request({ url: `${server.url}/x` }));
    expect(isVascuError(error, 'NETWORK') && error.retryable).toBe(true);
    expect(String(error)).toContain('has not answered for 50 ms');
    await until(() => server.sockets.size === 0);
  });

  test.each([false, true])('hang-up before the headers (reset: %s)', async (reset) => {
    const server = await startServer();
    server.always('x', { kind: 'hang-up', reset });
    const error = await failureOf(makeClient().request({ url: `${server.url}/x` }));
    expect(isVascuError(error, 'NETWORK') && error.retryable).toBe(true);
  });

  test('what answers is not HTTP', async () => {
    const raw = await startRaw((socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n'));
    const error = await failureOf(makeClient().request({ url: raw.url }));
    expect(isVascuError(error, 'NETWORK') && error.retryable).toBe(false);
    expect(String(error)).toContain('is not HTTP');
  });
});

describe('text and json', () => {
  test('take no more than asked for', async () => {
    const server = await startServer({ x: 'y'.repeat(5_000_000) });
    const response = await makeClient().request({ url: `${server.url}/x` });
    const error = await failureOf(response.text(1000));
    expect(isVascuError(error, 'NETWORK') && error.retryable).toBe(false);
    await until(() => server.sockets.size === 0);
  });

  test('decompress what was compressed unasked, and not without limit', async () => {
    const server = await startServer({ x: '{"a":"ü"}', bomb: gzipSync('0'.repeat(1_000_000)) });
    server.always('x', { kind: 'gzip' });
    server.always('bomb', { kind: 'headers', headers: { 'content-encoding': 'gzip' } });
    const client = makeClient();
    expect(await (await client.request({ url: `${server.url}/x` })).json()).toEqual({ a: 'ü' });
    const bomb = await client.request({ url: `${server.url}/bomb` });
    expect(String(await failureOf(bomb.text(10_000)))).toContain('longer than 10000 bytes');
  });

  test.each([
    ['<!DOCTYPE html><p>secret-word', 'an HTML page'],
    ['', 'empty'],
    ['{"sid":"secret-word', 'something else'],
  ])('say what %j is instead of JSON without quoting it', async (content, found) => {
    const server = await startServer({ x: content });
    const error = await failureOf((await makeClient().request({ url: `${server.url}/x` })).json());
    expect(isVascuError(error, 'NETWORK') && error.retryable).toBe(false);
    expect(String(error)).toContain(found);
    expect(String(error)).not.toContain('secret-word');
  });
});
