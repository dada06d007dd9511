import { readdirSync, rmSync } from 'node:fs';
import { type CacheDirectory, TEMPORARY_NAME } from './cache-directory.ts';
import { type CacheIndex, EntryState } from './cache-index.ts';
import { ifPossible } from './disk-error.ts';
import type { OwnerRegistry } from './owner-lock.ts';

/**
 * Removes what dead processes left of an object and no row counts, before its own row goes. Inside a change, in which no
 * living process is in the middle of another.
 */
export function removeLeftovers(
  { directory, owners }: { readonly directory: CacheDirectory; readonly owners: OwnerRegistry },
  index: CacheIndex,
  object: string,
): void {
  const isPartial = index.get(object)?.state === EntryState.Partial;
  for (const file of namesIn(directory.temporary)) {
    const [, name, owner] = TEMPORARY_NAME.exec(file) ?? [];
    if (name !== object) continue;
    const isCounted = owner === undefined ? isPartial : index.get(file) !== undefined;
    const isWritten = owner !== undefined && file.endsWith('.part') && owners.isAlive(owner);
    if (isCounted || isWritten) continue;
    try {
      rmSync(directory.trash(file), { force: true });
    } catch (error) {
      ifPossible(error);
    }
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    ifPossible(error);
    return [];
  }
}
