import type { ErrorCode } from '../index.ts';

/** Exit codes of the command: what a script can tell apart. */
export const ExitCode = {
  Ok: 0,
  /** Failure of some of the work. */
  Failed: 1,
  /** Command line or option that cannot be used. */
  Usage: 2,
  NotFound: 3,
  Permission: 4,
  /** Failure where trying again may help. */
  Temporary: 5,
  /** File that is broken or not supported. */
  BadData: 6,
  Interrupted: 130,
} as const;

const byError: ReadonlyMap<unknown, number> = new Map<ErrorCode, number>([
  ['NOT_FOUND', ExitCode.NotFound],
  ['AUTH', ExitCode.Permission],
  ['NETWORK', ExitCode.Temporary],
  ['INTEGRITY', ExitCode.BadData],
  ['FORMAT', ExitCode.BadData],
  ['CACHE', ExitCode.Failed],
  ['CONFIG', ExitCode.Usage],
  ['UNSUPPORTED', ExitCode.BadData],
  ['DISPOSED', ExitCode.Failed],
]);

/** Finds the exit code for the `code` of an error of the library; undefined for any other. */
export function exitCodeFor(code: unknown): number | undefined {
  return byError.get(code);
}

/** Finds the exit code for an error that ended the command. */
export function exitCodeOf(error: unknown): number {
  // Not by instanceof: that would load the library for `--help` as well.
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return exitCodeFor(code) ?? ExitCode.Failed;
}
