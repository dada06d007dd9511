import { renameSync, rmSync, truncateSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { TEMPORARY_NAME } from './cache-directory.ts';
import { type CacheIndex, type EntryRow, EntryState } from './cache-index.ts';
import type { CacheStore } from './cache-store.ts';
import { ifPossible } from './disk-error.ts';
import { sizeOf } from './holds.ts';

/**
 * Takes away what all dead owners left behind; true where there was anything that could be. What of it is of use stays: an
 * object that was complete, and the beginning of one as far as it is safe on disk.
 */
export async function reapAll(store: CacheStore): Promise<boolean> {
  const named = await store.read((index) => index.owners());
  const owners = new Set([...(await store.owners.list()), ...named]);
  let found = false;
  for (const owner of owners) {
    if (store.owners.isAlive(owner)) continue;
    found = (await reap(store, owner)) || found;
  }
  await removeStrays(store);
  return found;
}

/** Takes away what one dead owner left behind, or what this owner has left; false where nothing could be. */
export async function reap(store: CacheStore, owner: string): Promise<boolean> {
  const done = await store.change((index, trash) => {
    let settled = true;
    for (const row of index.ownedBy(owner)) settled = settle(store, index, row, owner) && settled;
    index.unpinAll(owner);
    for (const row of index.released()) store.discard(index, row, trash);
    return settled;
  });
  // Another user's files may have to stay; then the rows that count them do as well.
  if (done) await store.owners.remove(owner);
  return done;
}

/** Takes away what this owner has left of a fetch that has ended without the index knowing. */
export async function reapRow(store: CacheStore, name: string): Promise<void> {
  await store.change((index) => {
    const row = index.get(name);
    if (row?.state !== EntryState.Reserved || row.owner !== store.owner) return;
    if (!settle(store, index, row, store.owner)) index.remove(name);
  });
}

/** Decides what becomes of a row whose owner does no more with it. Inside a change. */
function settle(store: CacheStore, index: CacheIndex, row: EntryRow, owner: string): boolean {
  try {
    settleFiles(store, index, row, owner);
    return true;
  } catch (error) {
    ifPossible(error);
    return false;
  }
}

function settleFiles(store: CacheStore, index: CacheIndex, row: EntryRow, owner: string): void {
  const { directory } = store;
  const { name, progress } = row;
  if (row.state === EntryState.Trash) {
    rmSync(directory.trash(name), { force: true });
    index.remove(name);
    return;
  }
  const part = directory.part(name, owner);
  const resume = directory.resume(name);
  if (sizeOf(directory.object(name)) === row.size) {
    // It died between publishing the object and saying so.
    index.change(name, { state: EntryState.Ready, owner: null, size: row.size, progress: 0, sha256: null });
    return;
  }
  if (progress > 0) {
    if ((sizeOf(part) ?? 0) >= progress) renameSync(part, resume);
    // It may have died right after, or before, it had this name.
    if ((sizeOf(resume) ?? 0) >= progress) {
      truncateSync(resume, progress);
      index.change(name, {
        state: EntryState.Partial,
        owner: null,
        size: progress,
        progress,
        sha256: null,
      });
      return;
    }
  }
  rmSync(part, { force: true });
  rmSync(resume, { force: true });
  index.remove(name);
}

/** Removes files in `tmp/` that no row of the index speaks of and no living owner writes. */
export async function removeStrays(store: CacheStore): Promise<void> {
  const { directory } = store;
  const files = await readdir(directory.temporary).catch((error: unknown) => {
    ifPossible(error);
    return [];
  });
  for (const file of files) {
    const [, name, owner] = TEMPORARY_NAME.exec(file) ?? [];
    if (name === undefined) continue;
    if (owner !== undefined) {
      if (store.owners.isAlive(owner)) continue;
      await rm(directory.trash(file), { force: true }).catch(ifPossible);
      // It died in the middle of the change that would have taken the row away as well.
      await store.change((index) => {
        const row = index.get(name);
        if (row?.state === EntryState.Ready && sizeOf(directory.object(name)) === undefined)
          index.remove(name);
      });
      continue;
    }
    const row = await store.read((index) => index.get(name));
    if (row === undefined || row.state === EntryState.Ready) {
      await rm(directory.trash(file), { force: true }).catch(ifPossible);
    }
  }
}
