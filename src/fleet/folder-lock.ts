import { readFileSync, renameSync } from 'node:fs';
import { link, open, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isAlive, ownerOf, ownName } from './process-owner.ts';

/** Pause between two tries to take a lock, milliseconds. */
const RETRY_MS = 50;

/** Pause between two signs of life of who has a lock, and silence after which it is taken over, milliseconds. */
const SIGN_MS = 5_000;
const LOCK_SILENCE_MS = 30_000;

/**
 * Lock that one process has at a time: a file in a folder that all of them see, which is taken over from a process that is
 * dead, or has stopped. Who was stopped and wakes up finds that the lock is not its own any more.
 */
export class FolderLock implements AsyncDisposable {
  readonly #file: string;
  readonly #name: string;
  readonly #timer: NodeJS.Timeout;

  private constructor(file: string, name: string) {
    this.#file = file;
    this.#name = name;
    this.#timer = setInterval(() => {
      const now = new Date();
      utimes(file, now, now).catch(() => undefined);
    }, SIGN_MS);
    this.#timer.unref();
  }

  /**
   * Takes the lock, or waits until it can be taken.
   *
   * @param folder - in which files of its own may be made, too
   */
  static async take(folder: string, signal: AbortSignal | undefined): Promise<FolderLock> {
    const file = join(folder, 'merge.lock');
    const name = ownName('.lock');
    const own = join(folder, name);
    await writeFile(own, name, { flag: 'wx' });
    try {
      for (;;) {
        signal?.throwIfAborted();
        if (await tryLink(own, file, name)) return new FolderLock(file, name);
        if (!(await breakDead(folder, file))) await delay(RETRY_MS, undefined, { signal });
      }
    } finally {
      await rm(own, { force: true });
    }
  }

  /** True while this process has the lock. */
  get isHeld(): boolean {
    try {
      return readFileSync(this.#file, 'utf8') === this.#name;
    } catch {
      return false;
    }
  }

  /** Renames a file if this process still has the lock. @returns false where it has not */
  rename(from: string, to: string): boolean {
    // Both at once: nothing of this process comes between them.
    if (!this.isHeld) return false;
    renameSync(from, to);
    return true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    if (this.isHeld) await rm(this.#file, { force: true });
  }
}

/** Makes the file of the lock, with its content, unless it is there. */
async function tryLink(own: string, file: string, name: string): Promise<boolean> {
  try {
    await link(own, file);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EINVAL'].includes(code ?? '')) throw error;
  }
  // Disks without hard links.
  try {
    const handle = await open(file, 'wx');
    await handle.writeFile(name).finally(() => handle.close());
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Removes a lock whose owner is dead or stopped. @returns true where there is none any more */
async function breakDead(folder: string, file: string): Promise<boolean> {
  let found: string;
  let signMs: number;
  try {
    found = await readFile(file, 'utf8');
    signMs = (await stat(file)).mtimeMs;
  } catch {
    return true;
  }
  const owner = ownerOf(found);
  const isSilent = Date.now() - signMs > LOCK_SILENCE_MS;
  if (owner === undefined ? !isSilent : isAlive(owner, signMs, LOCK_SILENCE_MS) && !isSilent) return false;
  const aside = join(folder, ownName('.broken'));
  try {
    await rename(file, aside);
  } catch {
    return true;
  }
  // Somebody may have taken it over in between: it is given back.
  if ((await readFile(aside, 'utf8').catch(() => found)) !== found)
    await link(aside, file).catch(() => undefined);
  await rm(aside, { force: true });
  return true;
}
