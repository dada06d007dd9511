import { sortEntries } from '../../core/sort-entries.ts';
import type { FileEntry, LeftOut } from '../../core/source.ts';
import type { TimeSlice } from '../../core/time-slice.ts';
import type { ListedObject, ListPage } from './listing.ts';

/**
 * Sorts files of a listing in the order of their UTF-16 code units, each once. S3 gives them in the order of their
 * UTF-8 bytes, and objects that come and go between two pages may stand in both: then the later one counts.
 */
export async function sortedEntries(
  pages: AsyncIterable<ListPage>,
  prefix: string,
  slice: TimeSlice,
  onLeftOut: ((leftOut: LeftOut) => void) | undefined,
): Promise<readonly FileEntry[]> {
  const found = new Map<string, FileEntry>();
  const leftOut = new Set<string>();
  for await (const { objects } of pages) {
    await slice.pause();
    for (const object of objects) {
      const { key } = object;
      if (!key.startsWith(prefix) || isHidden(key, prefix) || isMarker(object)) continue;
      const reason = object.isText ? (isPath(key) ? undefined : 'path') : 'name';
      if (reason === undefined) found.set(key, toEntry(object));
      else if (!leftOut.has(key)) {
        leftOut.add(key);
        onLeftOut?.({ path: key.replace(/\/$/, ''), reason });
      }
    }
  }
  return slice.run(sortEntries([...found.values()]));
}

export function toEntry({ key, size, etag, modified }: ListedObject): FileEntry {
  return { path: key, size, version: etag, ...(modified === undefined ? {} : { modified }) };
}

/** Tells whether a name in what was asked for begins with a dot. */
function isHidden(key: string, prefix: string): boolean {
  const rest = key.slice(prefix.lastIndexOf('/') + 1);
  return rest.split('/').some((name) => name.startsWith('.') && name !== '.' && name !== '..');
}

/** Tells whether an object stands for a folder and is no file. */
function isMarker({ key, size }: ListedObject): boolean {
  return size === 0 && key.endsWith('/');
}

/** Tells whether a key is the path of a file; others are left out of listings and cannot be asked for. */
export function isPath(key: string): boolean {
  return !key.includes('\0') && key.split('/').every((name) => name !== '' && name !== '.' && name !== '..');
}
