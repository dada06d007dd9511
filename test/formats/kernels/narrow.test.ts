import { describe, expect, test } from 'vitest';
import {
  NARROW_BYTES,
  type Narrowed,
  Narrower,
  type WideInteger,
} from '../../../src/formats/kernels/narrow.ts';
import { fc, test as property } from '../../property.ts';

/** Narrows `values` in calls of `step` values each and joins the results. */
function narrowAll(values: readonly bigint[], type: WideInteger, swapped: boolean, step: number) {
  const width = type.endsWith('64') ? 8 : 4;
  const narrower = Narrower.take();
  const parts: Narrowed[] = [];
  const result: number[] = [];
  for (let at = 0; at < values.length; at += step) {
    const part = values.slice(at, at + step);
    const area = narrower.input(0);
    const view = new DataView(area.buffer, area.byteOffset, area.byteLength);
    for (const [index, value] of part.entries()) {
      if (width === 8) view.setBigInt64(8 * index, value, !swapped);
      else view.setInt32(4 * index, Number(BigInt.asIntN(32, value)), !swapped);
    }
    const narrowed = narrower.narrow(0, part.length, type, swapped);
    parts.push(narrowed);
    result.push(...narrowed.values);
  }
  narrower.release();
  return {
    result,
    fits: parts.every(({ fits }) => fits),
    max: Math.max(0, ...parts.map(({ max }) => max)),
    falls: parts.some(({ falls }) => falls),
  };
}

const types: readonly WideInteger[] = ['Int32', 'UInt32', 'Int64', 'UInt64'];
const edges = [
  -(2n ** 63n),
  -(2n ** 31n) - 1n,
  -(2n ** 31n),
  -1n,
  0n,
  1n,
  2n ** 31n - 1n,
  2n ** 31n,
  2n ** 32n,
  2n ** 63n - 1n,
];

describe('Narrower', () => {
  property(
    'narrows, and says what fits, the largest and whether values fall',
    [
      fc.constantFrom(...types),
      fc.array(fc.oneof(fc.bigInt({ min: -20n, max: 20n }), fc.constantFrom(...edges)), { maxLength: 60 }),
      fc.boolean(),
      fc.integer({ min: 1, max: 30 }),
    ],
    (type, raw, swapped, step) => {
      const wide = type.endsWith('64');
      const bits = wide ? 64 : 32;
      const values = raw.map((value) =>
        type.startsWith('U') ? BigInt.asUintN(bits, value) : BigInt.asIntN(bits, value),
      );
      const low = values.map((value) => Number(BigInt.asIntN(32, value)));
      const { result, fits, max, falls } = narrowAll(values, type, swapped, step);
      expect(result).toEqual(low);
      expect(fits).toBe(values.every((value) => value >= -(2n ** 31n) && value < 2n ** 31n));
      if (!fits) return;
      expect(max).toBe(Math.max(0, ...low.map((value) => value >>> 0)));
      expect(falls).toBe(low.some((value, at) => at > 0 && value < (low[at - 1] as number)));
    },
  );

  test('fills its whole area', () => {
    const narrower = Narrower.take();
    const values = new BigInt64Array(NARROW_BYTES / 8).map((_, index) => BigInt(index));
    narrower.input(1).set(new Uint8Array(values.buffer));
    const narrowed = narrower.narrow(1, values.length, 'Int64', false);
    expect(narrowed.values.at(-1)).toBe(values.length - 1);
    expect(narrowed).toMatchObject({ fits: true, max: values.length - 1, falls: false });
    narrower.release();
  });

  test('begins anew when it is taken again', () => {
    const first = Narrower.take();
    new Int32Array(first.input(0).buffer, first.input(0).byteOffset, 1)[0] = 9;
    first.narrow(0, 1, 'Int32', false);
    first.release();
    const second = Narrower.take();
    new Int32Array(second.input(0).buffer, second.input(0).byteOffset, 1)[0] = 3;
    expect(second.narrow(0, 1, 'Int32', false).falls).toBe(false);
    second.release();
  });
});
