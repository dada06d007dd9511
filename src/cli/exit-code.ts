import type { ErrorCode } from '../index.ts';

/** Exit codes of the command: what a script can tell apart. */
export const ExitCode = {
  Ok: 0,
  /** Some of the work failed. */
  Failed: 1,
  /** The command line or an option cannot be used. */
  Usage: 2,
  NotFound: 3,
  Permission: 4,
  /** Trying again may help. */
  Temporary: 5,
  /** A file is broken or not supported. */
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

/** The exit code for the `code` of an error of the library; undefined for any other. */
export function exitCodeFor(code: unknown): number | undefined {
  return byError.get(code);
}

/** The exit code for an error that ended the command. */
export function exitCodeOf(error: unknown): number {
  // Not by instanceof: that would load the library for `--help` as well.
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return exitCodeFor(code) ?? ExitCode.Failed;
}
