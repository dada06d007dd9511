import type { EncodedError } from '../core/error-transfer.ts';

/** What a worker is told: to do a job, to load the modules of coming ones, that a result is no longer wanted, or to use memory again. */
export type ToWorker =
  | { readonly prepare: readonly string[] }
  | { readonly id: number; readonly module: string; readonly input: unknown }
  | { readonly cancel: number }
  | { readonly reuse: readonly ArrayBuffer[]; readonly module: string };

/** What a worker answers: once for each job, and when modules are loaded. */
export type FromWorker =
  | { readonly ready: true }
  | { readonly id: number; readonly value: unknown; readonly workMs: number }
  | { readonly id: number; readonly error: EncodedError };
