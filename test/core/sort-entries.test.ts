import { expect, test } from 'vitest';
import { entriesBelow, sortEntries } from '../../src/core/sort-entries.ts';
import type { FileEntry } from '../../src/core/source.ts';
import { fc, test as property } from '../property.ts';

const toEntries = (paths: readonly string[]): FileEntry[] =>
  paths.map((path) => ({ path, size: 0, version: '' }));

function sortAll(entries: readonly FileEntry[]): { sorted: readonly FileEntry[]; steps: number } {
  const steps = sortEntries(entries);
  for (let count = 0; ; count++) {
    const { done, value } = steps.next();
    if (done === true) return { sorted: value, steps: count };
  }
}

property(
  'sorts any number of paths as a sort in one go does, in many steps where they are many',
  [fc.integer({ min: 0, max: 9000 }), fc.integer({ min: 1, max: 1_000_003 })],
  (count, factor) => {
    const paths = Array.from({ length: count }, (_, index) => `${(index * factor) % 1_000_033} é`);
    const { sorted, steps } = sortAll(toEntries([...new Set(paths)]));
    expect(sorted.map(({ path }) => path)).toEqual([...new Set(paths)].sort());
    expect(steps).toBeGreaterThanOrEqual(Math.floor(sorted.length / 2000));
  },
);

test('entries of one path stay in their order, however many there are', () => {
  const entries = Array.from({ length: 9000 }, (_, index) => ({
    path: `${(index * 7) % 1000}`,
    size: index,
    version: '',
  }));
  const { sorted } = sortAll(entries);
  for (const [index, { path, size }] of sorted.entries()) {
    const before = sorted[index - 1];
    if (before?.path === path) expect(size).toBeGreaterThan(before.size);
  }
});

property(
  'finds what begins with a prefix as looking at each path does',
  [
    fc.array(fc.string({ unit: fc.constantFrom('a', 'b', '/', '\uffff', '😀'), maxLength: 5 })),
    fc.string({ unit: fc.constantFrom('a', 'b', '/', '\uffff', '😀'), maxLength: 3 }),
  ],
  (paths, prefix) => {
    const { sorted } = sortAll(toEntries([...new Set(paths)]));
    expect(entriesBelow(sorted, prefix)).toEqual(sorted.filter(({ path }) => path.startsWith(prefix)));
  },
);
