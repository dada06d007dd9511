import { abortable } from '../../core/abort.ts';
import { isVascuError } from '../../core/errors.ts';
import { ApiFailure, type CallContext, fileFailure } from './codes.ts';
import type { DsmSession } from './sign-in.ts';

/** Actions by which {@link Sessions} opens and closes one. */
export interface SessionActions {
  signIn(signal: AbortSignal): Promise<DsmSession>;
  signOut(session: DsmSession): Promise<void>;
}

/** Two sign-ins that displace each other within this time are taken for two programs that do so for ever. */
const CONFLICT_MS = 60_000;
/** Time that a sign-in under way is waited for at the end, milliseconds. */
const SIGN_IN_MS = 3_000;

/**
 * The one session that all callers share. It is opened when it is first needed and opened anew, once for all of
 * them, when the NAS has ended it. A sign-in that was refused is not tried again: each failure counts towards
 * the block of this machine's address.
 */
export class Sessions {
  readonly #actions: SessionActions;
  readonly #context: CallContext;
  /** Aborted, with the error for late callers, when the end begins. */
  readonly #lifetime: AbortSignal;
  /** Ends a sign-in under way. */
  readonly #abandon = new AbortController();
  #current: Promise<DsmSession> | undefined;
  /** Session that {@link Sessions.#current} resolved with. */
  #established: DsmSession | undefined;
  /**
   * Sessions that were opened, all of them. Also those that were refused since: some live on, and all are closed at the
   * end.
   */
  readonly #open = new Set<DsmSession>();
  #refusal: unknown;
  #closed = false;
  #displacedAt = Number.NEGATIVE_INFINITY;

  constructor(actions: SessionActions, context: CallContext, lifetime: AbortSignal) {
    this.#actions = actions;
    this.#context = context;
    this.#lifetime = lifetime;
  }

  /**
   * Gives the session, opened where there is none. An abort of `signal` ends the wait, not the sign-in that others may
   * be waiting for.
   *
   * @throws AuthError the same for every caller once a sign-in was refused
   */
  get(signal: AbortSignal): Promise<DsmSession> {
    if (this.#closed) return Promise.reject(this.#lifetime.reason);
    if (this.#refusal !== undefined) return Promise.reject(this.#refusal);
    this.#current ??= this.#signIn();
    return abortable(this.#current, signal);
  }

  /**
   * Gives the session in place of `stale`, which the NAS refused with `code`. Whoever comes second gets what the first
   * one has opened.
   *
   * @throws NetworkError when another program displaces the session again and again
   */
  renew(stale: DsmSession, code: number, signal: AbortSignal): Promise<DsmSession> {
    // Without waiting in between: of several callers only the first finds the stale one.
    if (this.#established === stale) {
      this.#established = undefined;
      this.#current = undefined;
      if (code === 107 && this.#isDisplacedAgain()) {
        return Promise.reject(fileFailure(new ApiFailure(107), this.#context));
      }
    }
    return this.get(signal);
  }

  /** Closes every session, also one that is just being opened. Failures to do so are passed over. */
  async close(): Promise<void> {
    this.#closed = true;
    // The NAS may have opened the session already whose id is on its way: only with that it can be closed.
    const timer = setTimeout(() => this.#abandon.abort(this.#lifetime.reason), SIGN_IN_MS);
    await this.#current?.catch(() => undefined);
    clearTimeout(timer);
    this.#current = undefined;
    const sessions = [...this.#open];
    this.#open.clear();
    await Promise.allSettled(sessions.map((session) => this.#actions.signOut(session)));
  }

  #isDisplacedAgain(): boolean {
    const now = performance.now();
    const again = now - this.#displacedAt < CONFLICT_MS;
    this.#displacedAt = now;
    return again;
  }

  async #signIn(): Promise<DsmSession> {
    try {
      const session = await this.#actions.signIn(this.#abandon.signal);
      this.#open.add(session);
      this.#established = session;
      return session;
    } catch (error) {
      this.#current = undefined;
      if (isVascuError(error, 'AUTH')) this.#refusal = error;
      throw error;
    }
  }
}
