import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { countBatches, planBatches } from '../../src/loader/plan.ts';

function batches(length: number, batchSize: number, dropLast: boolean): number[][] {
  const result: number[][] = [];
  let batch: number[] = [];
  const order = Array.from({ length }, (_, index) => index);
  for (const { index, endsBatch } of planBatches(order, { length, batchSize, dropLast })) {
    batch.push(index);
    if (!endsBatch) continue;
    result.push(batch);
    batch = [];
  }
  expect(batch).toEqual([]);
  return result;
}

describe('planBatches', () => {
  test('the last batch holds what is left', () => {
    expect(batches(5, 2, false)).toEqual([[0, 1], [2, 3], [4]]);
  });
  test('dropLast leaves out a batch that is not full', () => {
    expect(batches(5, 2, true)).toEqual([
      [0, 1],
      [2, 3],
    ]);
    expect(batches(4, 2, true)).toHaveLength(2);
    expect(batches(1, 2, true)).toEqual([]);
  });
  test('gives as many batches as countBatches says, all but the last one full', () => {
    fc.assert(
      fc.property(
        fc.nat(100),
        fc.integer({ min: 1, max: 20 }),
        fc.boolean(),
        (length, batchSize, dropLast) => {
          const planned = batches(length, batchSize, dropLast);
          expect(planned).toHaveLength(countBatches({ length, batchSize, dropLast }));
          for (const batch of planned.slice(0, -1)) expect(batch).toHaveLength(batchSize);
          const kept = dropLast ? length - (length % batchSize) : length;
          expect(planned.flat()).toEqual(Array.from({ length: kept }, (_, index) => index));
        },
      ),
    );
  });
});
