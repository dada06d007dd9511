import type { ClientRequest, ClientRequestArgs, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { ConfigError, isVascuError, type NetworkError } from '../../core/errors.ts';
import { AnswerHeaders } from './answer-headers.ts';
import type { Attempt, Exchange } from './attempt.ts';
import { largeLength, messageBody } from './body.ts';
import { sendRequest } from './built-in-http.ts';
import { ExchangeWatch } from './exchange-watch.ts';
import { codeOf, explainCut, notAnswered, type RequestTarget, speaksTls } from './failure.ts';
import type { GainLimit } from './gain-limit.ts';
import { throwIfAborted } from './on-abort.ts';
import type { AgentRequestArgs } from './origin-agent.ts';
import { PlainAttempt, plainRequest } from './plain-attempt.ts';
import { bare, portOf, proxyRefusal } from './proxy.ts';
import type { ReplayedAnswer } from './replayed-answer.ts';
import { ClientResponse, type ResponseParts } from './response.ts';
import type { Turn } from './slots.ts';
import { retryAfterMs } from './status.ts';

/** Answers of servers that were asked in plain HTTP on their TLS port: nginx, Go, Apache. */
const WANTS_TLS =
  /plain HTTP request was sent to HTTPS port|HTTP request to an HTTPS server|plain HTTP to an SSL-enabled/i;

/** Number of refusals of one request that are taken for those of a server that has too much to do. */
const MAX_REFUSALS = 12;

/** Parse errors of header lines that the strict parser does not take, and the lenient one may. */
const LENIENT_HELPS = ['HPE_INVALID_HEADER_TOKEN', 'HPE_CR_EXPECTED', 'HPE_LF_EXPECTED'];

/**
 * Sends a request when the origin has a free slot and resolves with its answer. A request that met a connection that
 * the server was closing goes out once more if it changes nothing (RFC 9112, 9.3.1), and so does one that was refused
 * among others: later, and among fewer.
 */
export async function runExchange(exchange: Exchange): Promise<ResponseParts> {
  const { agent, signals, method } = exchange;
  const mayRepeat = method !== 'POST';
  for (let refusals = 0; ; ) {
    const turn = await agent.slots.take(signals, refusals > 0);
    const attempt = startAttempt(exchange, turn.release);
    const isRefused = (...by: Parameters<Turn['refused']>): boolean => {
      if (!turn.refused(...by) || !mayRepeat) return false;
      if (++refusals <= MAX_REFUSALS) return true;
      turn.givenUp();
      return false;
    };
    try {
      const parts = await attempt.answer();
      if (parts.status !== 503 && parts.status !== 429) {
        turn.answered();
        return parts;
      }
      const headers = new AnswerHeaders(parts.rawHeaders);
      // A limit of requests in some time is no matter of how many go at a time.
      const isLeft = headers.has('ratelimit') && !exchange.awaitsRateLimit;
      if (isLeft || !isRefused('answer', retryAfterMs(headers))) return parts;
      await new ClientResponse(parts, []).discard();
    } catch (error) {
      throwIfAborted(signals);
      if (mayRepeat && (attempt.wasStale(error) || attempt.mayReadOtherwise(error))) continue;
      const failure = attempt.explain(error);
      if (!isRetryable(failure) || !isRefused('connection') || !isRefusal(failure)) throw failure;
    }
  }
}

function isRetryable(failure: unknown): failure is NetworkError {
  return isVascuError(failure, 'NETWORK') && failure.retryable;
}

/** Tells whether a server or proxy has turned a request away, which did not take long. */
function isRefusal(failure: NetworkError): boolean {
  if (failure.status === 503 || failure.status === 429) return true;
  return ['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ECONNABORTED'].includes(codeOf(failure.cause));
}

function startAttempt(exchange: Exchange, onEnd: () => void): Attempt {
  const plain = plainRequest(exchange);
  if (plain !== undefined) {
    const replay = (answer: ReplayedAnswer): Attempt => new ExchangeAttempt(exchange, onEnd, answer);
    return new PlainAttempt(exchange, plain, onEnd, replay);
  }
  try {
    return new ExchangeAttempt(exchange, onEnd);
  } catch (cause) {
    onEnd();
    if (!codeOf(cause).startsWith('ERR_')) throw cause;
    throw new ConfigError('headers', `${exchange.label}: a header cannot be sent as given.`, { cause });
  }
}

/** Makes the options of a request whose answer comes already; TLS, where there is any, lies below. */
function replayOver(replayed: ReplayedAnswer): ClientRequestArgs {
  return { agent: undefined, protocol: 'http:', createConnection: () => replayed };
}

/** Tells a limit what a request brings, from when it has a connection. */
function watchGain(request: ClientRequest, gain: GainLimit): void {
  let socket: Socket | undefined;
  let before = 0;
  let begun = 0;
  request.once('socket', (connected) => {
    socket = connected;
    before = connected.bytesRead;
    begun = gain.begin();
  });
  request.once('close', () => {
    if (socket !== undefined) gain.end(socket.bytesRead - before, begun);
  });
}

class ExchangeAttempt implements Attempt {
  readonly endpoint: RequestTarget;
  readonly #exchange: Exchange;
  readonly #request: ClientRequest;

  /**
   * @param onEnd - called when the connection is free for another request, or is gone
   * @param replayed - connection over which the answer comes already
   */
  constructor(exchange: Exchange, onEnd: () => void, replayed?: ReplayedAnswer) {
    const { url, proxy, agent, label, method } = exchange;
    this.#exchange = exchange;
    this.endpoint = { host: `${url.hostname}:${portOf(url)}`, label };
    const headers: Record<string, string> = { ...exchange.headers, host: url.host };
    const throughProxy = proxy !== undefined && url.protocol === 'http:';
    if (throughProxy && proxy.authorization !== undefined)
      headers['proxy-authorization'] = proxy.authorization;
    const args: AgentRequestArgs = {
      agent,
      method,
      protocol: url.protocol,
      host: bare(url.hostname),
      port: portOf(url),
      path: throughProxy ? url.href.replace(/#.*$/, '') : url.pathname + url.search,
      // A list is written at once; to a record node:http adds the length of what is sent.
      headers: method !== 'POST' ? Object.entries(headers).flat() : headers,
      setHost: false,
      maxHeaderSize: 64 * 1024,
      insecureHTTPParser: agent.readsLeniently,
      wish: { signals: exchange.signals, label },
    };
    this.#request = sendRequest(replayed === undefined ? args : { ...args, ...replayOver(replayed) });
    const { gain } = agent.slots.limit;
    if (gain !== undefined) watchGain(this.#request, gain);
    // Whoever waits goes on in a later microtask: the agent has taken the socket back by then.
    this.#request.once('close', onEnd);
  }

  /** Tells whether the failure is that of a kept connection which the server had closed meanwhile. */
  wasStale(error: unknown): boolean {
    return this.#request.reusedSocket && ['ECONNRESET', 'EPIPE'].includes(codeOf(error));
  }

  /**
   * Tells whether the answer may be read in another way: with header lines that are folded (RFC 9112, 5.2) or end in LF
   * alone (2.2), which a recipient may take. From then on answers of the server are read so.
   */
  mayReadOtherwise(error: unknown): boolean {
    const { agent } = this.#exchange;
    if (agent.readsLeniently || !LENIENT_HELPS.includes(codeOf(error))) return false;
    agent.readsLeniently = true;
    return true;
  }

  explain(error: unknown): unknown {
    return explainCut(error, this.#exchange.url, this.endpoint);
  }

  async answer(): Promise<ResponseParts> {
    const parts = await this.#headers();
    const { proxy } = this.#exchange;
    if (parts.status === 407 && proxy !== undefined) {
      parts.body.cancel();
      throw proxyRefusal(proxy, parts.label);
    }
    return parts.status === 400 && parts.url.protocol === 'http:' ? this.#unlessTls(parts) : parts;
  }

  #headers(): Promise<ResponseParts> {
    const { url, method, idleTimeoutMs, body: sent, label, signals, buffers } = this.#exchange;
    const request = this.#request;
    return new Promise((resolve, reject) => {
      let watch: ExchangeWatch | undefined;
      const fail = (error: unknown): void => {
        watch?.end();
        reject(error);
        request.destroy();
      };
      const silent = (): void => fail(notAnswered(this.endpoint, idleTimeoutMs));
      const watching = new ExchangeWatch(signals, idleTimeoutMs, { aborted: fail, silent });
      watch = watching;
      request.once('socket', () => watching.start());
      request.on('error', fail);
      request.on('information', () => watching.touch());
      request.once('response', (message) => {
        // What happens from here on happens to the message.
        request.off('error', fail).on('error', (error) => {
          if (codeOf(error).startsWith('HPE_') && !message.complete) message.destroy(error);
        });
        this.#notePlain(message);
        const options = { ...this.endpoint, idleTimeoutMs, watch: watching };
        const length = method === 'GET' ? largeLength(message) : undefined;
        const body = messageBody(message, options, length);
        if (length !== undefined) buffers.reuse(message.socket);
        const recycle =
          length === undefined ? undefined : (bytes: Uint8Array<ArrayBuffer>) => buffers.recycle(bytes);
        const status = message.statusCode ?? 0;
        resolve({ status, url, rawHeaders: message.rawHeaders, body, recycle, label });
      });
      request.end(sent);
    });
  }

  /** Notes that the origin answers as a plain exchange needs it: then the next ones are such. */
  #notePlain({ httpVersion, headers, statusCode }: IncomingMessage): void {
    const { agent, isFile } = this.#exchange;
    if (!isFile || (statusCode !== 200 && statusCode !== 206)) return;
    const isPlain = httpVersion === '1.1' && headers['content-length'] !== undefined;
    agent.notePlain(isPlain && !agent.readsLeniently);
  }

  /** Passes the answer on, its short body read to see whether it says that the port is one of TLS. */
  async #unlessTls(parts: ResponseParts): Promise<ResponseParts> {
    if (Number(new AnswerHeaders(parts.rawHeaders).get('content-length') ?? 0) > 4096) return parts;
    const chunks: Uint8Array<ArrayBuffer>[] = [];
    for (;;) {
      const chunk = await parts.body.read();
      if (chunk === undefined) break;
      chunks.push(chunk);
    }
    if (WANTS_TLS.test(Buffer.concat(chunks).toString())) throw speaksTls(this.endpoint);
    parts.body.unread(chunks);
    return parts;
  }
}
