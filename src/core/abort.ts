/** A signal that follows others until it is let go. */
export interface LinkedSignal {
  readonly signal: AbortSignal;
  /** Stops following; call it when the work that the signal guards has ended. */
  unlink(): void;
}

/**
 * Makes a signal that aborts, with the same reason, as soon as one of `signals` does. Unlike `AbortSignal.any` it
 * leaves nothing behind on a long-lived signal once {@link LinkedSignal.unlink} was called.
 */
export function linkSignals(...signals: readonly (AbortSignal | undefined)[]): LinkedSignal {
  const controller = new AbortController();
  const undo: (() => void)[] = [];
  for (const signal of signals) {
    if (signal === undefined) continue;
    if (signal.aborted) {
      controller.abort(signal.reason);
      break;
    }
    const follow = (): void => controller.abort(signal.reason);
    signal.addEventListener('abort', follow, { once: true });
    undo.push(() => signal.removeEventListener('abort', follow));
  }
  return {
    signal: controller.signal,
    unlink: () => {
      for (const step of undo) step();
    },
  };
}

/**
 * Waits for `promise`, or rejects with the reason of `signal` as soon as it aborts. What the promise does goes on; a
 * rejection of it that comes too late is swallowed.
 */
export function abortable<Result>(
  promise: Promise<Result>,
  signal: AbortSignal | undefined,
): Promise<Result> {
  if (signal === undefined) return promise;
  return new Promise<Result>((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
