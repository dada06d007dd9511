import { randomUUID } from 'node:crypto';
import { renameSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Checksum, ReadOptions } from '../core/source.ts';
import type { Wanted } from './admission.ts';
import { type CacheIndex, EntryState } from './cache-index.ts';
import type { CacheStore, Trash } from './cache-store.ts';
import { HeldEntry } from './held-entry.ts';
import type { Holds } from './holds.ts';
import { PartFile } from './part-file.ts';
import { explainFullDisk, Reservation, type ReservationSteps } from './reservation.ts';

/** A file to be fetched, and how it is checked. */
export interface FetchTarget extends Wanted, ReadOptions {
  /** How messages name the file. */
  readonly what: string;
  readonly checksum: Checksum | undefined;
}

/** The fetches of this user of the cache: from the room set aside to the file under its name. */
export class Fetches {
  readonly #store: CacheStore;
  readonly #holds: Holds;
  /** By the object's name; settled when the fetch ends. */
  readonly #running = new Map<string, Promise<void>>();
  readonly #open = new Set<Reservation>();

  constructor(store: CacheStore, holds: Holds) {
    this.#store = store;
    this.#holds = holds;
  }

  /** Settles when the fetch that runs here ends; undefined where none does. */
  ending(name: string): Promise<void> | undefined {
    return this.#running.get(name);
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
    this.#running.set(name, ended);
    let reservation: Reservation | undefined;
    void ended.then(() => {
      this.#running.delete(name);
      if (reservation !== undefined) this.#open.delete(reservation);
    });
    const steps: ReservationSteps = {
      publish: (sha256) => this.#publish(target, part, sha256).finally(end),
      abandon: (safe) => this.#giveUp(name, part, safe).finally(end),
      advance: (safe) => this.#advance(target, safe),
      makeRoom: () => Promise.resolve(this.#store.freeDisk()),
    };
    let file: PartFile | undefined;
    try {
      if (progress > 0) await rename(directory.resume(name), part);
      file = await (progress > 0 ? PartFile.reopen(part) : PartFile.create(part, target.size));
      reservation = await Reservation.begin(target, file, steps, progress, signal);
      this.#open.add(reservation);
      return reservation;
    } catch (error) {
      file?.close();
      await this.#giveUp(name, part, 0).finally(end);
      throw explainFullDisk(target.what, error);
    }
  }

  /** A file outside of the cache that is removed when it is let go. */
  async beginTemporary(target: FetchTarget): Promise<Reservation> {
    const folder = join(tmpdir(), `vascusim-${randomUUID()}`);
    const path = join(folder, target.name);
    const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
    await mkdir(folder, { mode: 0o700 });
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
      throw explainFullDisk(target.what, error);
    }
  }

  /** Gives up what is still being fetched; its beginnings stay. */
  async close(): Promise<void> {
    await Promise.allSettled([...this.#open].map((reservation) => reservation.abandon({ keep: true })));
  }

  async #publish({ name, key, size }: FetchTarget, part: string, sha256: string): Promise<HeldEntry> {
    const { directory, owner } = this.#store;
    try {
      const object = directory.object(name);
      await rename(part, object).catch(async (error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT') throw error;
        await mkdir(join(directory.objects, name.slice(0, 2)), { recursive: true });
        await rename(part, object);
      });
      const publish = (index: CacheIndex, trash: Trash): void => {
        this.#holds.release(index, trash);
        const ready = { state: EntryState.Ready, owner: null, size, progress: 0, sha256 };
        // The index may have been lost in the meantime.
        if (index.get(name) === undefined) index.insert({ ...key, name, ...ready });
        else index.change(name, ready);
        index.pin(name, owner);
      };
      await this.#store.change(publish, undefined, () => {
        this.#holds.forgetReleased();
        this.#holds.add(name);
      });
      return this.#holds.entry(name, size);
    } catch (error) {
      await this.#giveUp(name, part, 0);
      throw error;
    }
  }

  #advance({ name, size }: FetchTarget, progress: number): Promise<void> {
    const { owner } = this.#store;
    return this.#store.change((index) =>
      index.change(name, { state: EntryState.Reserved, owner, size, progress, sha256: null }),
    );
  }

  /** Ends a fetch that was not published: what is safe of it is kept, or all of it goes. */
  async #giveUp(name: string, part: string, safe: number): Promise<void> {
    const { directory, owner } = this.#store;
    if (safe === 0) await rm(part, { force: true });
    await this.#store.change((index) => {
      const row = index.get(name);
      if (row?.state !== EntryState.Reserved || row.owner !== owner) return;
      if (safe === 0) {
        index.remove(name);
        return;
      }
      renameSync(part, directory.resume(name));
      index.change(name, {
        state: EntryState.Partial,
        owner: null,
        size: safe,
        progress: safe,
        sha256: null,
      });
    });
  }
}
