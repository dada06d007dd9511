import { type ClientRequest, type IncomingMessage, request as sendRequest } from 'node:http';
import { linkSignals } from '../../core/abort.ts';
import { NetworkError } from '../../core/errors.ts';
import { streamBody } from './body.ts';
import { codeOf, type Endpoint, speaksTls, toNetworkError } from './failure.ts';
import type { AgentRequestArgs, OriginAgent } from './origin-agent.ts';
import { bare, type Proxy, portOf } from './proxy.ts';
import type { ResponseParts } from './response.ts';
import { statusError } from './status.ts';

/** One request to one URL, without redirects. */
export interface Exchange {
  readonly url: URL;
  readonly method: 'GET' | 'HEAD' | 'POST';
  readonly headers: Headers;
  readonly body: string | Uint8Array | undefined;
  readonly what: string;
  readonly signal: AbortSignal | undefined;
  /** Ends everything that still runs when the client is closed. */
  readonly closing: AbortSignal;
  readonly idleTimeoutMs: number;
  readonly agent: OriginAgent;
  readonly proxy: Proxy | undefined;
}

/** Answers of servers that were asked in plain HTTP on their TLS port: nginx, Go, Apache. */
const WANTS_TLS =
  /plain HTTP request was sent to HTTPS port|HTTP request to an HTTPS server|plain HTTP to an SSL-enabled/i;

/**
 * Sends a request when the origin has a free slot and resolves with its answer. A request that met a connection that
 * the server was closing goes out once more if it changes nothing (RFC 9112, 9.3.1).
 */
export async function runExchange(exchange: Exchange): Promise<ResponseParts> {
  for (;;) {
    // Until the exchange has ended; a kept connection must not follow the signal later.
    const { signal, unlink } = linkSignals(exchange.signal, exchange.closing);
    const release = await exchange.agent.slots.take(signal).catch((error: unknown) => {
      unlink();
      throw error;
    });
    const attempt = new ExchangeAttempt(exchange, signal, () => {
      unlink();
      release();
    });
    try {
      return await attempt.answer();
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (!attempt.wasStale(error) || exchange.method === 'POST') throw attempt.explain(error);
    }
  }
}

class ExchangeAttempt {
  readonly endpoint: Endpoint;
  readonly #exchange: Exchange;
  readonly #signal: AbortSignal;
  readonly #request: ClientRequest;

  /** @param onEnd - called when the connection is free for another request, or is gone */
  constructor(exchange: Exchange, signal: AbortSignal, onEnd: () => void) {
    const { url, proxy, agent, what, method } = exchange;
    this.#exchange = exchange;
    this.#signal = signal;
    this.endpoint = { host: `${url.hostname}:${portOf(url)}`, what };
    const headers: Record<string, string> = { Host: url.host };
    exchange.headers.forEach((value, name) => {
      headers[name] = value;
    });
    const throughProxy = proxy !== undefined && url.protocol === 'http:';
    if (throughProxy && proxy.authorization !== undefined)
      headers['Proxy-Authorization'] = proxy.authorization;
    const args: AgentRequestArgs = {
      agent,
      method,
      protocol: url.protocol,
      host: bare(url.hostname),
      port: portOf(url),
      path: throughProxy ? url.href.replace(/#.*$/, '') : url.pathname + url.search,
      headers,
      setHost: false,
      maxHeaderSize: 64 * 1024,
      wish: { signal, what },
    };
    this.#request = sendRequest(args);
    // On the next tick the agent has taken the socket back, so that the next request finds it.
    this.#request.once('close', () => process.nextTick(onEnd));
  }

  /** Whether the failure is that of a kept connection which the server had closed meanwhile. */
  wasStale(error: unknown): boolean {
    return this.#request.reusedSocket && ['ECONNRESET', 'EPIPE'].includes(codeOf(error));
  }

  explain(error: unknown): unknown {
    const { url, what } = this.#exchange;
    if (codeOf(error) !== 'ECONNRESET') return toNetworkError(error, this.endpoint);
    const hint = url.protocol === 'http:' ? ' If it is a port of TLS, write https:// in the URL.' : '';
    return new NetworkError(
      `${what}: ${this.endpoint.host} has cut the connection without an answer.${hint}`,
      {},
      { cause: error },
    );
  }

  async answer(): Promise<ResponseParts> {
    const parts = await this.#headers();
    if (parts.status === 407 && this.#exchange.proxy !== undefined) {
      await parts.body.cancel();
      throw statusError(parts, parts.what);
    }
    return parts.status === 400 && parts.url.protocol === 'http:' ? this.#unlessTls(parts) : parts;
  }

  #headers(): Promise<ResponseParts> {
    const { url, idleTimeoutMs, body, what } = this.#exchange;
    const signal = this.#signal;
    const request = this.#request;
    return new Promise((resolve, reject) => {
      let timer: NodeJS.Timeout | undefined;
      const done = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', abort);
      };
      const fail = (error: unknown): void => {
        done();
        reject(error);
        request.destroy();
      };
      const abort = (): void => fail(signal.reason);
      signal.addEventListener('abort', abort, { once: true });
      request.once('socket', () => {
        timer = setTimeout(() => {
          fail(
            new NetworkError(
              `${what}: ${this.endpoint.host} has not answered for ${idleTimeoutMs} ms. Raise idleTimeoutMs if it is only slow.`,
            ),
          );
        }, idleTimeoutMs);
      });
      request.on('error', fail);
      request.on('information', () => timer?.refresh());
      request.once('response', (message) => {
        done();
        // What happens from here on happens to the message.
        request.off('error', fail).on('error', () => undefined);
        const stream = streamBody(message, { ...this.endpoint, idleTimeoutMs, signal });
        const status = message.statusCode ?? 0;
        resolve({ status, url, headers: toHeaders(message), body: stream, what });
      });
      request.end(body);
    });
  }

  /** The answer, its short body read to see whether it says that the port is one of TLS. */
  async #unlessTls(parts: ResponseParts): Promise<ResponseParts> {
    if (Number(parts.headers.get('content-length') ?? 0) > 4096) return parts;
    const bytes = await new Response(parts.body).bytes();
    if (WANTS_TLS.test(new TextDecoder().decode(bytes))) throw speaksTls(this.endpoint);
    const again = new Blob([bytes]).stream() as ReadableStream<Uint8Array<ArrayBuffer>>;
    return { ...parts, body: again };
  }
}

function toHeaders({ rawHeaders }: IncomingMessage): Headers {
  const headers = new Headers();
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    headers.append(rawHeaders[index] as string, rawHeaders[index + 1] as string);
  }
  return headers;
}
