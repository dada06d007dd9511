import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { NetworkError, NotFoundError } from '../../src/core/errors.ts';
import type { Source, SourceFile } from '../../src/core/source.ts';
import { type Arriving, type Hedge, openHedged } from '../../src/download/hedged-open.ts';
import { failureOf } from '../temporary-folder.ts';

/** A request that the test answers. */
interface Request {
  readonly signal: AbortSignal;
  /** What the body was cancelled with, if it was. */
  cancelled: boolean;
  answer(): void;
  fail(error: unknown): void;
}

const requests: Request[] = [];
const failures: unknown[] = [];
let wins = 0;
let isAllowed = true;
/** Listeners on the caller's signal. */
let listeners = 0;
let controller: AbortController;

beforeEach(() => {
  vi.useFakeTimers();
  requests.length = 0;
  failures.length = 0;
  wins = 0;
  isAllowed = true;
  listeners = 0;
  controller = new AbortController();
  const { signal } = controller;
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  const known = new Set<unknown>();
  signal.addEventListener = (...given: Parameters<typeof add>) => {
    known.add(given[1]);
    listeners = known.size;
    add(...given);
  };
  signal.removeEventListener = (...given: Parameters<typeof remove>) => {
    known.delete(given[1]);
    listeners = known.size;
    remove(...given);
  };
});

afterEach(() => {
  vi.useRealTimers();
});

const hedge: Hedge = {
  slowMs: 100,
  mayAsk: () => isAllowed,
  failed: (error) => failures.push(error),
  won: () => {
    wins++;
  },
};

function open(signal: AbortSignal): Promise<SourceFile> {
  return new Promise((resolve, reject) => {
    const request: Request = {
      signal,
      cancelled: false,
      answer: () => {
        const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
          start: (stream) => stream.enqueue(new Uint8Array([requests.indexOf(request)])),
          cancel: () => {
            request.cancelled = true;
          },
        });
        resolve({ path: 'a', size: 10, version: '1', body });
      },
      fail: reject,
    };
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    requests.push(request);
  });
}

function start(): Promise<Arriving> {
  const source: Pick<Source, 'open'> = { open: (_path, options) => open(options?.signal as AbortSignal) };
  const request = { source, path: 'a', range: undefined, version: '1' };
  const opening = openHedged(request, hedge, controller.signal);
  opening.catch(() => undefined);
  return opening;
}

const settle = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0);

describe('a file that is opened with a hedge', () => {
  test('is asked for once where it comes in time', async () => {
    const opening = start();
    await vi.advanceTimersByTimeAsync(99);
    requests[0]?.answer();
    expect((await opening).first).toEqual(new Uint8Array([0]));
    await vi.advanceTimersByTimeAsync(1000);
    expect(requests).toHaveLength(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('is asked for once where there is no budget', async () => {
    isAllowed = false;
    const opening = start();
    await vi.advanceTimersByTimeAsync(5000);
    expect(requests).toHaveLength(1);
    requests[0]?.answer();
    expect((await opening).first).toEqual(new Uint8Array([0]));
  });

  test.each([
    ['second', 1, 0],
    ['first', 0, 1],
  ] as const)('comes by the %s request where that is faster; the other ends', async (_, winner, loser) => {
    const opening = start();
    await vi.advanceTimersByTimeAsync(100);
    expect(requests).toHaveLength(2);
    requests[winner]?.answer();
    expect((await opening).first).toEqual(new Uint8Array([winner]));
    await settle();
    expect(requests[loser]?.signal.aborted).toBe(true);
    expect(requests[winner]?.signal.aborted).toBe(false);
    expect(wins).toBe(winner);
    expect(failures).toEqual([]);
    // What keeps the abort of the caller and that of the body that is read together.
    expect([listeners, vi.getTimerCount()]).toEqual([1, 0]);
    controller.abort('enough');
    expect(requests[winner]?.signal.reason).toBe('enough');
  });

  test('comes by one of two answers at the same moment; the other body is cancelled', async () => {
    const opening = start();
    await vi.advanceTimersByTimeAsync(100);
    for (const request of requests) request.answer();
    const { first } = await opening;
    await settle();
    const winner = first?.[0] as number;
    expect(requests.map(({ cancelled }) => cancelled)).toEqual([winner !== 0, winner !== 1]);
    expect(requests[winner]?.signal.aborted).toBe(false);
  });

  test('fails as the first request where that fails in time', async () => {
    const opening = start();
    const broken = new NetworkError('broken');
    requests[0]?.fail(broken);
    expect(await failureOf(opening)).toBe(broken);
    await vi.advanceTimersByTimeAsync(1000);
    expect(requests).toHaveLength(1);
    expect(failures).toEqual([broken]);
    expect([listeners, vi.getTimerCount()]).toEqual([0, 0]);
  });

  test('comes by the other request where one breaks, whose failure is told', async () => {
    for (const broken of [0, 1]) {
      requests.length = 0;
      failures.length = 0;
      const opening = start();
      await vi.advanceTimersByTimeAsync(100);
      requests[broken]?.fail(new NetworkError('broken'));
      await settle();
      expect(failures).toHaveLength(1);
      requests[1 - broken]?.answer();
      expect((await opening).first).toEqual(new Uint8Array([1 - broken]));
    }
  });

  test('that is gone fails at once', async () => {
    const opening = start();
    await vi.advanceTimersByTimeAsync(100);
    const gone = new NotFoundError('gone');
    requests[0]?.fail(gone);
    expect(await failureOf(opening)).toBe(gone);
    expect(requests[1]?.signal.aborted).toBe(true);
  });

  test('fails with the longest wait that the server asked for', async () => {
    const opening = start();
    await vi.advanceTimersByTimeAsync(100);
    const busy = new NetworkError('too many', { status: 429, retryAfterMs: 30_000 });
    requests[0]?.fail(new NetworkError('cut'));
    requests[1]?.fail(busy);
    expect(await failureOf(opening)).toBe(busy);
    expect([listeners, vi.getTimerCount()]).toEqual([0, 0]);
  });

  test.each([0, 100])('ends with both requests when aborted after %s ms', async (afterMs) => {
    const opening = start();
    await vi.advanceTimersByTimeAsync(afterMs);
    controller.abort('enough');
    expect(await failureOf(opening)).toBe('enough');
    await settle();
    expect(requests.every(({ signal }) => signal.aborted)).toBe(true);
    expect([failures, listeners, vi.getTimerCount()]).toEqual([[], 0, 0]);
  });
});
