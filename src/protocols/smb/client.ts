import { randomBytes } from 'node:crypto';
import { abortable } from '../../core/abort.ts';
import { BufferPool } from '../../core/buffer-pool.ts';
import { DisposedError, isVascuError, NetworkError } from '../../core/errors.ts';
import { backoff, wait, withRetry } from '../../core/retry.ts';
import type { Account } from './account.ts';
import type { LoginPolicy } from './login.ts';
import type { RandomSource } from './ntlm.ts';
import { MAX_PAYLOAD_BYTES } from './protocol.ts';
import { Session } from './session.ts';
import { type Dial, dialTcp, type Endpoint } from './transport.ts';

/** Password, or the function that gives it; asked for at each login and not kept. */
export type Password = string | (() => Promise<string> | string);

/** Way in which an {@link SmbClient} reaches its server. */
export interface ClientOptions {
  readonly endpoint: Endpoint;
  readonly account: Account;
  readonly password: Password;
  readonly policy: LoginPolicy;
  /** Longest time until the user is logged in, milliseconds. */
  readonly connectTimeoutMs: number;
  /** Longest time without a byte from the server while something is asked for, milliseconds. */
  readonly idleTimeoutMs: number;
  /** Function that makes connections; tests give their own. @defaultValue TCP */
  readonly dial?: Dial | undefined;
  /**
   * Source of random bytes.
   *
   * @defaultValue of the system
   */
  readonly random?: RandomSource | undefined;
  /** Longest wait before the second try, milliseconds. @defaultValue 150; 500 for the first connection */
  readonly retryDelayMs?: number | undefined;
}

/** Number of tries of a small request on connections that break. */
const MAX_TRIES = 3;
const RETRY_DELAY_MS = 150;
/** Credits that a server is thought to grant soon. */
const USUAL_CREDITS = 64;
/** Number of tries of the first connection: as of other requests, since the server may just be starting. */
const MAX_FIRST_TRIES = 5;
const FIRST_RETRY_DELAY_MS = 500;
/** Size from which on chunks are kept to serve again, bytes. */
const MIN_KEPT_BYTES = 32 * 1024;
/** Size of the memory kept for chunks, bytes. */
const POOL_BYTES = 32 * MAX_PAYLOAD_BYTES;

/** Owner of the one session that everything shares: made when it is first needed, and made anew after it broke. */
export class SmbClient {
  readonly name: string;
  /** Longest wait before the second try, milliseconds. */
  readonly retryDelayMs: number;
  readonly #options: ClientOptions;
  readonly #pool = new BufferPool(POOL_BYTES);
  readonly #lent = new WeakSet<ArrayBuffer>();
  readonly #closing = new AbortController();
  #session: Session | undefined;
  #connecting: Promise<Session> | undefined;
  #wasConnected = false;
  /** Error with which a connection that took too long rejected: another try would take as long. */
  #timeout: NetworkError | undefined;
  /** Number of files that are being read now: they share what may be under way. */
  openBodies = 0;

  /** @param name - how messages name this place */
  constructor(name: string, options: ClientOptions) {
    this.name = name;
    this.#options = options;
    this.retryDelayMs = options.retryDelayMs ?? RETRY_DELAY_MS;
  }

  /** Credits that the server has granted in all; as many as most grant at first before it has. */
  get credits(): number {
    return this.#session?.connection.credits.total ?? USUAL_CREDITS;
  }

  /**
   * Opens the session; callers that come while it is being made wait for the same.
   *
   * @throws NetworkError when the server cannot be reached
   * @throws AuthError when it refuses the login
   * @throws DisposedError after {@link SmbClient.close}
   */
  async session(signal?: AbortSignal): Promise<Session> {
    signal?.throwIfAborted();
    this.#closing.signal.throwIfAborted();
    if (this.#session !== undefined && this.#session.connection.failure === undefined) return this.#session;
    this.#connecting ??= this.#connect().finally(() => {
      this.#connecting = undefined;
    });
    return abortable(this.#connecting, signal);
  }

  /** Runs a task that changes nothing, again on a new session where the one it had broke. */
  async run<Result>(task: (session: Session) => Promise<Result>, signal?: AbortSignal): Promise<Result> {
    await this.#connectFirst(signal);
    return withRetry(async () => task(await this.session(signal)), {
      tries: MAX_TRIES,
      baseDelayMs: this.retryDelayMs,
      signal,
    });
  }

  /** Connects where that never worked so far; what ends a try soon is tried again. */
  async #connectFirst(signal: AbortSignal | undefined): Promise<void> {
    const baseDelayMs = this.#options.retryDelayMs ?? FIRST_RETRY_DELAY_MS;
    for (let attempt = 0; !this.#wasConnected; attempt++) {
      try {
        await this.session(signal);
      } catch (error) {
        const isTimeout = error === this.#timeout || (error as Error).cause === this.#timeout;
        const mayHelp = isVascuError(error, 'NETWORK') && error.retryable && !isTimeout;
        if (!mayHelp || attempt + 1 === MAX_FIRST_TRIES) throw error;
        await wait(backoff(attempt, { baseDelayMs }), signal);
      }
    }
  }

  /**
   * Takes memory for a chunk of `length` bytes, of undefined content: from {@link MIN_KEPT_BYTES} on a part of a buffer
   * whose size is a power of two, so that it can serve again.
   */
  take(length: number): Uint8Array<ArrayBuffer> {
    if (length < MIN_KEPT_BYTES) return new Uint8Array(length);
    const buffer = this.#pool.take(2 ** Math.ceil(Math.log2(length)));
    this.#lent.add(buffer);
    return new Uint8Array(buffer, 0, length);
  }

  /** Takes memory back that came from {@link SmbClient.take}; anything else is passed over. */
  give({ buffer }: Uint8Array<ArrayBuffer>): void {
    if (this.#lent.delete(buffer)) this.#pool.give(buffer);
  }

  close(): void {
    if (this.#closing.signal.aborted) return;
    const error = new DisposedError(`The source ${this.name} was used after it was closed.`);
    this.#closing.abort(error);
    this.#session?.connection.end(error);
  }

  async #connect(): Promise<Session> {
    const { endpoint, account, password, connectTimeoutMs, dial, random, policy, idleTimeoutMs } =
      this.#options;
    const { host, port } = endpoint;
    const stop = new AbortController();
    const timer = setTimeout(() => {
      this.#timeout = new NetworkError(
        `The SMB server at ${host}, port ${port}, did not let us in within ${connectTimeoutMs / 1000} s. Check the address, and that no firewall drops SMB.`,
      );
      stop.abort(this.#timeout);
    }, connectTimeoutMs);
    const close = (): void => stop.abort(this.#closing.signal.reason);
    this.#closing.signal.addEventListener('abort', close, { once: true });
    try {
      const secret =
        typeof password === 'string' ? password : await abortable(Promise.resolve(password()), stop.signal);
      const session = await Session.open(
        {
          endpoint,
          credentials: { ...account, password: secret, host },
          policy,
          idleTimeoutMs,
          dial: dial ?? dialTcp,
          random: random ?? randomBytes,
        },
        stop.signal,
      );
      if (this.#closing.signal.aborted) {
        session.connection.end(this.#closing.signal.reason as Error);
        throw this.#closing.signal.reason;
      }
      this.#session = session;
      this.#wasConnected = true;
      return session;
    } finally {
      clearTimeout(timer);
      this.#closing.signal.removeEventListener('abort', close);
    }
  }
}
