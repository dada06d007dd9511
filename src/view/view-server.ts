import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { linkSignals } from '../core/abort.ts';
import { ConfigError, DisposedError, NotFoundError } from '../core/errors.ts';
import { PageFiles } from './page-files.ts';
import { readReport } from './run-reports.ts';
import { DOOR_HEADERS, ViewDoor } from './view-door.ts';
import { describeFault, ViewRefusal } from './view-fault.ts';
import { FAULTS_HEADER, STATUS_HEADER, type ViewSession } from './view-protocol.ts';
import { ViewQuery } from './view-query.ts';
import type { ViewService } from './view-service.ts';

/** Address that the server listens at: this machine alone. */
const LOOPBACK = '127.0.0.1';

/** Options of {@link ViewServer}. */
export interface ViewServerOptions {
  /** Port; 0 for one that is free. */
  readonly port: number;
  /** Facts of the session that are known from the start. */
  readonly facts: Omit<ViewSession, 'session' | 'samples'>;
  /** Answers about samples, once they are listed; undefined where only a run is shown. */
  readonly service: Promise<ViewService> | undefined;
  /** Path of the report of a run. */
  readonly report: string | undefined;
  /** Folder of the built page. @defaultValue that of the package */
  readonly pageFolder?: string | undefined;
}

/** Answer of a route. */
type Answer =
  | { readonly json: unknown }
  | { readonly bytes: Uint8Array; readonly type: string }
  | { readonly nothing: true };

/** Route of `api/`. */
type Route = (query: ViewQuery, signal: AbortSignal) => Promise<Answer>;

/** Server of the page on loopback. Whoever has the token may ask, and only for what is shown. */
export class ViewServer implements AsyncDisposable {
  readonly #door = new ViewDoor();
  readonly #files: PageFiles;
  readonly #options: ViewServerOptions;
  readonly #server: Server;
  readonly #end = new AbortController();
  readonly #routes: ReadonlyMap<string, Route>;

  private constructor(options: ViewServerOptions) {
    this.#options = options;
    this.#files = new PageFiles(options.pageFolder);
    this.#routes = new Map(Object.entries(this.#makeRoutes()));
    this.#server = createServer((request, response) => void this.#answer(request, response));
    // Whoever waits for what is fetched waits as long as that takes; connections of pages stay for the next request.
    this.#server.requestTimeout = 30_000;
    this.#server.keepAliveTimeout = 60_000;
  }

  /**
   * Begins to listen.
   *
   * @throws ConfigError for a port that may not be had
   */
  static async start(options: ViewServerOptions): Promise<ViewServer> {
    const made = new ViewServer(options);
    await new Promise<void>((resolve, reject) => {
      made.#server.once('error', (error: NodeJS.ErrnoException) => reject(portError(error, options.port)));
      made.#server.listen({ port: options.port, host: LOOPBACK }, resolve);
    });
    return made;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Address of the page with its token, which the page takes out of sight. */
  get url(): string {
    return `http://${LOOPBACK}:${this.port}/?token=${this.#door.token}`;
  }

  /** Ends all requests and stops listening. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort(new DisposedError('The server is ending.'));
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const gone = new AbortController();
    response.once('close', () => {
      if (!response.writableFinished) gone.abort(new Error('the page did not wait'));
    });
    const link = linkSignals(gone.signal, this.#end.signal);
    try {
      for (const [name, value] of Object.entries(DOOR_HEADERS)) response.setHeader(name, value);
      response.setHeader('cache-control', 'no-store');
      await this.#serve(request, response, link.signal);
    } catch (error) {
      if (gone.signal.aborted || response.headersSent) response.destroy();
      else this.#refuse(request, response, error);
    } finally {
      link.unlink();
    }
  }

  async #serve(request: IncomingMessage, response: ServerResponse, signal: AbortSignal): Promise<void> {
    const url = URL.parse(request.url ?? '', 'http://localhost');
    const path = url?.pathname.slice(1) ?? '';
    this.#door.requireOwnPage(request.headers, path === '');
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD');
      throw new ViewRefusal('METHOD', 'This server changes nothing: it takes GET and HEAD alone.');
    }
    if (url === null) throw new ConfigError('url', 'The address of the request cannot be read.');
    const token = url.searchParams.get('token');
    if (path === '' && token !== null) {
      const cookie = this.#door.cookieFor(token);
      if (cookie === undefined)
        throw new ViewRefusal(
          'TOKEN',
          'The token is not that of this server: open the address that it printed last.',
        );
      response.writeHead(303, { location: './', 'set-cookie': cookie }).end();
      return;
    }
    if (!path.startsWith('api/')) return this.#serveFile(path, response);
    const route = this.#routes.get(path.slice('api/'.length));
    this.#door.requireToken(request.headers);
    if (route === undefined) throw new NotFoundError(`There is no ${path}.`);
    const answer = await route(new ViewQuery(url.searchParams), signal);
    if ('nothing' in answer) response.writeHead(204).end();
    else if ('json' in answer) sendJson(response, 200, answer.json);
    else send(response, 200, answer.type, answer.bytes);
  }

  #serveFile(path: string, response: ServerResponse): void {
    const file = this.#files.get(path);
    if (file !== undefined) {
      if (file.isNamedByContent) response.setHeader('cache-control', 'public, max-age=31536000, immutable');
      send(response, 200, file.type, file.bytes);
      return;
    }
    const text =
      path === '' || path === 'index.html'
        ? 'The page was not built: npm run build makes it.'
        : 'There is no such file here.';
    send(response, 404, 'text/plain; charset=utf-8', new TextEncoder().encode(`${text}\n`));
  }

  #refuse(request: IncomingMessage, response: ServerResponse, error: unknown): void {
    const { status, fault } = describeFault(error);
    // A browser writes each answer of another status into its console, where people look for faults of the page itself.
    const isTold = status !== 403 && request.headers[FAULTS_HEADER] === 'told';
    if (isTold) response.setHeader(STATUS_HEADER, status);
    sendJson(response, isTold ? 200 : status, fault);
  }

  #makeRoutes(): Readonly<Record<string, Route>> {
    const { facts, report } = this.#options;
    const binary = async (making: Promise<Uint8Array>): Promise<Answer> => {
      return { bytes: await making, type: 'application/octet-stream' };
    };
    const json = async (making: Promise<unknown>): Promise<Answer> => ({ json: await making });
    return {
      session: async () => {
        const samples = (await this.#options.service)?.total ?? 0;
        return { json: { session: this.#door.session, samples, ...facts } satisfies ViewSession };
      },
      samples: async (query, signal) => {
        const where = query.text('where') ?? '';
        const asked = { where, from: query.whole('from', 0), count: query.whole('count', 100) };
        return json((await this.#service()).page(asked, signal));
      },
      sample: async (query, signal) =>
        json((await this.#service()).describe(query.required('sample'), signal)),
      surface: async (query, signal) =>
        binary((await this.#service()).surface(query.required('sample'), query.whole('step', 0), signal)),
      values: async (query, signal) =>
        binary((await this.#service()).values(query.array(), query.ahead(), signal)),
      slice: async (query, signal) =>
        binary(
          (await this.#service()).slice(
            { ...query.shown(), array: query.text('array') },
            query.plane(),
            signal,
          ),
        ),
      range: async (query, signal) => json((await this.#service()).range(query.array(), signal)),
      probe: async (query, signal) => {
        const cell = query.text('cell');
        const of = cell === undefined ? 'node' : 'cell';
        query.required(of === 'cell' ? 'cell' : 'point');
        const number = query.whole(of === 'cell' ? 'cell' : 'point', 0);
        return json((await this.#service()).probe(query.array(), of, number, signal));
      },
      thumbnail: async (query, signal) => {
        const bytes = await (await this.#service()).thumbnail(query.required('sample'), signal);
        return bytes === undefined ? { nothing: true } : { bytes, type: 'image/png' };
      },
      report: async (query) => {
        if (report === undefined)
          throw new NotFoundError('No run is shown here: vascusim view --report FILE does.');
        return json(readReport(report, query.whole('from', 0)));
      },
    };
  }

  async #service(): Promise<ViewService> {
    const service = await this.#options.service;
    if (service !== undefined) return service;
    throw new NotFoundError('No samples are shown here: vascusim view SOURCE does.');
  }
}

function sendJson(response: ServerResponse, status: number, value: unknown): void {
  send(response, status, 'application/json', new TextEncoder().encode(JSON.stringify(value)));
}

function send(response: ServerResponse, status: number, type: string, bytes: Uint8Array): void {
  response.writeHead(status, { 'content-type': type, 'content-length': bytes.byteLength }).end(bytes);
}

function portError(error: NodeJS.ErrnoException, port: number): Error {
  if (error.code === 'EADDRINUSE')
    return new ConfigError('port', `Port ${port} is taken by another program: choose another one, or none.`, {
      cause: error,
    });
  if (error.code === 'EACCES')
    return new ConfigError('port', `Port ${port} may not be used: choose one above 1023, or none.`, {
      cause: error,
    });
  return new ConfigError('port', `Port ${port} cannot be used: ${error.message}.`, { cause: error });
}
