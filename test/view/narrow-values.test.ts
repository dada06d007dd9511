import fc from 'fast-check';
import { expect, test } from 'vitest';
import { narrowValues } from '../../src/view/narrow-values.ts';

const finite = fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e300, max: 1e300 });

test('values come back within a millionth of their range, or of themselves', () => {
  fc.assert(
    fc.property(fc.array(finite, { minLength: 1 }), (values) => {
      const { values: narrow, mid, scale, range } = narrowValues(Float64Array.from(values));
      const [low, high] = range as readonly [number, number];
      expect([low, high]).toEqual([Math.min(...values), Math.max(...values)]);
      for (const [at, value] of values.entries()) {
        const back = mid + scale * (narrow[at] as number);
        expect(Math.abs(back - value)).toBeLessThanOrEqual(
          1e-6 * (high / 2 - low / 2) + 1e-6 * Math.abs(value - mid),
        );
      }
    }),
  );
});

test('small values beside large ones keep their digits, as a logarithmic scale needs them', () => {
  const { values, mid, scale, leastPositive } = narrowValues(Float64Array.of(1e-6, 1, 1e6));
  expect(Math.abs(mid + scale * (values[0] as number) - 1e-6)).toBeLessThan(1e-12);
  expect(leastPositive).toBe(1e-6);
});

test('of values that are none there is no range', () => {
  expect(narrowValues(Float64Array.of(Number.NaN, Number.POSITIVE_INFINITY))).toMatchObject({
    range: undefined,
    leastPositive: undefined,
    notFinite: 2,
    mid: 0,
    scale: 1,
  });
});
