import { NetworkError } from '../../core/errors.ts';
import type { FileEntry } from '../../core/source.ts';
import { type ApiData, isRecord } from './answer.ts';

/** Entry of a folder of the NAS. */
export interface NasEntry {
  readonly name: string;
  /** Path of the form `share/folder/name`. */
  readonly path: string;
  readonly isDirectory: boolean;
  /** Bytes; 0 of a folder. */
  readonly size: number;
  /** Last change, to the second; of every file, and of folders where the NAS says it. */
  readonly modified: Date | undefined;
}

/** Names of what has to be asked for with a listing so that {@link readEntry} can read it. */
export const ADDITIONAL: readonly string[] = ['size', 'time'];

/**
 * Reads one line of a listing.
 *
 * @param folder - where it was found, empty for the shares
 * @throws NetworkError when it is incomplete or names something outside the folder
 */
export function readEntry(item: unknown, folder: string): NasEntry {
  const wrong = (why: string): NetworkError =>
    new NetworkError(`The NAS lists ${folder === '' ? 'its shares' : `"${folder}"`} in a way that ${why}.`, {
      retryable: false,
    });
  if (!isRecord(item)) throw wrong('is not understood');
  const { name, isdir, additional } = item;
  if (typeof name !== 'string' || typeof isdir !== 'boolean') throw wrong('lacks a name or a kind');
  if (name === '' || name === '.' || name === '..' || /[/\0]/.test(name)) {
    throw wrong(`leads out of it: ${JSON.stringify(name)}`);
  }
  const { size, time } = isRecord(additional) ? additional : { size: undefined, time: undefined };
  const seconds = isRecord(time) ? time['mtime'] : undefined;
  const modified = typeof seconds === 'number' ? new Date(seconds * 1000) : undefined;
  if (!isdir && !isSize(size)) throw wrong(`lacks the size of ${JSON.stringify(name)}`);
  if (!isdir && modified === undefined) throw wrong(`lacks the time of ${JSON.stringify(name)}`);
  return {
    name,
    path: folder === '' ? name : `${folder}/${name}`,
    isDirectory: isdir,
    size: isSize(size) && !isdir ? size : 0,
    modified,
  };
}

/** Reads a list of an answer. @throws NetworkError when it has none of this name */
export function readItems(data: ApiData, key: string, label: string): readonly unknown[] {
  const items = data[key];
  if (Array.isArray(items)) return items as readonly unknown[];
  throw new NetworkError(`The NAS answered the request for ${label} without "${key}".`, { retryable: false });
}

/** Makes the entry of a file as every source describes one. Size and time of last change make its version. */
export function toFileEntry({ path, size, modified }: NasEntry): FileEntry {
  return { path, size, version: `${size}-${(modified?.getTime() ?? 0) / 1000}`, modified };
}

/** Reads the size of the file that a version belongs to. */
export function sizeOfVersion(version: string): number | undefined {
  const size = Number(/^(\d+)-\d+$/.exec(version)?.[1]);
  return Number.isSafeInteger(size) ? size : undefined;
}

function isSize(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
