import { renameSync, statSync, unlinkSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { CacheError } from '../core/errors.ts';
import { backoff, wait } from '../core/retry.ts';
import { CacheDirectory, trashName } from './cache-directory.ts';
import { CacheIndex, type EntryRow, EntryState } from './cache-index.ts';
import { failureKind } from './index-failure.ts';
import { OwnerLock, OwnerRegistry } from './owner-lock.ts';

/** Longest time for which a change of the index waits for other processes, milliseconds. */
const BUSY_TIMEOUT_MS = 60_000;

/** How often room is made on a full disk before a change is given up. */
const FULL_TRIES = 3;

/** Objects that are removed at a time to make room on a full disk. */
const FULL_VICTIMS = 8;

/** Collects the removed objects of one change: their names in `tmp/`. */
export type Trash = string[];

/**
 * A cache's folder, index and lock together: changes of the index that survive what can happen to them — other
 * processes that write, a full disk, an index that was damaged, removed or made anew.
 */
export class CacheStore {
  readonly #cacheDir: string;
  /** Called after the index was replaced by another, empty or not: what is held must be entered again. */
  readonly #onReplaced: () => void;
  #directory!: CacheDirectory;
  #index!: CacheIndex;
  #inode = 0n;
  #lock!: OwnerLock;
  #owners!: OwnerRegistry;
  #readOnly = false;
  #closed = false;

  private constructor(cacheDir: string, onReplaced: () => void) {
    this.#cacheDir = cacheDir;
    this.#onReplaced = onReplaced;
  }

  /** @throws ConfigError when the folder cannot be a cache */
  static async open(cacheDir: string, onReplaced: () => void): Promise<CacheStore> {
    const store = new CacheStore(cacheDir, onReplaced);
    await store.#open();
    return store;
  }

  get directory(): CacheDirectory {
    return this.#directory;
  }

  /** For reading; changes go through {@link CacheStore.change}. */
  get index(): CacheIndex {
    return this.#index;
  }

  /** The name of this user of the cache. */
  get owner(): string {
    return this.#lock.id;
  }

  get owners(): OwnerRegistry {
    return this.#owners;
  }

  /** Whether there is no index, so that files are found by their names alone and nothing can be added. */
  get readOnly(): boolean {
    return this.#readOnly;
  }

  /** Asks the index something; where another process is writing it may have to wait. */
  async read<Result>(read: (index: CacheIndex) => Result, signal?: AbortSignal): Promise<Result> {
    try {
      return read(this.#index);
    } catch (error) {
      if (failureKind(error) === undefined) throw error;
      return this.change(read, signal);
    }
  }

  /**
   * Changes the index in one transaction, which waits for those of other processes without holding the event
   * loop, and then removes the files that `change` put into the trash.
   *
   * @param committed - is called with the result at once, before anything else can happen in this thread
   * @throws CacheError when that is not possible
   */
  async change<Result>(
    change: (index: CacheIndex, trash: Trash) => Result,
    signal?: AbortSignal,
    committed?: (result: Result) => void,
  ): Promise<Result> {
    const start = performance.now();
    for (let tries = 0, full = 0, repaired = false; ; tries++) {
      signal?.throwIfAborted();
      const trash: Trash = [];
      try {
        const result = this.#index.transaction(() => change(this.#index, trash));
        committed?.(result);
        return result;
      } catch (error) {
        const kind = failureKind(error);
        if (kind === undefined || this.#closed) throw error;
        if (kind === 'busy' && performance.now() - start < BUSY_TIMEOUT_MS) {
          await wait(1 + backoff(tries, { baseDelayMs: 2, maxDelayMs: 50 }), signal);
        } else if (kind === 'full' && full++ < FULL_TRIES) {
          this.freeDisk();
        } else if (kind === 'corrupt' && !repaired) {
          repaired = true;
          await this.#replaceIndex();
        } else {
          if (kind === 'readonly') this.#becomeReadOnly(error);
          throw this.#explain(kind, error);
        }
      } finally {
        if (trash.length > 0) await this.empty(trash);
      }
    }
  }

  /** Changes the index at once, or not at all where another process is writing: then it is undefined. */
  changeNow<Result>(change: (index: CacheIndex, trash: Trash) => Result, trash: Trash): Result | undefined {
    try {
      return this.#index.transaction(() => change(this.#index, trash));
    } catch (error) {
      if (failureKind(error) === undefined) throw error;
      return undefined;
    }
  }

  /**
   * Takes the object of a row away from its name, inside a change. That is quick whatever the object's size; its
   * bytes count until {@link CacheStore.empty} has removed it.
   */
  discard(index: CacheIndex, row: EntryRow, trash: Trash): void {
    const name = trashName(row.name, this.owner);
    const from =
      row.state === EntryState.Partial ? this.#directory.resume(row.name) : this.#directory.object(row.name);
    try {
      renameSync(from, this.#directory.trash(name));
      trash.push(name);
      index.toTrash(row.name, name, this.owner);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      index.remove(row.name);
    }
  }

  /** Removes files of the trash, and then their rows. */
  async empty(trash: Trash): Promise<void> {
    await Promise.all(trash.map((name) => rm(this.#directory.trash(name), { force: true })));
    await this.change((index) => {
      for (const name of trash) index.remove(name);
    });
  }

  /**
   * Removes a few objects that nobody holds from a full disk, without a word to the index, which needs room itself
   * for every change. Their rows go when somebody asks for them.
   *
   * @returns whether any was removed
   */
  freeDisk(): boolean {
    let freed = 0;
    try {
      // The lock alone is what is needed: nobody can pin an object between the question and its removal.
      this.#index.transaction(() => {
        for (let used = 0; freed < FULL_VICTIMS; ) {
          const rows = this.#index.removable(used, 64);
          for (const row of rows) if (freed < FULL_VICTIMS && this.#unlink(row)) freed++;
          const last = rows.at(-1);
          if (last === undefined) return;
          used = last.used;
        }
      });
    } catch (error) {
      if (failureKind(error) === undefined) throw error;
    }
    return freed > 0;
  }

  /**
   * Looks whether the index, or the whole folder, was removed or replaced, and if so takes what is there now.
   *
   * @returns whether that was so
   */
  async refresh(): Promise<boolean> {
    const now = statSync(this.#directory.index, { bigint: true, throwIfNoEntry: false });
    const owner = statSync(this.#directory.owners, { throwIfNoEntry: false });
    if (now?.ino === this.#inode && owner !== undefined) return false;
    await this.#reopen();
    return true;
  }

  /** Does without the index from now on when the error says that the folder cannot be written to; true when so. */
  degrade(error: unknown): boolean {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') this.#becomeReadOnly(error);
    return this.#readOnly;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#directory.readOnly) return;
    this.#index.close();
    await this.#lock.close();
  }

  async #open(): Promise<void> {
    this.#directory = await CacheDirectory.open(this.#cacheDir);
    if (this.#directory.readOnly) {
      this.#becomeReadOnly(undefined);
      return;
    }
    this.#lock = OwnerLock.take(this.#directory.owners);
    this.#owners = new OwnerRegistry(this.#directory.owners, this.#lock.id);
    await this.#openIndex();
  }

  async #openIndex(): Promise<void> {
    const start = performance.now();
    for (let tries = 0, full = 0, repaired = false; ; tries++) {
      try {
        this.#index = new CacheIndex(this.#directory.index);
        this.#inode = statSync(this.#directory.index, { bigint: true }).ino;
        return;
      } catch (error) {
        const kind = failureKind(error);
        if (kind === 'busy' && performance.now() - start < BUSY_TIMEOUT_MS) {
          await wait(1 + backoff(tries, { baseDelayMs: 5, maxDelayMs: 100 }));
        } else if ((kind === 'corrupt' || kind === 'other') && !repaired) {
          repaired = true;
          await this.#setIndexAside();
        } else if (kind === 'full' && full++ < FULL_TRIES) {
          await wait(50);
        } else throw kind === undefined ? error : this.#explain(kind, error);
      }
    }
  }

  /** Puts a damaged index aside, unless another process did so first, and opens a new one. */
  async #replaceIndex(): Promise<void> {
    this.#index.close();
    const now = statSync(this.#directory.index, { bigint: true, throwIfNoEntry: false });
    if (now?.ino === this.#inode) await this.#setIndexAside();
    await this.#openIndex();
    this.#onReplaced();
  }

  async #setIndexAside(): Promise<void> {
    const { index } = this.#directory;
    await rename(index, `${index}.damaged`).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
    for (const suffix of ['-wal', '-shm', '-journal']) await rm(index + suffix, { force: true });
  }

  async #reopen(): Promise<void> {
    this.#index.close();
    await this.#lock.close();
    await this.#open();
    this.#onReplaced();
  }

  #unlink(row: EntryRow): boolean {
    try {
      unlinkSync(
        row.state === EntryState.Partial
          ? this.#directory.resume(row.name)
          : this.#directory.object(row.name),
      );
      return true;
    } catch {
      return false;
    }
  }

  #becomeReadOnly(cause: unknown): void {
    if (this.#readOnly) return;
    this.#readOnly = true;
    const why = cause instanceof Error ? ` (${cause.message})` : '';
    process.emitWarning(
      `The cache in ${this.#directory.root} cannot be written to${why}: what lies in it is used, everything else is fetched each time and kept nowhere.`,
      { type: 'VascuSimWarning', code: 'VASCUSIM_CACHE_READ_ONLY' },
    );
  }

  #explain(kind: string, cause: unknown): CacheError {
    const { root } = this.#directory;
    const why: Readonly<Record<string, string>> = {
      busy: `is being changed by other processes all the time; gave up after ${BUSY_TIMEOUT_MS / 1000} s`,
      full: 'cannot be changed because its disk is full, and nothing in it can be removed. Free some space, or choose a cacheDir on another disk',
      corrupt: 'has an index that is damaged again and again: check the disk',
      readonly: 'cannot be written to',
    };
    return new CacheError(`The cache in ${root} ${why[kind] ?? 'has an index that cannot be used'}.`, {
      cause,
    });
  }
}
