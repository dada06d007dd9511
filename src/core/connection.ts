import type { ErrorCode } from './errors.ts';

/** One step of a connection check. */
export interface ConnectionStep {
  /** What was looked at, such as `login`. */
  readonly name: string;
  readonly ok: boolean;
  /** What was found: an address, a version, what went wrong. */
  readonly found: string;
  /** What to do about it; of a step that failed. */
  readonly remedy?: string | undefined;
  /** Class of the error with which it failed, where there was one. */
  readonly code?: ErrorCode | undefined;
}

/** What a connection check found, step by step; steps that could not be tried are left out. */
export interface ConnectionReport {
  /** Whether every step succeeded. */
  readonly ok: boolean;
  readonly steps: readonly ConnectionStep[];
}
