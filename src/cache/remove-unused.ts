import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { OBJECT_NAME } from './cache-key.ts';
import { diskKindOf } from './disk-kind.ts';
import { hasLivingOwner } from './owner-lock.ts';

/** Number of objects that are removed at a time. */
const OBJECTS_PER_STEP = 16;

/**
 * Removes the oldest objects of a cache that nobody uses, past its index: on a disk on which not one file more can be
 * made, neither the index nor a lock can be opened.
 *
 * @returns whether any was removed
 */
export async function removeUnused(root: string): Promise<boolean> {
  try {
    // Who uses it from another machine is not known here.
    if ((await diskKindOf(root)) === 'network' || (await hasLivingOwner(join(root, 'owners')))) return false;
    const found: { readonly path: string; readonly time: number }[] = [];
    for (const folder of await readdir(join(root, 'objects'))) {
      if (!/^[0-9a-f]{2}$/.test(folder)) continue;
      for (const name of await readdir(join(root, 'objects', folder))) {
        if (!OBJECT_NAME.test(name)) continue;
        const path = join(root, 'objects', folder, name);
        found.push({ path, time: (await stat(path)).mtimeMs });
      }
    }
    const oldest = found.sort((a, b) => a.time - b.time).slice(0, OBJECTS_PER_STEP);
    for (const { path } of oldest) await rm(path, { force: true });
    return oldest.length > 0;
  } catch {
    // What keeps it from being done will be met again.
    return false;
  }
}
