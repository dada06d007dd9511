import { readdirSync, readFileSync, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

/** Request for bytes of a file. */
interface LoggedRequest {
  readonly path: string;
  readonly length: number;
  /** How it ended, once it has. */
  outcome: 'sent' | 'given up' | undefined;
}

/** Web server of a folder that gives ranges, and keeps account of them. */
export class LoggedSource {
  readonly requests: LoggedRequest[] = [];
  /** Bytes of a file behind which nothing comes any more. */
  stallsBehind = Number.POSITIVE_INFINITY;
  readonly #folder: string;
  readonly #server: Server;

  private constructor(folder: string) {
    this.#folder = folder;
    this.#server = createServer((request, response) => this.#answer(request, response));
  }

  static async start(folder: string): Promise<LoggedSource> {
    const source = new LoggedSource(folder);
    await new Promise<void>((resolve) => source.#server.listen(0, '127.0.0.1', resolve));
    return source;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  /** Bytes that were asked for since a number of requests. */
  bytesSince(number: number): number {
    return this.requests.slice(number).reduce((sum, { length }) => sum + length, 0);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #answer({ method, url = '', headers }: IncomingMessage, response: ServerResponse): void {
    const path = decodeURIComponent(new URL(url, 'http://x').pathname);
    const file = join(this.#folder, path);
    const stats = statSync(file, { throwIfNoEntry: false });
    if (stats === undefined) {
      response.writeHead(404).end();
      return;
    }
    if (stats.isDirectory()) {
      const names = readdirSync(file).filter((name) => !name.startsWith('.'));
      const listing = names.map((name) => {
        const { size, mtime } = statSync(join(file, name));
        return { name, type: 'file', size, mtime: mtime.toUTCString() };
      });
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(listing));
      return;
    }
    const whole = readFileSync(file);
    const [, from = '', to = ''] = /^bytes=(\d*)-(\d*)$/.exec(headers.range ?? '') ?? [];
    const begin = from === '' ? (to === '' ? 0 : whole.length - Number(to)) : Number(from);
    const end = from === '' || to === '' ? whole.length : Math.min(whole.length, Number(to) + 1);
    const isRange = headers.range !== undefined;
    response.writeHead(isRange ? 206 : 200, {
      'accept-ranges': 'bytes',
      'content-length': end - begin,
      etag: `"${whole.length}-${stats.mtimeMs}"`,
      'last-modified': stats.mtime.toUTCString(),
      ...(isRange ? { 'content-range': `bytes ${begin}-${end - 1}/${whole.length}` } : {}),
    });
    if (method === 'HEAD') {
      response.end();
      return;
    }
    const logged: LoggedRequest = { path: path.slice(1), length: end - begin, outcome: undefined };
    this.requests.push(logged);
    response.on('close', () => {
      logged.outcome = response.writableFinished ? 'sent' : 'given up';
    });
    if (end <= this.stallsBehind) response.end(whole.subarray(begin, end));
    else response.write(whole.subarray(begin, Math.max(begin, this.stallsBehind)));
  }
}
