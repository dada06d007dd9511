import type { TypedArray } from '../../core/mesh.ts';
import type { TimeSlice } from '../../core/time-slice.ts';
import type { Int32Sink } from './sink.ts';

/** Values converted between two looks at the clock. */
const VALUES_PER_STEP = 2 ** 16;

/** Unpacks the first `count` bits as values 0 and 1; of each byte the highest bit comes first. */
export async function unpackBits(
  bytes: Uint8Array,
  count: number,
  slice: TimeSlice,
): Promise<Uint8Array<ArrayBuffer>> {
  const values = new Uint8Array(count);
  for (let start = 0; start < count; start += VALUES_PER_STEP) {
    const end = Math.min(start + VALUES_PER_STEP, count);
    for (let at = start; at < end; at++) values[at] = ((bytes[at >> 3] as number) >> (7 - (at & 7))) & 1;
    await slice.pause();
  }
  return values;
}

/**
 * Gives the whole parts of numbers to `sink`, as VTK converts indices that are stored as floating point.
 *
 * @returns the index of the first value that has none within 32 bits, or −1
 */
export async function truncateInto(sink: Int32Sink, values: TypedArray, slice: TimeSlice): Promise<number> {
  const whole = new Int32Array(Math.min(VALUES_PER_STEP, values.length));
  for (let start = 0; start < values.length; start += VALUES_PER_STEP) {
    const length = Math.min(VALUES_PER_STEP, values.length - start);
    for (let at = 0; at < length; at++) {
      const value = Math.trunc(Number(values[start + at]));
      const kept = value | 0;
      if (kept !== value) return start + at;
      whole[at] = kept;
    }
    sink.append(whole.subarray(0, length));
    await slice.pause();
  }
  return -1;
}
