import type { CacheIndex } from './cache-index.ts';
import type { CacheStore, Trash } from './cache-store.ts';
import type { Holds } from './holds.ts';

/** Time for which a change waits for others with which it shares a transaction, milliseconds. */
const GATHER_MS = 2;

/** Number of changes that are not waited for any longer. */
const MAX_GATHERED = 32;

/** A change that waits for others. */
interface Gathered {
  /** Signal that takes it out while it waits. */
  readonly signal: AbortSignal | undefined;
  run(index: CacheIndex, trash: Trash): void;
  committed(): void;
  resolve(): void;
  reject(error: unknown): void;
}

/**
 * Shared transactions of the index: of small files that come near each other a transaction for each was most of
 * what the cache takes. Nothing is told of a change before its transaction is made, so that a process that dies meanwhile
 * leaves what it would have left right before it.
 */
export class GatheredChanges {
  readonly #store: CacheStore;
  readonly #holds: Holds;
  #waiting: Gathered[] = [];
  #timer: NodeJS.Timeout | undefined;
  readonly #running = new Set<Promise<void>>();

  constructor(store: CacheStore, holds: Holds) {
    this.#store = store;
    this.#holds = holds;
  }

  /**
   * Changes the index as {@link CacheStore.change} does, and takes the pins out of it of what was let go.
   *
   * @param isHurried - whether it is made at once, with those that wait: no other is to be expected soon
   * @param committed - is called with the result at once, before anything else can happen in this thread
   */
  change<Result>(
    change: (index: CacheIndex, trash: Trash) => Result,
    { signal, isHurried }: { readonly signal?: AbortSignal | undefined; readonly isHurried: boolean },
    committed: (result: Result) => void,
  ): Promise<Result> {
    return new Promise((resolve, reject) => {
      let result: Result;
      this.#waiting.push({
        signal,
        run: (index, trash) => {
          result = change(index, trash);
        },
        committed: () => committed(result),
        resolve: () => resolve(result),
        reject,
      });
      if (this.#waiting.length >= MAX_GATHERED) this.#flush();
      // What is asked for in one go is made in one go.
      else if (isHurried) queueMicrotask(() => this.#flush());
      else this.#timer ??= setTimeout(() => this.#flush(), GATHER_MS);
    });
  }

  /** Makes what waits, and settles when all that was begun is done. */
  async settled(): Promise<void> {
    this.#flush();
    await Promise.all(this.#running);
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const changes = this.#waiting;
    if (changes.length === 0) return;
    this.#waiting = [];
    const made = this.#make(changes).finally(() => this.#running.delete(made));
    this.#running.add(made);
  }

  async #make(changes: readonly Gathered[]): Promise<void> {
    const wanted = changes.filter(({ signal, reject }) => {
      if (signal?.aborted === true) reject(signal.reason);
      return signal?.aborted !== true;
    });
    if (wanted.length === 0) return;
    try {
      await this.#commit(wanted, wanted.length === 1 ? wanted[0]?.signal : undefined);
    } catch (error) {
      const [only] = wanted;
      if (wanted.length === 1) only?.reject(error);
      // It may be the failure of one of them.
      else for (const each of wanted) await this.#make([each]);
    }
  }

  async #commit(changes: readonly Gathered[], signal: AbortSignal | undefined): Promise<void> {
    const change = (index: CacheIndex, trash: Trash): void => {
      this.#holds.release(index, trash);
      for (const each of changes) each.run(index, trash);
    };
    await this.#store.change(change, signal, () => {
      this.#holds.forgetReleased();
      for (const each of changes) each.committed();
    });
    for (const each of changes) each.resolve();
  }
}
