import { constants, existsSync, statSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { backoff, wait } from '../core/retry.ts';
import type { CacheDirectory } from './cache-directory.ts';
import { CacheIndex } from './cache-index.ts';
import { isMissing, isOtherKind } from './disk-error.ts';
import { failureKind } from './index-failure.ts';
import { isAllowed } from './sharing.ts';

/** Endings of the files that SQLite keeps beside an index while it is open. */
const COMPANIONS = ['-wal', '-shm', '-journal'] as const;

/** Number of times that an index is begun anew: others may take its files away at the same time. */
const MAX_REPAIRS = 3;

/** Number of waits for room on a full disk. */
const FULL_DISK_TRIES = 3;

/** Error for a user who may not use the index of a cache. */
export class IndexForbidden extends Error {
  override readonly name = 'IndexForbidden';
}

/** An open index, and the files by which it is open. */
export class OpenIndex {
  readonly index: CacheIndex;
  readonly #path: string;
  readonly #inode: bigint | undefined;
  readonly #companions: readonly (bigint | undefined)[];

  constructor(index: CacheIndex, path: string) {
    this.index = index;
    this.#path = path;
    this.#inode = inodeOf(path);
    this.#companions = inodesBeside(path);
  }

  /**
   * State of the files, which may no longer be those that are open: `torn` where what SQLite keeps beside the
   * index was removed, so that others would write without seeing this user, and the other way round.
   */
  get state(): 'same' | 'replaced' | 'torn' {
    if (inodeOf(this.#path) !== this.#inode) return 'replaced';
    const now = inodesBeside(this.#path);
    return this.#companions.every((inode, at) => inode === undefined || inode === now[at]) ? 'same' : 'torn';
  }

  close(): void {
    this.index.close();
  }
}

/**
 * Opens the index of a cache, or makes one.
 *
 * @param busyTimeoutMs - longest time for which other processes are waited for
 * @throws IndexForbidden when this user may not use it
 */
export async function openIndex(directory: CacheDirectory, busyTimeoutMs: number): Promise<OpenIndex> {
  const { index: path, sharing } = directory;
  const start = performance.now();
  for (let tries = 0, full = 0, repairs = 0; ; tries++) {
    try {
      await makeUsable(directory);
      await removeWidows(path);
      return new OpenIndex(new CacheIndex(path, sharing), path);
    } catch (error) {
      const kind = failureKind(error);
      if (kind === 'busy' && performance.now() - start < busyTimeoutMs) {
        await wait(1 + backoff(tries, { baseDelayMs: 5, maxDelayMs: 100 }));
      } else if ((kind === 'corrupt' || kind === 'other' || isFolder(path)) && repairs++ < MAX_REPAIRS) {
        await setAside(path);
      } else if (kind === 'full' && full++ < FULL_DISK_TRIES) {
        await wait(50);
      } else throw error;
    }
  }
}

/** Puts a damaged index aside, so that the next one begins anew. */
export async function setAside(path: string): Promise<void> {
  const aside = `${path}.damaged`;
  await rename(path, aside).catch(async (error: unknown) => {
    if (isMissing(error) && !isOtherKind(error)) return;
    // Of a folder and a file none takes the place of the other.
    if (!isOtherKind(error)) throw error;
    await rm(aside, { recursive: true, force: true });
    await rename(path, aside);
  });
  for (const suffix of COMPANIONS) await rm(path + suffix, { recursive: true, force: true });
}

/**
 * Removes what SQLite kept beside an index that was removed alone. A new one must not share it with those who still have
 * the old one open: whoever closes that would drop the locks on it, and the next to come cut it under all who use it.
 */
async function removeWidows(path: string): Promise<void> {
  // In this order: an index is there before what lies beside it.
  const widows = COMPANIONS.map((suffix) => path + suffix).filter((file) => existsSync(file));
  if (widows.length === 0 || existsSync(path)) return;
  for (const widow of widows) await rm(widow, { force: true });
}

/**
 * Looks before SQLite does: opened by somebody who may not write it, an index gets companions that its owner may not
 * write either. Whose the folder or the index is begins anew instead; everybody else does without.
 */
async function makeUsable({ index: path, indexRoot }: CacheDirectory): Promise<void> {
  const isUsable = (file: string): boolean =>
    !existsSync(file) || isAllowed(file, constants.R_OK | constants.W_OK);
  const blocked = ['', ...COMPANIONS].map((suffix) => path + suffix).filter((file) => !isUsable(file));
  if (blocked.length === 0) return;
  const isOwn = [indexRoot, path].some((each) => ownerOf(each) === process.geteuid?.());
  if (isOwn && isAllowed(indexRoot, constants.W_OK)) await setAside(path);
  else throw new IndexForbidden(`no permission to use ${blocked[0]}`);
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function ownerOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.uid;
}

function inodesBeside(path: string): (bigint | undefined)[] {
  return ['-wal', '-shm'].map((suffix) => inodeOf(path + suffix));
}

function inodeOf(path: string): bigint | undefined {
  try {
    return statSync(path, { bigint: true, throwIfNoEntry: false })?.ino;
  } catch {
    return undefined;
  }
}
