/** A signal that follows others until it is let go. */
export interface LinkedSignal {
  readonly signal: AbortSignal;
  /** Makes it abort alone. */
  abort(reason?: unknown): void;
  /** Stops following; call it when the work that the signal guards has ended. */
  unlink(): void;
}

/**
 * Makes a signal that aborts, with the same reason, as soon as one of `signals` does. Unlike `AbortSignal.any` it
 * leaves nothing behind on a long-lived signal once {@link LinkedSignal.unlink} was called.
 */
export function linkSignals(...signals: readonly (AbortSignal | undefined)[]): LinkedSignal {
  const controller = new AbortController();
  const follow = (event: Event): void => controller.abort((event.target as AbortSignal).reason);
  for (const signal of signals) {
    if (signal === undefined) continue;
    if (signal.aborted) {
      controller.abort(signal.reason);
      break;
    }
    // Not with `once`: it costs more than all else, and a signal aborts once.
    signal.addEventListener('abort', follow);
  }
  return {
    signal: controller.signal,
    abort: (reason) => controller.abort(reason),
    unlink: () => {
      for (const signal of signals) signal?.removeEventListener('abort', follow);
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
    const abort = (): void => {
      signal.removeEventListener('abort', abort);
      reject(signal.reason);
    };
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort);
    promise.then(
      (result) => {
        signal.removeEventListener('abort', abort);
        resolve(result);
      },
      (error: unknown) => {
        signal.removeEventListener('abort', abort);
        reject(error);
      },
    );
  });
}
