import type { EncodedError } from '../core/error-transfer.ts';

/** What a worker is told: to do a job, to load the modules of coming ones, or that a result is no longer wanted. */
export type ToWorker =
  | { readonly prepare: readonly string[] }
  | { readonly id: number; readonly module: string; readonly input: unknown }
  | { readonly cancel: number };

/** What a worker answers: once for each job, and when modules are loaded. */
export type FromWorker =
  | { readonly ready: true }
  | { readonly id: number; readonly value: unknown; readonly workMs: number }
  | { readonly id: number; readonly error: EncodedError };
