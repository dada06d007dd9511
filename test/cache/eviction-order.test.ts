import fc from 'fast-check';
import { expect, test } from 'vitest';
import { farthestFirst } from '../../src/cache/eviction-order.ts';
import type { EvictionAdvice } from '../../src/core/eviction-advice.ts';

/** Advice of a plan that needs items one after the other. */
function adviceOf(items: readonly string[]): EvictionAdvice<string> {
  return {
    order: () => items.toReversed(),
    distance: (item) => (items.includes(item) ? items.indexOf(item) : undefined),
    gone: () => undefined,
    waiting: () => undefined,
  };
}

function order(...plans: readonly (readonly string[])[]): string[] {
  return [...farthestFirst(plans.map(adviceOf))].filter((item) => item !== undefined);
}

test('one plan gives its items, those that are needed last first', () => {
  expect(order(['a', 'b', 'c'])).toEqual(['c', 'b', 'a']);
});

test('of two plans the item goes first that is needed last of all', () => {
  expect(order(['a', 'b', 'c'], ['x'])).toEqual(['c', 'b', 'a', 'x']);
});

test('an item goes by the plan that needs it soonest', () => {
  expect(order(['a', 'b', 'c', 'd'], ['d', 'e'])).toEqual(['c', 'b', 'e', 'a', 'd']);
});

test('no plan is no order', () => {
  expect(order()).toEqual([]);
});

test('whatever the plans, each item comes once, and never before one that is needed later', () => {
  const plan = fc.uniqueArray(fc.constantFrom(...'abcdefghij'), { maxLength: 10 });
  fc.assert(
    fc.property(fc.array(plan, { minLength: 1, maxLength: 4 }), (plans) => {
      const soonest = (item: string): number =>
        Math.min(...plans.filter((items) => items.includes(item)).map((items) => items.indexOf(item)));
      const items = order(...plans);
      const distances = items.map(soonest);
      expect(new Set(items)).toEqual(new Set(plans.flat()));
      expect(distances).toEqual(distances.toSorted((a, b) => b - a));
    }),
  );
});
