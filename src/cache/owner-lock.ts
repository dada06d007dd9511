import { randomUUID } from 'node:crypto';
import { constants, existsSync, renameSync, rmSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { ifPossible, isMissing } from './disk-error.ts';
import { failureKind } from './index-failure.ts';
import { isAllowed, type Sharing, share } from './sharing.ts';

/**
 * Sign that this user of the cache is alive: as long as it is, it holds the exclusive lock of a database file
 * of its own, which the system takes away when the process or the thread ends, however it ends. No process
 * number and no clock is involved.
 *
 * These files must never be opened by other means in a process that holds one: with POSIX locks, closing any
 * descriptor of a file drops the locks that the process has on it.
 */
export class OwnerLock {
  readonly id: string;
  readonly #database: DatabaseSync;
  readonly #folder: string;

  private constructor(id: string, database: DatabaseSync, folder: string) {
    this.id = id;
    this.#database = database;
    this.#folder = folder;
  }

  /**
   * Takes the lock. Its file gets its name when it is locked, so that nobody ever sees it without its lock.
   *
   * @param id - of an owner whose file was removed; a new one where it is left out
   */
  static take(
    { owners: folder, sharing }: { readonly owners: string; readonly sharing: Sharing | undefined },
    id: string = randomUUID(),
  ): OwnerLock {
    for (let tries = 0; ; tries++) {
      const file = join(folder, `${id}.new`);
      const database = new DatabaseSync(file);
      try {
        share(file, sharing);
        database.exec('PRAGMA journal_mode=MEMORY; BEGIN EXCLUSIVE');
        renameSync(file, ownerFile(folder, id));
        return new OwnerLock(id, database, folder);
      } catch (error) {
        database.close();
        // Another process took the file, not locked yet, for a dead one's.
        if (tries === 10 || !isMissing(error)) {
          rmSync(file, { force: true });
          throw error;
        }
      }
    }
  }

  /**
   * True when the file is there that says so to others: it may have been removed by hand, or with its folder.
   */
  get isSeen(): boolean {
    return existsSync(ownerFile(this.#folder, this.id));
  }

  /** Lets go of the lock of a file that is gone. */
  drop(): void {
    this.#database.close();
  }

  async close(): Promise<void> {
    this.#database.close();
    await removeOwner(this.#folder, this.id);
  }
}

/** Owners of a cache, and which of them are alive. */
export class OwnerRegistry {
  readonly #folder: string;
  readonly #self: string;

  constructor(folder: string, self: string) {
    this.#folder = folder;
    this.#self = self;
  }

  /** Tells whether the owner holds its lock. Takes about a millisecond for another owner than this. */
  isAlive(owner: string): boolean {
    return owner === this.#self || isLocked(ownerFile(this.#folder, owner));
  }

  /** Lists all other owners that have a lock file. */
  async list(): Promise<string[]> {
    const names = await namesIn(this.#folder);
    for (const name of names.filter((each) => /^[0-9a-f-]{36}\.new$/.test(each))) {
      const file = join(this.#folder, name);
      if (!isLocked(file)) await rm(file, { force: true }).catch(ifPossible);
    }
    return ownersOf(names).filter((owner) => owner !== this.#self);
  }

  /** Removes the lock file of a dead owner. */
  remove(owner: string): Promise<void> {
    return removeOwner(this.#folder, owner);
  }
}

/** Tells whether anybody who uses a cache is alive, by the folder of its locks. */
export async function hasLivingOwner(folder: string): Promise<boolean> {
  return ownersOf(await namesIn(folder)).some((owner) => isLocked(ownerFile(folder, owner)));
}

/** Lists the names in a folder; none where it is not there. */
async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch((error: unknown) => {
    ifPossible(error);
    return [];
  });
}

function ownersOf(names: readonly string[]): string[] {
  return names.filter((name) => /^[0-9a-f-]{36}\.db$/.test(name)).map((name) => name.slice(0, -3));
}

function ownerFile(folder: string, owner: string): string {
  return join(folder, `${owner}.db`);
}

async function removeOwner(folder: string, owner: string): Promise<void> {
  const file = ownerFile(folder, owner);
  await Promise.all([file, `${file}-journal`].map((each) => rm(each, { force: true }).catch(ifPossible)));
}

function isLocked(file: string): boolean {
  if (!existsSync(file)) return false;
  let database: DatabaseSync | undefined;
  try {
    // Without mode=rw a file that goes at this moment would be made anew.
    database = new DatabaseSync(`${pathToFileURL(file).href}?mode=rw`);
    // What may only be read can still be asked for a lock of readers.
    const question = isAllowed(file, constants.W_OK)
      ? 'BEGIN IMMEDIATE'
      : 'BEGIN; SELECT * FROM sqlite_schema';
    database.exec(`PRAGMA busy_timeout=0; ${question}; ROLLBACK`);
    return false;
  } catch (error) {
    // What cannot be asked counts as alive: nothing of it is removed.
    return existsSync(file) && failureKind(error) !== 'corrupt';
  } finally {
    database?.close();
  }
}
