/**
 * Timer that tells when nothing has happened for some time. What came while the event loop was held up — a training
 * step can take longer than any time-out — lies in the socket then and is given the chance to be seen first.
 */
export class IdleTimer {
  readonly #timer: NodeJS.Timeout;
  #touched = false;
  #stopped = false;

  /** @param onSilent - called after `timeoutMs` without a {@link IdleTimer.touch}; again only after a further one */
  constructor(timeoutMs: number, onSilent: () => void) {
    this.#timer = setTimeout(() => {
      this.#touched = false;
      // Timers run before sockets are read, immediates after.
      setImmediate(() => {
        if (!this.#touched && !this.#stopped) onSilent();
      });
    }, timeoutMs);
  }

  /** Notes that something happened: the time begins anew. */
  touch(): void {
    this.#touched = true;
    this.#timer.refresh();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }
}
