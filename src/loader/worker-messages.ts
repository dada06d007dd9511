import type { EncodedError } from '../core/error-transfer.ts';

/** What a worker is told: to do a job, to load the module of coming ones, or that a result is no longer wanted. */
export type ToWorker =
  | { readonly prepare: string }
  | { readonly id: number; readonly module: string; readonly input: unknown }
  | { readonly cancel: number };

/** What a worker answers: once for each job, and when a module is loaded. */
export type FromWorker =
  | { readonly ready: true }
  | { readonly id: number; readonly value: unknown; readonly workMs: number }
  | { readonly id: number; readonly error: EncodedError };
