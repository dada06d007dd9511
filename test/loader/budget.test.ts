import { describe, expect, test } from 'vitest';
import { isVascuError } from '../../src/core/errors.ts';
import { PackedBatches } from '../../src/loader/batch-assembler.ts';
import { type Budget, dealBatches, type PackOptions, packEpoch } from '../../src/loader/budget.ts';
import { fc, test as property } from '../property.ts';
import { makeGraph } from './graphs.ts';

const NO_LIMIT: Budget = { maxSamples: Infinity, maxNodes: Infinity, maxEdges: Infinity, oversize: 'alone' };

/** Batches as lists of sizes. */
function pack(
  sizes: readonly number[],
  budget: Partial<Budget>,
  more: Partial<PackOptions> = {},
): number[][] {
  const options: PackOptions = {
    budget: { ...NO_LIMIT, ...budget },
    sizeOf: (index) => ({ numNodes: sizes[index] as number, numEdges: 2 * (sizes[index] as number) }),
    nameOf: (index) => `case_${index}`,
    dropLast: false,
    remainder: 'pad',
    world: { rank: 0, size: 1 },
    ...more,
  };
  const batches: number[][] = [];
  for (const { index, slot, batch } of dealBatches(packEpoch(sizes.keys(), options), options)) {
    if (slot === 0) batches.push([]);
    expect(batches).toHaveLength(batch + 1);
    batches.at(-1)?.push(sizes[index] as number);
  }
  return batches;
}

describe('batches within a budget', () => {
  test('take samples until the next one does not fit', () => {
    expect(pack([4, 3, 3, 1, 9, 2], { maxNodes: 10 })).toEqual([[4, 3, 3], [1, 9], [2]]);
    expect(pack([4, 3, 3, 1, 9, 2], { maxEdges: 16 })).toEqual([[4, 3], [3, 1], [9], [2]]);
    expect(pack([1, 1, 1, 1, 1], { maxNodes: 100, maxSamples: 2 })).toEqual([[1, 1], [1, 1], [1]]);
  });

  test('a sample over the budget is a batch of its own', () => {
    expect(pack([4, 30, 3], { maxNodes: 10 })).toEqual([[4], [30], [3]]);
  });

  test("or, with oversize: 'error', an error that names it", () => {
    let error: unknown;
    try {
      pack([4, 30, 3], { maxNodes: 10, oversize: 'error' });
    } catch (thrown) {
      error = thrown;
    }
    expect(isVascuError(error, 'CONFIG') && error.option).toBe('maxNodesPerBatch');
    expect(String(error)).toContain('case_1 has 30 nodes');
  });

  test('dropLast keeps a last batch that is full', () => {
    expect(pack([5, 5, 5], { maxNodes: 10 }, { dropLast: true })).toEqual([[5, 5]]);
    expect(pack([5, 5, 5, 5], { maxNodes: 10 }, { dropLast: true })).toEqual([
      [5, 5],
      [5, 5],
    ]);
  });

  test('are dealt to processes in turn; missing ones are padded or dropped', () => {
    const sizes = [10, 9, 8, 7, 6];
    const deal = (rank: number, remainder: 'pad' | 'drop'): number[][] =>
      pack(sizes, { maxNodes: 10 }, { world: { rank, size: 2 }, remainder });
    expect([deal(0, 'pad'), deal(1, 'pad')]).toEqual([
      [[10], [8], [6]],
      [[9], [7], [10]],
    ]);
    expect([deal(0, 'drop'), deal(1, 'drop')]).toEqual([
      [[10], [8]],
      [[9], [7]],
    ]);
  });

  property(
    'hold each sample once, within the budget, and are the same made as samples come',
    [
      fc.array(fc.nat(12), { maxLength: 40 }),
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 1, max: 5 }),
      fc.boolean(),
    ],
    (sizes, maxNodes, maxSamples, dropLast) => {
      const budget = { ...NO_LIMIT, maxNodes, maxSamples };
      const batches = pack(sizes, budget, { dropLast });
      if (!dropLast) expect(batches.flat()).toEqual(sizes);
      for (const batch of batches) {
        expect(batch.length).toBeLessThanOrEqual(maxSamples);
        if (batch.length > 1)
          expect(batch.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(maxNodes);
      }
      const assembler = new PackedBatches(budget, dropLast, 0);
      const placed = sizes.map((size, slot) => ({
        index: slot,
        slot,
        batch: -1,
        of: Infinity,
        padding: false,
        fetchMs: 0,
        decodeMs: 0,
        graph: makeGraph(`${slot}`, size),
      }));
      const groups = [...placed.flatMap((sample) => assembler.add(sample)), ...assembler.end()];
      expect(groups.map(({ samples }) => samples.map(({ graph }) => graph.numNodes))).toEqual(batches);
      expect(groups.map(({ batch }) => batch)).toEqual([...batches.keys()]);
    },
  );
});
