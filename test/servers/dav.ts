import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Loopback server that speaks a little of WebDAV: PROPFIND of all files, GET with ranges, Basic logins. */
export class LoopbackDav implements AsyncDisposable {
  /** Text by path. */
  readonly files: Map<string, string>;
  readonly #login: string;
  readonly #server = createServer((request, response) => this.#answer(request, response));

  private constructor(files: Readonly<Record<string, string>>, login: string) {
    this.files = new Map(Object.entries(files));
    this.#login = `Basic ${Buffer.from(login).toString('base64')}`;
  }

  /** @param login - `user:password` */
  static async start(files: Readonly<Record<string, string>>, login: string): Promise<LoopbackDav> {
    const dav = new LoopbackDav(files, login);
    await new Promise<void>((resolve) => dav.#server.listen(0, '127.0.0.1', resolve));
    return dav;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  #answer({ method, url = '/', headers }: IncomingMessage, response: ServerResponse): void {
    if (headers.authorization !== this.#login) return void response.writeHead(401).end();
    if (method === 'PROPFIND') {
      const files = [...this.files].map(
        ([path, text]) =>
          `<d:response><d:href>/${encodeURI(path)}</d:href><d:getcontentlength>${Buffer.byteLength(text)}</d:getcontentlength><d:getetag>${tagOf(text)}</d:getetag></d:response>`,
      );
      return void response.writeHead(207).end(`<d:multistatus>${files.join('')}</d:multistatus>`);
    }
    const text = this.files.get(decodeURI(url).slice(1));
    if (text === undefined) return void response.writeHead(404).end();
    const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? '') ?? [];
    const bytes = Buffer.from(text).subarray(
      Number(from ?? 0),
      to === undefined ? undefined : Number(to) + 1,
    );
    response.writeHead(from === undefined ? 200 : 206, { etag: tagOf(text) }).end(bytes);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

function tagOf(text: string): string {
  return createHash('md5').update(text).digest('hex');
}
