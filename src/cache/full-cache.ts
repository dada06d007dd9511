import { CacheError } from '../core/errors.ts';
import type { FetchTarget } from './fetches.ts';

/** Cache as its messages name it. */
interface Limit {
  readonly cacheDir: string;
  readonly maxSize: number;
}

/** Makes the error of a file that is larger than the whole cache. */
export function tooLarge({ label, size }: FetchTarget, { cacheDir, maxSize }: Limit): CacheError {
  return new CacheError(
    `${label} has ${size} bytes, more than the whole cache in ${cacheDir} may hold (maxCacheSize ${maxSize}). Raise maxCacheSize to at least ${size}, or ask for oversized: 'temporary', which keeps such a file only as long as it is in use.`,
  );
}

/** Makes the error of a cache in which everything stayed in use for as long as room was waited for. */
export function allInUse(
  { label, size }: FetchTarget,
  { cacheDir, maxSize }: Limit,
  { heldBytes, waitedMs }: { readonly heldBytes: number; readonly waitedMs: number },
): CacheError {
  return new CacheError(
    `The cache in ${cacheDir} is full: ${heldBytes} of its ${maxSize} bytes are files in use, and ${label} needs ${size} more. Raise maxCacheSize, set deleteAfterUse: true, or read fewer samples ahead (prefetchSize). Waited ${waitedMs / 1000} s for room.`,
  );
}
