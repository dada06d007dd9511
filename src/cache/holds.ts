import { type Stats, statSync } from 'node:fs';
import { type CacheIndex, type EntryRow, EntryState } from './cache-index.ts';
import type { CacheStore, Trash } from './cache-store.ts';
import { HeldEntry } from './held-entry.ts';
import { isReadable } from './sharing.ts';

/** Age below which a use is not written down again, microseconds. */
const TOUCH_INTERVAL_US = 1_000_000;

/**
 * Time for which a pin may outlive its last hold so that one change takes many away, milliseconds; and their
 * number.
 */
const RELEASE_LIMITS = { afterMs: 20, most: 64 } as const;

/** Holds of every open cache of this thread: what one of them tells of a folder, all have been asked for. */
const inThisThread = new Set<WeakRef<Holds>>();

/**
 * Entries that are held here, with the number of their holds. The index knows of each only that this owner
 * holds it, so that further holds write nothing.
 */
export class Holds {
  readonly #store: CacheStore;
  readonly #counts = new Map<string, number>();
  /** Entries to remove when they are let go here. */
  readonly #doomed = new Set<string>();
  /** Entries that nobody here holds any more and whose pins are still in the index. */
  readonly #released = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  readonly #background = new Set<Promise<unknown>>();
  /** Uses that were not written down. */
  #uncounted = 0;
  #closed = false;
  readonly #self = new WeakRef(this);

  constructor(store: CacheStore) {
    this.#store = store;
    inThisThread.add(this.#self);
  }

  /**
   * Holds once more what is held here already, or was until now, and was used just now; writes nothing.
   *
   * @param size - bytes that it must have
   */
  again(name: string, size: number | undefined): HeldEntry | undefined {
    if (!this.#counts.has(name) && !this.#released.has(name)) return undefined;
    if (this.#store.readOnly) return undefined;
    const row = this.#rowOf(name);
    if (row === undefined || !isComplete(row) || isStale(row)) return undefined;
    if (row.size !== (size ?? row.size)) return undefined;
    if (readableSizeOf(this.#store.directory.object(name)) !== row.size) return undefined;
    this.#countLater();
    this.add(name);
    return this.entry(name, row.size);
  }

  /** Pins an entry and marks it as used. Inside a change. */
  pin(index: CacheIndex, row: EntryRow): void {
    index.pin(row.name, this.#store.owner);
    if (isStale(row)) {
      index.touch(row.name, 1 + this.#uncounted);
      this.#uncounted = 0;
    } else this.#countLater();
  }

  /** Counts a hold, right after the entry was pinned, so that nobody here takes the pin away as the last one. */
  add(name: string): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
    this.#released.delete(name);
  }

  /** Takes back a hold that {@link Holds.add} counted. */
  drop(name: string): void {
    this.#letGo(name, false);
  }

  /** Makes the hold that was counted. */
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

  /**
   * Resolves when the index knows what was let go and how often files were used, here and by all other users of the cache
   * in this thread, and what was to be removed has been.
   */
  async settled(): Promise<void> {
    for (const each of inThisThread) {
      const holds = each.deref();
      if (holds === undefined) inThisThread.delete(each);
      else if (holds.#store.directory.root === this.#store.directory.root) {
        holds.#tellIndex();
        await Promise.all(holds.#background);
      }
    }
  }

  /** Enters what is held here into another index. */
  enter(index: CacheIndex): void {
    for (const name of this.#counts.keys()) index.pin(name, this.#store.owner);
  }

  /** Lets go of everything. */
  async close(): Promise<void> {
    this.#tellIndex();
    await Promise.all(this.#background);
    this.#closed = true;
    clearTimeout(this.#timer);
    inThisThread.delete(this.#self);
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
    this.#released.add(name);
    if (remove || this.#doomed.has(name) || this.#released.size >= RELEASE_LIMITS.most) this.#tellIndex();
    else this.#tellLater();
  }

  /** Counts a use, of which the index is told soon. */
  #countLater(): void {
    this.#uncounted++;
    this.#tellLater();
  }

  #tellLater(): void {
    this.#timer ??= setTimeout(() => this.#tellIndex(), RELEASE_LIMITS.afterMs).unref();
  }

  /** Finds a row, where the index can be read at this moment. */
  #rowOf(name: string): EntryRow | undefined {
    try {
      return this.#store.index.get(name);
    } catch {
      // A change deals with whatever that is.
      return undefined;
    }
  }

  /** Takes the pins of what was let go out of the index, inside a change. */
  release(index: CacheIndex, trash: Trash): void {
    for (const name of this.#released) {
      index.unpin(name, this.#store.owner);
      if (this.#doomed.has(name)) index.doom(name);
      const row = index.doomed(name);
      if (row !== undefined && !index.isPinned(name)) this.#store.discard(index, row, trash);
    }
  }

  /** Forgets what {@link Holds.release} let go, when its change has been made. */
  forgetReleased(): void {
    for (const name of this.#released) this.#doomed.delete(name);
    this.#released.clear();
  }

  /** Takes the pins of what was let go out of the index, and adds the uses that it does not know of. */
  #tellIndex(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#released.size === 0 && this.#uncounted === 0) return;
    if (this.#closed || this.#store.readOnly) return;
    let told = 0;
    const tell = (index: CacheIndex, trash: Trash): true => {
      this.release(index, trash);
      told = this.#uncounted;
      if (told > 0) index.count(told, 0, 0);
      return true;
    };
    const isTold = (): void => {
      this.forgetReleased();
      this.#uncounted -= told;
    };
    const trash: Trash = [];
    const done = this.#store.changeNow(tell, trash);
    if (done !== undefined) isTold();
    if (trash.length > 0) this.run(this.#store.empty(trash));
    if (done === undefined) this.run(this.#store.change(tell, undefined, isTold));
  }
}

/** Tells whether a row stands for a whole file. */
export function isComplete({ state }: EntryRow): boolean {
  return state === EntryState.Ready || state === EntryState.Doomed;
}

/** Reads the bytes of a file; undefined where there is none, or none that can be looked at. */
export function sizeOf(path: string): number | undefined {
  const stats = statsOf(path);
  return stats?.isFile() === true ? stats.size : undefined;
}

/** Reads the bytes of a file; undefined where there is none that this user may read. */
export function readableSizeOf(path: string): number | undefined {
  const stats = statsOf(path);
  return stats?.isFile() === true && isReadable(path, stats) ? stats.size : undefined;
}

function statsOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

function isStale({ used }: EntryRow): boolean {
  return Date.now() * 1000 - used > TOUCH_INTERVAL_US;
}
