import type { WorkResult } from '../../../src/core/dataset.ts';

/** Fills an array of `input.size` numbers with `input.index` after `input.turns` turns of the event loop. */
export async function run(
  { index, size, turns }: { readonly index: number; readonly size: number; readonly turns: number },
  signal: AbortSignal,
): Promise<WorkResult> {
  for (let turn = 0; turn < turns; turn++) {
    await new Promise(setImmediate);
    signal.throwIfAborted();
  }
  const data = new Float32Array(size).fill(index);
  return { value: { index, data }, transfer: [data.buffer] };
}
