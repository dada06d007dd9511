import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** File of a {@link MeshServer}, and all that the server does wrong with it. */
export interface ServedFile {
  readonly content: string | Uint8Array;
  /** State of the file in the place of `content` once so many ranges were given. */
  readonly next?: { readonly afterRanges: number; readonly content: Uint8Array } | undefined;
  /** True when every request is answered with all of it. */
  readonly ignoresRanges?: boolean | undefined;
  /** Statuses of the first requests, each without a body. */
  readonly statuses?: readonly number[] | undefined;
  /** True for no header that lets pages of other origins read it, or expose for headers that show all of the answer. */
  readonly cors?: 'none' | 'plain' | 'exposed' | undefined;
  /** Headers by which states of the file are told. @defaultValue both */
  readonly validators?: 'none' | 'modified' | 'etag' | undefined;
  /** Bytes by which ranges behind the head are told to lie elsewhere than they do. */
  readonly shift?: number | undefined;
  /** Bytes by which the announced length is larger than what is sent. */
  readonly more?: number | undefined;
  /** Bytes of a body after which nothing more comes. */
  readonly stopsAfter?: number | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** Request as a {@link MeshServer} got it. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly range: string | undefined;
  readonly headers: IncomingMessage['headers'];
}

const TYPES: Readonly<Record<string, string>> = { html: 'text/html', js: 'text/javascript' };

/** Web server on loopback for pages and meshes, with faults by file. */
export class MeshServer implements AsyncDisposable {
  readonly files = new Map<string, ServedFile>();
  /** Requests since the last {@link MeshServer.forget}. */
  readonly seen: SeenRequest[] = [];
  readonly #server: Server;
  readonly #counts = new Map<string, { requests: number; ranges: number }>();

  private constructor() {
    this.#server = createServer((request, response) => this.#answer(request, response));
  }

  static async start(): Promise<MeshServer> {
    const server = new MeshServer();
    server.#server.listen(0, '127.0.0.1');
    await once(server.#server, 'listening');
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  /** Gives a file a path of its own, whose URL it returns. */
  serve(path: string, file: ServedFile): string {
    this.files.set(`/${path}`, file);
    this.#counts.set(`/${path}`, { requests: 0, ranges: 0 });
    return this.url + path;
  }

  /** Requests that were not seen before, as texts: `GET /a.vtu 0-65535`. */
  forget(): string[] {
    return this.seen
      .splice(0)
      .map(({ method, path, range }) =>
        [method, path, range?.replace('bytes=', '')].filter(Boolean).join(' '),
      );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { method = '', headers } = request;
    const { pathname: path } = new URL(request.url ?? '/', this.url);
    const { range } = headers;
    if (path !== '/favicon.ico') this.seen.push({ method, path, range, headers });
    const file = this.files.get(decodeURIComponent(path));
    if (file === undefined) return void response.writeHead(404, { 'access-control-allow-origin': '*' }).end();
    const count = this.#counts.get(decodeURIComponent(path)) ?? { requests: 0, ranges: 0 };
    const status = file.statuses?.[count.requests++];
    const cors: Record<string, string> =
      file.cors === 'none' ? {} : { 'access-control-allow-origin': '*', 'access-control-allow-headers': '*' };
    if (file.cors === 'exposed') cors['access-control-expose-headers'] = '*';
    if (method === 'OPTIONS') return void response.writeHead(204, cors).end();
    if (status !== undefined) return void response.writeHead(status, cors).end();
    const isChanged = file.next !== undefined && count.ranges >= file.next.afterRanges;
    const content = Buffer.from(isChanged ? (file.next?.content ?? '') : file.content);
    const [, from, to] = (!file.ignoresRanges && /^bytes=(\d+)-(\d*)$/.exec(range ?? '')) || [];
    const start = Number(from ?? 0);
    if (from !== undefined && start >= content.length)
      return void response.writeHead(416, { ...cors, 'content-range': `bytes */${content.length}` }).end();
    const end = to === undefined || to === '' ? content.length : Math.min(content.length, Number(to) + 1);
    if (from !== undefined && method === 'GET') count.ranges++;
    const type = TYPES[path === '/' ? 'html' : (path.split('.').at(-1) ?? '')] ?? 'application/octet-stream';
    const told: Record<string, string | number> = {
      ...cors,
      'content-type': type,
      'content-length': end - start + (file.more ?? 0),
      ...file.headers,
    };
    const { validators } = file;
    if (validators !== 'none' && validators !== 'modified') told['etag'] = isChanged ? '"2"' : '"1"';
    if (validators !== 'none' && validators !== 'etag')
      told['last-modified'] = `Mon, 01 Jun 2026 10:00:0${isChanged ? 2 : 1} GMT`;
    const shift = start > 0 ? (file.shift ?? 0) : 0;
    if (from !== undefined)
      told['content-range'] = `bytes ${start + shift}-${end - 1 + shift}/${content.length}`;
    response.writeHead(from === undefined ? 200 : 206, told);
    if (method === 'HEAD') response.end();
    else if (file.stopsAfter !== undefined && end - start > file.stopsAfter)
      response.write(content.subarray(start, start + file.stopsAfter));
    else {
      response.write(content.subarray(start, end));
      if (file.more !== undefined) response.socket?.destroySoon();
      else response.end();
    }
  }
}
