import type { TypedArray } from '../../core/mesh.ts';
import type { TimeSlice } from '../../core/time-slice.ts';
import { allSafe, toDoubles } from './numeric-types.ts';

/** Values checked or converted between two looks at the clock. */
const VALUES_PER_STEP = 2 ** 19;

/** Turns 64-bit integers into doubles in the same memory, where all of them are safe integers; else as they are. */
export async function safeNumbers(
  data: BigInt64Array<ArrayBuffer> | BigUint64Array<ArrayBuffer>,
  slice: TimeSlice,
): Promise<TypedArray> {
  for (let start = 0; start < data.length; start += VALUES_PER_STEP) {
    if (!allSafe(data, start, Math.min(start + VALUES_PER_STEP, data.length))) return data;
    await slice.pause();
  }
  for (let start = 0; start < data.length; start += VALUES_PER_STEP) {
    toDoubles(data, start, Math.min(start + VALUES_PER_STEP, data.length));
    await slice.pause();
  }
  return new Float64Array(data.buffer, 0, data.length);
}
