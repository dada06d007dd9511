import { expect, test } from 'vitest';
import type { StepChoice } from '../../../src/dataset/time/time-options.ts';
import { chooseSteps, findSpacing, windowsOf } from '../../../src/dataset/time/windows.ts';
import { fc, test as rule } from '../../property.ts';

interface Given {
  readonly choice?: StepChoice;
  readonly lacking?: readonly number[];
  readonly length?: number;
  readonly stride?: number;
  readonly every?: number;
}

/** Steps of each window, and of the holes. */
function windows(
  steps: readonly number[],
  { choice, lacking = [], length = 2, stride = 1, every = 1 }: Given = {},
) {
  const list = {
    steps,
    lacking: lacking.length === 0 ? undefined : new Set(lacking.map((step) => steps.indexOf(step))),
    timeAt: () => undefined,
  };
  const ask = (step: number, time: number | undefined): boolean =>
    typeof choice === 'function' ? choice(step, time) : true;
  const chosen = chooseSteps(list, choice, ask);
  const found = [...windowsOf(chosen, { length, stride, every })].map((first) =>
    Array.from({ length }, (_, at) => steps[chosen.positions[first + at * every] as number] as number),
  );
  return { found, holes: chosen.holes };
}

test('windows begin every stride and go on every other step', () => {
  const steps = [100, 105, 110, 115, 120, 125];
  expect(windows(steps).found).toHaveLength(5);
  expect(windows(steps, { length: 3, stride: 2 }).found).toEqual([
    [100, 105, 110],
    [110, 115, 120],
  ]);
  expect(windows(steps, { length: 3, every: 2 }).found).toEqual([
    [100, 110, 120],
    [105, 115, 125],
  ]);
  expect(windows(steps, { length: 7 }).found).toEqual([]);
});

test('no window spans a hole in steps that are evenly spaced', () => {
  const { found, holes } = windows([0, 5, 10, 25, 30]);
  expect(found).toEqual([
    [0, 5],
    [5, 10],
    [25, 30],
  ]);
  expect(holes).toEqual([{ after: 10, before: 25, steps: [15, 20] }]);
});

test('steps that are not evenly spaced have no holes', () => {
  expect(windows([0, 1, 4, 9, 16])).toEqual({ found: expect.objectContaining({ length: 4 }), holes: [] });
  expect(windows([4.01, 4.02, 4.1]).holes).toEqual([]);
  expect(findSpacing([0, 0.333, 0.667, 1])).toBeCloseTo(0.333);
});

test('steps that are lacking are holes', () => {
  const { found, holes } = windows([1, 2, 4, 8], { lacking: [2] });
  expect(found).toEqual([[4, 8]]);
  expect(holes).toEqual([{ after: 1, before: 4, steps: [2] }]);
  expect(windows([1, 2, 3], { lacking: [1, 3] }).holes).toEqual([
    { after: undefined, before: 2, steps: [1] },
    { after: 2, before: undefined, steps: [3] },
  ]);
});

test('what was not wanted is no hole', () => {
  const steps = [0, 5, 10, 15, 20, 25, 35, 40];
  expect(windows(steps, { choice: { every: 2 } })).toEqual({
    found: [
      [0, 10],
      [10, 20],
    ],
    holes: [{ after: 20, before: 40, steps: [30] }],
  });
  expect(windows(steps, { choice: [0, 5, 20, 25] }).found).toEqual([
    [0, 5],
    [5, 20],
    [20, 25],
  ]);
  expect(windows(steps, { choice: { from: 5, to: 20 } }).found).toEqual([
    [5, 10],
    [10, 15],
    [15, 20],
  ]);
  expect(windows(steps, { choice: (step) => step > 30 }).found).toEqual([[35, 40]]);
});

test('a hole of a billion steps costs no memory', () => {
  expect(windows([0, 1, 2, 2_000_000_000]).holes[0]?.steps).toHaveLength(10_000);
});

rule(
  'windows of evenly spaced steps are those of plain loops, without those that span a hole',
  [
    fc.uniqueArray(fc.nat(40), { minLength: 1, maxLength: 30 }),
    fc.integer({ min: 1, max: 5 }),
    fc.integer({ min: 1, max: 4 }),
    fc.integer({ min: 1, max: 4 }),
  ],
  (numbers, length, stride, every) => {
    // A long even run makes 5 the spacing, whatever the holes.
    const even = Array.from({ length: 90 }, (_, at) => 5 * at);
    const removed = new Set(numbers.map((at) => 5 * (at + 2)));
    const steps = even.filter((step) => !removed.has(step));
    const expected: number[][] = [];
    for (let first = 0; first + (length - 1) * every < steps.length; first += stride) {
      const last = first + (length - 1) * every;
      const isWhole = (steps[last] as number) - (steps[first] as number) === 5 * (last - first);
      if (isWhole) expected.push(Array.from({ length }, (_, at) => steps[first + at * every] as number));
    }
    const { found, holes } = windows(steps, { length, stride, every });
    expect(found).toEqual(expected);
    expect(holes.flatMap((hole) => hole.steps)).toEqual([...removed].toSorted((a, b) => a - b));
  },
);
