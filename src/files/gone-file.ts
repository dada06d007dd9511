import { statSync } from 'node:fs';
import { isVascuError } from '../core/errors.ts';

/** Number of times that something is done once more with files that are removed again and again. */
export const GONE_TRIES = 8;

const MISSING: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'EISDIR', 'ENXIO']);
const UNREADABLE: ReadonlySet<string> = new Set(['EACCES', 'EPERM', 'ELOOP']);

/**
 * Tells whether a file of this machine was not there any more when it was to be opened, or not as a file that may be
 * read: a cached one may be removed or replaced by hand, or with its folder, however it is held.
 */
export function isGone(error: unknown): boolean {
  for (let each = error; each instanceof Error; each = each.cause) {
    const { code = '' } = (each.cause ?? {}) as NodeJS.ErrnoException;
    // What a user's own function could not find is not ours.
    if (isVascuError(each, 'CONFIG')) return each.option === 'file' && UNREADABLE.has(code);
    if (isVascuError(each, 'NOT_FOUND') && MISSING.has(code)) return true;
  }
  return false;
}

/** Does something with cached files: from the beginning where one of them is gone, so that it is fetched again. */
export async function retryGone<Result>(
  action: () => Promise<Result>,
  isAgain: (error: unknown) => boolean = isGone,
): Promise<Result> {
  for (let tries = 1; ; tries++) {
    try {
      return await action();
    } catch (error) {
      if (tries === GONE_TRIES || !isAgain(error)) throw error;
    }
  }
}

/** Tells whether a file of this machine is not there, or has not so many bytes. */
export function hasOtherSize(path: string, size: number): boolean {
  try {
    return statSync(path).size !== size;
  } catch {
    return true;
  }
}
