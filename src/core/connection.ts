import type { ErrorCode } from './errors.ts';

/** One step of a connection check. */
export interface ConnectionStep {
  /** Name of what was looked at, such as `login`. */
  readonly name: string;
  readonly ok: boolean;
  /** Text of what was found: an address, a version, what went wrong. */
  readonly found: string;
  /** Advice on what to do about it; of a step that failed. */
  readonly remedy?: string | undefined;
  /** Class of the error with which it failed, where there was one. */
  readonly code?: ErrorCode | undefined;
}

/** Findings of a connection check, step by step; steps that could not be tried are left out. */
export interface ConnectionReport {
  /** True when every step succeeded. */
  readonly ok: boolean;
  readonly steps: readonly ConnectionStep[];
}
