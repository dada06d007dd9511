import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, readdir, readFile, readlink, stat } from 'node:fs/promises';
import { basename, join, relative, sep } from 'node:path';
import type { Checksum, FileEntry } from '../../core/source.ts';
import { checksumOf, isCommit, isInside, toEntry } from './hub-entry.ts';

/** Knowledge that a cache of the Hub's Python library has of the files of one commit. */
export interface CachedListing {
  readonly entries: readonly FileEntry[];
  /** True when these are all files of the commit, not only those that were downloaded. */
  readonly complete: boolean;
}

/** Format of `trees/COMMIT.json` that is understood. */
const TREE_FORMAT = 1;

/**
 * Names the folder of a dataset in a cache of the Hub's Python library (`HF_HUB_CACHE`): `refs/REVISION` holds a
 * commit, `snapshots/COMMIT/PATH` links to `blobs/NAME`, named by git-sha1 or sha256, and `trees/COMMIT.json` lists the
 * commit. It is only read.
 */
export function cachedRepoFolder(cacheFolder: string, repoId: string): string {
  return join(cacheFolder, `datasets--${repoId.replace('/', '--')}`);
}

/** Finds the commit that `revision` was at when it was last downloaded. */
export async function findCachedCommit(repoFolder: string, revision: string): Promise<string | undefined> {
  if (isCommit(revision)) return revision;
  if (!isInside(revision)) return undefined;
  const text = await readFile(join(repoFolder, 'refs', revision), 'utf8').catch(() => '');
  return isCommit(text.trim()) ? text.trim() : undefined;
}

/**
 * Finds the path of a file on this machine if it was downloaded for that commit; its content is not looked at.
 *
 * @param commit - the commit's full id
 */
export async function findInHubCache(
  repoFolder: string,
  commit: string,
  path: string,
): Promise<string | undefined> {
  if (!isCommit(commit) || !isInside(path)) return undefined;
  const file = join(repoFolder, 'snapshots', commit, path);
  const stats = await stat(file).catch(() => undefined);
  return stats?.isFile() === true ? file : undefined;
}

/** Lists the files of a commit as the cache knows them; undefined where it knows none. */
export async function listHubCache(repoFolder: string, commit: string): Promise<CachedListing | undefined> {
  if (!isCommit(commit)) return undefined;
  const listed = await readTree(join(repoFolder, 'trees', `${commit}.json`));
  if (listed !== undefined) return { entries: listed, complete: true };
  const snapshot = join(repoFolder, 'snapshots', commit);
  const found = await readdir(snapshot, { recursive: true, withFileTypes: true }).catch(() => undefined);
  if (found === undefined) return undefined;
  const files = found.filter((item) => item.isFile() || item.isSymbolicLink());
  const entries: FileEntry[] = [];
  for (const { parentPath, name } of files) {
    const entry = await describeCached(snapshot, join(parentPath, name));
    if (entry !== undefined) entries.push(entry);
  }
  return { entries, complete: false };
}

/** Tells whether the bytes of a file are those that `entry` announces: its size, and its checksum where it has one. */
export async function hasContent(file: string, entry: FileEntry, signal?: AbortSignal): Promise<boolean> {
  const stats = await stat(file).catch(() => undefined);
  if (stats?.size !== entry.size) return false;
  if (entry.checksum === undefined) return true;
  return (await digestFile(file, entry.size, entry.checksum.algorithm, signal)) === entry.checksum.value;
}

async function digestFile(
  file: string,
  size: number,
  algorithm: Checksum['algorithm'],
  signal: AbortSignal | undefined,
): Promise<string> {
  const hash = createHash(algorithm === 'git-sha1' ? 'sha1' : algorithm);
  if (algorithm === 'git-sha1') hash.update(`blob ${size}\0`);
  for await (const chunk of createReadStream(file, { highWaterMark: 1024 ** 2 })) {
    signal?.throwIfAborted();
    hash.update(chunk as Uint8Array);
  }
  return hash.digest('hex');
}

async function readTree(file: string): Promise<FileEntry[] | undefined> {
  try {
    const { format_version: format, files } = JSON.parse(await readFile(file, 'utf8')) as Tree;
    if (format !== TREE_FORMAT) return undefined;
    const entries = Object.entries(files).map(([path, { size, blob_id, lfs_sha256, lfs_size }]) =>
      toEntry(path, lfs_size ?? size, lfs_sha256 ?? blob_id),
    );
    const isValid = entries.every(
      ({ path, size, checksum }) => isInside(path) && Number.isSafeInteger(size) && checksum !== undefined,
    );
    return isValid ? entries : undefined;
  } catch {
    return undefined;
  }
}

interface Tree {
  readonly format_version: number;
  readonly files: Readonly<
    Record<
      string,
      {
        readonly size: number;
        readonly blob_id: string;
        readonly lfs_sha256?: string;
        readonly lfs_size?: number;
      }
    >
  >;
}

/**
 * Describes a file of a snapshot. Only the first link names the blob: `blobs/NAME` may itself be a link into a store
 * that several repositories share, where names are others.
 */
async function describeCached(snapshot: string, file: string): Promise<FileEntry | undefined> {
  const stats = await stat(file).catch(() => undefined);
  if (stats?.isFile() !== true) return undefined;
  const path = relative(snapshot, file).replaceAll(sep, '/');
  const isLink = (await lstat(file)).isSymbolicLink();
  const blob = isLink ? basename(await readlink(file)) : '';
  if (checksumOf(blob) !== undefined) return toEntry(path, stats.size, blob);
  return { path, size: stats.size, version: `${stats.size}-${stats.mtimeMs}` };
}
