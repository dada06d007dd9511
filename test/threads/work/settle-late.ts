import type { WorkResult } from '../../../src/core/dataset.ts';

/** Sets `flag[0]` once its result has been sent. */
export function run({ flag }: { readonly flag: Int32Array }): Promise<WorkResult> {
  setImmediate(() => {
    Atomics.store(flag, 0, 1);
    Atomics.notify(flag, 0);
  });
  return Promise.resolve({ value: 1, transfer: [] });
}
