import { linkSignals } from './abort.ts';

/** Options of {@link readAhead}. */
export interface ReadAheadOptions<Result = unknown> {
  /** Number of items that may be running or waiting to be taken, besides the one that is asked for; 0 or more. */
  readonly ahead: number | (() => number);
  /** Number of them that run at a time; 1 or more. */
  readonly concurrency: number | (() => number);
  /** Function that tells the bytes that a result takes; only with `maxBytes`. */
  readonly sizeOf?: ((result: Result) => number) | undefined;
  /**
   * Bytes that results waiting to be taken and items running ahead may take together; one that runs is taken to
   * be as large as the largest so far. @defaultValue no limit
   */
  readonly maxBytes?: number | (() => number) | undefined;
  /**
   * Distance by which items that are ready may overtake: items between the oldest one not taken and the newest one
   * started. 0 keeps the order.
   *
   * @defaultValue 0
   */
  readonly overtaking?: number | undefined;
  /** Listener that gets a function to be called when limits have grown. */
  readonly onBegin?: ((more: () => void) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Outcome of a task that was started. */
type Outcome<Result> = { readonly value: Result } | { readonly error: unknown };

/** State of an item that was started. */
interface Slot {
  /** Number of those that were started before it. */
  readonly number: number;
  settled: boolean;
  taken: boolean;
  bytes: number;
}

/**
 * Runs `task` over `items` ahead of whoever iterates, and yields the results in the order of the items, or with
 * `overtaking` the first one that is ready.
 *
 * The failure of an item is thrown when its turn comes, after the results before it. When the iteration ends
 * early — `break`, a failure, an abort — the tasks that still run are aborted, and it returns after they ended.
 */
export async function* readAhead<Item, Result>(
  items: Iterable<Item>,
  task: (item: Item, signal: AbortSignal) => Promise<Result>,
  options: ReadAheadOptions<Result>,
): AsyncGenerator<Result, void, void> {
  const { maxBytes = Infinity, sizeOf, overtaking = 0, ahead } = options;
  const stop = new AbortController();
  const link = linkSignals(options.signal, stop.signal);
  const iterator = items[Symbol.iterator]();
  const queue: { readonly slot: Slot; readonly outcome: Promise<Outcome<Result>> }[] = [];
  let started = 0;
  let running = 0;
  let waitingBytes = 0;
  let largest = 0;
  let exhausted = false;

  const run = async (item: Item, slot: Slot): Promise<Outcome<Result>> => {
    running++;
    try {
      const value = await task(item, link.signal);
      slot.bytes = sizeOf?.(value) ?? 0;
      return { value };
    } catch (error) {
      exhausted = true; // The iteration ends at this item: nothing after it is needed.
      return { error };
    } finally {
      running--;
      slot.settled = true;
      largest = Math.max(largest, slot.bytes);
      if (!slot.taken) waitingBytes += slot.bytes;
      start(0);
    }
  };
  const admits = (): boolean => {
    const [oldest] = queue;
    if (overtaking > 0 && oldest !== undefined && started - oldest.slot.number >= overtaking) return false;
    const runningAhead = queue.filter(({ slot }) => !slot.settled).length;
    return waitingBytes + (runningAhead + 1) * largest <= valueOf(maxBytes);
  };
  /** Starts tasks until a limit is reached; `asked` of them, 0 or 1, are asked for and not ahead. */
  const start = (asked: 0 | 1): void => {
    const waiting = valueOf(ahead) + asked;
    const most = valueOf(options.concurrency);
    while (!exhausted && !link.signal.aborted && queue.length < waiting && running < most) {
      if (!admits() && !(asked === 1 && queue.length === 0)) return;
      const next = iterator.next();
      if (next.done === true) exhausted = true;
      else {
        const slot: Slot = { number: started++, settled: false, taken: false, bytes: 0 };
        queue.push({ slot, outcome: run(next.value, slot) });
      }
    }
  };

  options.onBegin?.(() => start(0));
  try {
    for (;;) {
      link.signal.throwIfAborted();
      start(1);
      const [first] = queue;
      if (first === undefined) return;
      if (overtaking > 0) await Promise.race(queue.map(({ outcome }) => outcome));
      const next = (overtaking > 0 && queue.find(({ slot }) => slot.settled)) || first;
      queue.splice(queue.indexOf(next), 1);
      next.slot.taken = true;
      if (next.slot.settled) waitingBytes -= next.slot.bytes;
      start(0);
      const outcome = await next.outcome;
      if ('error' in outcome) throw outcome.error;
      link.signal.throwIfAborted();
      yield outcome.value;
    }
  } finally {
    exhausted = true;
    stop.abort(new Error('The iteration ended before this sample was needed.'));
    link.unlink();
    await Promise.all(queue.map(({ outcome }) => outcome));
  }
}

function valueOf(limit: number | (() => number)): number {
  return typeof limit === 'function' ? limit() : limit;
}
