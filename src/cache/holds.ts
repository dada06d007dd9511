import { statSync } from 'node:fs';
import { type CacheIndex, type EntryRow, EntryState } from './cache-index.ts';
import type { CacheStore, Trash } from './cache-store.ts';
import { HeldEntry } from './held-entry.ts';

/** A use that is younger than this is not written down again, microseconds. */
const TOUCH_INTERVAL_US = 1_000_000;

/**
 * Which entries are held here, and how often. The index knows of each only that this owner holds it, so that
 * further holds write nothing.
 */
export class Holds {
  readonly #store: CacheStore;
  readonly #counts = new Map<string, number>();
  /** Entries to remove when they are let go here. */
  readonly #doomed = new Set<string>();
  readonly #background = new Set<Promise<unknown>>();
  /** Uses that were not written down. */
  #uncounted = 0;
  #closed = false;

  constructor(store: CacheStore) {
    this.#store = store;
  }

  /** Uses that the index does not know of yet. */
  get uncounted(): number {
    return this.#uncounted;
  }

  /** Holds once more what is held here already and was used just now; writes nothing. */
  again(name: string): HeldEntry | undefined {
    if (!this.#counts.has(name) || this.#store.readOnly) return undefined;
    const row = this.#store.index.get(name);
    if (row === undefined || !isComplete(row) || isStale(row)) return undefined;
    if (sizeOf(this.#store.directory.object(name)) !== row.size) return undefined;
    this.#uncounted++;
    this.add(name);
    return this.entry(name, row.size);
  }

  /** Pins an entry and marks it as used. Inside a change. */
  pin(index: CacheIndex, row: EntryRow): void {
    index.pin(row.name, this.#store.owner);
    if (isStale(row)) {
      index.touch(row.name, 1 + this.#uncounted);
      this.#uncounted = 0;
    } else this.#uncounted++;
  }

  /** Counts a hold, right after the entry was pinned, so that nobody here takes the pin away as the last one. */
  add(name: string): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
  }

  /** Takes back a hold that {@link Holds.add} counted. */
  drop(name: string): void {
    this.#letGo(name, false);
  }

  /** A hold that was counted. */
  entry(name: string, size: number): HeldEntry {
    return new HeldEntry(this.#store.directory.object(name), size, (remove) => this.#letGo(name, remove));
  }

  /** Does something that nobody waits for but {@link Holds.close}. A failure leaves work for the next reap. */
  run(work: Promise<unknown>): void {
    const tracked: Promise<unknown> = work
      .catch(() => undefined)
      .finally(() => this.#background.delete(tracked));
    this.#background.add(tracked);
  }

  /** Resolves when what was let go has been removed. */
  async settled(): Promise<void> {
    await Promise.all(this.#background);
  }

  /** Enters what is held here into a new index. */
  enter(): void {
    if (this.#store.readOnly || this.#counts.size === 0) return;
    this.run(
      this.#store.change((index) => {
        for (const name of this.#counts.keys()) index.pin(name, this.#store.owner);
      }),
    );
  }

  /** Lets go of everything. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.settled();
    if (this.#store.readOnly) return;
    await this.#store.change((index, trash) => {
      for (const name of this.#doomed) index.doom(name);
      index.unpinAll(this.#store.owner);
      index.count(this.#uncounted, 0, 0);
      for (const row of index.released()) this.#store.discard(index, row, trash);
    });
  }

  #letGo(name: string, remove: boolean): void {
    if (remove) this.#doomed.add(name);
    const count = (this.#counts.get(name) ?? 1) - 1;
    if (count > 0) {
      this.#counts.set(name, count);
      return;
    }
    this.#counts.delete(name);
    if (this.#closed || this.#store.readOnly) return;
    const unpin = (index: CacheIndex, trash: Trash): true => {
      // Where it had to wait, somebody here may hold it again by now.
      if (this.#counts.has(name)) return true;
      index.unpin(name, this.#store.owner);
      if (this.#doomed.delete(name)) index.doom(name);
      const row = index.get(name);
      if (row?.state === EntryState.Doomed && !index.isPinned(name)) this.#store.discard(index, row, trash);
      return true;
    };
    const trash: Trash = [];
    const done = this.#store.changeNow(unpin, trash);
    if (trash.length > 0) this.run(this.#store.empty(trash));
    if (done === undefined) this.run(this.#store.change(unpin));
  }
}

/** Whether a row stands for a whole file. */
export function isComplete({ state }: EntryRow): boolean {
  return state === EntryState.Ready || state === EntryState.Doomed;
}

/** Bytes of a file; undefined where there is none. */
export function sizeOf(path: string): number | undefined {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats?.isFile() === true ? stats.size : undefined;
}

function isStale({ used }: EntryRow): boolean {
  return Date.now() * 1000 - used > TOUCH_INTERVAL_US;
}
