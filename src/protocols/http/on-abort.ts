/**
 * Calls `listener` once, with the reason of whichever of `signals` aborts first; at once if one has. An
 * `AbortController` that joins them would cost a small request more than all its other bookkeeping.
 *
 * @returns stops listening
 */
export function onAbort(signals: readonly AbortSignal[], listener: (reason: unknown) => void): () => void {
  const aborted = signals.find((signal) => signal.aborted);
  if (aborted !== undefined) {
    listener(aborted.reason);
    return () => undefined;
  }
  const listen = (event: Event): void => {
    stop();
    listener((event.target as AbortSignal).reason);
  };
  const stop = (): void => {
    for (const signal of signals) signal.removeEventListener('abort', listen);
  };
  for (const signal of signals) signal.addEventListener('abort', listen);
  return stop;
}

/** Throws the reason of the first of `signals` that has aborted. */
export function throwIfAborted(signals: readonly AbortSignal[]): void {
  for (const signal of signals) signal.throwIfAborted();
}
