import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { lazyArray } from '../../src/dataset/lazy-array.ts';

function makeNumbers(length: number) {
  const made: number[] = [];
  const all = lazyArray(length, (index) => {
    made.push(index);
    return { index };
  });
  return { all, made };
}

test('an element is made when it is looked at, and is the same the next time', () => {
  const { all, made } = makeNumbers(1_000_000);
  const one = all[999_999];
  expect(one).toEqual({ index: 999_999 });
  expect(all[999_999]).toBe(one);
  expect(all.at(-1)).toBe(one);
  expect(made).toEqual([999_999]);
});

test('it is an array to whoever reads it', () => {
  const { all } = makeNumbers(3);
  const plain = [{ index: 0 }, { index: 1 }, { index: 2 }];
  expect(Array.isArray(all)).toBe(true);
  expect(all).toEqual(plain);
  expect(all).toHaveLength(3);
  expect([...all]).toEqual(plain);
  expect(Object.keys(all)).toEqual(['0', '1', '2']);
  expect([...all.entries()].map(([at]) => at)).toEqual([0, 1, 2]);
  expect(all.map(({ index }) => index)).toEqual([0, 1, 2]);
  expect(all.filter(({ index }) => index > 0)).toEqual(plain.slice(1));
  expect(all.find(({ index }) => index === 1)).toEqual({ index: 1 });
  expect(all.slice(1)).toEqual(plain.slice(1));
  expect([{ index: -1 }].concat(all)).toHaveLength(4);
  expect(all.toSorted((a, b) => b.index - a.index)).toEqual(plain.toReversed());
  const [first] = all;
  expect(first && all.indexOf(first)).toBe(0);
  expect(JSON.stringify(all)).toBe(JSON.stringify(plain));
  expect([3 in all, 2 in all, all[3], all[-1]]).toEqual([false, true, undefined, undefined]);
});

test('it is shown with its first elements', () => {
  expect(inspect(makeNumbers(2).all)).toBe('[ { index: 0 }, { index: 1 } ]');
  const { all, made } = makeNumbers(1_000_000);
  expect(inspect(all)).toMatch(/\{ index: 99 \},\s+\.\.\. 999900 more items/);
  expect(made).toHaveLength(100);
});

test('nothing of it can be changed', () => {
  const all = makeNumbers(2).all as { index: number }[];
  expect(() => all.push({ index: 2 })).toThrow(TypeError);
  expect(() => all.sort((a, b) => b.index - a.index)).toThrow(TypeError);
  expect(() => {
    all[0] = { index: 5 };
  }).toThrow(TypeError);
  expect(all).toEqual([{ index: 0 }, { index: 1 }]);
});
