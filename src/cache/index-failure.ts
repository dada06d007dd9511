/** Meaning of a failure of SQLite for the cache. */
export type IndexFailure = 'busy' | 'full' | 'corrupt' | 'readonly' | 'other';

/**
 * Failures by the primary result code (https://sqlite.org/rescode.html). An I/O error is what a full disk
 * gives, too.
 */
const KINDS: ReadonlyMap<number, IndexFailure> = new Map([
  [5, 'busy'],
  [6, 'busy'],
  [8, 'readonly'],
  [10, 'full'],
  [11, 'corrupt'],
  [13, 'full'],
  [14, 'readonly'],
  [26, 'corrupt'],
]);

/**
 * Failures by the whole result code, where that says more: a file ends before its time
 * (SQLITE_IOERR_SHORT_READ).
 */
const EXTENDED_KINDS: ReadonlyMap<number, IndexFailure> = new Map([[522, 'corrupt']]);

/** Tells what went wrong in SQLite; undefined for an error that is not SQLite's. */
export function failureKind(error: unknown): IndexFailure | undefined {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number')
    return undefined;
  // The primary code is the low byte of the extended one.
  return EXTENDED_KINDS.get(error.errcode) ?? KINDS.get(error.errcode % 256) ?? 'other';
}
