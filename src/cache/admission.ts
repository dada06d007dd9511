import type { EvictionAdvice } from '../core/eviction-advice.ts';
import { type CacheIndex, type EntryRow, EntryState } from './cache-index.ts';
import { type CacheKey, objectName } from './cache-key.ts';
import type { CacheStore, Trash } from './cache-store.ts';
import { farthestFirst } from './eviction-order.ts';
import { type Holds, isComplete, sizeOf } from './holds.ts';

/** Outcome of one look at the index. */
export type Decision =
  /** File that is there, and pinned. */
  | { readonly kind: 'hit' }
  /** Room that is set aside; `progress` bytes are there from an earlier fetch. */
  | { readonly kind: 'reserved'; readonly progress: number }
  /** Change that makes another look worth it: something was removed or found. */
  | { readonly kind: 'again' }
  /** Index that does not know all objects yet. */
  | { readonly kind: 'incomplete' }
  /** Cache without room, and with nothing that can be removed. */
  | { readonly kind: 'full' }
  /** Fetch of the file by somebody else. */
  | { readonly kind: 'fetching'; readonly owner: string; readonly progress: number };

/** Number of objects that are removed in one change of the index. */
export const OBJECTS_PER_EVICTION = 40;

/** Number of files that are looked for at a time among those that may go first. */
const MAX_CANDIDATES = 200;

/** A file that is asked for. */
export interface Wanted {
  readonly name: string;
  readonly key: CacheKey;
  /** Length of the file, bytes. */
  readonly size: number;
}

/**
 * Rules of who may take room in a cache, and who has to make it. All of it runs inside a change of the index.
 */
export class Admission {
  readonly #store: CacheStore;
  readonly #holds: Holds;
  readonly #maxSize: number;
  /** Advisers that know what will be needed, and so what may go before what was not used for longest. */
  readonly #advisers = new Set<EvictionAdvice<CacheKey>>();
  #evictions = 0;

  constructor(store: CacheStore, holds: Holds, maxSize: number) {
    this.#store = store;
    this.#holds = holds;
    this.#maxSize = maxSize;
  }

  /** Files removed to make room. */
  get evictions(): number {
    return this.#evictions;
  }

  /** Takes advice until what is returned is disposed of. */
  advise(advice: EvictionAdvice<CacheKey>): Disposable {
    this.#advisers.add(advice);
    return { [Symbol.dispose]: () => void this.#advisers.delete(advice) };
  }

  /** Says to all advisers that somebody waits for room. */
  askForRoom(): void {
    for (const advice of this.#advisers) advice.waiting();
  }

  /** Pins the file where it is there, and else sets room aside for it. */
  admit(index: CacheIndex, { name, key, size }: Wanted, trash: Trash): Decision {
    const row = index.get(name);
    if (row !== undefined && isComplete(row)) {
      this.#holds.pin(index, row);
      return { kind: 'hit' };
    }
    if (row?.state === EntryState.Reserved && row.owner !== null) {
      return { kind: 'fetching', owner: row.owner, progress: row.progress };
    }
    // Without its row, as after a loss of the index, an object is still what its name says.
    if (row === undefined && sizeOf(this.#store.directory.object(name)) === size) {
      index.adopt(name, size, Date.now() * 1000, key);
      return { kind: 'again' };
    }
    if (size > this.#maxSize) return { kind: 'full' };
    const { bytes, complete } = index.totals();
    if (complete === 0) return { kind: 'incomplete' };
    const excess = bytes + size - (row?.size ?? 0) - this.#maxSize;
    if (excess > 0) return this.#evictAdvised(index, excess, trash) ?? this.evict(index, excess, trash, name);
    const progress = row?.progress ?? 0;
    const reserved = { state: EntryState.Reserved, owner: this.#store.owner, size, progress, sha256: null };
    if (row === undefined) index.insert({ ...key, name, ...reserved }, 1);
    else {
      index.change(name, reserved);
      index.count(0, 1, 0);
    }
    return { kind: 'reserved', progress };
  }

  /** Removes what its users need last, as far as it is there and nobody holds it; undefined where that is nothing. */
  #evictAdvised(index: CacheIndex, needed: number, trash: Trash): Decision | undefined {
    if (this.#advisers.size === 0) return undefined;
    let freed = 0;
    let removed = 0;
    let looked = 0;
    const keys = farthestFirst(this.#advisers);
    // Not for…of: a key that is taken and not looked at would be lost to the next change.
    while (freed < needed && removed < OBJECTS_PER_EVICTION && looked++ < MAX_CANDIDATES) {
      const { value: key, done } = keys.next();
      if (done === true) break;
      if (key === undefined) continue;
      const row = index.get(objectName(key));
      if (row !== undefined && (row.state !== EntryState.Ready || index.isPinned(row.name))) continue;
      for (const advice of this.#advisers) advice.gone(key);
      if (row === undefined || !this.#store.discard(index, row, trash)) continue;
      freed += row.size;
      removed++;
    }
    if (removed === 0) return undefined;
    index.count(0, 0, removed);
    this.#evictions += removed;
    return { kind: 'again' };
  }

  /** Removes what is over the limit, one batch of it. */
  trim(index: CacheIndex, trash: Trash): Decision {
    const excess = index.totals().bytes - this.#maxSize;
    return excess > 0 ? this.evict(index, excess, trash) : { kind: 'full' };
  }

  /**
   * Removes what was not used for longest: `needed` bytes of it, or one batch. Nothing, where all that can be
   * removed would not be enough.
   *
   * @param keep - an entry that stays
   */
  evict(index: CacheIndex, needed: number, trash: Trash, keep?: string): Decision {
    let freed = 0;
    let removed = 0;
    for (let used = 0; removed < OBJECTS_PER_EVICTION && freed < needed; ) {
      const found = index.removable(used, OBJECTS_PER_EVICTION);
      const rows = found.filter(({ name }) => name !== keep);
      const isLast = found.length < OBJECTS_PER_EVICTION;
      const sum = rows.reduce((total, { size }) => total + size, freed);
      if (removed === 0 && isLast && sum < needed) break;
      for (const row of rows) {
        if (freed >= needed || removed === OBJECTS_PER_EVICTION) break;
        // What is another user's may have to stay.
        if (!this.#store.discard(index, row, trash)) continue;
        freed += row.size;
        removed++;
      }
      if (isLast) break;
      used = (found.at(-1) as EntryRow).used;
    }
    if (removed === 0) return { kind: 'full' };
    index.count(0, 0, removed);
    this.#evictions += removed;
    return { kind: 'again' };
  }
}
