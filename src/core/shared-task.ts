import { abortable } from './abort.ts';

/**
 * Work that several callers wait for. Each may leave when its own signal aborts; the work itself is aborted only
 * when the last of them has left.
 */
export class SharedTask<Result> {
  readonly #controller = new AbortController();
  readonly #result: Promise<Result>;
  #waiting = 0;
  #settled = false;

  /** Starts the work. */
  constructor(run: (signal: AbortSignal) => Promise<Result>) {
    this.#result = run(this.#controller.signal).finally(() => {
      this.#settled = true;
    });
    // Where everybody has left nobody looks at a failure.
    this.#result.catch(() => undefined);
  }

  /** True when the work was given up because nobody waits for it: then nobody can join any more. */
  get abandoned(): boolean {
    return this.#controller.signal.aborted;
  }

  /** Settles when the work has ended, whatever became of it. */
  async ended(): Promise<void> {
    await this.#result.catch(() => undefined);
  }

  /** Waits for the result of the work; rejects with the reason of `signal` when that aborts first. */
  async join(signal?: AbortSignal): Promise<Result> {
    this.#waiting++;
    try {
      return await abortable(this.#result, signal);
    } finally {
      this.#waiting--;
      if (this.#waiting === 0 && !this.#settled) {
        this.#controller.abort(signal?.reason ?? new Error('nobody waits for this any more'));
      }
    }
  }
}
