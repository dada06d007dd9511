import { linkSignals } from '../../core/abort.ts';
import { ConfigError, DisposedError, NetworkError } from '../../core/errors.ts';
import { rejectUnknownOptions } from '../../core/known-options.ts';
import { openConnection } from './connect.ts';
import { runExchange } from './exchange.ts';
import type { HttpClientOptions, HttpRedirect, HttpRequest, HttpResponse } from './exchange-types.ts';
import { GainLimit } from './gain-limit.ts';
import { type ConnectionWish, OriginAgent } from './origin-agent.ts';
import { FIRST_REQUESTS, OriginLimit } from './origin-limit.ts';
import { type ChooseProxy, proxyChooser } from './proxy.ts';
import { followRedirect, type Step } from './redirect.ts';
import { ClientResponse } from './response.ts';
import { SocketBuffers } from './socket-buffers.ts';
import { type ServerCertificate, TlsPolicy } from './tls.ts';

/**
 * An HTTP/1.1 client for sources: connections kept alive and counted, certificates judged before anything is sent,
 * redirects followed by hand, failures as typed errors. A status is an answer, not an error: see `statusError`.
 */
export class HttpClient implements AsyncDisposable {
  readonly #tls: TlsPolicy;
  readonly #connectTimeoutMs: number;
  readonly #idleTimeoutMs: number;
  readonly #maxConnections: number;
  readonly #firstConnections: number;
  readonly #judgesGain: boolean;
  readonly #proxyOf: ChooseProxy;
  readonly #buffers = new SocketBuffers();
  readonly #agents = new Map<string, OriginAgent>();
  readonly #closing = new AbortController();

  /**
   * @param firstConnections - requests at a time before an origin has answered; one more with each answer
   * @param judgesGain - whether an origin gets no more requests at a time than bring more bytes (`GainLimit`)
   * @throws ConfigError when an option cannot be used as given
   */
  constructor(
    options: HttpClientOptions = {},
    firstConnections: number = FIRST_REQUESTS,
    judgesGain: boolean = false,
  ) {
    rejectUnknownOptions('HttpClient', options, [
      'tls',
      'connectTimeoutMs',
      'idleTimeoutMs',
      'maxConnections',
      'proxy',
    ]);
    this.#tls = new TlsPolicy(options.tls);
    this.#connectTimeoutMs = positive('connectTimeoutMs', options.connectTimeoutMs ?? 10_000);
    this.#idleTimeoutMs = positive('idleTimeoutMs', options.idleTimeoutMs ?? 30_000);
    this.#maxConnections = positive('maxConnections', options.maxConnections ?? 8);
    this.#firstConnections = firstConnections;
    this.#judgesGain = judgesGain;
    this.#proxyOf = proxyChooser(options.proxy);
  }

  /**
   * Sends a request and resolves with the headers of the answer; the body follows as a stream.
   *
   * Asks for no compression. Over a redirect to another origin only headers go along that say what is wanted (`Accept`,
   * `Range`, `If-…`), never credentials; from `https:` none leads to `http:`.
   *
   * @throws ConfigError when the URL has another scheme, or a user name or password in it, or a header cannot be sent
   * @throws NetworkError when no answer comes
   * @throws AuthError `certificate` when the server's certificate is not to be trusted
   */
  async request(request: HttpRequest): Promise<HttpResponse> {
    const url = parseUrl(request.url);
    const label = request.label ?? url.host + url.pathname;
    request.signal?.throwIfAborted();
    if (this.#closing.signal.aborted) throw this.#closing.signal.reason;
    let step: Step = {
      url,
      method: request.method ?? 'GET',
      headers: toHeaders(request.headers),
      body: request.body,
    };
    const closing = this.#closing.signal;
    const signals = request.signal === undefined ? [closing] : [request.signal, closing];
    const redirects: HttpRedirect[] = [];
    const limit = request.redirects ?? 5;
    for (;;) {
      const answer = await runExchange({
        ...step,
        label,
        awaitsRateLimit: request.awaitsRateLimit ?? false,
        isFile: request.isFile ?? false,
        signals,
        idleTimeoutMs: this.#idleTimeoutMs,
        agent: this.#agent(step.url),
        buffers: this.#buffers,
        proxy: this.#proxyOf(step.url),
      });
      const response = new ClientResponse(answer, redirects);
      if (limit === 0) return response;
      const next = answer.status < 300 ? undefined : await followRedirect(step, response, label);
      if (next === undefined) return response;
      await response.discard();
      if (redirects.length === limit) {
        throw new NetworkError(
          `${label}: more than ${limit} redirects, the last to ${next.url.host}. The server probably sends in circles.`,
          { status: answer.status, retryable: false },
        );
      }
      redirects.push({ status: answer.status, url: step.url, headers: response.headers });
      step = next;
    }
  }

  /** True when a server gets fewer requests at a time than it might, because it refused some. */
  get isLimited(): boolean {
    for (const { slots } of this.#agents.values()) if (slots.limit.isLimited) return true;
    return false;
  }

  /** True when requests wait for their turn, or would if there were as many as there might be. */
  get isBusy(): boolean {
    for (const { slots } of this.#agents.values()) if (slots.limit.isLimited || slots.isQueueing) return true;
    return false;
  }

  /** Requests that may run at a time now, to that origin which takes the fewest. */
  get requests(): number {
    const isUsed = this.#agents.size > 0;
    let requests = isUsed ? this.#maxConnections : Math.min(this.#maxConnections, this.#firstConnections);
    for (const { slots } of this.#agents.values()) requests = Math.min(requests, slots.limit.requests);
    return requests;
  }

  /**
   * Fetches the certificate of an https server, trusted or not; no request is sent.
   *
   * @throws NetworkError when no TLS connection comes about
   */
  async peerCertificate(url: string | URL, signal?: AbortSignal): Promise<ServerCertificate> {
    const origin = parseUrl(url);
    if (origin.protocol !== 'https:')
      throw new ConfigError('url', `${origin.host}: only https: has a certificate.`);
    const socket = await this.#open(
      origin,
      { signals: signal === undefined ? [] : [signal], label: origin.host },
      true,
    );
    try {
      return this.#tls.describe(socket as Parameters<TlsPolicy['describe']>[0]);
    } finally {
      socket.destroy();
    }
  }

  /**
   * Ends every connection.
   *
   * @param reason - what requests and bodies that run fail with. @defaultValue a DisposedError
   */
  close(reason: unknown = new DisposedError('The HTTP client was closed.')): Promise<void> {
    this.#closing.abort(reason);
    for (const agent of this.#agents.values()) agent.destroy();
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #agent(url: URL): OriginAgent {
    const { origin } = url;
    let agent = this.#agents.get(origin);
    if (agent === undefined) {
      const { protocol, host } = url;
      const bareOrigin = new URL(`${protocol}//${host}`);
      const gain = this.#judgesGain ? new GainLimit(this.#maxConnections) : undefined;
      const limit = new OriginLimit(this.#maxConnections, this.#firstConnections, undefined, gain);
      agent = new OriginAgent(protocol, limit, (wish) => this.#open(bareOrigin, wish));
      this.#agents.set(origin, agent);
    }
    return agent;
  }

  #open(origin: URL, wish: ConnectionWish, anyCertificate = false): ReturnType<typeof openConnection> {
    const { signal, unlink } = linkSignals(...wish.signals, this.#closing.signal);
    return openConnection({
      origin,
      proxy: this.#proxyOf(origin),
      tls: this.#tls,
      buffers: this.#buffers,
      timeoutMs: this.#connectTimeoutMs,
      signal,
      label: wish.label,
      anyCertificate,
    }).finally(unlink);
  }
}

function positive(option: string, value: number): number {
  if (Number.isSafeInteger(value) && value > 0 && value < 2 ** 31) return value;
  throw new ConfigError(option, `${option} must be a whole number above 0, not ${String(value)}.`);
}

function toHeaders(given: HttpRequest['headers']): Record<string, string> {
  const headers: Record<string, string> = { accept: '*/*', 'user-agent': 'vascusim' };
  for (const [name, value] of Object.entries(given ?? {})) headers[name.toLowerCase()] = value;
  headers['accept-encoding'] = 'identity';
  return headers;
}

function parseUrl(given: string | URL): URL {
  const url = typeof given === 'string' ? URL.parse(given) : given;
  if (url === null) throw new ConfigError('url', 'The URL cannot be parsed.');
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new ConfigError('url', `The scheme "${url.protocol}" is not one of HTTP.`);
  if (url.username === '' && url.password === '') return url;
  throw new ConfigError(
    'url',
    `The URL of ${url.host} has a user name or a password in it, where logs would show it: pass credentials as options.`,
  );
}
