import { renameSync, rmSync, truncateSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { TEMPORARY_NAME } from './cache-directory.ts';
import { type CacheIndex, type EntryRow, EntryState } from './cache-index.ts';
import type { CacheStore } from './cache-store.ts';
import { sizeOf } from './holds.ts';

/**
 * Takes away what all dead owners left behind; true where there was anything. What of it is of use stays: an object
 * that was complete, and the beginning of one as far as it is safe on disk.
 */
export async function reapAll(store: CacheStore): Promise<boolean> {
  const named = await store.read((index) => index.owners());
  const owners = new Set([...(await store.owners.list()), ...named]);
  let found = false;
  for (const owner of owners) {
    if (store.owners.isAlive(owner)) continue;
    await reap(store, owner);
    found = true;
  }
  await removeStrays(store);
  return found;
}

/** Takes away what one dead owner left behind. */
export async function reap(store: CacheStore, owner: string): Promise<void> {
  await store.change((index, trash) => {
    for (const row of index.ownedBy(owner)) settle(store, index, row, owner);
    index.unpinAll(owner);
    for (const row of index.released()) store.discard(index, row, trash);
  });
  await store.owners.remove(owner);
}

/** Decides what becomes of a row whose owner died. Inside a change. */
function settle(store: CacheStore, index: CacheIndex, row: EntryRow, owner: string): void {
  const { directory } = store;
  if (row.state === EntryState.Trash) {
    rmSync(directory.trash(row.name), { force: true });
    index.remove(row.name);
    return;
  }
  const part = directory.part(row.name, owner);
  if (sizeOf(directory.object(row.name)) === row.size) {
    // It died between publishing the object and saying so.
    index.change(row.name, {
      state: EntryState.Ready,
      owner: null,
      size: row.size,
      progress: 0,
      sha256: null,
    });
    return;
  }
  if (row.progress > 0 && (sizeOf(part) ?? 0) >= row.progress) {
    truncateSync(part, row.progress);
    renameSync(part, directory.resume(row.name));
    index.change(row.name, {
      state: EntryState.Partial,
      owner: null,
      size: row.progress,
      progress: row.progress,
      sha256: null,
    });
    return;
  }
  rmSync(part, { force: true });
  index.remove(row.name);
}

/** Removes files in `tmp/` that no row of the index speaks of and no living owner writes. */
async function removeStrays(store: CacheStore): Promise<void> {
  const { directory } = store;
  for (const file of await readdir(directory.temporary)) {
    const [, name, owner] = TEMPORARY_NAME.exec(file) ?? [];
    if (name === undefined) continue;
    if (owner !== undefined) {
      if (store.owners.isAlive(owner)) continue;
      await rm(directory.trash(file), { force: true });
      // It died in the middle of the change that would have taken the row away as well.
      await store.change((index) => {
        const row = index.get(name);
        if (row?.state === EntryState.Ready && sizeOf(directory.object(name)) === undefined)
          index.remove(name);
      });
      continue;
    }
    const row = await store.read((index) => index.get(name));
    if (row === undefined || row.state === EntryState.Ready) await rm(directory.trash(file), { force: true });
  }
}
