import { expect, test } from 'vitest';
import { joinedEntry, volumeSets } from '../../src/archives/part-list.ts';
import type { FileEntry } from '../../src/core/source.ts';

const entry = (path: string, size = 1, version = '1'): FileEntry => ({ path, size, version });

test('volumes of one file stand together in their order', () => {
  const paths = ['a/b.vtu.01.part', 'a/b.vtu.00.part', 'a/c.vtu', 'a/c.vtu.00.part', 'x.part', 'y.0.part'];
  const sets = volumeSets(paths.map((path) => entry(path)));
  expect(sets.map(({ path, volumes }) => [path, volumes.map((volume) => volume.path)])).toEqual([
    ['a/b.vtu', ['a/b.vtu.00.part', 'a/b.vtu.01.part']],
    ['a/c.vtu', ['a/c.vtu.00.part']],
  ]);
});

test('the file has the size of all, and a version that changes with each', () => {
  const join = (version: string): FileEntry =>
    joinedEntry({ path: 'v', volumes: [entry('v.00.part', 5), entry('v.01.part', 7, version)] });
  expect(join('1')).toMatchObject({ path: 'v', size: 12 });
  expect(join('1').version).toBe(join('1').version);
  expect(join('2').version).not.toBe(join('1').version);
});

test('the file is as new as its newest volume', () => {
  const days = [3, 9, 5].map((day) => new Date(Date.UTC(2026, 0, day)));
  const volumes = days.map((modified, index) => ({ ...entry(`v.0${index}.part`), modified }));
  expect(joinedEntry({ path: 'v', volumes }).modified).toEqual(days[1]);
});

test.each([
  [['v.01.part', 'v.02.part'], 'v.00.part is missing: there is v.01.part'],
  [['v.00.part', 'v.02.part'], 'v.01.part is missing: there is v.02.part'],
  [['v.00.part', 'v.000.part'], 'v.000.part has the number of another volume'],
])('%j are not all', (paths, message) => {
  expect(() => joinedEntry({ path: 'v', volumes: paths.map((path) => entry(path)) })).toThrow(message);
});
