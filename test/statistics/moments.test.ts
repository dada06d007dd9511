import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { TypedArray } from '../../src/core/mesh.ts';
import { type Moments, mergeMoments, momentSteps } from '../../src/statistics/moments.ts';
import { exactMoments } from './exact.ts';

function momentsOf(data: TypedArray, components = 1): readonly Moments[] {
  const steps = momentSteps(data, components);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

function momentOf(data: TypedArray): Moments {
  return momentsOf(data)[0] as Moments;
}

function expectExact({ mean, rest, squares, count }: Moments, values: readonly number[]): void {
  const exact = exactMoments(values);
  const near = (found: number, wanted: number): void =>
    expect(Math.abs(found - wanted)).toBeLessThanOrEqual(1e-12 * Math.abs(wanted));
  near(mean + rest, exact.mean);
  near(Math.sqrt(squares / count), exact.std);
}

/** Values about a mean, which look random. */
function around(mean: number, std: number, count: number): Float64Array<ArrayBuffer> {
  return Float64Array.from({ length: count }, (_, at) => mean + std * Math.sin(at * at * 0.7));
}

test.each([
  ['a mean of 1e8 and a deviation of 1e-3', 1e8, 1e-3],
  ['a mean next to 0', 1e-9, 1],
  ['large numbers', 1e150, 1e149],
])('mean and deviation of %s are those of exact arithmetic', (_, mean, std) => {
  const values = around(mean, std, 5_000);
  expectExact(momentOf(values), [...values]);
});

test('values that cancel each other leave their exact mean', () => {
  const values = Float64Array.from({ length: 6_001 }, (_, at) =>
    at === 6_000 ? 1e-6 : (at % 2 === 0 ? 1 : -1) * (1e9 + (at >> 1)),
  );
  expectExact(momentOf(values), [...values]);
});

test('merged in pieces, means and deviations stay those of exact arithmetic', () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 1, maxLength: 40 }), {
        minLength: 1,
        maxLength: 8,
      }),
      fc.constantFrom(0, 1e8, -3e5),
      (pieces, mean) => {
        const parts = pieces.map((piece) => Float64Array.from(piece, (each) => mean + each * 1e-3));
        const merged = parts.map(momentOf).reduce(mergeMoments);
        const values = parts.flatMap((part) => [...part]);
        if (new Set(values).size > 1) expectExact(merged, values);
        else expect(merged.mean).toBeCloseTo(values[0] as number, 12);
      },
    ),
  );
});

test('each component is measured by itself, in arrays longer than a block', () => {
  const rows = 1500;
  const data = Float32Array.from({ length: 3 * rows }, (_, at) => (at % 3) * 100 + Math.floor(at / 3));
  const found = momentsOf(data, 3);
  for (const component of [0, 1, 2]) {
    const values = [...data].filter((_, at) => at % 3 === component);
    expectExact(found[component] as Moments, values);
    expect(found[component]).toMatchObject({
      count: rows,
      min: component * 100,
      max: component * 100 + rows - 1,
    });
  }
});

test('values that are not finite are counted and left out', () => {
  const clean = around(5, 2, 3000);
  const data = new Float64Array(3004);
  data.set(clean);
  data.set([Number.NaN, Infinity, -Infinity, Number.NaN], 3000);
  const { nonFinite, ...rest } = momentOf(data);
  expect(nonFinite).toBe(4);
  expect(rest.count).toBe(3000);
  expectExact(momentOf(data), [...clean]);
});

test('an array without a finite value has none to tell', () => {
  expect(momentOf(Float32Array.of(Number.NaN, Infinity))).toMatchObject({ count: 0, nonFinite: 2 });
});

test('64-bit integers beyond those that doubles hold are measured as the nearest doubles', () => {
  const values = [2n ** 60n, 2n ** 60n + 2n ** 20n, -(2n ** 61n)];
  expectExact(momentOf(BigInt64Array.from(values)), values.map(Number));
});

test('nothing merged with something is that', () => {
  const some = momentOf(Float64Array.of(1, 2, 4));
  const none = momentOf(new Float64Array(0));
  expect(mergeMoments(none, some)).toEqual(some);
  expect(mergeMoments(some, none)).toEqual(some);
});
