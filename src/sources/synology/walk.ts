import { isVascuError } from '../../core/errors.ts';
import { readAhead } from '../../core/read-ahead.ts';
import type { FileEntry } from '../../core/source.ts';
import { TimeSlice } from '../../core/time-slice.ts';
import type { NasConnection } from './connection.ts';
import { type NasEntry, toFileEntry } from './entries.ts';
import { listFolder } from './folders.ts';

/** Folders asked for ahead of the one that is gone through. */
const AHEAD = 4;

/** Folders that DSM keeps for itself. */
const SYSTEM_NAMES: ReadonlySet<string> = new Set(['#recycle', '#snapshot', '@eaDir', '@tmp']);

/** A folder that is being gone through. */
interface Level {
  /** What is in it, as it is sorted, and how much of that is done. */
  readonly entries: readonly NasEntry[];
  next: number;
  /** What is in its folders, in their order. */
  readonly listings: AsyncGenerator<NasEntry[], void, void>;
}

/**
 * Every file below `root` whose path begins with `prefix`, sorted by path. Names that begin with a dot and what
 * DSM keeps for itself are passed over.
 *
 * @param root - `share/folder`, or empty for all shares
 * @throws NotFoundError when `root` does not exist
 */
export async function* walk(
  nas: NasConnection,
  root: string,
  prefix: string,
  signal: AbortSignal,
): AsyncGenerator<FileEntry, void, void> {
  if (root !== '' && !`${root}/`.startsWith(prefix) && !prefix.startsWith(`${root}/`)) return;
  const below = prefix.slice(0, Math.max(0, prefix.lastIndexOf('/')));
  const start = below.length > root.length ? below : root;
  const between = start === root ? [] : start.slice(root === '' ? 0 : root.length + 1).split('/');
  if (between.some(isPassedOver)) return;
  let children: NasEntry[];
  try {
    children = await listFolder(nas, start, signal);
  } catch (error) {
    // Nothing begins with the prefix.
    if (start !== root && isVascuError(error, 'NOT_FOUND')) return;
    throw error;
  }
  yield* walkBelow(nas, children, prefix, signal);
}

async function* walkBelow(
  nas: NasConnection,
  children: readonly NasEntry[],
  prefix: string,
  signal: AbortSignal,
): AsyncGenerator<FileEntry, void, void> {
  // Not one generator in the other: each would be passed by every file.
  const levels: Level[] = [enter(nas, children, prefix, signal)];
  const slice = new TimeSlice(signal);
  try {
    for (let level = levels.at(-1); level !== undefined; level = levels.at(-1)) {
      const entry = level.entries[level.next++];
      if (entry === undefined) levels.pop();
      else if (entry.isDirectory) {
        const listing = await level.listings.next();
        if (listing.done !== true) levels.push(enter(nas, listing.value, prefix, signal));
      } else yield toFileEntry(entry);
      const pause = slice.pause();
      if (pause !== undefined) await pause;
    }
  } finally {
    await Promise.all(levels.map(({ listings }) => listings.return()));
  }
}

function enter(
  nas: NasConnection,
  children: readonly NasEntry[],
  prefix: string,
  signal: AbortSignal,
): Level {
  // A folder sorts as its files do: by its name with a "/" behind it.
  const entries = children
    .filter(({ name }) => !isPassedOver(name))
    .map((entry) => ({ entry, key: entry.isDirectory ? `${entry.path}/` : entry.path }))
    .filter(({ entry, key }) => key.startsWith(prefix) || (entry.isDirectory && prefix.startsWith(key)))
    .toSorted((a, b) => (a.key < b.key ? -1 : 1))
    .map(({ entry }) => entry);
  const folders = entries.filter(({ isDirectory }) => isDirectory);
  const listings = readAhead(folders, ({ path }, stop) => listOrGone(nas, path, stop), {
    ahead: AHEAD,
    concurrency: AHEAD,
    signal,
  });
  return { entries, next: 0, listings };
}

/** A folder that is gone since its parent was listed is empty. */
async function listOrGone(nas: NasConnection, folder: string, signal: AbortSignal): Promise<NasEntry[]> {
  try {
    return await listFolder(nas, folder, signal);
  } catch (error) {
    if (isVascuError(error, 'NOT_FOUND')) return [];
    throw error;
  }
}

function isPassedOver(name: string): boolean {
  return name === '' || name.startsWith('.') || SYSTEM_NAMES.has(name);
}
