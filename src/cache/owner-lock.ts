import { randomUUID } from 'node:crypto';
import { existsSync, renameSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { failureKind } from './index-failure.ts';

/**
 * Says that this user of the cache is alive: as long as it is, it holds the exclusive lock of a database file of
 * its own, which the system takes away when the process or the thread ends, however it ends. No process number
 * and no clock is involved.
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

  /** The file gets its name when it is locked, so that nobody ever sees it without its lock. */
  static take(folder: string): OwnerLock {
    for (let tries = 0; ; tries++) {
      const id = randomUUID();
      const file = join(folder, `${id}.new`);
      const database = new DatabaseSync(file);
      try {
        database.exec('PRAGMA journal_mode=MEMORY; BEGIN EXCLUSIVE');
        renameSync(file, ownerFile(folder, id));
        return new OwnerLock(id, database, folder);
      } catch (error) {
        database.close();
        // Another process took the file, not locked yet, for a dead one's.
        if (tries === 10 || (error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      }
    }
  }

  async close(): Promise<void> {
    this.#database.close();
    await removeOwner(this.#folder, this.id);
  }
}

/** Which owners are alive. Death is for good, and remembered. */
export class OwnerRegistry {
  readonly #folder: string;
  readonly #self: string;
  readonly #dead = new Set<string>();

  constructor(folder: string, self: string) {
    this.#folder = folder;
    this.#self = self;
  }

  /** Whether the owner holds its lock. Takes about a millisecond for another owner than this. */
  isAlive(owner: string): boolean {
    if (owner === this.#self) return true;
    if (this.#dead.has(owner)) return false;
    if (isLocked(ownerFile(this.#folder, owner))) return true;
    this.#dead.add(owner);
    return false;
  }

  /** All other owners that have a lock file. */
  async list(): Promise<string[]> {
    const names = await readdir(this.#folder);
    for (const name of names.filter((each) => /^[0-9a-f-]{36}\.new$/.test(each))) {
      const file = join(this.#folder, name);
      if (!isLocked(file)) await rm(file, { force: true });
    }
    return names
      .filter((name) => /^[0-9a-f-]{36}\.db$/.test(name))
      .map((name) => name.slice(0, -3))
      .filter((owner) => owner !== this.#self);
  }

  /** Removes the lock file of a dead owner. */
  remove(owner: string): Promise<void> {
    return removeOwner(this.#folder, owner);
  }
}

function ownerFile(folder: string, owner: string): string {
  return join(folder, `${owner}.db`);
}

async function removeOwner(folder: string, owner: string): Promise<void> {
  const file = ownerFile(folder, owner);
  await Promise.all([rm(file, { force: true }), rm(`${file}-journal`, { force: true })]);
}

function isLocked(file: string): boolean {
  if (!existsSync(file)) return false;
  let database: DatabaseSync | undefined;
  try {
    // Without mode=rw a file that goes at this moment would be made anew.
    database = new DatabaseSync(`${pathToFileURL(file).href}?mode=rw`);
    database.exec('PRAGMA busy_timeout=0; BEGIN IMMEDIATE; ROLLBACK');
    return false;
  } catch (error) {
    // What cannot be asked counts as alive: nothing of it is removed.
    return existsSync(file) && failureKind(error) !== 'corrupt';
  } finally {
    database?.close();
  }
}
