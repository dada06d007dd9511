import { type LinkedSignal, linkSignals } from './abort.ts';
import { DisposedError } from './errors.ts';

/** Life of an object: one signal for its calls, an account of what runs, one end. */
export class Lifetime {
  /** Aborts with the outer signal, and when the life ends. */
  readonly signal: AbortSignal;
  readonly #name: string;
  readonly #end = new AbortController();
  readonly #unlink: () => void;
  readonly #running = new Set<Promise<unknown>>();
  #closing: Promise<void> | undefined;

  /**
   * @param name - of the object, at the beginning of a sentence: 'The dataset'
   * @param outer - a signal that ends every call as well, though not the life
   */
  constructor(name: string, outer?: AbortSignal) {
    this.#name = name;
    ({ signal: this.signal, unlink: this.#unlink } = linkSignals(outer, this.#end.signal));
  }

  /** @throws DisposedError after the life has ended */
  check(): void {
    if (this.#closing !== undefined) throw this.#disposed();
  }

  /**
   * Runs one call under the life's signal and its own, and keeps account of it.
   *
   * @throws DisposedError after the life has ended
   */
  async run<Result>(
    own: AbortSignal | undefined,
    action: (signal: AbortSignal) => Promise<Result>,
  ): Promise<Result> {
    this.check();
    const { signal, unlink } = linkSignals(this.signal, own);
    let running: Promise<Result> | undefined;
    try {
      signal.throwIfAborted();
      running = action(signal);
      this.#running.add(running);
      // Awaited by nobody else, so that stack traces show who called.
      return await running;
    } finally {
      unlink();
      if (running !== undefined) this.#running.delete(running);
    }
  }

  /**
   * The signal of a call that goes on after it has returned, as a body does: the life's and its own, until it is let go.
   * The end does not wait for it.
   *
   * @throws DisposedError after the life has ended
   */
  link(...own: readonly (AbortSignal | undefined)[]): LinkedSignal {
    for (const signal of own) signal?.throwIfAborted();
    this.check();
    const link = linkSignals(this.signal, ...own);
    link.signal.throwIfAborted();
    return link;
  }

  /** Keeps account of work that the end has to wait for; gives it back. */
  track<Result>(work: Promise<Result>): Promise<Result> {
    this.#running.add(work);
    const forget = (): void => void this.#running.delete(work);
    work.then(forget, forget);
    return work;
  }

  /**
   * Ends the life, once, however often it is called: aborts what runs, waits for it, and then does what is last.
   *
   * @param last - what is let go of when nothing uses it any more
   */
  close(last?: () => Promise<void>): Promise<void> {
    this.#closing ??= this.#close(last);
    return this.#closing;
  }

  async #close(last: (() => Promise<void>) | undefined): Promise<void> {
    this.#end.abort(this.#disposed());
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
    this.#unlink();
    await last?.();
  }

  #disposed(): DisposedError {
    return new DisposedError(`${this.#name} was used after it was closed.`);
  }
}
