import { expect, test } from 'vitest';
import { PlanOrder } from '../../src/dataset/plan-order.ts';
import type { SampleFiles } from '../../src/dataset/sample-files.ts';

const COUNT = 1000;

/** Order of a plan over samples of one file each in a small cache, and the samples whose files were looked at. */
async function stage(cached: readonly number[]) {
  const seen: number[] = [];
  const files: SampleFiles = {
    entries: (index) => {
      seen.push(index);
      return [{ path: `${index}.vtu`, size: 1, version: '1' }];
    },
    bytes: () => 1,
    hold: () => Promise.reject(new Error('nobody asks for it')),
    isCached: (index) => Promise.resolve(cached.includes(index)),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  const samples = Array.from({ length: COUNT }, (_, index) => index);
  const order = new PlanOrder(files, { order: samples, afterwards: samples, concurrency: 1 }, COUNT);
  await order.findCached(10, new AbortController().signal);
  seen.length = 0;
  return { order, seen, lastFirst: () => Array.from(order.lastFirst(), ({ path }) => path) };
}

test('files that may go come last first, and only samples that may be cached are looked at', async () => {
  const { order, seen, lastFirst } = await stage([0, 1, 500, 999]);
  order.advance();
  order.advance();
  expect(lastFirst()).toEqual(['1.vtu', '0.vtu', '999.vtu', '500.vtu']);
  expect(new Set(seen)).toEqual(new Set([0, 1, 500, 999]));
});

test('a sample whose file went away is looked at once more and then no more, until it is cached again', async () => {
  const { order, seen, lastFirst } = await stage([7, 8]);
  order.forget({ path: '7.vtu', size: 1, version: '1' });
  expect(lastFirst()).toEqual(['8.vtu']);
  seen.length = 0;
  expect(lastFirst()).toEqual(['8.vtu']);
  expect(seen).not.toContain(7);
  order.countCached(7);
  expect(lastFirst()).toEqual(['8.vtu', '7.vtu']);
});

test('a file that several samples have goes with the one that needs it first', async () => {
  const mesh = { path: 'mesh.vtu', size: 1, version: '1' };
  const entries = (index: number) => [
    { path: `${index}.vtu`, size: 1, version: '1' },
    ...(index < 4 ? [mesh] : []),
  ];
  const files: SampleFiles = {
    entries,
    sharedEntries: (index) => entries(index).slice(1),
    bytes: () => 2,
    hold: () => Promise.reject(new Error('nobody asks for it')),
    isCached: () => Promise.resolve(true),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  const plan = { order: [0, 1, 4, 2, 5, 3], afterwards: [5, 0, 4, 1, 2, 3], concurrency: 1 };
  const order = new PlanOrder(files, plan, 6);
  await order.findCached(10, new AbortController().signal);
  const lastFirst = (): string[] => Array.from(order.lastFirst(), ({ path }) => path.replace('.vtu', ''));
  order.advance();
  expect(lastFirst()).toEqual(['0', '3', '5', '2', '4', '1', 'mesh']);
  expect(order.distance(mesh)).toBe(0);
  for (let step = 0; step < 2; step++) order.advance();
  expect(lastFirst()).toEqual(['1', '4', '0', '3', '5', '2', 'mesh']);
  for (let step = 0; step < 3; step++) order.advance();
  expect(lastFirst()).toEqual(['3', '2', '1', '4', '0', 'mesh', '5']);
  expect(order.distance(mesh)).toBe(1);
});
