import type { WorkResult } from '../../../src/core/dataset.ts';

/** Ends the thread while `lives[0]` is above 0, once for each life. */
export function run({
  lives,
  index,
}: {
  readonly lives: Int32Array;
  readonly index: number;
}): Promise<WorkResult> {
  if (Atomics.sub(lives, 0, 1) > 0) process.exit(7);
  return Promise.resolve({ value: { index }, transfer: [] });
}
