import { isIP, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { NetworkError } from '../../core/errors.ts';
import { type DialAddress, type Dialing, dial } from '../tcp/dial.ts';
import { sendRequest } from './built-in-http.ts';
import { type RequestTarget, toNetworkError } from './failure.ts';
import { IdleTimer } from './idle-timer.ts';
import { bare, nameProxy, type Proxy, portOf, proxyRefusal } from './proxy.ts';
import type { SocketBuffers } from './socket-buffers.ts';
import type { TlsPolicy } from './tls.ts';

/** A connection to be made. */
export interface ConnectOptions {
  /** Server to connect to: its scheme, host and port are what counts. */
  readonly origin: URL;
  readonly proxy: Proxy | undefined;
  readonly tls: TlsPolicy;
  /** Memory that a connection without TLS reads into. */
  readonly buffers: SocketBuffers;
  /** Longest time for each step: TCP with the name lookup, CONNECT, TLS; milliseconds. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
  /** Name in messages of what the connection is for. */
  readonly label: string;
  /** True to take also a certificate that is not trusted: nothing may be sent then. */
  readonly anyCertificate?: boolean | undefined;
}

/**
 * Opens a connection over which a request to `origin` can be sent: TLS is agreed on and the certificate checked;
 * through a proxy, an `https:` origin is reached by CONNECT (RFC 9110, 9.3.6) and an `http:` one is the proxy's
 * business.
 *
 * @throws NetworkError when it does not come about, or a step takes longer than `timeoutMs`
 * @throws AuthError `certificate` when the certificate is not to be trusted
 */
export async function openConnection(options: ConnectOptions): Promise<Socket> {
  const { origin, proxy, tls, signal, label } = options;
  const host = `${origin.hostname}:${portOf(origin)}`;
  let endpoint: RequestTarget = { host, label };
  const timer = new IdleTimer(options.timeoutMs, () => {
    attempt.fail(
      new NetworkError(
        `${label}: no connection to ${endpoint.host}${attempt.addresses} within ${options.timeoutMs} ms. Check the address, the firewall and the VPN, or raise connectTimeoutMs.`,
      ),
    );
  });
  const attempt = new Attempt(signal, options.timeoutMs, () => timer.touch());
  try {
    let socket: Socket;
    const plain =
      origin.protocol === 'http:' && proxy?.url.protocol !== 'https:' ? options.buffers : undefined;
    if (proxy === undefined) socket = await attempt.tcp(origin, plain);
    else {
      const via = nameProxy(proxy);
      endpoint = { host: via, label };
      socket = await attempt.tcp(proxy.url, plain);
      if (proxy.url.protocol === 'https:') {
        socket = await attempt.tls(socket, proxy.url, tls);
        tls.check(socket as TLSSocket, via, false);
      }
      if (origin.protocol === 'https:') {
        socket = await attempt.tunnel(socket, host, proxy, endpoint);
        endpoint = { host, label };
      }
    }
    if (origin.protocol === 'https:') {
      const secured = await attempt.tls(socket, origin, tls);
      if (options.anyCertificate !== true) tls.check(secured, host);
      socket = secured;
    }
    attempt.succeed();
    return socket;
  } catch (error) {
    attempt.fail(error);
    if (signal?.aborted === true) throw signal.reason;
    throw toNetworkError(attempt.failure, endpoint);
  } finally {
    timer.stop();
  }
}

/** The steps of one connection; whatever socket it has got is destroyed when it fails. */
class Attempt {
  readonly #signal: AbortSignal | undefined;
  readonly #timeoutMs: number;
  /** The connection by TCP while it is being made. */
  #dialing: Dialing | undefined;
  /** Outermost socket so far. Those inside are left to it: Node.js 24 crashes when a socket goes before its TLS. */
  #socket: Socket | undefined;
  readonly #abort = (): void => this.fail(this.#signal?.reason);
  readonly #onStep: () => void;
  #reject: ((error: unknown) => void) | undefined;
  #failed: { readonly error: unknown } | undefined;

  /** @param onStep - called when a step begins */
  constructor(signal: AbortSignal | undefined, timeoutMs: number, onStep: () => void) {
    this.#signal = signal;
    this.#timeoutMs = timeoutMs;
    this.#onStep = onStep;
    if (signal?.aborted === true) this.fail(signal.reason);
    else signal?.addEventListener('abort', this.#abort, { once: true });
  }

  /** Text of what the addresses of the host said, while it is not connected to; `''` where there is only one. */
  get addresses(): string {
    return this.#dialing?.describe() ?? '';
  }

  /** Failure that it met first. */
  get failure(): unknown {
    return this.#failed?.error;
  }

  fail(error: unknown): void {
    if (this.#failed !== undefined) return;
    this.#failed = { error };
    this.#signal?.removeEventListener('abort', this.#abort);
    this.#dialing?.cancel();
    this.#socket?.on('error', () => undefined).destroy();
    this.#reject?.(error);
  }

  succeed(): void {
    if (this.#failed !== undefined) throw this.#failed.error;
    this.#signal?.removeEventListener('abort', this.#abort);
  }

  /** @param buffers - where it reads into; undefined where TLS comes over it, which has its own */
  tcp(url: URL, buffers: SocketBuffers | undefined): Promise<Socket> {
    return this.#step((resolve, reject) => {
      const open = buffers && ((to: DialAddress) => buffers.connect({ ...to, noDelay: true }));
      this.#dialing = dial({ host: bare(url.hostname), port: portOf(url) }, this.#timeoutMs, open);
      this.#dialing.socket.then((socket) => {
        this.#dialing = undefined;
        this.#socket = socket;
        if (this.#failed === undefined) resolve(socket);
        else socket.on('error', () => undefined).destroy();
      }, reject);
    });
  }

  tls(socket: Socket, url: URL, policy: TlsPolicy): Promise<TLSSocket> {
    return this.#step((resolve, reject) => {
      const host = bare(url.hostname);
      const secured = connectTls({
        socket,
        host,
        ...(isIP(host) === 0 ? { servername: host } : {}),
        secureContext: policy.context,
        ALPNProtocols: ['http/1.1'],
        // The certificate is judged by TlsPolicy.check, which can then say what was presented.
        rejectUnauthorized: false,
      });
      this.#socket = secured;
      const end = (): void =>
        reject(Object.assign(new Error('closed during the TLS handshake'), { code: 'ECONNRESET' }));
      secured
        .once('error', reject)
        .once('close', end)
        .once('secureConnect', () => {
          secured.off('error', reject).off('close', end);
          resolve(secured);
        });
    });
  }

  tunnel(socket: Socket, host: string, proxy: Proxy, endpoint: RequestTarget): Promise<Socket> {
    return this.#step((resolve, reject) => {
      const { authorization } = proxy;
      const connect = sendRequest({
        method: 'CONNECT',
        path: host,
        headers: {
          Host: host,
          ...(authorization === undefined ? {} : { 'Proxy-Authorization': authorization }),
        },
        createConnection: () => socket,
        // Of the answer only the status counts, and old proxies end lines as they like.
        insecureHTTPParser: true,
      });
      const refuse = (status: number): void => {
        reject(
          status === 407
            ? proxyRefusal(proxy, endpoint.label)
            : new NetworkError(
                `${endpoint.label}: ${endpoint.host} opens no way to ${host}: it answers with status ${status}.`,
                { status, retryable: status >= 500 },
              ),
        );
      };
      connect
        .once('error', reject)
        .once('response', (response) => refuse(response.statusCode ?? 0))
        .once('connect', (response, tunnel, head) => {
          if (response.statusCode !== 200) return refuse(response.statusCode ?? 0);
          if (head.byteLength > 0) tunnel.unshift(head);
          resolve(tunnel as Socket);
        })
        .end();
    });
  }

  #step<Result>(
    run: (resolve: (result: Result) => void, reject: (error: unknown) => void) => void,
  ): Promise<Result> {
    return new Promise((resolve, reject) => {
      if (this.#failed !== undefined) return reject(this.#failed.error);
      this.#reject = reject;
      this.#onStep();
      run(resolve, reject);
    });
  }
}
