import type { EncodedError } from '../core/error-transfer.ts';

/** What a worker is told: to do a job, or that the result of one is no longer wanted. */
export type ToWorker =
  | { readonly id: number; readonly module: string; readonly input: unknown }
  | { readonly cancel: number };

/** What a worker answers, once for each job. */
export type FromWorker =
  | { readonly id: number; readonly value: unknown; readonly workMs: number }
  | { readonly id: number; readonly error: EncodedError };
