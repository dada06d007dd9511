import { type AddressInfo, createServer, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { expect, onTestFinished, test } from 'vitest';
import { isVascuError } from '../../../src/core/errors.ts';
import { HttpClient } from '../../../src/protocols/http/client.ts';
import type { HttpResponse } from '../../../src/protocols/http/exchange-types.ts';
import { parsePlainHead } from '../../../src/protocols/http/plain-head.ts';
import { type Certificate, makeCertificate } from '../../servers/certificates.ts';
import { failureOf } from '../../temporary-folder.ts';

/** Answers after which files are asked for over plain connections. */
const FIRST = 8;

const plain = (body: string): string => `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

interface Stage {
  readonly ask: (signal?: AbortSignal) => Promise<HttpResponse>;
  readonly requests: string[];
  readonly connections: Socket[];
}

/** A server that has answered plainly so often that the client is about to ask over a plain connection. */
async function stage(
  answer: (socket: Socket, request: number) => void,
  certificate?: Certificate,
): Promise<Stage> {
  const requests: string[] = [];
  const connections: Socket[] = [];
  const take = (socket: Socket): void => {
    connections.push(socket);
    socket.on('error', () => undefined);
    socket.on('data', (request) => {
      requests.push(request.toString());
      if (requests.length <= FIRST) socket.write(plain('first'));
      else answer(socket, requests.length - FIRST);
    });
  };
  const server = certificate === undefined ? createServer(take) : createTlsServer({ ...certificate }, take);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const client = new HttpClient({
    proxy: false,
    idleTimeoutMs: 2000,
    tls: { ca: certificate?.cert },
  });
  onTestFinished(async () => {
    await client.close();
    for (const socket of connections) socket.destroy();
    server.close();
  });
  const scheme = certificate === undefined ? 'http' : 'https';
  const url = `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}/a`;
  const ask: Stage['ask'] = (signal) => client.request({ url, isFile: true, ...(signal && { signal }) });
  for (let count = 0; count < FIRST; count++) await (await ask()).text();
  expect(connections).toHaveLength(1);
  return { ask, requests, connections };
}

test('answers come over one connection, in pieces of any length, with the same request', async () => {
  const { ask, requests, connections } = await stage((socket, request) => {
    const bytes = plain('x'.repeat(request * 10_000));
    const cut = request * 7;
    socket.write(bytes.slice(0, cut));
    setImmediate(() => socket.write(bytes.slice(cut)));
  });
  for (let count = 1; count <= 12; count++) {
    const response = await ask();
    expect(response.headers.get('content-length')).toBe(String(count * 10_000));
    expect(await response.text()).toBe('x'.repeat(count * 10_000));
  }
  expect(connections).toHaveLength(2);
  expect(new Set(requests).size).toBe(1);
});

const ODD_ANSWERS = [
  ['in chunks', 'HTTP/1.1 503 Busy\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbusy\r\n0\r\n\r\n', 503, 'busy'],
  [
    'before the connection closes',
    'HTTP/1.1 200 OK\r\nX-A: a\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok',
    200,
    'ok',
  ],
  ['without a length', 'HTTP/1.1 404 No\r\n\r\nnone', 404, 'none'],
] as const;

test.each(ODD_ANSWERS.flatMap((odd) => [[...odd, false] as const, [...odd, true] as const]))(
  'an answer %s is read, and not asked for twice',
  async (how, text, status, body, hasTls) => {
    const { ask, requests } = await stage(
      (socket) => {
        socket.write(text);
        if (how === 'without a length') socket.end();
      },
      hasTls ? makeCertificate() : undefined,
    );
    const response = await ask();
    expect([response.status, await response.text()]).toEqual([status, body]);
    expect(requests.slice(FIRST)).toHaveLength(1);
  },
);

test.each([
  ['whose lines end in LF alone', 'HTTP/1.1 200 OK\nContent-Length: 2\n\nok', 'ok'],
  ['that is no HTTP', 'hello\r\n', /is not HTTP/],
])('an answer %s is not waited for to its end', async (_, text, outcome) => {
  const { ask } = await stage((socket) => socket.write(text));
  const found = await ask()
    .then((response) => response.text())
    .catch(String);
  expect(found).toMatch(outcome);
});

test('a body that is cut, or given up, fails and closes the connection', async () => {
  const { ask, connections } = await stage((socket, request) => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf');
    if (request === 1) setTimeout(() => socket.destroy(), 20);
  });
  const cut = await failureOf(ask().then((response) => response.text()));
  expect(isVascuError(cut, 'NETWORK') && cut.retryable).toBe(true);
  expect(String(cut)).toContain('ended after 4 of 10 bytes');
  const controller = new AbortController();
  const response = await ask(controller.signal);
  controller.abort(new Error('enough'));
  expect(String(await failureOf(response.text()))).toContain('enough');
  const last = connections.at(-1) as Socket;
  if (!last.destroyed) await new Promise((resolve) => last.once('close', resolve));
});

test('a kept connection that the server has closed costs nothing', async () => {
  const { ask, connections } = await stage((socket, request) => {
    if (request === 2) socket.resetAndDestroy();
    else socket.write(plain('ok'));
  });
  for (let count = 0; count < 3; count++) expect(await (await ask()).text()).toBe('ok');
  expect(connections).toHaveLength(3);
});

test('a connection on which more comes than was announced is not used again', async () => {
  const { ask, connections } = await stage((socket) => socket.write(`${plain('ok')}more`));
  for (let count = 0; count < 2; count++) expect(await (await ask()).text()).toBe('ok');
  expect(connections).toHaveLength(3);
});

test.each([
  'HTTP/1.0 200 OK\r\nContent-Length: 1',
  'HTTP/1.1 100 Continue',
  'HTTP/1.1 200 OK',
  'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1',
  'HTTP/1.1 200 OK\r\nContent-Length: +1',
  'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked',
  'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nX-A: a\r\n b',
  'HTTP/1.1 200 OK\nContent-Length: 1',
  'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nX-A : a',
  'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nX-A: a\0b',
  '\u0015\u0003\u0001\0\u0002\u0002F',
])('%j is no plain head', (text) => {
  expect(parsePlainHead(text)).toBeUndefined();
});

test.each([
  ['HTTP/1.1 206 Partial\r\ncontent-length: 12\r\nX-A:b \t', { status: 206, length: 12, keepMs: Infinity }],
  ['HTTP/1.1 304 Same\r\nContent-Length: 12', { status: 304, length: 0, keepMs: Infinity }],
  ['HTTP/1.1 404 \r\nContent-Length: 0\r\nConnection: close', { status: 404, length: 0, keepMs: 0 }],
  ['HTTP/1.1 200 OK\r\nContent-Length: 5\r\nKeep-Alive: timeout=5, max=9', { length: 5, keepMs: 4000 }],
])('%j is a plain head', (text, expected) => {
  expect(parsePlainHead(text)).toMatchObject(expected);
});
