import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** How the answer to a request for a file departs from the usual one. */
interface Oddity {
  /** Answers with this and nothing else. */
  readonly status?: number | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly etag?: string | null | undefined;
  /** Length that is announced, and nothing sent beyond it. */
  readonly length?: number | undefined;
  /** Bytes after which the connection is cut. */
  readonly cutAfter?: number | undefined;
}

/** Decides on the answer to a request. @param count - how many requests came before it */
export type Odd = (request: IncomingMessage, count: number) => Oddity;

export interface OddServer {
  /** With a trailing `/`. */
  readonly url: string;
  /** `METHOD path` and the range, of each request. */
  readonly requests: string[];
}

const MODIFIED = new Date(Date.UTC(2026, 0));

/** A server that behaves as `handler` says and stops when the test has ended. */
export async function serve(handler: RequestListener): Promise<string> {
  const server = createServer(handler).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

/**
 * Serves files with ETag, Last-Modified, ranges and If-Match, and a `files.txt`, but for what `odd` says. A file may be a
 * function that gives its content for each request.
 */
export async function serveOddly(
  files: Readonly<Record<string, Uint8Array | (() => Uint8Array)>>,
  odd: Odd = () => ({}),
): Promise<OddServer> {
  const requests: string[] = [];
  const list = new TextEncoder().encode(`${Object.keys(files).join('\n')}\n`);
  const url = await serve((request, response) => {
    const path = decodeURIComponent((request.url ?? '').slice(1).replace(/\?.*/, ''));
    const found = path === 'files.txt' ? list : files[path];
    if (path !== 'files.txt' && !path.endsWith('.jsonl')) {
      const range = request.headers.range === undefined ? '' : ` ${request.headers.range}`;
      requests.push(`${request.method} ${path}${range}`);
    }
    if (found === undefined) return void response.writeHead(404).end();
    const content = typeof found === 'function' ? found() : found;
    answer(request, response, content, path === 'files.txt' ? {} : odd(request, requests.length - 1));
  });
  return { url, requests };
}

function answer(request: IncomingMessage, response: ServerResponse, content: Uint8Array, odd: Oddity): void {
  if (odd.status !== undefined) return void response.writeHead(odd.status, odd.headers).end();
  const etag = odd.etag === undefined ? `"${content.byteLength}"` : odd.etag;
  const { method, headers: asked } = request;
  const since = Date.parse(asked['if-unmodified-since'] ?? '');
  if ((asked['if-match'] ?? etag) !== etag || since < MODIFIED.getTime())
    return void response.writeHead(412).end();
  const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(asked.range ?? '') ?? [];
  const start = Number(from ?? 0);
  const end = Math.min(content.byteLength, to === undefined || to === '' ? Infinity : Number(to) + 1);
  const size = content.byteLength;
  if (from !== undefined && start >= size)
    return void response.writeHead(416, { 'content-range': `bytes */${size}` }).end();
  response.strictContentLength = false;
  response.writeHead(from === undefined ? 200 : 206, {
    'content-length': odd.length ?? end - start,
    'last-modified': MODIFIED.toUTCString(),
    ...(etag === null ? {} : { etag }),
    ...(from === undefined ? {} : { 'content-range': `bytes ${start}-${end - 1}/${size}` }),
    ...odd.headers,
  });
  const body = content.subarray(start, end);
  if (method === 'HEAD') return void response.end();
  if (odd.cutAfter === undefined || odd.cutAfter >= body.byteLength) return void response.end(body);
  response.write(body.subarray(0, odd.cutAfter), () => response.destroy());
}
