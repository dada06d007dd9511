import type { FileEntry, LeftOut } from '../../core/source.ts';
import type { TimeSlice } from '../../core/time-slice.ts';
import type { ListedObject } from './listing.ts';

/**
 * Sorts files of a listing in the order of their UTF-16 code units, each once. S3 gives them in the order of their
 * UTF-8 bytes, and objects that come and go between two pages may stand in both: then the later one counts.
 */
export async function sortedEntries(
  pages: AsyncIterable<readonly ListedObject[]>,
  prefix: string,
  slice: TimeSlice,
  onLeftOut: ((leftOut: LeftOut) => void) | undefined,
): Promise<FileEntry[]> {
  const found = new Map<string, FileEntry>();
  const leftOut = new Set<string>();
  for await (const page of pages) {
    await slice.pause();
    for (const object of page) {
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
  // One is nearly sorted already, which the engine's merge sort makes use of.
  return [...found.values()].sort(({ path: one }, { path: other }) => (one < other ? -1 : 1));
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

function isPath(key: string): boolean {
  return !key.includes('\0') && key.split('/').every((name) => name !== '' && name !== '.' && name !== '..');
}
