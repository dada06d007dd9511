import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { isVascuError } from '../../src/core/errors.ts';
import type { Metadata } from '../../src/core/graph.ts';
import { VascuDataset } from '../../src/dataset/vascu-dataset.ts';
import { compileFilter } from '../../src/metadata/filter-expression.ts';
import { smallVtu } from '../dataset/small-mesh.ts';
import { failureOf, makeFolder } from '../temporary-folder.ts';

/** Warnings of filters while a test runs. */
function watchWarnings(): string[] {
  const said: string[] = [];
  const spy = vi.spyOn(process, 'emitWarning').mockImplementation(((message: string, options: object) => {
    expect(options).toEqual({ type: 'VascuSimWarning', code: 'VASCUSIM_FILTER' });
    said.push(message);
  }) as typeof process.emitWarning);
  onTestFinished(() => spy.mockRestore());
  return said;
}

const TEXTS: Metadata = { age: '60', low: ' -1.5e1 ', healthy: 'True', id: '007', label: 7, ids: ['1', '2'] };

describe('a text of the metadata that reads as a number', () => {
  test.each([
    ['age > 50'],
    ['50 < age'],
    ['age <= 60'],
    ['age == 60'],
    ['!(age != 60)'],
    ['age in [50, 60]'],
    ['age not in [50]'],
    ['low == -15'],
    ['age + 1 == 61'],
    ['2 * age > 119'],
    ['max(age, 3) == 60'],
    ['abs(low) == 15'],
    ['2 in ids'],
    ['healthy == true'],
    ['true == healthy'],
    ['startsWith(label, "7")'],
    ['id == "007"'],
  ])('counts as one: %s', (expression) => {
    const said = watchWarnings();
    expect(compileFilter(expression)(TEXTS)).toBe(true);
    expect(said).toEqual([]);
  });

  test('is a text beside a text', () => {
    expect(compileFilter('age > "7"')(TEXTS)).toBe(false);
    expect(compileFilter('age == "60"')(TEXTS)).toBe(true);
  });
});

describe('values that cannot be compared', () => {
  test.each([
    ['age > 50', { age: 'n/a' }, '"age > 50" met "n/a" and 50'],
    ['exists(age) && 50 >= age', { age: '0,5' }, '"50 >= age" met 50 and "0,5"'],
    ['age == "60"', { age: 60 }, '"age == "60"" met 60 and "60"'],
    ['age > "50"', { age: 60 }, 'met 60 and "50"'],
    ['id == 7', { id: '007' }, 'met "007" and 7'],
    ['age in [1, 2]', { age: 'old' }, '"age in [1, 2]" met "old" and 1'],
    ['age in ["1"]', { age: 1 }, 'met 1 and "1"'],
    ['part in name', { part: 3, name: 'M3' }, 'met 3 and "M3"'],
    ['age * 2 > 100', { age: 'old' }, '"age * 2" met "old" and 2'],
    ['healthy == 1', { healthy: true }, 'met true and 1'],
    ['sizes > 3', { sizes: [1, 2] }, 'met an array of 2 and 3'],
    ['(age) > 50', { age: 'x'.repeat(10_000) }, 'characters) and 50'],
  ])('%s is false, and said in a line', (expression, metadata, part) => {
    const said = watchWarnings();
    const filter = compileFilter(expression);
    expect(filter(metadata)).toBe(false);
    expect(said).toHaveLength(1);
    expect(said[0]).toContain(part);
    expect(said[0]?.length).toBeLessThan(400);
  });

  test('are said once a comparison, however many samples there are', () => {
    const said = watchWarnings();
    const filter = compileFilter('age > 50 || flow < 1');
    for (let sample = 0; sample < 100; sample++) filter({ age: `n/a ${sample}`, flow: 'none' });
    expect(said).toHaveLength(2);
  });

  test.each([
    ['age > 50', {}],
    ['age > 50', { age: null }],
    ['age != 50', { age: 'n/a' }],
    ['age == null', { age: 'n/a' }],
    ['age == 60', { age: 50 }],
    ['age in []', { age: 5 }],
    ['age > 50', { age: Number.NaN }],
  ])('are none in %s of %j', (expression, metadata) => {
    const said = watchWarnings();
    compileFilter(expression)(metadata);
    expect(said).toEqual([]);
  });
});

test.each([['n > 4'], [{}], [null]])('a filterFn that is no function is refused: %j', async (filterFn) => {
  const sourceUrl = await makeFolder({ 'a.vtu': smallVtu() });
  const error = await failureOf(VascuDataset.open({ sourceUrl, filterFn: filterFn as never }));
  expect(isVascuError(error, 'CONFIG') && error.option).toBe('filterFn');
  expect(String(error)).toContain('compileFilter');
});
