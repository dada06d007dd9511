import { readAhead } from '../../core/read-ahead.ts';
import type { FileEntry } from '../../core/source.ts';
import type { FolderEntry } from './folder.ts';
import { toDate, versionOf } from './version.ts';

/** Lists a folder of the source; `''` is its root. */
type ListFolder = (path: string, signal: AbortSignal) => Promise<readonly FolderEntry[]>;

/** Folders asked for ahead, at each depth. */
const AHEAD = 8;
const CONCURRENCY = 4;
/** Folders that NAS systems and file systems keep for themselves. */
const SYSTEM_NAMES = new Set(['@eaDir', '#recycle', '#snapshot', 'lost+found']);

/** What a listing is made of. */
export interface Walk {
  readonly list: ListFolder;
  /** Only paths that begin with this. */
  readonly prefix: string;
  readonly signal: AbortSignal;
}

/**
 * Every file below `folder`, sorted by path.
 *
 * @param folder - `''`, or a path that ends in `/`
 */
export async function* walkFolder(
  walk: Walk,
  folder: string,
  entries: readonly FolderEntry[],
): AsyncGenerator<FileEntry, void, void> {
  const { prefix, signal } = walk;
  const children = entries
    .filter((entry) => isShown(entry))
    .map((entry) => {
      const path = folder + entry.name;
      // A folder sorts as its files do: by its name with a "/" behind it.
      return { entry, path, key: entry.isDirectory ? `${path}/` : path };
    })
    .filter(({ entry, key }) => key.startsWith(prefix) || (entry.isDirectory && prefix.startsWith(key)))
    .toSorted((a, b) => (a.key < b.key ? -1 : 1));
  const folders = children.filter(({ entry }) => entry.isDirectory);
  const listings = readAhead(folders, ({ path }, ahead) => walk.list(path, ahead), {
    ahead: AHEAD,
    concurrency: CONCURRENCY,
    signal,
  });
  try {
    for (const { entry, path, key } of children) {
      signal.throwIfAborted();
      if (!entry.isDirectory) yield toFileEntry(path, entry);
      else {
        const listing = await listings.next();
        if (listing.done !== true) yield* walkFolder(walk, key, listing.value);
      }
    }
  } finally {
    await listings.return();
  }
}

export function toFileEntry(
  path: string,
  parts: { readonly size: number; readonly lastWrite: bigint; readonly diskId: bigint | undefined },
): FileEntry {
  return { path, size: parts.size, version: versionOf(parts), modified: toDate(parts.lastWrite) };
}

function isShown({ name, isLink, isSystem }: FolderEntry): boolean {
  return !name.startsWith('.') && !isLink && !isSystem && !SYSTEM_NAMES.has(name);
}
