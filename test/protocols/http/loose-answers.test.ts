import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { isVascuError } from '../../../src/core/errors.ts';
import { withRetry } from '../../../src/core/retry.ts';
import { failureOf } from '../../temporary-folder.ts';
import { makeClient } from './start.ts';

/** A server that answers each request with these bytes; returns its URL and the number of requests. */
async function answer(text: string): Promise<{ readonly url: string; readonly seen: { count: number } }> {
  const seen = { count: 0 };
  const server = createServer((socket) => {
    socket
      .on('error', () => undefined)
      .on('data', () => {
        seen.count++;
        socket.write(text, 'latin1');
      });
    onTestFinished(() => void socket.destroy());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/x`, seen };
}

describe('an answer that the standard lets a recipient take', () => {
  test.each([
    ['a folded line', 'HTTP/1.1 200 OK\r\nX-A: one\r\n two\r\nContent-Length: 2\r\n\r\nok', 'one two'],
    ['folded by a tab', 'HTTP/1.1 200 OK\r\nX-A: one\r\n\ttwo\r\nContent-Length: 2\r\n\r\nok', /^one\s+two$/],
    ['folded at its beginning', 'HTTP/1.1 200 OK\r\nX-A:\r\n two\r\nContent-Length: 2\r\n\r\nok', 'two'],
    ['folded twice', 'HTTP/1.1 200 OK\r\nX-A: a\r\n b\r\n c\r\nContent-Length: 2\r\n\r\nok', 'a b c'],
    ['bare LF everywhere', 'HTTP/1.1 200 OK\nX-A: one\nContent-Length: 2\n\nok', 'one'],
    ['bare LF behind the status', 'HTTP/1.1 200 OK\nX-A: one\r\nContent-Length: 2\r\n\r\nok', 'one'],
    ['bare LF in a line', 'HTTP/1.1 200 OK\r\nX-A: one\nContent-Length: 2\r\n\r\nok', 'one'],
    ['bare LF at the end', 'HTTP/1.1 200 OK\r\nX-A: one\r\nContent-Length: 2\r\n\nok', 'one'],
    ['a NUL in a line', 'HTTP/1.1 200 OK\r\nX-A: one\0two\r\nContent-Length: 2\r\n\r\nok', 'one two'],
    ['bare LF and folded', 'HTTP/1.1 200 OK\nX-A: one\n two\nContent-Length: 2\n\nok', 'one two'],
  ])('%s is taken', async (_, text, value) => {
    const { url, seen } = await answer(text);
    const client = makeClient();
    for (let count = 0; count < 3; count++) {
      const response = await client.request({ url });
      expect([response.status, await response.text()]).toEqual([200, 'ok']);
      expect(response.headers.get('x-a')).toEqual(
        typeof value === 'string' ? value : expect.stringMatching(value),
      );
    }
    // The first answer was asked for twice; from then on it is known how the server writes.
    expect(seen.count).toBe(4);
  });
});

describe('an answer that nobody can take', () => {
  test.each([
    ['no colon', 'HTTP/1.1 200 OK\r\nX-A\r\nContent-Length: 2\r\n\r\nok', 2],
    ['a space before the colon', 'HTTP/1.1 200 OK\r\nX-A : one\r\nContent-Length: 2\r\n\r\nok', 2],
    ['a bare CR', 'HTTP/1.1 200 OK\r\nX-A: a\rb\r\nContent-Length: 2\r\n\r\nok', 2],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok', 1],
    ['no HTTP', 'hello\r\n', 1],
    ['chunks with bare LF', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\nok\n0\n\n', 1],
  ])('%s is named and not tried again', async (_, text, requests) => {
    const { url, seen } = await answer(text);
    const client = makeClient();
    const ask = async (): Promise<string> => (await client.request({ url })).text();
    const error = await failureOf(withRetry(ask, { baseDelayMs: 1 }));
    expect(isVascuError(error, 'NETWORK') && error.retryable).toBe(false);
    expect(String(error)).toMatch(/is broken \(HPE_\w+: .*RFC 9112|is not HTTP/);
    expect(seen.count).toBe(requests);
  });
});
