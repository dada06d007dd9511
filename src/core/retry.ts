import { abortable } from './abort.ts';
import { isVascuError } from './errors.ts';

/** Options of trying again: how often, and how fast. */
export interface RetryOptions {
  /** Tries in all, 1 or more. @defaultValue 5 */
  readonly tries?: number | undefined;
  /** Longest wait before the second try, milliseconds; it doubles with each further one. @defaultValue 500 */
  readonly baseDelayMs?: number | undefined;
  /** Longest wait, also of what a server asks for, milliseconds. @defaultValue 60 000 */
  readonly maxDelayMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Listener that is called before each wait. */
  readonly onRetry?: ((error: unknown, delayMs: number) => void) | undefined;
}

/**
 * Runs `task` until it succeeds, fails for good or has failed `tries` times. What helps to try again is a
 * `NetworkError` that is `retryable`; any other error ends it at once.
 *
 * The waits have full jitter (a random part of a doubling delay), so that many clients do not come back at the
 * same moment; a wait that the server asks for is kept, as long as it is at most `maxDelayMs`.
 *
 * @param task - gets the number of the try, from 0
 */
export async function withRetry<Result>(
  task: (attempt: number) => Promise<Result>,
  options: RetryOptions = {},
): Promise<Result> {
  const { tries = 5, signal, maxDelayMs = 60_000 } = options;
  for (let attempt = 0; ; attempt++) {
    signal?.throwIfAborted();
    try {
      return await task(attempt);
    } catch (error) {
      signal?.throwIfAborted();
      if (attempt + 1 >= tries || !isVascuError(error, 'NETWORK') || !error.retryable) throw error;
      if ((error.retryAfterMs ?? 0) > maxDelayMs) throw error;
      const delayMs = error.retryAfterMs ?? backoff(attempt, options);
      options.onRetry?.(error, delayMs);
      await wait(delayMs, signal);
    }
  }
}

/** Computes a random part of `baseDelayMs · 2^attempt`, at most `maxDelayMs`; milliseconds. */
export function backoff(attempt: number, options: Pick<RetryOptions, 'baseDelayMs' | 'maxDelayMs'>): number {
  const { baseDelayMs = 500, maxDelayMs = 60_000 } = options;
  return Math.min(maxDelayMs, baseDelayMs * 2 ** attempt) * Math.random();
}

/** Resolves after `delayMs` milliseconds; rejects with the reason of an abort. */
export async function wait(delayMs: number, signal?: AbortSignal): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const elapsed = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, delayMs);
  });
  try {
    await abortable(elapsed, signal);
  } finally {
    clearTimeout(timer);
  }
}
