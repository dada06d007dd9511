import { linkSignals } from './abort.ts';

/** Options of {@link readAhead}. */
export interface ReadAheadOptions {
  /** How many items may be running or waiting to be taken, besides the one that is asked for; 0 or more. */
  readonly ahead: number;
  /** How many of them run at a time; 1 or more. */
  readonly concurrency: number;
  readonly signal?: AbortSignal | undefined;
}

/** A task that was started: settles with what became of it and never rejects. */
type Started<Result> = Promise<{ readonly value: Result } | { readonly error: unknown }>;

/**
 * Runs `task` over `items` ahead of whoever iterates, and yields the results in the order of the items.
 *
 * The failure of an item is thrown when its turn comes, after the results before it. When the iteration ends
 * early — `break`, a failure, an abort — the tasks that still run are aborted, and it returns after they ended.
 */
export async function* readAhead<Item, Result>(
  items: Iterable<Item>,
  task: (item: Item, signal: AbortSignal) => Promise<Result>,
  options: ReadAheadOptions,
): AsyncGenerator<Result, void, void> {
  const stop = new AbortController();
  const link = linkSignals(options.signal, stop.signal);
  const iterator = items[Symbol.iterator]();
  const queue: Started<Result>[] = [];
  let running = 0;
  let exhausted = false;

  const run = async (item: Item): Started<Result> => {
    running++;
    try {
      return { value: await task(item, link.signal) };
    } catch (error) {
      exhausted = true; // The iteration ends at this item: nothing after it is needed.
      return { error };
    } finally {
      running--;
      start(options.ahead);
    }
  };
  /** Starts tasks until `waiting` are queued or the limit runs. */
  const start = (waiting: number): void => {
    while (!exhausted && !link.signal.aborted && queue.length < waiting && running < options.concurrency) {
      const next = iterator.next();
      if (next.done === true) exhausted = true;
      else queue.push(run(next.value));
    }
  };

  try {
    for (;;) {
      link.signal.throwIfAborted();
      start(options.ahead + 1);
      const first = queue.shift();
      if (first === undefined) return;
      start(options.ahead);
      const outcome = await first;
      if ('error' in outcome) throw outcome.error;
      link.signal.throwIfAborted();
      yield outcome.value;
    }
  } finally {
    exhausted = true;
    stop.abort(new Error('The iteration ended before this sample was needed.'));
    link.unlink();
    await Promise.all(queue);
  }
}
