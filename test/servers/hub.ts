import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { errorAnswer, type HubAnswer, type HubRequest, sendAnswer } from './hub-answer.ts';
import { HubCdn } from './hub-cdn.ts';
import { FaultScript, type HubRoute } from './hub-faults.ts';
import { HubLimits } from './hub-limits.ts';
import { type HubChanges, HubRepository } from './hub-repository.ts';
import { answerRoute, type HubState } from './hub-routes.ts';

/**
 * A Hugging Face Hub on loopback: dataset repositories with their history, the API (revision, tree,
 * paths-info), downloads through `/resolve/` from git or from a CDN that is another origin, tokens, rate limits,
 * and faults on demand. It follows what the Hub's documentation and its clients say of it; Xet's own protocol is
 * not there, so that clients take the plain way.
 */
export class Hub implements HubState, AsyncDisposable {
  /** Origin of the Hub, without a trailing slash. */
  url = '';
  /** Origin of the CDN. */
  cdnUrl = '';
  readonly repositories: HubRepository[] = [];
  /** Names that repositories had before, and what they are called now. */
  readonly renamed = new Map<string, string>();
  readonly tokens = new Set<string>();
  readonly limits = new HubLimits();
  readonly faults = new FaultScript();
  readonly cdn = new HubCdn();
  readonly requests: HubRequest[] = [];
  /** Entries of one page of a tree listing; 50 at most where they are expanded. */
  pageSize = 1000;
  /** Called before each request is answered, for instance to move a branch between two pages. */
  onRequest: ((request: HubRequest) => void) | undefined;
  readonly #servers: Server[] = [];

  async start(): Promise<void> {
    this.url = await this.#listen('hub');
    this.cdnUrl = await this.#listen('cdn');
  }

  /** Adds a repository whose branch `main` has one commit. */
  add(id: string, files: HubChanges = {}, isLfs?: (path: string) => boolean): HubRepository {
    const repository = new HubRepository(id, isLfs);
    repository.commit(files);
    this.repositories.push(repository);
    return repository;
  }

  /** Gives a repository another name; the old one is redirected. */
  rename(repository: HubRepository, id: string): void {
    this.renamed.set(repository.id, id);
    repository.id = id;
  }

  /** How many requests went to each part. */
  count(route: HubRoute): number {
    return this.requests.filter((request) => request.route === route).length;
  }

  async close(): Promise<void> {
    for (const server of this.#servers.splice(0)) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #listen(origin: 'hub' | 'cdn'): Promise<string> {
    const server = createServer((request, response) => {
      this.#serve(origin, request, response).catch(() => response.socket?.destroy());
    });
    this.#servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  async #serve(origin: 'hub' | 'cdn', incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Uint8Array);
    const { url = '/', method = 'GET', headers } = incoming;
    const route = origin === 'cdn' ? 'cdn' : routeOf(url);
    const request = { route, method, url, headers, body: Buffer.concat(chunks).toString() } as const;
    this.requests.push(request);
    this.onRequest?.(request);
    const answer = route === 'cdn' ? this.cdn.answer(url, headers) : this.#answerHub(request);
    const acceptsGzip = route === 'resolve-cache' && String(headers['accept-encoding']).includes('gzip');
    sendAnswer(response, { method, range: headers.range, acceptsGzip }, answer, this.faults.take(route));
  }

  #answerHub(request: HubRequest): HubAnswer {
    const { allowed, headers } = this.limits.count(request.route === 'api' ? 'api' : 'resolvers');
    const answer = allowed
      ? answerRoute(this, request)
      : errorAnswer(429, undefined, 'We had to rate limit your IP. To continue using our service, log in.');
    return { ...answer, headers: { ...answer.headers, ...headers } };
  }
}

function routeOf(url: string): HubRoute {
  if (url.startsWith('/api/resolve-cache/')) return 'resolve-cache';
  return url.startsWith('/api/') ? 'api' : 'resolve';
}
