import { abortable } from '../core/abort.ts';
import { CacheError, ConfigError, DisposedError, IntegrityError } from '../core/errors.ts';
import type { EvictionAdvice } from '../core/eviction-advice.ts';
import { rejectUnknownOptions } from '../core/known-options.ts';
import { nameFile } from '../core/name-file.ts';
import { wait } from '../core/retry.ts';
import { showValue } from '../core/show-value.ts';
import type { ReadOptions } from '../core/source.ts';
import { Admission, type Decision, OBJECTS_PER_EVICTION } from './admission.ts';
import { defaultCacheDir } from './cache-directory.ts';
import type { CacheIndex } from './cache-index.ts';
import { type CacheKey, objectName } from './cache-key.ts';
import type { AcquireOptions, CachedSource, CacheManagerOptions, CacheStats } from './cache-options.ts';
import { CacheStore, type Trash } from './cache-store.ts';
import { FetchWatch } from './fetch-watch.ts';
import { Fetches, type FetchTarget } from './fetches.ts';
import { allInUse, tooLarge } from './full-cache.ts';
import { GatheredChanges } from './gathered-changes.ts';
import { HeldEntry } from './held-entry.ts';
import { Holds, isComplete, readableSizeOf, sizeOf } from './holds.ts';
import { reap, reapAll, reapRow } from './reaper.ts';
import { rebuild } from './rebuild.ts';
import type { Reservation } from './reservation.ts';
import { type VerifyOptions, type VerifyReport, verifyObjects } from './verify.ts';

const DEFAULT_MAX_BYTES = 10 * 1024 ** 3;

/** Number of waits for room before those who hold files ahead of their use are asked to let go. */
const PATIENT_TURNS = 3;

/** Pauses between looks at a fetch of another process: at first, at most, milliseconds. */
const POLL_MS = { first: 5, most: 200 } as const;

/**
 * Files of remote sources on this machine, up to a number of bytes: the least recently used go first, none while
 * it is held. Threads and processes may share the folder; each opens a manager of its own.
 *
 * What is under its name is complete: files are written elsewhere, checked, and then renamed. An index in SQLite
 * keeps order, bytes and holders; when it is lost it is made again from the files.
 *
 * @example
 * await using cache = await CacheManager.open({ cacheDir: '/path/to/cache', maxSize: 5 * 1024 ** 3 });
 * const stats = await cache.getCacheStats();
 */
export class CacheManager implements AsyncDisposable {
  /** Bytes that the files may take. */
  readonly maxSize: number;
  readonly #roomTimeoutMs: number;
  readonly #leaseTimeoutMs: number;
  #store!: CacheStore;
  #holds!: Holds;
  #gathered!: GatheredChanges;
  #fetches!: Fetches;
  #admission!: Admission;
  /** Objects for which room was set aside just now. */
  readonly #admitted = new Set<string>();
  #closing: Promise<void> | undefined;

  private constructor(options: CacheManagerOptions) {
    rejectUnknownOptions('CacheManager', options, ['cacheDir', 'maxSize', 'roomTimeoutMs', 'leaseTimeoutMs']);
    const { maxSize = DEFAULT_MAX_BYTES, roomTimeoutMs = 30_000, leaseTimeoutMs = 25_000 } = options;
    if (!Number.isSafeInteger(maxSize) || maxSize < 0) {
      throw new ConfigError(
        'maxSize',
        `maxSize must be a whole number of bytes from 0 on, not ${showValue(maxSize)}.`,
      );
    }
    this.maxSize = maxSize;
    this.#roomTimeoutMs = roomTimeoutMs;
    this.#leaseTimeoutMs = leaseTimeoutMs;
  }

  /**
   * Opens a cache, or makes one.
   *
   * @throws ConfigError when an option cannot be used, as when the folder holds something else
   * @throws CacheError when the disk has no room for a cache, or a fault
   */
  static async open(options: CacheManagerOptions = {}): Promise<CacheManager> {
    const manager = new CacheManager(options);
    let isOpen = false;
    const store = await CacheStore.open(options.cacheDir ?? defaultCacheDir(), (index) => {
      if (!isOpen) return;
      manager.#holds.enter(index);
      manager.#fetches.enter(index);
    });
    manager.#store = store;
    manager.#holds = new Holds(store);
    manager.#gathered = new GatheredChanges(store, manager.#holds);
    manager.#fetches = new Fetches(store, manager.#holds, manager.#gathered);
    manager.#admission = new Admission(store, manager.#holds, manager.maxSize);
    isOpen = true;
    if (store.readOnly) return manager;
    try {
      await reapAll(store);
    } catch (error) {
      await store.close();
      throw error;
    }
    return manager;
  }

  /** Files that this manager removed to make room. */
  get evictions(): number {
    return this.#admission.evictions;
  }

  /**
   * Takes advice on what may go first where room is needed, before what was not used for longest, until what is
   * returned is disposed of. Of several advisers the one counts for a file that needs it soonest.
   */
  advise(advice: EvictionAdvice<CacheKey>): Disposable {
    this.#check();
    return this.#admission.advise(advice);
  }

  /** Absolute path of the folder. */
  get cacheDir(): string {
    return this.#store.directory.root;
  }

  /** Counts what lies in the cache. It takes the same time however many files there are. */
  async getCacheStats(): Promise<CacheStats> {
    this.#check();
    const { maxSize } = this;
    if (this.#store.readOnly) {
      const nothing = { totalSize: 0, fileCount: 0, usagePercent: 0, hits: 0, misses: 0, evictions: 0 };
      return { ...nothing, maxSize, unfinished: { files: 0, bytes: 0 } };
    }
    await this.#holds.settled();
    await this.#complete();
    const { totals, partials } = await this.#store.read((index) => ({
      totals: index.totals(),
      partials: index.partials(),
    }));
    const { bytes, files, hits, misses, evictions } = totals;
    return {
      totalSize: bytes,
      fileCount: files,
      maxSize,
      usagePercent: maxSize === 0 ? 100 : (100 * bytes) / maxSize,
      hits,
      misses,
      evictions,
      unfinished: { files: partials.length, bytes: partials.reduce((sum, { size }) => sum + size, 0) },
    };
  }

  /** Lists what the cache holds, source by source. */
  async listSources(): Promise<CachedSource[]> {
    this.#check();
    if (this.#store.readOnly) return [];
    await this.#holds.settled();
    await this.#complete();
    const sources = await this.#store.read((index) => index.bySource());
    return sources.map(({ source, files, bytes, used, pinned }) => ({
      source,
      files,
      bytes,
      lastUsed: new Date(used / 1000),
      held: pinned,
    }));
  }

  /** Finds the absolute path of a file that is there; it is neither held nor marked as used. */
  async find(key: CacheKey): Promise<string | undefined> {
    this.#check();
    const name = objectName(key);
    const path = this.#store.directory.object(name);
    const size = readableSizeOf(path);
    if (this.#store.readOnly) return size === undefined ? undefined : path;
    const row = await this.#store.read((index) => index.get(name));
    return row !== undefined && isComplete(row) && size === row.size ? path : undefined;
  }

  /** Counts the bytes of a file that are there: all of it, the beginning that a fetch has left, or 0. */
  async bytesOf(key: CacheKey): Promise<number> {
    this.#check();
    const name = objectName(key);
    const size = readableSizeOf(this.#store.directory.object(name));
    if (this.#store.readOnly) return size ?? 0;
    const row = await this.#store.read((index) => index.get(name));
    if (row === undefined) return 0;
    if (isComplete(row)) return size === row.size ? row.size : 0;
    return row.progress;
  }

  /** Finds the version of a file that was used last, and its bytes; undefined where there is none. */
  async latest(
    source: string,
    path: string,
  ): Promise<{ readonly key: CacheKey; readonly size: number } | undefined> {
    this.#check();
    if (this.#store.readOnly) return undefined;
    const row = await this.#store.read((index) => index.latest(source, path));
    return row === undefined ? undefined : { key: { source, path, version: row.version }, size: row.size };
  }

  /**
   * Lists the keys of the files of a source that are there and whose paths begin so.
   *
   * @internal
   */
  async keysBelow(source: string, prefix: string): Promise<CacheKey[]> {
    this.#check();
    if (this.#store.readOnly) return [];
    const rows = await this.#store.read((index) => index.between(source, prefix, `${prefix}\u{10ffff}`));
    return rows.map(({ path, version }) => ({ source, path, version }));
  }

  /**
   * Holds a file when it is there; undefined where it is not.
   *
   * @param options.size - bytes that it must have. @defaultValue any number
   */
  async hold(
    key: CacheKey,
    options: ReadOptions & { readonly size?: number | undefined } = {},
  ): Promise<HeldEntry | undefined> {
    this.#check();
    const name = objectName(key);
    const held = this.#holds.again(name, options.size);
    if (held !== undefined) return held;
    const path = this.#store.directory.object(name);
    const size = readableSizeOf(path);
    if (size === undefined || size !== (options.size ?? size)) return undefined;
    if (this.#store.readOnly) return new HeldEntry(path, size, () => undefined);
    const pin = (index: CacheIndex, trash: Trash): boolean => {
      this.#holds.release(index, trash);
      const row = index.get(name);
      if (row === undefined || !isComplete(row) || row.size !== size) return false;
      this.#holds.pin(index, row);
      return true;
    };
    try {
      const found = await this.#store.change(pin, options.signal, (pinned) => {
        this.#holds.forgetReleased();
        if (pinned) this.#holds.add(name);
      });
      if (!found) return undefined;
    } catch (error) {
      if (!this.#store.mustBypass(error)) throw error;
      return new HeldEntry(path, size, () => undefined);
    }
    // It may have been removed before it was pinned.
    if (readableSizeOf(path) === size) return this.#holds.entry(name, size);
    this.#holds.drop(name);
    return undefined;
  }

  /**
   * Holds a file when it is there, and else sets room aside for it: then whoever asked has to fetch it. While
   * another thread or process is fetching it, it is waited for.
   *
   * @throws CacheError when the file is larger than the cache, or everything in it stays in use
   */
  async acquire(key: CacheKey, options: AcquireOptions): Promise<HeldEntry | Reservation> {
    this.#check();
    const { size, checksum, signal } = options;
    const name = objectName(key);
    const held = this.#holds.again(name, size);
    if (held !== undefined) return held;
    const label = nameFile(key.source, key.path);
    const target: FetchTarget = { name, key, label, size, checksum, signal };
    try {
      if (!this.#store.readOnly) return await this.#acquireByIndex(target, options);
    } catch (error) {
      if (!this.#store.mustBypass(error)) throw error;
    }
    // Without an index: an object by its name, or a file that is kept nowhere.
    const path = this.#store.directory.object(name);
    if (readableSizeOf(path) === size) return new HeldEntry(path, size, () => undefined);
    return this.#fetches.beginTemporary(target);
  }

  /**
   * Keeps a file whose bytes are here, and holds it. What is there already stays as it is.
   *
   * @throws what {@link CacheManager.acquire} throws
   */
  async put(
    key: CacheKey,
    bytes: Uint8Array<ArrayBuffer>,
    options: Omit<AcquireOptions, 'size'> = {},
  ): Promise<HeldEntry> {
    const room = await this.acquire(key, { ...options, size: bytes.byteLength });
    if (!('write' in room)) return room;
    try {
      // What somebody left in the middle may be of other bytes.
      if (room.received > 0) await room.restart();
      await room.writeAll(bytes, options.signal);
      return await room.publish();
    } catch (error) {
      await room.abandon({ keep: false });
      throw error;
    }
  }

  /**
   * Removes the least recently used files until the limit is kept.
   *
   * @param options.unfinished - whether the beginnings of files whose fetch has ended early go as well
   */
  async cleanup(options: ReadOptions & { readonly unfinished?: boolean | undefined } = {}): Promise<void> {
    this.#check();
    if (this.#store.readOnly) return;
    await this.#holds.settled();
    await reapAll(this.#store);
    await this.#complete(options.signal);
    if (options.unfinished === true) await this.#discardPartials(undefined, options.signal);
    const trim = (index: CacheIndex, trash: Trash): Decision => this.#admission.trim(index, trash);
    while ((await this.#store.change(trim, options.signal)).kind === 'again');
  }

  /**
   * Removes all files, or those of one source. What somebody holds, in any process, goes when it is let go; what
   * is being fetched stays.
   */
  async clearAll(options: ReadOptions & { readonly source?: string | undefined } = {}): Promise<void> {
    this.#check();
    if (this.#store.readOnly) return;
    await this.#holds.settled();
    await reapAll(this.#store);
    await this.#complete(options.signal);
    for (let last: string | undefined = ''; last !== undefined; ) {
      const after: string = last;
      last = await this.#store.change((index, trash) => {
        const rows = index.page(after, OBJECTS_PER_EVICTION);
        for (const row of rows) {
          if (options.source !== undefined && row.source !== options.source) continue;
          if (index.isPinned(row.name)) index.doom(row.name);
          else this.#store.discard(index, row, trash);
        }
        return rows.at(-1)?.name;
      }, options.signal);
    }
    await this.#discardPartials(options.source, options.signal);
  }

  /**
   * Reads every file again and compares it with the length and the SHA-256 that it had when it was fetched.
   *
   * @param options.repair - removes what is not as it was, so that it is fetched again, and files without a row
   */
  async verify(options: VerifyOptions = {}): Promise<VerifyReport> {
    this.#check();
    if (this.#store.readOnly) {
      throw new CacheError(
        `The cache in ${this.cacheDir} has no index that can be read: nothing to compare with.`,
      );
    }
    await reapAll(this.#store);
    await this.#complete(options.signal);
    return verifyObjects(this.#store, options);
  }

  /** Lets go of everything that is held here. Files stay. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    await this.#fetches.close().catch(() => undefined);
    await this.#gathered.settled();
    // A folder that is gone has nothing to let go of.
    await this.#holds.close().catch(() => undefined);
    await this.#store.close();
  }

  /** @param source - the one whose partials go; undefined for all */
  #discardPartials(source: string | undefined, signal: AbortSignal | undefined): Promise<void> {
    return this.#store.change((index, trash) => {
      for (const row of index.partials()) {
        if (source === undefined || row.source === source) this.#store.discard(index, row, trash);
      }
    }, signal);
  }

  async #acquireByIndex(
    target: FetchTarget,
    { oversized, mayWait }: AcquireOptions,
  ): Promise<HeldEntry | Reservation> {
    const { name, size, signal } = target;
    const start = performance.now();
    const roomTimeoutMs = mayWait === false ? 0 : this.#roomTimeoutMs;
    const watch = new FetchWatch(this.#store, this.#leaseTimeoutMs);
    let hasTakenOver = false;
    for (let turn = 0; ; turn++) {
      signal?.throwIfAborted();
      this.#check();
      const decision = await this.#gathered.change(
        (index, trash) => this.#admission.admit(index, target, trash),
        { signal, isHurried: this.#fetches.areFew },
        ({ kind }) => {
          if (kind === 'hit') this.#holds.add(name);
          if (kind === 'reserved') this.#admitted.add(name);
        },
      );
      switch (decision.kind) {
        case 'hit':
          if (readableSizeOf(this.#store.directory.object(name)) === size)
            return this.#holds.entry(name, size);
          this.#holds.drop(name);
          if (await this.#store.refresh()) break;
          if (!(await this.#forget(target))) return this.#fetches.beginTemporary(target);
          break;
        case 'reserved':
          try {
            if (await this.#store.refreshSinceChange()) break;
            return await this.#fetches.begin(target, decision.progress);
          } finally {
            this.#admitted.delete(name);
          }
        case 'again':
          break;
        case 'incomplete':
          await rebuild(this.#store, signal);
          break;
        case 'full':
          if (size > this.maxSize && oversized === 'temporary') return this.#fetches.beginTemporary(target);
          if (size > this.maxSize) throw tooLarge(target, this);
          // Beside what the other has set aside for the same file.
          if (hasTakenOver) return this.#fetches.beginTemporary(target);
          if (await reapAll(this.#store)) break;
          if (performance.now() - start >= roomTimeoutMs) {
            const heldBytes = await this.#store.read((index) => index.heldBytes());
            throw allInUse(target, this, { heldBytes, waitedMs: roomTimeoutMs });
          }
          // What is being decoded is let go of by itself in a moment.
          if (turn >= PATIENT_TURNS) this.#admission.askForRoom();
          await wait(pollDelay(turn), signal);
          break;
        case 'fetching': {
          const { owner } = decision;
          const own = owner === this.#store.owner ? this.#fetches.ending(name) : undefined;
          if (own !== undefined) await abortable(own, signal);
          else if (this.#admitted.has(name)) await wait(pollDelay(turn), signal);
          else if (owner === this.#store.owner) await reapRow(this.#store, name);
          else if (!this.#store.owners.isAlive(owner)) {
            // What another user's process has left may have to stay.
            if (!(await reap(this.#store, owner))) await this.#fetches.takeOver(name, owner);
          } else if (await watch.isStuck(target, decision)) {
            hasTakenOver = true;
            await this.#fetches.takeOver(name, owner);
          } else await wait(pollDelay(turn), signal);
          break;
        }
      }
    }
  }

  /**
   * Drops the row of an object that is not as it was: removed by hand, or cut.
   *
   * @returns false where it has to stay: it is another user's, and not readable
   */
  async #forget({ name, label, size }: FetchTarget): Promise<boolean> {
    const path = this.#store.directory.object(name);
    const actual = sizeOf(path);
    return this.#store.change((index, trash) => {
      const row = index.get(name);
      if (row === undefined || !isComplete(row)) return true;
      // Of what was found without its row nothing tells whether it is whole.
      const isKnown = row.source !== '';
      if (actual !== row.size || !isKnown) return this.#store.discard(index, row, trash);
      if (readableSizeOf(path) === undefined)
        return !index.isPinned(name) && this.#store.discard(index, row, trash);
      throw new IntegrityError(
        `${label} was fetched with ${actual} bytes and is now announced with ${size} under the same version. List the source again.`,
        String(size),
        String(actual),
      );
    });
  }

  /** Waits until every object has its row: without that the limit cannot be kept. */
  async #complete(signal?: AbortSignal): Promise<void> {
    const { complete } = await this.#store.read((index) => index.totals());
    if (complete === 0) await rebuild(this.#store, signal);
  }

  #check(): void {
    if (this.#closing !== undefined) throw new DisposedError('The cache was used after it was closed.');
  }
}

/** Computes the pause before a turn, which grows from turn to turn, with jitter; milliseconds. */
function pollDelay(turn: number): number {
  return Math.min(POLL_MS.most, POLL_MS.first * 1.4 ** turn) * (0.5 + 0.5 * Math.random());
}
