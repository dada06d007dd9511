import { isVascuError } from '../../core/errors.ts';
import { readAhead } from '../../core/read-ahead.ts';
import type { FileEntry, LeftOut, ListOptions } from '../../core/source.ts';
import { isSystemFolder, passedOver } from '../../core/system-folders.ts';
import { TimeSlice } from '../../core/time-slice.ts';
import { ApiFailure, fileFailure, leftOutReason } from './codes.ts';
import type { NasConnection } from './connection.ts';
import { type NasEntry, toFileEntry } from './entries.ts';
import { describeFolder, listFolder, tryListFolder } from './folders.ts';

/** Folders asked for ahead of the one that is gone through. */
const FOLDERS_AHEAD = 4;

/** A folder that is being gone through. */
interface Level {
  /** Entries that are in it, as it is sorted; and how much of that is done. */
  readonly entries: readonly NasEntry[];
  next: number;
  /** Listings of its folders, in their order; or why that is not listed. */
  readonly listings: AsyncGenerator<NasEntry[] | LeftOut['reason'], void, void>;
}

/** Surroundings of a listing: what it is made of. */
interface Walk {
  readonly nas: NasConnection;
  /** Prefix with which paths must begin. */
  readonly prefix: string;
  readonly onLeftOut: ListOptions['onLeftOut'];
  readonly signal: AbortSignal;
}

/**
 * Lists every file below `root` whose path begins with `prefix`, sorted by path. Names that begin with a dot and what
 * systems keep for themselves are passed over, unless `prefix` names it.
 *
 * @param root - `share/folder`, or empty for all shares
 * @throws NotFoundError when `root` does not exist
 * @throws AuthError when the account may not read the folder that is meant
 */
export async function* walk(
  nas: NasConnection,
  root: string,
  options: Omit<Walk, 'nas'>,
): AsyncGenerator<FileEntry, void, void> {
  const { prefix, signal } = options;
  if (root !== '' && !`${root}/`.startsWith(prefix) && !prefix.startsWith(`${root}/`)) return;
  const below = prefix.slice(0, Math.max(0, prefix.lastIndexOf('/')));
  const start = below.length > root.length ? below : root;
  const between = start === root ? [] : start.slice(root === '' ? 0 : root.length + 1).split('/');
  if (between.some((name) => name === '' || (name.startsWith('.') && !isSystemFolder(name)))) return;
  let children: NasEntry[];
  try {
    children = await listFolder(nas, start, signal);
  } catch (error) {
    // Nothing begins with the prefix.
    if (start !== root && isVascuError(error, 'NOT_FOUND')) return;
    throw error;
  }
  yield* walkBelow({ ...options, nas }, children);
}

async function* walkBelow(walk: Walk, children: readonly NasEntry[]): AsyncGenerator<FileEntry, void, void> {
  // Not one generator in the other: each would be passed by every file.
  const levels: Level[] = [enter(walk, children)];
  const slice = new TimeSlice(walk.signal);
  try {
    for (let level = levels.at(-1); level !== undefined; level = levels.at(-1)) {
      const entry = level.entries[level.next++];
      if (entry === undefined) levels.pop();
      else if (entry.isDirectory) {
        const { value } = await level.listings.next();
        if (typeof value === 'string') walk.onLeftOut?.({ path: entry.path, reason: value });
        else if (value !== undefined) levels.push(enter(walk, value));
      } else yield toFileEntry(entry);
      const pause = slice.pause();
      if (pause !== undefined) await pause;
    }
  } finally {
    await Promise.all(levels.map(({ listings }) => listings.return()));
  }
}

function enter({ nas, prefix, onLeftOut, signal }: Walk, children: readonly NasEntry[]): Level {
  // A folder sorts as its files do: by its name with a "/" behind it.
  const entries = children
    .map((entry) => ({ entry, key: entry.isDirectory ? `${entry.path}/` : entry.path }))
    .filter(({ entry, key }) => key.startsWith(prefix) || (entry.isDirectory && prefix.startsWith(key)))
    .filter(({ entry: { name, path, isDirectory } }) => {
      const why = isDirectory ? passedOver(name, path, prefix) : name.startsWith('.') ? 'hidden' : undefined;
      if (why === 'system-folder') onLeftOut?.({ path, reason: why });
      return why === undefined;
    })
    .toSorted((a, b) => (a.key < b.key ? -1 : 1))
    .map(({ entry }) => entry);
  const folders = entries.filter(({ isDirectory }) => isDirectory);
  const listings = readAhead(folders, ({ path }, stop) => listOrReason(nas, path, stop), {
    ahead: FOLDERS_AHEAD,
    concurrency: FOLDERS_AHEAD,
    signal,
  });
  return { entries, next: 0, listings };
}

/** Lists what is in a folder, or tells why it is left out. One that is gone since its parent was listed is empty. */
async function listOrReason(
  nas: NasConnection,
  folder: string,
  signal: AbortSignal,
): Promise<NasEntry[] | LeftOut['reason']> {
  // A half of a surrogate pair, which cannot be sent.
  if (/\p{Surrogate}/u.test(folder)) return 'name';
  const found = await tryListFolder(nas, folder, signal);
  if (!(found instanceof ApiFailure)) return found;
  if (found.code === 408) return [];
  const reason = leftOutReason(found.code);
  if (reason === undefined) throw fileFailure(found, nas.context(describeFolder(folder)));
  return reason;
}
