import { describe, expect, test } from 'vitest';
import type { Statistics } from '../../src/core/statistics.ts';
import { mergeStatistics, Shard, VascuDataset } from '../../src/index.ts';
import { smallVtu } from '../dataset/small-mesh.ts';
import { makeFolder } from '../temporary-folder.ts';

/** Numbers of two statistics side by side, whatever they are nested in. */
function numbersOf(value: unknown): number[] {
  if (typeof value === 'number') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(numbersOf) : [];
}

function expectClose(merged: Statistics, whole: Statistics): void {
  const [a, b] = [numbersOf(merged), numbersOf(whole)];
  expect(a).toHaveLength(b.length);
  for (const [at, value] of a.entries()) {
    const expected = b[at] as number;
    expect(Math.abs(value - expected)).toBeLessThanOrEqual(1e-12 * Math.max(1, Math.abs(expected)));
  }
}

describe('mergeStatistics', () => {
  test('of shares gives what measuring all gives', async () => {
    const files: Record<string, string> = {};
    for (let index = 0; index < 9; index++) {
      const pointData = { pressure: 1000 + Math.sin(index) * 3, ...(index % 3 === 0 ? { age: index } : {}) };
      files[`c${index}.vtu`] = smallVtu({ points: 5 + 3 * index, pointData, cellData: { region: index } });
    }
    await using dataset = await VascuDataset.open({ sourceUrl: await makeFolder(files) });
    const whole = await dataset.measure();
    const parts: Statistics[] = [];
    for (let index = 0; index < 4; index++) {
      parts.push(await dataset.shard(new Shard({ index, count: 4 })).measure());
    }
    const merged = mergeStatistics(parts);
    expect(Object.keys(merged.fields).toSorted()).toEqual(Object.keys(whole.fields).toSorted());
    const sorted = (each: Statistics): Statistics => ({
      ...each,
      fields: Object.fromEntries(Object.entries(each.fields).toSorted(([a], [b]) => (a < b ? -1 : 1))),
    });
    expectClose(sorted(merged), sorted(whole));
  });

  test('of one gives that one', async () => {
    const folder = await makeFolder({ 'a.vtu': smallVtu({ points: 9 }) });
    await using dataset = await VascuDataset.open({ sourceUrl: folder });
    const whole = await dataset.measure();
    expect(mergeStatistics([whole])).toEqual(whole);
  });

  const field = { count: 2, missing: 0, nonFinite: [0], min: [1], max: [3], mean: [2], std: [1], shape: [] };
  const part = (fields: Statistics['fields'], samples = 1): Statistics => ({
    samples,
    nodes: 2,
    cells: 1,
    fields,
  });

  test('counts samples of shares that lack an array, and shares without samples', () => {
    const empty = part({}, 0);
    const merged = mergeStatistics([part({ 'node.p': field }), part({}, 3), empty]);
    expect(merged).toMatchObject({ samples: 4, fields: { 'node.p': { missing: 3, count: 2, mean: [2] } } });
  });

  test('keeps what is not known', () => {
    const none = { ...field, count: 2, nonFinite: [2], min: [null], max: [null], mean: [null], std: [null] };
    const merged = mergeStatistics([part({ 'node.p': none }), part({ 'node.p': field })]);
    expect(merged.fields['node.p']).toMatchObject({
      nonFinite: [2],
      min: [1],
      max: [3],
      mean: [2],
      std: [1],
    });
    const large = { ...field, mean: [null], std: [null] };
    expect(mergeStatistics([part({ p: large }), part({ p: field })]).fields['p']).toMatchObject({
      min: [1],
      max: [3],
      mean: [null],
      std: [null],
    });
  });

  test.each<[string, unknown]>([
    ['nothing', []],
    ['no list', 5],
    ['no statistics', [{}]],
    ['a field that is none', [part({ p: { ...field, mean: [] } })]],
    ['two shapes', [part({ p: field }), part({ p: { ...field, shape: [1] } })]],
  ])('refuses %s', (_, parts) => {
    expect(() => mergeStatistics(parts as Statistics[])).toThrow(
      expect.objectContaining({ code: 'CONFIG', option: 'statistics' }),
    );
  });
});
