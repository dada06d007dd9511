import { getEventListeners } from 'node:events';
import { describe, expect, test } from 'vitest';
import { AuthError, NetworkError } from '../../src/core/errors.ts';
import { backoff, wait, withRetry } from '../../src/core/retry.ts';
import { failureOf } from '../temporary-folder.ts';

/** Fails with each of `errors` in turn, then gives the number of the try. */
function failing(...errors: readonly unknown[]): (attempt: number) => Promise<number> {
  return async (attempt) => {
    if (attempt < errors.length) throw errors[attempt];
    return attempt;
  };
}

const fast = { baseDelayMs: 1 };

describe('withRetry', () => {
  test('tries again after failures that may pass', async () => {
    const seen: unknown[] = [];
    const errors = [new NetworkError('one'), new NetworkError('two')];
    const result = await withRetry(failing(...errors), { ...fast, onRetry: (error) => seen.push(error) });
    expect(result).toBe(2);
    expect(seen).toEqual(errors);
  });

  test.each([
    new NetworkError('for good', { retryable: false }),
    new AuthError('gated', 'no'),
    new Error('x'),
  ])('gives up at once after %o', async (error) => {
    let tries = 0;
    const task = (): Promise<never> => {
      tries++;
      return Promise.reject(error);
    };
    expect(await failureOf(withRetry(task, fast))).toBe(error);
    expect(tries).toBe(1);
  });

  test('rejects with the last failure after all tries', async () => {
    const errors = [1, 2, 3].map((index) => new NetworkError(String(index)));
    expect(await failureOf(withRetry(failing(...errors), { ...fast, tries: 3 }))).toBe(errors[2]);
  });

  test('waits as long as the server asks for', async () => {
    const delays: number[] = [];
    const onRetry = (_: unknown, delayMs: number): number => delays.push(delayMs);
    await withRetry(failing(new NetworkError('busy', { retryAfterMs: 7 })), { ...fast, onRetry });
    expect(delays).toEqual([7]);
  });

  test('does not wait longer than maxDelayMs: the failure is thrown', async () => {
    const error = new NetworkError('busy', { retryAfterMs: 61_000 });
    expect(await failureOf(withRetry(failing(error)))).toBe(error);
  });

  test('an abort ends the wait with its reason', async () => {
    const controller = new AbortController();
    const running = withRetry(failing(new NetworkError('busy', { retryAfterMs: 50_000 })), {
      signal: controller.signal,
      onRetry: () => queueMicrotask(() => controller.abort('stop')),
    });
    expect(await failureOf(running)).toBe('stop');
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  });
});

test('backoff doubles up to its limit, with jitter below', () => {
  for (const [attempt, limit] of [
    [0, 100],
    [1, 200],
    [3, 800],
    [9, 1000],
  ] as const) {
    for (let time = 0; time < 100; time++) {
      const delay = backoff(attempt, { baseDelayMs: 100, maxDelayMs: 1000 });
      expect(delay >= 0 && delay < limit).toBe(true);
    }
  }
});

test('wait rejects at once where the signal is aborted', async () => {
  expect(await failureOf(wait(50_000, AbortSignal.abort('gone')))).toBe('gone');
});
