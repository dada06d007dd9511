import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { mapLimited } from '../core/limit.ts';
import { OBJECT_NAME } from './cache-key.ts';
import type { CacheStore } from './cache-store.ts';
import { ifPossible } from './disk-error.ts';
import { removeStrays } from './reaper.ts';

/** Number of files that are looked at at a time. */
const CONCURRENT_LOOKS = 16;

/** Number of rows that are put in by one change. */
const ROWS_PER_CHANGE = 200;

/** Key of an object without its row, of which nothing is known. */
const UNKNOWN = { source: '', path: '', version: '' };

/**
 * Gives every object on disk a row, after the index was lost: its size and its time of change are known again, its
 * place in the order of use is the latter; what it is a copy of is not, until somebody asks for it.
 *
 * Several processes may do this at once.
 */
export async function rebuild(store: CacheStore, signal?: AbortSignal): Promise<void> {
  for (const { folder, names } of await listObjects(store)) {
    for (let start = 0; start < names.length; start += ROWS_PER_CHANGE) {
      signal?.throwIfAborted();
      const found = await mapLimited(
        names.slice(start, start + ROWS_PER_CHANGE),
        CONCURRENT_LOOKS,
        async (name) => ({
          name,
          stats: await stat(join(folder, name)).catch(() => undefined),
        }),
      );
      await store.change((index) => {
        for (const { name, stats } of found) {
          if (stats?.isFile() === true)
            index.adopt(name, stats.size, Math.trunc(stats.mtimeMs * 1000), UNKNOWN);
        }
      }, signal);
    }
  }
  // What else lies there would not count.
  await removeStrays(store);
  await store.change((index) => index.setComplete(true), signal);
}

/** Lists the names of all objects, folder by folder; files of other names are passed over. */
export async function listObjects(
  store: CacheStore,
): Promise<{ readonly folder: string; readonly names: readonly string[] }[]> {
  const { objects } = store.directory;
  const folders = (await namesIn(objects)).filter((name) => /^[0-9a-f]{2}$/.test(name));
  return mapLimited(folders, CONCURRENT_LOOKS, async (prefix) => {
    const folder = join(objects, prefix);
    const names = await namesIn(folder);
    return { folder, names: names.filter((name) => OBJECT_NAME.test(name) && name.startsWith(prefix)) };
  });
}

/** Lists the names in a folder; none where it was removed, or may not be looked at. */
async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch((error: unknown) => {
    ifPossible(error);
    return [];
  });
}
