import { createHash, randomUUID } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { copyFile, open, rename, rm, stat, utimes } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { ContentHash } from '../cache/content-hash.ts';
import { makeFolder } from '../cache/make-folder.ts';
import { isVascuError, UnsupportedError } from '../core/errors.ts';
import type { FileEntry } from '../core/source.ts';
import { explainSystemError } from '../core/system-error.ts';

/** A file below a folder. */
export interface CopyTarget {
  readonly folder: string;
  /** Path below the folder, with `/` between names. */
  readonly path: string;
}

/** Times of file systems are as coarse as 2 s (FAT). */
const COARSE_MS = 2_000;

/**
 * Tells whether a file is there already with the content that was listed: by its digest where the source gives one,
 * else by its length and time of change; without either it counts as another one.
 */
export async function hasSameContent(
  { folder, path }: CopyTarget,
  { size, checksum, modified }: FileEntry,
  signal: AbortSignal,
): Promise<boolean> {
  const file = join(folder, path);
  const stats = await stat(file).catch(() => undefined);
  if (stats?.isFile() !== true || stats.size !== size) return false;
  if (checksum === undefined) {
    return modified !== undefined && Math.abs(stats.mtimeMs - modified.getTime()) < COARSE_MS;
  }
  const hash = new ContentHash(size, checksum);
  for await (const bytes of createReadStream(file, { highWaterMark: 1024 ** 2, signal })) {
    hash.update(bytes as Uint8Array);
  }
  try {
    hash.finish(path);
    return true;
  } catch (error) {
    if (isVascuError(error, 'INTEGRITY')) return false;
    throw error;
  }
}

/** Tells whether there is a file of that name. */
export async function isFile({ folder, path }: CopyTarget): Promise<boolean> {
  const stats = await stat(join(folder, path)).catch(() => undefined);
  return stats?.isFile() === true;
}

/** Copies a file so that it is seen under its new name only when it is complete and safe on disk. */
export async function placeCopy(from: string, { folder, path }: CopyTarget, entry: FileEntry): Promise<void> {
  const target = join(folder, path);
  if (/\p{Surrogate}/u.test(path)) {
    throw new UnsupportedError('name', `${JSON.stringify(path)} is no name that can be written to a disk.`);
  }
  await makeFolder(dirname(target));
  const draft = join(dirname(target), draftName(target));
  try {
    await copyFile(from, draft, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL);
    const handle = await open(draft, 'r+');
    try {
      // A copy of a cached file has the permissions of the cache.
      await handle.chmod(0o666 & ~process.umask());
      await handle.datasync();
    } finally {
      await handle.close();
    }
    if (entry.modified !== undefined) await utimes(draft, new Date(), entry.modified);
    await rename(draft, target);
  } catch (error) {
    await rm(draft, { force: true });
    // The system does not say which of the two files it was.
    const readable = await open(from).catch((cause: unknown) => {
      throw explainSystemError(cause, { verb: 'read', file: from, option: 'sourceUrl' }) ?? cause;
    });
    await readable.close();
    throw error;
  }
}

/** Names a draft: short whatever the name's length, and hidden. */
function draftName(target: string): string {
  const short = createHash('sha256').update(basename(target)).digest('hex').slice(0, 8);
  return `.vascusim-${short}-${randomUUID().slice(0, 8)}.part`;
}
