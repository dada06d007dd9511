/** A command line, variable or setting that cannot be used: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly code = 'CONFIG';
}
