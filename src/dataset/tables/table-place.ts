import { resolve } from 'node:path';
import { isVascuError, NotFoundError } from '../../core/errors.ts';
import { nameFile } from '../../core/name-file.ts';
import { shortenPath, showValue } from '../../core/show-value.ts';
import type { FileEntry } from '../../core/source.ts';
import type { DataStreamer } from '../../streamers/data-streamer.ts';
import { ownPathOf, readOwnFile, sourcePathsOf } from '../given-file.ts';
import type { Listing } from '../sample-listing.ts';

/** Files that a message names. */
const MAX_SHOWN_FILES = 3;

/** Place at which tables are looked for. */
export interface TablePlace {
  readonly streamer: DataStreamer;
  readonly listing: Listing;
  /** Folder of the dataset: empty, or with `/` at its end. */
  readonly folder: string;
}

/** Table that was found. */
export interface FoundTable {
  /** Path as messages name it. */
  readonly path: string;
  /** Path in the source from which the table's own paths of files count. */
  readonly base: string;
  /** Entry of one that lies in the source. */
  readonly entry: FileEntry | undefined;
  read(signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>>;
}

/**
 * Finds a table: in the source from the dataset's folder on, in the source, on this machine.
 *
 * @throws NotFoundError where it is nowhere
 */
export async function findTable(file: string, place: TablePlace, signal: AbortSignal): Promise<FoundTable> {
  const { streamer, listing, folder } = place;
  const own = ownPathOf(file, 'metadata');
  if (own !== undefined) {
    const found = await tryOwnFile(own, folder, signal);
    if (found !== undefined) return found;
    throw new NotFoundError(`There is no table of metadata ${shortenPath(own)} on this machine.`);
  }
  const paths = sourcePathsOf(file, folder);
  for (const path of paths) {
    const listed = listing.noted.get(path);
    if (listed !== undefined) return ofSource(listed, streamer);
    // The listing has all below its folder.
    const entry = path.startsWith(folder) ? undefined : await tryStat(streamer, path, signal);
    if (entry !== undefined) return ofSource(entry, streamer);
  }
  const here = resolve(file);
  const found = await tryOwnFile(here, folder, signal);
  if (found !== undefined) return found;
  const [path] = paths;
  // What a listing passes over can be asked for by its name.
  const hidden = path?.startsWith(folder) === true ? await tryStat(streamer, path, signal) : undefined;
  if (hidden !== undefined) return ofSource(hidden, streamer);
  const named = path === undefined ? [] : [nameFile(streamer.source.id, path)];
  const places = [...named, here].map(shortenPath);
  throw new NotFoundError(
    `There is no table of metadata ${showValue(file)}: ${places.length > 1 ? 'neither' : 'not'} ${places.join(' nor ')}. Its path counts from sourceDir on, or from where the program runs.${suggestTables(place, file)}`,
  );
}

/** Reads the bytes of a table once, whoever asks. */
function ofSource(entry: FileEntry, streamer: DataStreamer): FoundTable {
  const { path } = entry;
  return { path, base: path, entry, read: (signal) => streamer.readWhole(path, { entry, signal }) };
}

/** Asks a source for a file; undefined where there is none. */
export async function tryStat(
  streamer: DataStreamer,
  path: string,
  signal: AbortSignal,
): Promise<FileEntry | undefined> {
  try {
    return await streamer.source.stat(path, { signal });
  } catch (error) {
    if (isVascuError(error, 'NOT_FOUND')) return undefined;
    throw error;
  }
}

/** Finds a file of this machine and reads it; undefined where there is none. */
async function tryOwnFile(
  path: string,
  folder: string,
  signal: AbortSignal,
): Promise<FoundTable | undefined> {
  const bytes = await readOwnFile(path, 'metadata', signal);
  return bytes && { path, base: folder, entry: undefined, read: () => Promise.resolve(bytes) };
}

/** Names listed files of the same base name, else tables. */
function suggestTables({ listing, folder }: TablePlace, file: string): string {
  const name = file.slice(file.lastIndexOf('/') + 1);
  const same: string[] = [];
  const tables: string[] = [];
  for (const path of listing.files.paths()) {
    const shown = path.slice(folder.length);
    if (path.endsWith(`/${name}`)) same.push(shown);
    else if (tables.length < MAX_SHOWN_FILES && /\.(?:csv|jsonl)$/i.test(path)) tables.push(shown);
    if (same.length === MAX_SHOWN_FILES) break;
  }
  const found = same.length > 0 ? same : tables;
  return found.length === 0 ? '' : ` There is ${found.map(showValue).join(', ')}.`;
}
