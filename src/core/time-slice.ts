/** Time that work may hold the event loop before it lets others run, milliseconds. */
const SLICE_MS = 6;

/** Lets pending events run once. */
export function turn(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === 'function') setImmediate(resolve);
    else if (typeof MessageChannel === 'function') turnByMessage(resolve);
    else setTimeout(resolve, 0);
  });
}

/**
 * Runs pending events by a message: browsers hold timers back by 4 ms, and those of a page in the background by a
 * second; messages never.
 */
function turnByMessage(resolve: () => void): void {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    port1.close();
    resolve();
  };
  port2.postMessage(undefined);
}

/**
 * Share of the event loop during long work: call {@link TimeSlice.pause} after each step of at most a few milliseconds
 * and await what it returns.
 */
export class TimeSlice {
  readonly #signal: AbortSignal | undefined;
  #start = performance.now();

  constructor(signal?: AbortSignal) {
    this.#signal = signal;
  }

  /** Pauses: undefined while the slice lasts, else a promise to await; throws `signal.reason` after an abort. */
  pause(): Promise<void> | undefined {
    this.#signal?.throwIfAborted();
    if (performance.now() - this.#start < SLICE_MS) return undefined;
    return this.#yield();
  }

  async #yield(): Promise<void> {
    await turn();
    this.#signal?.throwIfAborted();
    this.#start = performance.now();
  }

  /** Runs `steps` to their end, pausing between them, and returns their result. */
  async run<Result>(steps: Iterator<void, Result>): Promise<Result> {
    for (;;) {
      const step = steps.next();
      if (step.done === true) return step.value;
      await this.pause();
    }
  }
}

/** Runs `steps` to their end without a pause, and returns their result. */
export function runSteps<Result>(steps: Iterator<void, Result>): Result {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}
