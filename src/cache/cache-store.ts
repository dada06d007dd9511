import { constants, existsSync, mkdirSync, renameSync, rmdirSync, unlinkSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { CacheError, ConfigError, DisposedError } from '../core/errors.ts';
import { backoff, wait } from '../core/retry.ts';
import { CacheDirectory, trashName } from './cache-directory.ts';
import { type CacheIndex, type EntryRow, EntryState } from './cache-index.ts';
import { explainDisk, isForbidden, isMissing } from './disk-error.ts';
import { failureKind } from './index-failure.ts';
import { removeLeftovers } from './leftovers.ts';
import { IndexForbidden, type OpenIndex, openIndex, setAside } from './open-index.ts';
import { OwnerLock, OwnerRegistry } from './owner-lock.ts';
import { isAllowed } from './sharing.ts';

/** Longest time for which a change of the index waits for other processes, milliseconds. */
const BUSY_TIMEOUT_MS = 60_000;

/** Number of times that room is made on a full disk before a change is given up. */
const FULL_DISK_TRIES = 3;

/** Number of tries of a change that fails because the folder was removed or replaced meanwhile. */
const REPLACED_TRIES = 5;

/** Number of times that a damaged index is begun anew: others may take its files away at the same time. */
const MAX_REPAIRS = 3;

/** Number of objects that are removed at a time to make room on a full disk. */
const FULL_DISK_VICTIMS = 8;

/** Longest path that SQLite opens, bytes (MAX_PATHNAME of its os_unix.c, with a zero), and the longest name below a cache. */
const MAX_PATH_BYTES = 511;
const LONGEST_NAME = `owners/${'-'.repeat(36)}.db-journal`;

/** Pause between two looks whether the folder is still there, milliseconds. */
const LOOK_INTERVAL_MS = 250;

/** Removed objects of one change: their names in `tmp/`. */
export type Trash = string[];

/** Open files of a cache that can be written to. */
interface Opened {
  readonly lock: OwnerLock;
  readonly owners: OwnerRegistry;
  readonly file: OpenIndex;
}

/**
 * A cache's folder, index and lock together: changes of the index that survive what can happen to them — other
 * processes that write, a full disk, an index that was damaged, removed or made anew.
 */
export class CacheStore {
  readonly #cacheDir: string;
  /**
   * Listener that enters what is held, and what is being fetched, into an index that takes the place of
   * another.
   */
  readonly #onReplaced: (index: CacheIndex) => void;
  #directory!: CacheDirectory;
  #opened!: Opened;
  #readOnly = false;
  #closed = false;
  #lookedAt = performance.now();
  /** True when nothing was changed since it was looked at. */
  #isLookedAt = false;
  #reopening: Promise<void> | undefined;
  readonly #warned = new Set<string>();

  private constructor(cacheDir: string, onReplaced: (index: CacheIndex) => void) {
    this.#cacheDir = cacheDir;
    this.#onReplaced = onReplaced;
  }

  /**
   * @throws ConfigError when the folder cannot be a cache
   * @throws CacheError when the disk has no room for it, or a fault
   */
  static async open(cacheDir: string, onReplaced: (index: CacheIndex) => void): Promise<CacheStore> {
    const store = new CacheStore(cacheDir, onReplaced);
    await store.#open();
    return store;
  }

  get directory(): CacheDirectory {
    return this.#directory;
  }

  /** Index for reading; changes go through {@link CacheStore.change}. */
  get index(): CacheIndex {
    return this.#opened.file.index;
  }

  /** The name of this user of the cache. */
  get owner(): string {
    return this.#opened.lock.id;
  }

  get owners(): OwnerRegistry {
    return this.#opened.owners;
  }

  /** True when there is no index, so that files are found by their names alone and nothing can be added. */
  get readOnly(): boolean {
    return this.#readOnly;
  }

  /** Asks the index something; where another process is writing it may have to wait. */
  async read<Result>(read: (index: CacheIndex) => Result, signal?: AbortSignal): Promise<Result> {
    try {
      return read(this.index);
    } catch (error) {
      if (failureKind(error) === undefined && !this.#closed) throw error;
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
    if (start - this.#lookedAt > LOOK_INTERVAL_MS || this.#reopening !== undefined) await this.refresh();
    for (let tries = 0, full = 0, replaced = 0, repairs = 0; ; tries++) {
      signal?.throwIfAborted();
      const trash: Trash = [];
      try {
        const result = this.index.transaction(() => change(this.index, trash));
        this.#isLookedAt = false;
        committed?.(result);
        return result;
      } catch (error) {
        if (this.#closed)
          throw new DisposedError('The cache was used after it was closed.', { cause: error });
        const kind = failureKind(error);
        if (kind === undefined)
          throw explainDisk(`The cache in ${this.#directory.root} cannot be changed`, error);
        if (kind === 'busy' && performance.now() - start < BUSY_TIMEOUT_MS) {
          await wait(1 + backoff(tries, { baseDelayMs: 2, maxDelayMs: 50 }), signal);
        } else if (replaced < REPLACED_TRIES && (await this.refresh())) {
          replaced++;
        } else if (kind === 'full' && full++ < FULL_DISK_TRIES) {
          this.freeDisk();
        } else if ((kind === 'corrupt' || kind === 'other') && repairs++ < MAX_REPAIRS) {
          await this.#reopenOnce('torn');
        } else {
          if (kind === 'readonly') this.#becomeReadOnly(error);
          throw this.#explain(kind, error);
        }
      } finally {
        if (trash.length > 0) await this.empty(trash);
      }
    }
  }

  /** Changes the index at once, or not at all: then it is undefined, as where another process is writing. */
  changeNow<Result>(change: (index: CacheIndex, trash: Trash) => Result, trash: Trash): Result | undefined {
    try {
      return this.index.transaction(() => change(this.index, trash));
    } catch {
      // Whatever it is, {@link CacheStore.change} deals with it.
      return undefined;
    }
  }

  /**
   * Takes the object of a row away from its name, inside a change. That is quick whatever the object's size; its
   * bytes count until {@link CacheStore.empty} has removed it.
   *
   * @returns false where it belongs to somebody else, and stays
   */
  discard(index: CacheIndex, row: EntryRow, trash: Trash): boolean {
    const name = trashName(row.name, this.owner);
    const from =
      row.state === EntryState.Partial ? this.#directory.resume(row.name) : this.#directory.object(row.name);
    try {
      this.#moveToTrash(from, name);
      trash.push(name);
      index.toTrash(row.name, name, this.owner);
    } catch (error) {
      if (isForbidden(error)) return false;
      if (!isMissing(error)) throw error;
      // A process may have died after it moved the object and before the index knew.
      removeLeftovers(this, index, row.name);
      index.remove(row.name);
    }
    return true;
  }

  /** Removes files of the trash, and then their rows. What cannot be removed goes on counting. */
  async empty(trash: Trash): Promise<void> {
    const removed = await Promise.all(
      trash.map((name) =>
        rm(this.#directory.trash(name), { force: true }).then(
          () => true,
          () => false,
        ),
      ),
    );
    try {
      await this.change((index) => {
        for (const [at, name] of trash.entries()) if (removed[at] === true) index.remove(name);
      });
    } catch {
      // Their rows go with this owner.
    }
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
      this.index.transaction(() => {
        for (let used = 0; freed < FULL_DISK_VICTIMS; ) {
          const rows = this.index.removable(used, 64);
          for (const row of rows) if (freed < FULL_DISK_VICTIMS && this.#unlink(row)) freed++;
          const last = rows.at(-1);
          if (last === undefined) return;
          used = last.used;
        }
      });
    } catch (error) {
      if (failureKind(error) === undefined && !this.#closed) throw error;
    }
    return freed > 0;
  }

  /**
   * Looks whether the index, the lock or the whole folder was removed or replaced, and if so takes what is there now.
   *
   * @returns whether that was so
   */
  async refresh(): Promise<boolean> {
    if (this.#readOnly || this.#closed) return false;
    if (this.#reopening === undefined) {
      this.#lookedAt = performance.now();
      this.#isLookedAt = true;
      if (!this.#isMoved) return false;
      await this.#reopenOnce(this.#opened.file.state);
    } else await this.#reopening;
    return true;
  }

  /** Looks as {@link CacheStore.refresh} does, once for all that was changed together. */
  async refreshSinceChange(): Promise<boolean> {
    return this.#isLookedAt && this.#reopening === undefined ? false : this.refresh();
  }

  /**
   * Tells whether one has to do without the index: from now on when the error says that the folder cannot be
   * written to, and this time when it says that the index cannot be used.
   */
  mustBypass(error: unknown): boolean {
    const cause = error instanceof CacheError ? error.cause : error;
    if (isForbidden(cause)) this.#becomeReadOnly(cause);
    if (this.#readOnly) return true;
    const kind = failureKind(cause);
    if (!(error instanceof CacheError) || kind === undefined || kind === 'full') return false;
    this.warn(
      'VASCUSIM_CACHE_BYPASSED',
      `${error.message} What lies in it is used as far as possible, and what is fetched now is not kept.`,
    );
    return true;
  }

  /** Says something about this cache, once. */
  warn(code: string, text: string, about: string = code): void {
    if (this.#warned.has(about)) return;
    this.#warned.add(about);
    process.emitWarning(text, { type: 'VascuSimWarning', code });
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    await this.#reopening?.catch(() => undefined);
    this.#closed = true;
    await this.#closeFiles();
  }

  async #open(): Promise<void> {
    if (Buffer.byteLength(join(resolve(this.#cacheDir), LONGEST_NAME)) > MAX_PATH_BYTES) {
      throw new ConfigError(
        'cacheDir',
        `The path of the cache is too long for its index (more than ${MAX_PATH_BYTES - LONGEST_NAME.length} bytes): ${this.#cacheDir}. Choose another cacheDir.`,
      );
    }
    for (let tries = 1; ; tries++) {
      this.#directory = await CacheDirectory.open(this.#cacheDir);
      if (this.#directory.readOnly) {
        this.#becomeReadOnly(undefined);
        return;
      }
      try {
        this.#opened = await this.#openFiles();
        await this.change((index) => this.#introduce(index));
        return;
      } catch (error) {
        // A change may have found out that it cannot be written to.
        if (this.#readOnly || this.#isForbidden(error)) return;
        await this.#closeFiles();
        // Somebody may be removing it at this moment.
        const kind = failureKind(error instanceof CacheError ? error.cause : error);
        if (tries < REPLACED_TRIES && (kind !== undefined || isMissing(error))) continue;
        throw kind === undefined || error instanceof CacheError
          ? explainDisk(`The cache in ${this.#directory.root} cannot be opened`, error)
          : this.#explain(kind, error);
      }
    }
  }

  /** Does without an index where the error says that this user may not use it. */
  #isForbidden(error: unknown): boolean {
    const { owners } = this.#directory;
    // SQLite does not say why it cannot make a file.
    const isLocked =
      failureKind(error) === 'readonly' && existsSync(owners) && !isAllowed(owners, constants.W_OK);
    const isSo = error instanceof IndexForbidden || isForbidden(error) || isLocked;
    if (isSo) this.#becomeReadOnly(isLocked ? new Error(`no permission to write into ${owners}`) : error);
    return isSo;
  }

  async #closeFiles(): Promise<void> {
    const opened: Opened | undefined = this.#opened;
    if (opened === undefined) return;
    closeQuietly(opened.file);
    // What it cannot remove the next user does.
    await opened.lock.close().catch(() => undefined);
  }

  /** @param before - what was open until now: whoever is known by its name stays so */
  async #openFiles(before?: Opened): Promise<Opened> {
    const { owners } = this.#directory;
    const isSeen = before?.lock.isSeen === true;
    const lock = isSeen ? before.lock : OwnerLock.take(this.#directory, before?.lock.id);
    try {
      const file =
        before?.file.state === 'same' ? before.file : await openIndex(this.#directory, BUSY_TIMEOUT_MS);
      return { lock, owners: new OwnerRegistry(owners, lock.id), file };
    } catch (error) {
      if (before === undefined) await lock.close();
      throw error;
    }
  }

  #reopenOnce(state: OpenIndex['state']): Promise<void> {
    this.#reopening ??= this.#reopen(state).finally(() => {
      this.#reopening = undefined;
    });
    return this.#reopening;
  }

  /** Opens the files anew; what was open is used until something else is. */
  async #reopen(state: OpenIndex['state']): Promise<void> {
    try {
      if (state === 'torn') await setAside(this.#directory.index);
      for (let tries = 1; ; tries++) {
        try {
          const directory = await CacheDirectory.open(this.#cacheDir);
          if (directory.readOnly) return this.#becomeReadOnly(undefined);
          this.#directory = directory;
          await this.#replaceFiles();
          return;
        } catch (error) {
          const isDamaged = failureKind(error) === 'corrupt';
          if (tries === REPLACED_TRIES || !(isDamaged || this.#isMoved)) throw error;
          if (isDamaged) await setAside(this.#directory.index);
        }
      }
    } catch (error) {
      // What cannot be kept any more is fetched all the same.
      this.#becomeReadOnly(error);
    }
  }

  async #replaceFiles(): Promise<void> {
    const before = this.#opened;
    const after = await this.#openFiles(before);
    this.#opened = after;
    if (before.lock !== after.lock) before.lock.drop();
    if (before.file !== after.file) closeQuietly(before.file);
    this.#lookedAt = performance.now();
    await this.#enter();
  }

  /** True when anything of what is open is not where it was any more. */
  get #isMoved(): boolean {
    return this.#opened.file.state !== 'same' || !this.#opened.lock.isSeen;
  }

  /** Says who this user is and what it holds, before anything else happens in an index. */
  async #enter(): Promise<void> {
    const start = performance.now();
    for (let tries = 0; ; tries++) {
      try {
        return this.index.transaction(() => {
          this.#introduce(this.index);
          this.#onReplaced(this.index);
        });
      } catch (error) {
        if (failureKind(error) !== 'busy' || performance.now() - start > BUSY_TIMEOUT_MS) throw error;
        await wait(1 + backoff(tries, { baseDelayMs: 2, maxDelayMs: 50 }));
      }
    }
  }

  #introduce(index: CacheIndex): void {
    index.introduce(this.owner, process.pid, hostname());
  }

  #moveToTrash(from: string, name: string): void {
    try {
      renameSync(from, this.#directory.trash(name));
    } catch (error) {
      if (!isMissing(error) || !existsSync(from)) throw error;
      // It is the folder for what is removed that is gone.
      mkdirSync(this.#directory.temporary, { recursive: true });
      renameSync(from, this.#directory.trash(name));
    }
  }

  #unlink(row: EntryRow): boolean {
    const isPartial = row.state === EntryState.Partial;
    const path = isPartial ? this.#directory.resume(row.name) : this.#directory.object(row.name);
    try {
      unlinkSync(path);
    } catch {
      return false;
    }
    try {
      // Where names are what is short, that of its folder counts as well; one that is not empty stays.
      if (!isPartial) rmdirSync(dirname(path));
    } catch {
      return true;
    }
    return true;
  }

  #becomeReadOnly(cause: unknown): void {
    if (this.#readOnly) return;
    this.#readOnly = true;
    const why = cause instanceof Error ? ` (${cause.message})` : '';
    this.warn(
      'VASCUSIM_CACHE_READ_ONLY',
      `The cache in ${this.#directory.root} cannot be written to${why}: what lies in it is used, everything else is fetched each time and kept nowhere.`,
    );
  }

  #explain(kind: string, cause: unknown): CacheError {
    const { root } = this.#directory;
    const why: Readonly<Record<string, string>> = {
      busy: `is being changed by other processes all the time; gave up after ${BUSY_TIMEOUT_MS / 1000} s`,
      full: 'cannot be changed because its disk is full, and nothing in it can be removed. Free some space, or choose a cacheDir on another disk',
      corrupt: 'has an index that is damaged again and again: check the disk',
      readonly: 'has an index that cannot be opened: there is no permission, or too many files are open',
    };
    return new CacheError(`The cache in ${root} ${why[kind] ?? 'has an index that cannot be used'}.`, {
      cause,
    });
  }
}

/** Closes an index, which may not be able to say goodbye when its file is gone. */
function closeQuietly(file: OpenIndex): void {
  try {
    file.close();
  } catch {
    // The system closes it with the process.
  }
}
