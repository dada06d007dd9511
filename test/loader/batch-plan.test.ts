import { describe, expect, test } from 'vitest';
import {
  countBatches,
  type PlannedSample,
  type PlanOptions,
  planBatches,
} from '../../src/loader/batch-plan.ts';
import { fc, test as property } from '../property.ts';

const indices = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
const alone = { rank: 0, size: 1 };

/** Batches of samples, checked to be whole. */
function group(
  samples: Iterable<PlannedSample>,
): { readonly batch: number; readonly samples: PlannedSample[] }[] {
  const batches: { batch: number; samples: PlannedSample[] }[] = [];
  for (const sample of samples) {
    if (sample.slot === 0) batches.push({ batch: sample.batch, samples: [] });
    const last = batches.at(-1);
    expect(last?.batch).toBe(sample.batch);
    expect(last?.samples.length).toBe(sample.slot);
    last?.samples.push(sample);
  }
  for (const { samples: whole } of batches)
    expect(new Set(whole.map(({ of }) => of))).toEqual(new Set([whole.length]));
  return batches;
}

function plan(order: readonly number[], options: Partial<PlanOptions>, from?: number): number[][] {
  const all: PlanOptions = {
    count: order.length,
    batchSize: 2,
    dropLast: false,
    remainder: 'pad',
    world: alone,
    ...options,
  };
  const batches = group(planBatches(order, all, from));
  expect(batches.map(({ batch }) => batch)).toEqual(indices(countBatches(all)).slice(from ?? 0));
  return batches.map(({ samples }) => samples.map(({ index }) => index));
}

const ranks = (size: number): PlanOptions['world'][] => indices(size).map((rank) => ({ rank, size }));

describe('planBatches', () => {
  test('the last batch holds what is left', () => {
    expect(plan(indices(5), {})).toEqual([[0, 1], [2, 3], [4]]);
  });

  test('dropLast leaves out a batch that is not full', () => {
    expect(plan(indices(5), { dropLast: true })).toEqual([
      [0, 1],
      [2, 3],
    ]);
    expect(plan(indices(4), { dropLast: true })).toHaveLength(2);
    expect(plan(indices(1), { dropLast: true })).toEqual([]);
  });

  test('processes take their slices; padding begins the epoch anew', () => {
    const [first, second] = ranks(2).map((world) => plan([4, 3, 2, 1, 0], { world, batchSize: 1 }));
    expect(first).toEqual([[4], [2], [0]]);
    expect(second).toEqual([[3], [1], [4]]);
  });

  test('padding is as many different samples as there are', () => {
    const padding = (count: number): number[] =>
      ranks(4).flatMap((world) =>
        [...planBatches(indices(count), { count, batchSize: 1, dropLast: false, remainder: 'pad', world })]
          .filter((sample) => sample.padding)
          .map(({ index }) => index),
      );
    expect(padding(9)).toEqual([0, 1, 2]);
    expect(padding(2)).toEqual([0, 1]);
    expect(padding(1)).toEqual([0, 0, 0]);
  });

  test('padding is marked as such', () => {
    const samples = [
      ...planBatches(indices(1), {
        count: 1,
        batchSize: 2,
        dropLast: false,
        remainder: 'pad',
        world: { rank: 2, size: 3 },
      }),
    ];
    expect(samples).toEqual([{ index: 0, batch: 0, slot: 0, of: 1, padding: true }]);
  });

  test("remainder: 'drop' leaves out what cannot be shared evenly, and shares the rest", () => {
    const [first, second] = ranks(2).map((world) =>
      plan(indices(7), { world, batchSize: 2, remainder: 'drop' }),
    );
    expect(first).toEqual([[0, 1], [4]]);
    expect(second).toEqual([[2, 3], [5]]);
  });

  const anyPlan = {
    count: fc.nat(60),
    batchSize: fc.integer({ min: 1, max: 7 }),
    size: fc.integer({ min: 1, max: 5 }),
    dropLast: fc.boolean(),
    remainder: fc.constantFrom('pad' as const, 'drop' as const),
  };

  property(
    'each sample comes once, except declared padding, and all processes get as much',
    [fc.record(anyPlan)],
    ({ count, size, ...rest }) => {
      const taken = ranks(size).map((world) => group(planBatches(indices(count), { count, world, ...rest })));
      const shapes = taken.map((batches) => batches.map(({ samples }) => samples.length));
      expect(new Set(shapes.map(String)).size).toBe(1);
      const samples = taken.flat().flatMap((batch) => batch.samples);
      const once = samples.filter(({ padding }) => !padding).map(({ index }) => index);
      expect(new Set(once).size).toBe(once.length);
      const stretch = rest.batchSize * size;
      if (rest.dropLast) expect(samples).toHaveLength(count - (count % stretch));
      else if (rest.remainder === 'drop') expect(samples).toHaveLength(count - ((count % stretch) % size));
      else {
        expect(once.toSorted((a, b) => a - b)).toEqual(indices(count));
        expect(samples.length - count).toBeLessThan(size);
      }
    },
  );

  property(
    'worlds of 1, 2 and 4 processes make the same batches together',
    [fc.nat(60), fc.integer({ min: 1, max: 4 }), fc.boolean()],
    (count, quarter, dropLast) => {
      const order = indices(count).toReversed();
      const together = [1, 2, 4].map((size) => {
        const shared = { count, batchSize: (4 * quarter) / size, dropLast, remainder: 'pad' as const };
        const parts = ranks(size).map((world) => group(planBatches(order, { ...shared, world })));
        return indices(parts[0]?.length ?? 0).map((batch) =>
          parts.flatMap((part) =>
            (part[batch]?.samples ?? []).filter(({ padding }) => !padding).map(({ index }) => index),
          ),
        );
      });
      expect(together[1]).toEqual(together[0]);
      expect(together[2]).toEqual(together[0]);
    },
  );

  property(
    'from a batch on it is the rest of the whole',
    [fc.record(anyPlan), fc.nat(10)],
    ({ count, size, ...rest }, from) => {
      for (const world of ranks(size)) {
        const whole = [...planBatches(indices(count), { count, world, ...rest })];
        const part = [...planBatches(indices(count), { count, world, ...rest }, from)];
        expect(part).toEqual(whole.filter(({ batch }) => batch >= from));
      }
    },
  );
});
