import { expect, test } from 'vitest';
import { type ArrayMeasure, joinMeasures, measureArray } from '../../src/core/array-measure.ts';
import type { Tensor } from '../../src/core/mesh.ts';
import { fc, test as property } from '../property.ts';

function tensorOf(values: readonly number[], components = 1): Tensor {
  const rows = values.length / components;
  return { data: Float64Array.from(values), shape: components === 1 ? [rows] : [rows, components] };
}

const value = fc.oneof(fc.double({ min: -1e6, max: 1e6, noNaN: true }), fc.constant(Number.NaN));

property(
  'a measure is what its values say, in one piece or in two',
  [fc.array(value), fc.array(value)],
  (a, b) => {
    const numbers = [...a, ...b].filter((each) => !Number.isNaN(each));
    const none = numbers.length === 0;
    const expected = {
      count: numbers.length,
      nan: a.length + b.length - numbers.length,
      min: none ? null : Math.min(...numbers),
      max: none ? null : Math.max(...numbers),
      mean: none ? null : expect.closeTo(numbers.reduce((sum, each) => sum + each, 0) / numbers.length, 5),
    };
    expect(measureArray(tensorOf([...a, ...b]))).toEqual(expected);
    expect(joinMeasures(measureArray(tensorOf(a)), measureArray(tensorOf(b)))).toEqual(expected);
  },
);

test('vectors are measured by their lengths, 64-bit integers by their values', () => {
  const vectors = measureArray(tensorOf([3, 4, 0, 0, Number.NaN, 1], 2));
  expect(vectors).toEqual<ArrayMeasure>({ count: 2, nan: 1, min: 0, mean: 2.5, max: 5 });
  const integers = measureArray({ data: BigInt64Array.of(-(2n ** 60n), 4n), shape: [2] });
  expect([integers.min, integers.max]).toEqual([-(2 ** 60), 4]);
});
