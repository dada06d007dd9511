import { isVascuError } from '../core/errors.ts';

/** How often something is done once more with files that are removed again and again. */
const TRIES = 8;

/**
 * Whether a file of this machine was not there any more when it was to be opened: a cached one may be removed by hand, or
 * with its folder, however it is held.
 */
export function isGone(error: unknown): boolean {
  for (let each = error; each instanceof Error; each = each.cause) {
    // What a user's own function could not find is not ours.
    if (isVascuError(each, 'CONFIG')) return false;
    const { code } = (each.cause ?? {}) as NodeJS.ErrnoException;
    if (isVascuError(each, 'NOT_FOUND') && (code === 'ENOENT' || code === 'ENOTDIR')) return true;
  }
  return false;
}

/** Does something with cached files: from the beginning where one of them is gone, so that it is fetched again. */
export async function retryGone<Result>(action: () => Promise<Result>): Promise<Result> {
  for (let tries = 1; ; tries++) {
    try {
      return await action();
    } catch (error) {
      if (tries === TRIES || !isGone(error)) throw error;
    }
  }
}
