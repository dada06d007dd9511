import type { EncodedError } from '../core/error-transfer.ts';

/**
 * Message to a worker: to do a job, to load the modules of coming ones, that a result is no longer wanted, or to use
 * memory again.
 */
export type ToWorker =
  | { readonly prepare: readonly string[] }
  | { readonly id: number; readonly module: string; readonly input: unknown; readonly threads: number }
  | { readonly cancel: number }
  | { readonly reuse: readonly ArrayBuffer[]; readonly module: string };

/** Answer of a worker: once for each job, and when modules are loaded. */
export type FromWorker =
  | { readonly ready: true }
  | { readonly id: number; readonly value: unknown; readonly workMs: number }
  | { readonly id: number; readonly error: EncodedError };
