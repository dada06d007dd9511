import { CacheError, ConfigError } from '../core/errors.ts';

const FULL: ReadonlySet<unknown> = new Set(['ENOSPC', 'EDQUOT']);
const FORBIDDEN: ReadonlySet<unknown> = new Set(['EACCES', 'EPERM', 'EROFS']);
/**
 * Codes of the system for what is not there. A link that leads back to itself, in the place of what was
 * removed, leads nowhere.
 */
const MISSING: ReadonlySet<unknown> = new Set(['ENOENT', 'ENOTDIR', 'ESTALE', 'ELOOP']);

/**
 * Tells whether a disk has no room: neither bytes nor, on some, names (inodes), or one's share of them is
 * used up.
 */
export function isFullDisk(error: unknown): boolean {
  return FULL.has(codeOf(error));
}

/** Tells whether the system does not let this user do what was tried. */
export function isForbidden(error: unknown): boolean {
  return FORBIDDEN.has(codeOf(error));
}

/** Tells whether a file or folder is not there. */
export function isMissing(error: unknown): boolean {
  return MISSING.has(codeOf(error));
}

/** Tells whether links lead back to themselves. */
export function isLoop(error: unknown): boolean {
  return codeOf(error) === 'ELOOP';
}

/**
 * Tells whether a folder lies where a file is to go, or a file, or a folder that is not empty, where a folder
 * is.
 */
export function isOtherKind(error: unknown): boolean {
  return ['EISDIR', 'ENOTDIR', 'ENOTEMPTY', 'EEXIST'].includes(codeOf(error) ?? '');
}

/** Tells whether something lies already where it was to be made. */
export function isExisting(error: unknown): boolean {
  return codeOf(error) === 'EEXIST';
}

/** Passes over a failure to remove or change what is gone, or not ours. */
export function ifPossible(error: unknown): void {
  if (!isMissing(error) && !isForbidden(error)) throw error;
}

/** Remedies for what a system says of a disk, by its code. */
const REMEDIES: ReadonlyMap<string, string> = new Map([
  ['EIO', 'The disk reports a fault: check it, and choose a cacheDir on another disk'],
  ['ENXIO', 'The disk is gone: choose a cacheDir on another one'],
  ['ENODEV', 'The disk is gone: choose a cacheDir on another one'],
  ['ESTALE', 'The network drive has lost it: choose a cacheDir on a disk of this machine'],
  ['EMFILE', 'Too many files are open: close some, or raise the limit (ulimit -n)'],
  ['ENFILE', 'Too many files are open on this machine: close some'],
  ['EACCES', 'There is no permission to do so: choose another cacheDir'],
  ['EPERM', 'There is no permission to do so: choose another cacheDir'],
  ['EROFS', 'The disk cannot be written to: choose another cacheDir'],
  ['ENAMETOOLONG', 'Its path is too long: choose a cacheDir with a shorter path'],
  [
    'EFBIG',
    'A file may not become so large there: choose a cacheDir on another disk, or raise the limit (ulimit -f)',
  ],
  ['EBUSY', 'Somebody else uses it: choose another cacheDir'],
]);

/** Reasons why a folder cannot be used as it is given, by what the system says of it. */
const UNUSABLE: ReadonlyMap<string, string> = new Map([
  ['ENOTDIR', 'it, or a part of its path, is a file'],
  ['EEXIST', 'it, or a part of its path, is a file'],
  ['ELOOP', 'a link in its path leads back to itself'],
  ['ENAMETOOLONG', 'its path, or a name in it, is too long'],
  ['EINVAL', 'the system does not take its path'],
]);

/**
 * Says what a failure to lay out or open the folder of a cache means; what is not of the system is given back.
 *
 * @param isLink - whether the folder is a link to a place that is not there
 */
export function explainFolder(root: string, error: unknown, isLink = false): unknown {
  const code = codeOf(error);
  if (code === undefined) return error;
  const why = isLink ? 'it is a link to a place that does not exist' : UNUSABLE.get(code);
  if (why !== undefined) {
    return new ConfigError('cacheDir', `${root} cannot be a cache: ${why}. Choose another cacheDir.`, {
      cause: error,
    });
  }
  return explainDisk(`The cache in ${root} cannot be opened`, error);
}

/** Says what a full disk means for a file; any other failure of the system becomes a CacheError, too. */
export function explainFile(label: string, error: unknown): unknown {
  if (isFullDisk(error)) {
    return new CacheError(
      `The disk of the cache is full: there is no room for ${label}, and nothing in the cache can be removed. Free some space, or choose a cacheDir on another disk.${hintOf(error)}`,
      { cause: error },
    );
  }
  return explainDisk(`${label} cannot be kept in the cache`, error);
}

/** Turns a failure of the system into a CacheError with its remedy; anything else is given back. */
export function explainDisk(label: string, error: unknown): unknown {
  const code = codeOf(error);
  if (code === undefined) return error;
  if (isFullDisk(error)) {
    return new CacheError(
      `${label}: its disk is full. Free some space, or choose another one.${hintOf(error)}`,
      {
        cause: error,
      },
    );
  }
  const remedy = REMEDIES.get(code) ?? 'Choose another cacheDir';
  return new CacheError(`${label} (${(error as Error).message}). ${remedy}.`, { cause: error });
}

/** Makes the error for a folder for temporary files that is not there. */
export function explainTemporary(folder: string, error: unknown): unknown {
  const code = codeOf(error);
  if (code === undefined) return error;
  const why = isFullDisk(error)
    ? 'is full'
    : isMissing(error)
      ? 'does not exist'
      : `cannot be written to (${code})`;
  return new CacheError(
    `The folder for temporary files, ${folder}, ${why}. Set TMPDIR (on Windows TEMP) to a folder that can be written to and has room.`,
    { cause: error },
  );
}

function hintOf(error: unknown): string {
  return codeOf(error) === 'EDQUOT' ? ' It is your share of the disk (quota) that is used up.' : '';
}

/** Reads the code of an error of the system; undefined for any other. */
function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, errno } = error as NodeJS.ErrnoException;
  return errno === undefined ? undefined : code;
}
