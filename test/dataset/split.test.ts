import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type SplitGroup, splitSteps } from '../../src/dataset/split.ts';

function splitGroups(groups: readonly SplitGroup[], fractions: readonly number[], seed: number): Int32Array {
  const steps = splitSteps(groups, fractions, seed);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

const groupsOf = (sizes: readonly number[], strata: readonly string[] = []): SplitGroup[] =>
  sizes.map((size, at) => ({ id: `case_${at}`, size, stratum: strata[at] }));

function sizesOf(groups: readonly SplitGroup[], chosen: Int32Array, splits: number): number[] {
  const sizes = Array.from({ length: splits }, () => 0);
  for (const [at, split] of chosen.entries())
    if (split >= 0) (sizes[split] as number) += groups[at]?.size ?? 0;
  return sizes;
}

/** Fractions of tenths of a percent that make up 1. */
const fractions = fc
  .array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 4 })
  .map((parts) => parts.map((part) => part / parts.reduce((sum, each) => sum + each, 0)));

test.each([
  [10, [0.8, 0.1, 0.1], [8, 1, 1]],
  [7, [0.5, 0.5], [4, 3]],
  [10, [0.7, 0.2, 0.1], [7, 2, 1]],
  [101, [0.7, 0.2, 0.1], [71, 20, 10]],
  [3, [0.9, 0.05, 0.05], [1, 1, 1]],
  [10, [0.5, 0.25], [5, 3]],
])('%i samples are split by the largest remainder, none empty: %j', (count, shares, sizes) => {
  const groups = groupsOf(Array.from({ length: count }, () => 1));
  expect(sizesOf(groups, splitGroups(groups, shares, 0), shares.length)).toEqual(sizes);
});

test('fractions that make up 1 leave nothing out, and no split misses its size by more than the largest group', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 4, maxLength: 60 }),
      fractions,
      fc.integer(),
      (sizes, shares, seed) => {
        const groups = groupsOf(sizes);
        const chosen = splitGroups(groups, shares, seed);
        expect([...chosen].every((split) => split >= 0)).toBe(true);
        const found = sizesOf(groups, chosen, shares.length);
        const total = sizes.reduce((sum, size) => sum + size, 0);
        const misses = found.map((size, split) => Math.abs(size - (shares[split] as number) * total));
        expect(found.every((size) => size > 0)).toBe(true);
        // A split that is to have less than a group has one all the same.
        const isForced = shares.some((share) => share * total < Math.max(...sizes));
        if (!isForced) expect(Math.max(...misses)).toBeLessThanOrEqual(Math.max(...sizes) + 1e-9);
      },
    ),
    { numRuns: 500 },
  );
});

test('the order of the groups does not matter', () => {
  fc.assert(
    fc.property(
      fc
        .array(fc.integer({ min: 1, max: 3 }), { minLength: 4, maxLength: 30 })
        .chain((sizes) =>
          fc.tuple(
            fc.constant(groupsOf(sizes)),
            fc.shuffledSubarray(groupsOf(sizes), { minLength: sizes.length }),
          ),
        ),
      fractions,
      ([groups, shuffled], shares) => {
        const one = new Map(groups.map(({ id }, at) => [id, splitGroups(groups, shares, 3)[at]]));
        const other = splitGroups(shuffled, shares, 3);
        for (const [at, { id }] of shuffled.entries()) expect(other[at]).toBe(one.get(id));
      },
    ),
  );
});

describe('seeds', () => {
  const spread = (groups: readonly SplitGroup[]): number =>
    new Set([0, 1, 2, 3, 4].map((seed) => splitGroups(groups, [0.5, 0.5], seed).join())).size;

  test('make other splits of samples', () => {
    expect(spread(groupsOf(Array.from({ length: 20 }, () => 1)))).toBe(5);
  });

  test('make other splits also of groups of which no two have one size', () => {
    expect(spread(groupsOf(Array.from({ length: 20 }, (_, at) => at + 1)))).toBe(5);
  });
});

describe('strata', () => {
  test('have their share in each split, but for one group, and all together as without them', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 5, maxLength: 80 }),
        fractions,
        (strata, shares) => {
          const names = strata.map(String);
          const groups = groupsOf(
            names.map(() => 1),
            names,
          );
          const plain = groupsOf(names.map(() => 1));
          const chosen = splitGroups(groups, shares, 1);
          expect(sizesOf(groups, chosen, shares.length)).toEqual(
            sizesOf(plain, splitGroups(plain, shares, 1), shares.length),
          );
          for (const stratum of new Set(names)) {
            const members = [...groups.keys()].filter((at) => names[at] === stratum);
            for (const [split, share] of shares.entries()) {
              const found = members.filter((at) => chosen[at] === split).length;
              expect(Math.abs(found - share * members.length)).toBeLessThan(2 + 1e-9);
            }
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  test('two of ten and forty are halved exactly', () => {
    const names = Array.from({ length: 50 }, (_, at) => (at < 10 ? 'ill' : 'well'));
    const groups = groupsOf(
      names.map(() => 1),
      names,
    );
    const chosen = splitGroups(groups, [0.8, 0.2], 0);
    const inTest = [...chosen.keys()].filter((at) => chosen[at] === 1);
    expect(inTest.filter((at) => names[at] === 'ill')).toHaveLength(2);
    expect(inTest).toHaveLength(10);
  });

  test('of groups of several sizes are spread as far as sizes allow', () => {
    const names = Array.from({ length: 60 }, (_, at) => (at % 3 === 0 ? 'ill' : 'well'));
    const groups = groupsOf(
      names.map((_, at) => 1 + (at % 4)),
      names,
    );
    const chosen = splitGroups(groups, [0.5, 0.5], 0);
    const ofIll = groups.filter((_, at) => names[at] === 'ill');
    const total = ofIll.reduce((sum, { size }) => sum + size, 0);
    const inFirst = ofIll
      .filter((group) => chosen[groups.indexOf(group)] === 0)
      .reduce((sum, { size }) => sum + size, 0);
    expect(Math.abs(inFirst - total / 2)).toBeLessThanOrEqual(4);
  });
});

test.each([
  [[1.1], /at most 1/],
  [[0.6, 0.5], /1\.1 together/],
  [[0], /above 0/],
  [[Number.NaN], /fraction/],
  [[], /names with fractions/],
  [[0.5, 0.3, 0.2], /2 groups cannot make 3 splits/],
])('fractions %j are refused', (shares, message) => {
  expect(() => splitGroups(groupsOf([1, 1]), shares, 0)).toThrow(message);
});
