/** A request under way, as {@link Liveness} sees it. */
interface Watched {
  readonly pendingSince: number | undefined;
  readonly overtakenSince: number | undefined;
}

/** Connection that {@link Liveness} watches over. */
export interface LivenessHandler {
  pending(): Iterable<Watched>;
  /** Tells whether anything is under way or waits for its turn. */
  isBusy(): boolean;
  /** Asks the server for a sign of life. */
  echo(): void;
  /** Ends the connection. */
  fail(problem: string): void;
}

/** Pause between the messages that keep an unused connection open, milliseconds. */
const KEEP_ALIVE_MS = 60_000;
/** Multiple of the time-out that a server may take over a request that it said to work on. */
const PENDING_FACTOR = 10;

/**
 * Watch that notices a server that no longer answers. The time counts from the last byte that came, so that a slow line
 * is no failure, and a request waiting for credits counts as much as one under way. A request that later ones have
 * overtaken has the time from then on; one that the server said to work on (STATUS_PENDING) ten times as long, as long
 * as it answers ECHO.
 */
export class Liveness {
  readonly #idleTimeoutMs: number;
  readonly #handler: LivenessHandler;
  #timer: ReturnType<typeof setInterval> | undefined;
  #heardAt = performance.now();
  #hasAsked = false;

  constructor(idleTimeoutMs: number, handler: LivenessHandler) {
    this.#idleTimeoutMs = idleTimeoutMs;
    this.#handler = handler;
  }

  start(): void {
    this.#timer = setInterval(() => this.#check(), Math.min(1000, Math.max(5, this.#idleTimeoutMs / 8)));
    this.#timer.unref(); // The connection itself keeps the process alive while it is busy.
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Notes that bytes have come, or the first request after a pause was made. */
  heard(): void {
    this.#heardAt = performance.now();
    this.#hasAsked = false;
  }

  #check(): void {
    const now = performance.now();
    const silentMs = now - this.#heardAt;
    if (!this.#handler.isBusy()) {
      if (silentMs > KEEP_ALIVE_MS) {
        this.#heardAt = now; // The answer has its time from here on.
        this.#ask();
      }
      return;
    }
    const seconds = `${this.#idleTimeoutMs / 1000} s`;
    if (silentMs > this.#idleTimeoutMs) this.#handler.fail(`sent nothing for ${seconds}. Try again later.`);
    else if (this.#isOverdue(now))
      this.#handler.fail(`left a request unanswered for ${seconds}. Try again later.`);
    else if (silentMs > this.#idleTimeoutMs / 3 && !this.#hasAsked) this.#ask();
  }

  #ask(): void {
    this.#hasAsked = true;
    this.#handler.echo();
  }

  #isOverdue(now: number): boolean {
    for (const { pendingSince, overtakenSince } of this.#handler.pending()) {
      const limitMs = pendingSince === undefined ? this.#idleTimeoutMs : PENDING_FACTOR * this.#idleTimeoutMs;
      const since = pendingSince ?? overtakenSince;
      if (since !== undefined && now - since > limitMs) return true;
    }
    return false;
  }
}
