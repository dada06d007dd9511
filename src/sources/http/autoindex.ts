import { FormatError } from '../../core/errors.ts';
import { mapLimited } from '../../core/limit.ts';
import type { FileEntry, ListOptions } from '../../core/source.ts';
import { isSystemFolder, passedOver } from '../../core/system-folders.ts';
import { isSound, toSound } from './escaped-text.ts';
import { timeVersion } from './headers.ts';

/** Deepest folder: deeper ones are links in a circle, which a server does not show. */
const MAX_DEPTH = 32;

interface Item {
  readonly name: string;
  readonly folder: boolean;
  readonly size: number;
  readonly modified: Date;
}

/**
 * Lists every file below `prefix` of nginx's JSON autoindex (`autoindex_format json`), in the order of paths.
 *
 * @param read - the JSON of a folder (`''`, or ending in `/`); undefined when it may not be read, or is gone
 * @param concurrency - folders that are read at a time
 * @param onLeftOut - told of what is passed over: folders that systems keep for themselves, unless `prefix` names one,
 * folders that may not be read, and names that are no text, since no URL that is made of text names them
 * @throws FormatError when a page is not of this kind, or names what lies outside its folder
 */
export async function crawlAutoindex(
  read: (folder: string) => Promise<unknown>,
  prefix: string,
  concurrency: number,
  onLeftOut?: ListOptions['onLeftOut'],
): Promise<FileEntry[]> {
  const files: FileEntry[] = [];
  let level = [''];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MAX_DEPTH)
      throw new FormatError(`is deeper than ${MAX_DEPTH} folders: probably a link leads in a circle`, {
        path: level[0] ?? '',
      });
    const pages = await mapLimited(level, concurrency, async (folder) => {
      const page = await read(folder);
      return { folder, items: page === undefined ? undefined : parsePage(page, folder) };
    });
    level = [];
    for (const { folder, items } of pages) {
      if (items === undefined) {
        // The folder that is meant: nothing in it begins with the prefix.
        if (!prefix.startsWith(folder)) onLeftOut?.({ path: folder.slice(0, -1), reason: 'no-permission' });
        continue;
      }
      for (const { name, folder: isFolder, size, modified } of items) {
        const path = folder + name;
        if (!isSound(name)) {
          if (touches(path, prefix)) onLeftOut?.({ path: toSound(path), reason: 'name' });
          continue;
        }
        if (isFolder && touches(`${path}/`, prefix)) {
          const why = passedOver(name, path, prefix);
          if (why === undefined) level.push(`${path}/`);
          else if (why === 'system-folder') onLeftOut?.({ path, reason: why });
        } else if (!isFolder && path.startsWith(prefix))
          files.push({ path, size, version: timeVersion(size, modified), modified });
      }
    }
  }
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Tells whether a page is one of nginx's JSON autoindex. */
export function isAutoindex(page: unknown): page is readonly unknown[] {
  return (
    Array.isArray(page) &&
    page.every(
      (item: unknown) => typeof item === 'object' && item !== null && 'name' in item && 'type' in item,
    )
  );
}

function parsePage(page: unknown, folder: string): Item[] {
  const bad = (problem: string): FormatError => new FormatError(problem, { path: `autoindex of /${folder}` });
  if (!isAutoindex(page)) throw bad("is no page of nginx's JSON autoindex");
  const items: Item[] = [];
  for (const entry of page as readonly Record<string, unknown>[]) {
    const { name, type, mtime } = entry;
    if (typeof name !== 'string' || name === '' || name.includes('/') || name.includes('\0') || name === '..')
      throw bad(`names ${JSON.stringify(name)}, which does not lie in this folder`);
    if (type !== 'file' && type !== 'directory') continue;
    if (name.startsWith('.') && !(type === 'directory' && isSystemFolder(name))) continue;
    const size = entry['size'] ?? 0;
    const modified = new Date(String(mtime));
    if (!Number.isSafeInteger(size) || Number.isNaN(modified.getTime()))
      throw bad(`gives no size or time of ${JSON.stringify(name)}`);
    items.push({ name, folder: type === 'directory', size: Number(size), modified });
  }
  return items;
}

function touches(folder: string, prefix: string): boolean {
  return folder.startsWith(prefix) || prefix.startsWith(folder);
}
