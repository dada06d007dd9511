import { randomUUID } from 'node:crypto';
import { existsSync, renameSync, rmSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { IntegrityError, isVascuError } from '../core/errors.ts';
import type { Checksum, ReadOptions } from '../core/source.ts';
import type { Wanted } from './admission.ts';
import { partName } from './cache-directory.ts';
import { type CacheIndex, type EntryRow, EntryState } from './cache-index.ts';
import type { CacheStore } from './cache-store.ts';
import {
  explainFile,
  explainTemporary,
  ifPossible,
  isExisting,
  isForbidden,
  isFullDisk,
  isMissing,
} from './disk-error.ts';
import type { GatheredChanges } from './gathered-changes.ts';
import { HeldEntry } from './held-entry.ts';
import type { Holds } from './holds.ts';
import { PartFile } from './part-file.ts';
import { Reservation, type ReservationSteps } from './reservation.ts';

/** Number of tries of a step after the folder was laid out anew, or room was made. */
const STEP_TRIES = 5;

/** Number of fetches under way below which none waits for another one. */
const MIN_GATHERED_FETCHES = 4;

/** A file to be fetched, and how it is checked. */
export interface FetchTarget extends Wanted, ReadOptions {
  /** Name of the file in messages. */
  readonly label: string;
  readonly checksum: Checksum | undefined;
}

/** The fetches of this user of the cache: from the room set aside to the file under its name. */
export class Fetches {
  readonly #store: CacheStore;
  readonly #holds: Holds;
  readonly #gathered: GatheredChanges;
  /** Running fetches by the object's name; `ended` is settled when the fetch ends. */
  readonly #running = new Map<string, { readonly target: FetchTarget; readonly ended: Promise<void> }>();
  readonly #open = new Set<Reservation>();

  constructor(store: CacheStore, holds: Holds, gathered: GatheredChanges) {
    this.#store = store;
    this.#holds = holds;
    this.#gathered = gathered;
  }

  /** True while so few fetches run that a change of the index need not wait for those of others. */
  get areFew(): boolean {
    return this.#running.size < MIN_GATHERED_FETCHES;
  }

  /** Settles when the fetch that runs here ends; undefined where none does. */
  ending(name: string): Promise<void> | undefined {
    return this.#running.get(name)?.ended;
  }

  /** Enters what is being fetched here into another index. */
  enter(index: CacheIndex): void {
    const { owner } = this.#store;
    for (const { name, key, size } of [...this.#running.values()].map(({ target }) => target)) {
      if (index.get(name) !== undefined) continue;
      index.insert({ ...key, name, state: EntryState.Reserved, owner, size, progress: 0, sha256: null });
    }
  }

  /**
   * Starts to fill the room that was set aside.
   *
   * @param progress - bytes that are there from an earlier fetch
   */
  async begin(target: FetchTarget, progress: number): Promise<Reservation> {
    const { name, signal } = target;
    const { directory, owner } = this.#store;
    const part = directory.part(name, owner);
    let end = (): void => undefined;
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    this.#running.set(name, { target, ended });
    let reservation: Reservation | undefined;
    const finish = (): void => {
      this.#running.delete(name);
      if (reservation !== undefined) this.#open.delete(reservation);
      end();
    };
    const steps: ReservationSteps = {
      publish: async (sha256, file) => {
        const held = await this.#publish(target, part, sha256, file);
        finish();
        return held;
      },
      abandon: (safe) => this.#giveUp(name, part, safe).finally(finish),
      advance: (safe) => this.#advance(target, safe),
      makeRoom: () => Promise.resolve(this.#store.freeDisk()),
    };
    let file: PartFile | undefined;
    try {
      const found = await this.#openPart(target, part, progress);
      file = found.file;
      reservation = await Reservation.begin(target, file, steps, found.progress, signal);
      this.#open.add(reservation);
      return reservation;
    } catch (error) {
      file?.close();
      await this.#giveUp(name, part, 0).finally(finish);
      throw explainFile(target.label, error);
    }
  }

  /** Begins a file outside of the cache that is removed when it is let go. */
  async beginTemporary(target: FetchTarget): Promise<Reservation> {
    const { path, remove } = await makeTemporary(target.name);
    const steps: ReservationSteps = {
      publish: () => Promise.resolve(new HeldEntry(path, target.size, () => this.#holds.run(remove()))),
      abandon: remove,
      advance: () => Promise.resolve(),
      makeRoom: () => Promise.resolve(false),
    };
    try {
      const file = await PartFile.create(path, target.size);
      return await Reservation.begin(target, file, steps, 0, target.signal);
    } catch (error) {
      await remove();
      throw explainTemporary(tmpdir(), error);
    }
  }

  /**
   * Takes the place of a fetch that does not go on: what it has goes on counting, under a name of its own, until its
   * owner goes on, which then publishes the same once more, or dies.
   */
  takeOver(name: string, owner: string): Promise<void> {
    return this.#store.change((index) => {
      const row = index.get(name);
      if (row?.state !== EntryState.Reserved || row.owner !== owner) return;
      const parked = partName(name, owner);
      if (index.get(parked) === undefined) index.toTrash(name, parked, owner);
      else index.remove(name);
    });
  }

  /** Gives up what is still being fetched; its beginnings stay. */
  async close(): Promise<void> {
    await Promise.allSettled([...this.#open].map((reservation) => reservation.abandon({ keep: true })));
  }

  /** Makes the file that is written, or takes the beginning that an earlier fetch has left. */
  async #openPart(
    target: FetchTarget,
    part: string,
    progress: number,
  ): Promise<{ readonly file: PartFile; readonly progress: number }> {
    const { name, size } = target;
    if (progress > 0) {
      try {
        await rename(this.#store.directory.resume(name), part);
        const file = await PartFile.reopen(part, this.#store.directory.calls);
        if (file.size >= progress) return { file, progress };
        file.close();
      } catch (error) {
        // It is gone, or another user's: it begins anew.
        ifPossible(error);
      }
      await rm(part, { force: true });
      await this.#advance(target, 0);
    }
    for (let tries = 1; ; tries++) {
      try {
        return { file: await PartFile.create(part, size, this.#store.directory), progress: 0 };
      } catch (error) {
        if (tries === STEP_TRIES || !(await this.#mend(error, part))) throw error;
      }
    }
  }

  /** Does something about what keeps a file from being made; false where nothing can be done. */
  async #mend(error: unknown, part: string, object?: string): Promise<boolean> {
    if (isFullDisk(error)) return this.#store.freeDisk();
    if (isExisting(error)) {
      await rm(part, { force: true });
      return true;
    }
    if (!isMissing(error)) return false;
    await this.#store.refresh();
    if (this.#store.readOnly) return false;
    try {
      this.#store.directory.restore(object);
    } catch (again) {
      if (isFullDisk(again)) return this.#store.freeDisk();
      // It is being removed at this moment.
      if (!isMissing(again)) throw again;
    }
    return true;
  }

  async #publish(target: FetchTarget, part: string, sha256: string, file: PartFile): Promise<HeldEntry> {
    const { name, key, size } = target;
    const { owner } = this.#store;
    try {
      await this.#place(target, part, file);
    } catch (error) {
      if (isVascuError(error, 'INTEGRITY')) throw error;
      await this.#giveUp(name, part, 0);
      return this.#keepOutside(target, file, error);
    }
    const publish = (index: CacheIndex): void => {
      if (index.complete(name, owner, size, sha256)) return;
      const ready = { state: EntryState.Ready, owner: null, size, progress: 0, sha256 };
      const row = index.get(name);
      this.#unpark(index, row, name);
      // The index may have been lost in the meantime.
      if (row === undefined) index.insert({ ...key, name, ...ready });
      else index.change(name, ready);
      index.pin(name, owner);
    };
    try {
      await this.#gathered.change(publish, { isHurried: this.areFew }, () => this.#holds.add(name));
    } catch (error) {
      if (!isVascuError(error, 'CACHE')) throw error;
      // It lies there, though the index cannot be told.
      return new HeldEntry(this.#store.directory.object(name), size, () => undefined);
    }
    return this.#holds.entry(name, size);
  }

  /** Gives the file its name. What others removed meanwhile is still there as long as it is open. */
  async #place({ name, size, label }: FetchTarget, part: string, file: PartFile): Promise<void> {
    this.#store.directory.prepare(name);
    for (let tries = 1; ; tries++) {
      try {
        await this.#store.directory.calls.rename(part, this.#store.directory.object(name));
        return;
      } catch (error) {
        if (tries === STEP_TRIES || !(await this.#mend(error, part, name))) throw error;
      }
      if (existsSync(part)) continue;
      const actual = file.size;
      if (actual !== size) {
        throw new IntegrityError(
          `${label} was cut to ${actual} of ${size} bytes in the cache while it was fetched.`,
          String(size),
          String(actual),
        );
      }
      try {
        await file.copyTo(part, size, this.#store.directory);
      } catch (error) {
        // The folder was removed once more.
        if (!isMissing(error)) throw error;
      }
    }
  }

  /** Keeps what has come outside of the cache, in which it may not stay, for as long as it is in use. */
  async #keepOutside({ name, size, label }: FetchTarget, file: PartFile, cause: unknown): Promise<HeldEntry> {
    const { path, remove } = await makeTemporary(name);
    try {
      await file.copyTo(path, size);
    } catch (error) {
      await remove();
      throw explainTemporary(tmpdir(), error);
    }
    const folder = dirname(this.#store.directory.object(name));
    const why = isForbidden(cause)
      ? 'belongs to another user, who lets nobody write into it'
      : `cannot be written to (${cause instanceof Error ? cause.message : String(cause)})`;
    // What is being removed again and again is kept nowhere, and may be there the next time.
    if (!isMissing(cause))
      this.#store.warn(
        'VASCUSIM_CACHE_READ_ONLY',
        `The folder ${folder} of the cache ${why}: ${label}, and what else would lie there, is fetched each time and kept nowhere.`,
      );
    return new HeldEntry(path, size, () => this.#holds.run(remove()));
  }

  /** Notes what is safe, which only saves work later. */
  async #advance({ name, size }: FetchTarget, progress: number): Promise<void> {
    const { owner } = this.#store;
    try {
      await this.#store.change((index) => {
        if (!isOf(index.get(name), owner)) return;
        index.change(name, { state: EntryState.Reserved, owner, size, progress, sha256: null });
      });
    } catch (error) {
      if (!isVascuError(error, 'CACHE')) throw error;
    }
  }

  /** Ends a fetch that was not published: what is safe of it is kept, or all of it goes. */
  async #giveUp(name: string, part: string, safe: number): Promise<void> {
    const { owner } = this.#store;
    if (safe === 0) await rm(part, { force: true }).catch(() => undefined);
    try {
      await this.#store.change((index) => {
        const { directory } = this.#store;
        const row = index.get(name);
        this.#unpark(index, row, name);
        if (!isOf(row, owner) || safe === 0) {
          removeQuietly(part);
          if (isOf(row, owner)) index.remove(name);
          return;
        }
        try {
          renameSync(part, directory.resume(name));
        } catch {
          removeQuietly(part);
          index.remove(name);
          return;
        }
        index.change(name, {
          state: EntryState.Partial,
          owner: null,
          size: safe,
          progress: safe,
          sha256: null,
        });
      });
    } catch {
      // What is left goes with this owner; why the fetch ended is what is told.
    }
  }

  /** Removes the name of its own under which this fetch counts where another process took its place. */
  #unpark(index: CacheIndex, row: EntryRow | undefined, name: string): void {
    const { owner } = this.#store;
    if (!isOf(row, owner)) index.remove(partName(name, owner));
  }
}

function isOf(row: EntryRow | undefined, owner: string): row is EntryRow {
  return row?.state === EntryState.Reserved && row.owner === owner;
}

function removeQuietly(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // A reap finds it.
  }
}

/** Makes a folder of its own for a file that is kept nowhere. */
async function makeTemporary(
  name: string,
): Promise<{ readonly path: string; readonly remove: () => Promise<void> }> {
  const folder = join(tmpdir(), `vascusim-${randomUUID()}`);
  try {
    await mkdir(folder, { mode: 0o700 });
  } catch (error) {
    throw explainTemporary(tmpdir(), error);
  }
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true }).catch(() => undefined);
  return { path: join(folder, name), remove };
}
