import { sortRows } from '../../columns/sorted-rows.ts';
import { readAhead } from '../../core/read-ahead.ts';
import type { FileEntry, LeftOut, ListOptions } from '../../core/source.ts';
import { passedOver } from '../../core/system-folders.ts';
import { TimeSlice } from '../../core/time-slice.ts';
import type { FolderEntry, FolderListing } from '../../protocols/smb/folder.ts';
import { KnownFolders, looksLike } from './known-folders.ts';
import { toDate, versionOf } from './version.ts';

/** Lists a folder of the source, whose root is `''`; or says why it is left out. */
type ListFolder = (path: string, signal: AbortSignal) => Promise<FolderListing | LeftOut['reason']>;

/** Folders asked for ahead, at each depth. */
const FOLDERS_AHEAD = 8;
const MAX_CONCURRENT_FOLDERS = 4;
/** Entries that are looked at between two looks at the time. */
const ENTRIES_PER_STEP = 512;
/** Deepest folder below the one where a listing begins: deeper ones are links in a circle, whatever they look like. */
const MAX_DEPTH = 100;

/** Surroundings of a listing: what it is made of. */
export interface Walk {
  readonly list: ListFolder;
  /** Prefix with which paths must begin. */
  readonly prefix: string;
  readonly onLeftOut: ListOptions['onLeftOut'];
  readonly signal: AbortSignal;
}

/**
 * Lists every file below `folder`, sorted by path. A folder that can be reached in several ways, by links that the
 * server follows and does not show, is listed once.
 *
 * @param folder - `''`, or a path that ends in `/`
 */
export function walkFolder(
  walk: Walk,
  folder: string,
  listing: FolderListing,
): AsyncGenerator<FileEntry, void, void> {
  const known = new KnownFolders();
  known.isFirst(folder, listing);
  return walkBelow({ ...walk, known }, folder, [listing]);
}

async function* walkBelow(
  walk: Walk & { readonly known: KnownFolders },
  folder: string,
  [listing, ...ancestors]: readonly [FolderListing, ...FolderListing[]],
): AsyncGenerator<FileEntry, void, void> {
  const { prefix, known, onLeftOut, signal } = walk;
  const line = [listing, ...ancestors] as const;
  const slice = new TimeSlice(signal);
  const unsorted: { readonly entry: FolderEntry; readonly path: string; readonly key: string }[] = [];
  for (const [at, entry] of listing.entries.entries()) {
    const path = folder + entry.name;
    // A folder sorts as its files do: by its name with a "/" behind it.
    const key = entry.isDirectory ? `${path}/` : path;
    if (at % ENTRIES_PER_STEP === 0) await slice.pause();
    if (!key.startsWith(prefix) && !(entry.isDirectory && prefix.startsWith(key))) continue;
    const why = reasonNotToShow(entry, path, prefix);
    if (why === undefined) unsorted.push({ entry, path, key });
    else if (why !== 'hidden') onLeftOut?.({ path, reason: why });
  }
  const order = await sortRows((row) => unsorted[row]?.key ?? '', unsorted.length, slice);
  const children = Array.from(order, (row) => unsorted[row] as (typeof unsorted)[number]);
  const folders = children.filter(({ entry }) => entry.isDirectory);
  for (const { entry, key } of folders) known.expect(key, entry, listing);
  const listings = readAhead(folders, ({ path }, ahead) => walk.list(path, ahead), {
    ahead: FOLDERS_AHEAD,
    concurrency: MAX_CONCURRENT_FOLDERS,
    signal,
  });
  try {
    for (const { entry, path, key } of children) {
      signal.throwIfAborted();
      if (!entry.isDirectory) {
        yield toFileEntry(path, entry);
        continue;
      }
      const { value } = await listings.next();
      if (value === undefined) continue;
      if (typeof value === 'string') onLeftOut?.({ path, reason: value });
      else if (
        line.length > MAX_DEPTH ||
        !known.isFirst(key, value) ||
        line.some((ancestor) => looksLike(value, ancestor))
      ) {
        onLeftOut?.({ path, reason: 'link' });
      } else yield* walkBelow(walk, key, [value, ...line]);
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

/**
 * Tells why an entry is not shown: files that are hidden and of the system at once, such as thumbnails, are as hidden
 * as names that begin with `.`.
 */
function reasonNotToShow(
  { name, isDirectory, isLink, isSystem }: FolderEntry,
  path: string,
  prefix: string,
): 'hidden' | 'link' | 'system-folder' | undefined {
  if (!isDirectory && (name.startsWith('.') || isSystem)) return 'hidden';
  const why = isDirectory ? passedOver(name, path, prefix) : undefined;
  if (why !== undefined) return why;
  if (isLink) return 'link';
  return isSystem && !`${prefix}/`.startsWith(`${path}/`) ? 'system-folder' : undefined;
}
