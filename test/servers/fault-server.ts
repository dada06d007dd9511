import { createHash } from 'node:crypto';
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { gzipSync } from 'node:zlib';

/** What goes wrong with one answer. Byte counts are of the body of that answer. */
export type Fault =
  /** Another status with this body instead of the file. */
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly headers?: Record<string, string>;
      readonly body?: string;
    }
  /** Ends the connection after so many bytes, in an orderly way or by a reset. */
  | { readonly kind: 'cut'; readonly afterBytes: number; readonly reset?: boolean }
  /** Ends the connection before any answer. */
  | { readonly kind: 'hang-up'; readonly reset?: boolean }
  /** Sends so many bytes and then nothing, until `until` resolves; for ever without it. */
  | { readonly kind: 'stall'; readonly afterBytes: number; readonly until?: Promise<unknown> }
  /** Sends no headers until `until` resolves; for ever without it. */
  | { readonly kind: 'slow-headers'; readonly until?: Promise<unknown> }
  /** Announces and sends only so many bytes, as if the file ended there. */
  | { readonly kind: 'truncate'; readonly bytes: number }
  /** Announces no length (chunked); with `bytes` it ends there, as if all were well. */
  | { readonly kind: 'no-length'; readonly bytes?: number }
  /** Announces another length than it sends. */
  | { readonly kind: 'lie'; readonly length: number }
  /** Flips the lowest bit of the byte at this offset. */
  | { readonly kind: 'corrupt'; readonly offset: number }
  /** Answers a range with 200 and the whole file. */
  | { readonly kind: 'ignore-range' }
  /** Answers a range with this `Content-Range`. */
  | { readonly kind: 'content-range'; readonly value: string }
  | { readonly kind: 'redirect'; readonly to: string; readonly status?: number }
  /** Compresses although nobody asked. */
  | { readonly kind: 'gzip' }
  /** Replaces or, with `null`, leaves out headers. */
  | { readonly kind: 'headers'; readonly headers: Record<string, string | null> };

/** What a served file has besides its bytes. */
export interface FileTraits {
  /** With its quotes, or `null` for none. @defaultValue a strong one made of the content */
  readonly etag?: string | null | undefined;
  /** @defaultValue 2026-01-01T00:00:00Z */
  readonly modified?: Date | null | undefined;
}

/** A request as it came. */
export interface RequestRecord {
  readonly method: string;
  /** Path and query as sent, still encoded. */
  readonly target: string;
  /** Decoded path without leading `/`. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

interface ServedFile extends FileTraits {
  readonly content: Uint8Array;
}

/** Options of {@link FaultServer.start}. */
export interface FaultServerOptions {
  /** PEM key and certificate: makes it an https server. */
  readonly tls?: { readonly key: string; readonly cert: string } | undefined;
  /** Serves `files.jsonl` with path, size, modified and, if `'sha256'`, the digest of every file. */
  readonly index?: 'size' | 'sha256' | undefined;
  /** Whether HEAD is answered with 405. */
  readonly noHead?: boolean | undefined;
}

/**
 * An HTTP server on loopback whose files live in memory and whose answers go wrong as a script says. What it does
 * without a fault: strong ETags, Last-Modified, single ranges, `If-Match`, `If-Range`, `If-None-Match`,
 * `If-Unmodified-Since`, HEAD, keep-alive.
 */
export class FaultServer implements AsyncDisposable {
  /** Without a trailing `/`. */
  readonly url: string;
  /** Every request, in the order of arrival. */
  readonly requests: RequestRecord[] = [];
  /** Connections that are open now. */
  readonly sockets = new Set<Socket>();
  /** Connections that were ever made. */
  connections = 0;
  readonly #files = new Map<string, ServedFile>();
  readonly #scripts = new Map<string, (Fault | undefined)[]>();
  readonly #always = new Map<string, Fault>();
  readonly #options: FaultServerOptions;
  readonly #server: ReturnType<typeof createHttpServer>;

  private constructor(server: ReturnType<typeof createHttpServer>, options: FaultServerOptions) {
    this.#server = server;
    this.#options = options;
    const { port } = server.address() as AddressInfo;
    this.url = `${options.tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`;
    server.on('connection', (socket: Socket) => {
      this.connections++;
      this.sockets.add(socket);
      socket.on('error', () => undefined).once('close', () => this.sockets.delete(socket));
    });
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      void this.#answer(request, response).catch((error: unknown) => response.destroy(error as Error));
    });
  }

  static async start(
    files: Readonly<Record<string, string | Uint8Array>> = {},
    options: FaultServerOptions = {},
  ): Promise<FaultServer> {
    const server = options.tls === undefined ? createHttpServer() : createHttpsServer(options.tls);
    server.keepAliveTimeout = 60_000;
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const made = new FaultServer(server, options);
    for (const [path, content] of Object.entries(files)) made.put(path, content);
    return made;
  }

  /** Adds or replaces a file; requests that run go on with the old one. */
  put(path: string, content: string | Uint8Array, traits: FileTraits = {}): void {
    this.#files.set(path, { ...traits, content: Buffer.from(content as Uint8Array) });
  }

  remove(path: string): void {
    this.#files.delete(path);
  }

  /** Faults of the next requests for a file, one each, `undefined` for a sound answer; HEAD requests count too. */
  script(path: string, ...faults: readonly (Fault | undefined)[]): void {
    this.#scripts.set(path, [...(this.#scripts.get(path) ?? []), ...faults]);
  }

  /** The fault of every request for a file that has no scripted one left; `undefined` ends it. */
  always(path: string, fault: Fault | undefined): void {
    if (fault === undefined) this.#always.delete(path);
    else this.#always.set(path, fault);
  }

  /** The requests for one file. */
  requestsOf(path: string, method?: string): RequestRecord[] {
    return this.requests.filter(
      (request) => request.path === path && (method === undefined || request.method === method),
    );
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET', url: target = '/', headers } = request;
    const path = decodeURIComponent((target.split('?')[0] ?? '').replace(/^\//, ''));
    let body = '';
    for await (const chunk of request) body += String(chunk);
    this.requests.push({ method, target, path, headers, body });
    response.on('error', () => undefined);
    const fault = this.#scripts.get(path)?.shift() ?? this.#always.get(path);
    if (fault?.kind === 'slow-headers') await (fault.until ?? new Promise(() => undefined));
    if (fault?.kind === 'hang-up') return end(response, fault.reset);
    if (fault?.kind === 'status') {
      response.writeHead(fault.status, { 'content-type': 'text/html', ...fault.headers });
      return void response.end(method === 'HEAD' ? undefined : (fault.body ?? ''));
    }
    if (fault?.kind === 'redirect') {
      return void response.writeHead(fault.status ?? 302, { location: fault.to }).end('moved');
    }
    const file = this.#find(path);
    if (file === undefined) return void response.writeHead(404).end('no such file');
    if (method === 'HEAD' && this.#options.noHead === true) return void response.writeHead(405).end();
    await this.#send(file, request, response, fault);
  }

  #find(path: string): ServedFile | undefined {
    if (path !== 'files.jsonl' || this.#options.index === undefined) return this.#files.get(path);
    const lines = [...this.#files].map(([name, { content, modified }]) =>
      JSON.stringify({
        path: name,
        size: content.byteLength,
        modified: (modified ?? new Date(Date.UTC(2026, 0))).toISOString(),
        ...(this.#options.index === 'sha256'
          ? { sha256: createHash('sha256').update(content).digest('hex') }
          : {}),
      }),
    );
    return { content: Buffer.from(lines.map((line) => `${line}\n`).join('')) };
  }

  async #send(
    file: ServedFile,
    { method, headers: asked }: IncomingMessage,
    response: ServerResponse,
    fault: Fault | undefined,
  ): Promise<void> {
    const size = file.content.byteLength;
    const etag =
      file.etag === undefined
        ? `"${createHash('sha1').update(file.content).digest('hex').slice(0, 16)}"`
        : file.etag;
    const modified =
      file.modified === undefined ? new Date(Date.UTC(2026, 0)).toUTCString() : file.modified?.toUTCString();
    const headers: Record<string, string> = {
      'accept-ranges': 'bytes',
      'content-type': 'application/octet-stream',
    };
    if (etag !== null) headers['etag'] = etag;
    if (modified !== undefined) headers['last-modified'] = modified;
    const since = Date.parse(asked['if-unmodified-since'] ?? '');
    if (
      (asked['if-match'] !== undefined && asked['if-match'] !== etag) ||
      (modified !== undefined && since < Date.parse(modified))
    )
      return void response.writeHead(412, headers).end();
    if (asked['if-none-match'] !== undefined && asked['if-none-match'] === etag)
      return void response.writeHead(304, headers).end();

    let status = 200;
    let content = file.content;
    const range = /^bytes=(\d+)-(\d*)$/.exec(asked.range ?? '');
    const fits = asked['if-range'] === undefined || [etag, modified].includes(asked['if-range'] as string);
    if (range !== null && fits && fault?.kind !== 'ignore-range') {
      const start = Number(range[1]);
      const end = range[2] === '' ? size : Math.min(size, Number(range[2]) + 1);
      if (start >= size) {
        response.writeHead(416, { ...headers, 'content-range': `bytes */${size}` });
        return void response.end();
      }
      status = 206;
      content = content.subarray(start, end);
      headers['content-range'] = `bytes ${start}-${end - 1}/${size}`;
    }
    if (fault?.kind === 'truncate') content = content.subarray(0, fault.bytes);
    if (fault?.kind === 'content-range') headers['content-range'] = fault.value;
    if (fault?.kind === 'gzip') {
      content = gzipSync(content);
      headers['content-encoding'] = 'gzip';
    }
    if (fault?.kind === 'corrupt') {
      content = Buffer.from(content);
      content[fault.offset] = (content[fault.offset] ?? 0) ^ 1;
    }
    headers['content-length'] = String(fault?.kind === 'lie' ? fault.length : content.byteLength);
    if (fault?.kind === 'no-length') {
      delete headers['content-length'];
      content = content.subarray(0, fault.bytes);
    }
    if (fault?.kind === 'headers') {
      for (const [name, value] of Object.entries(fault.headers)) {
        if (value === null) delete headers[name];
        else headers[name] = value;
      }
    }
    response.strictContentLength = false;
    response.writeHead(status, headers);
    if (method === 'HEAD') return void response.end();
    if (fault?.kind === 'cut') {
      return void response.write(content.subarray(0, fault.afterBytes), () => end(response, fault.reset));
    }
    if (fault?.kind === 'stall') {
      response.flushHeaders();
      response.write(content.subarray(0, fault.afterBytes));
      await (fault.until ?? new Promise(() => undefined));
      content = content.subarray(fault.afterBytes);
    }
    response.end(content);
  }
}

function end(response: ServerResponse, reset = false): void {
  if (reset) response.socket?.resetAndDestroy();
  else response.destroy();
}
