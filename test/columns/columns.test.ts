import { describe, expect, test } from 'vitest';
import { FileColumns, type ListedFile } from '../../src/columns/file-columns.ts';
import { NumberColumn } from '../../src/columns/number-column.ts';
import { sortRows } from '../../src/columns/sorted-rows.ts';
import { TextColumn } from '../../src/columns/text-column.ts';
import { TextIndex } from '../../src/columns/text-index.ts';
import { TimeSlice } from '../../src/core/time-slice.ts';
import { fc, test as property } from '../property.ts';

const TEXTS = fc.array(
  fc.oneof(
    fc.string({ maxLength: 12 }),
    fc.string({ unit: 'binary', maxLength: 12 }),
    fc.constant('\ud800x'),
  ),
);

describe('a column of numbers', () => {
  test('keeps each, also beyond a chunk, and lets one be changed', () => {
    const column = new NumberColumn(Uint32Array);
    for (let row = 0; row < 70_000; row++) column.push(row * 7);
    column.set(65_536, 1);
    expect([column.length, column.at(0), column.at(65_535), column.at(65_536), column.at(69_999)]).toEqual([
      70_000,
      0,
      65_535 * 7,
      1,
      69_999 * 7,
    ]);
  });
});

describe('a column of texts', () => {
  property('gives each text as it was, also halves of surrogate pairs', [TEXTS], (texts) => {
    const column = new TextColumn();
    for (const text of texts) column.push(text);
    expect(texts.map((_, row) => column.at(row))).toEqual(texts);
  });

  test('keeps texts of all lengths in more than one block', () => {
    const column = new TextColumn();
    const texts = Array.from({ length: 60 }, (_, row) => 'aé𝒳'[row % 3]?.repeat(row ** 3 % 70_001) ?? '');
    for (const text of texts) column.push(text);
    expect(texts.every((text, row) => column.at(row) === text)).toBe(true);
  });
});

describe('an index of texts', () => {
  property(
    'finds each of them, and nothing else',
    [fc.uniqueArray(fc.string()), fc.string()],
    async (texts, other) => {
      const index = await TextIndex.build((row) => texts[row] ?? '', texts.length, new TimeSlice());
      expect(texts.map((text) => index.find(text))).toEqual([...texts.keys()]);
      expect(index.find(other)).toBe(texts.includes(other) ? texts.indexOf(other) : undefined);
    },
  );
});

describe('rows that are sorted', () => {
  property(
    'come by their texts as the engine sorts them, equal ones by their number',
    [TEXTS],
    async (texts) => {
      const sorted = await sortRows((row) => texts[row] ?? '', texts.length, new TimeSlice());
      expect([...sorted].map((row) => texts[row])).toEqual(texts.toSorted());
      const isStable = [...sorted].every(
        (row, at, all) => at === 0 || texts[row] !== texts[all[at - 1] ?? 0] || row > (all[at - 1] ?? 0),
      );
      expect(isStable).toBe(true);
    },
  );

  test('come in order when they are merged of several stretches', async () => {
    const texts = Array.from({ length: 7000 }, (_, row) => String((row * 7919) % 5003));
    const sorted = await sortRows((row) => texts[row] ?? '', texts.length, new TimeSlice());
    expect([...sorted].map((row) => texts[row])).toEqual(texts.toSorted());
  });
});

describe('columns of files', () => {
  const sha256 = 'ab'.repeat(32);
  const modified = new Date('2026-01-31T12:00:00.5Z');
  const none = { modified: undefined, checksum: undefined };
  const files: readonly ListedFile[] = [
    {
      path: 'a.vtu',
      size: 3,
      version: `sha256:${sha256}`,
      modified: undefined,
      checksum: { algorithm: 'sha256', value: sha256 },
    },
    { path: 'b.vtu', size: 0, version: `listed:0-${modified.getTime()}`, modified, checksum: undefined },
    {
      path: 'c.vtu',
      size: 5,
      version: 'ab'.repeat(20),
      ...none,
      checksum: { algorithm: 'git-sha1', value: 'ab'.repeat(20) },
    },
    {
      path: 'd.vtu',
      size: 6,
      version: '"etag"',
      ...none,
      checksum: { algorithm: 'md5', value: 'cd'.repeat(16) },
    },
    {
      path: 'größe/𝒳.vtu',
      size: 7,
      version: 'x',
      ...none,
      checksum: { algorithm: 'md5', value: 'CD'.repeat(16) },
    },
    {
      path: 'e.vtu',
      size: 8,
      version: 'y',
      ...none,
      checksum: { algorithm: 'sha256', value: `${'ab'.repeat(31)}xx` },
    },
    { path: 'f.vtu', size: undefined, version: undefined, ...none },
    { path: 'g.vtu', size: 2 ** 50, version: '', ...none },
  ];

  test('give each file as it was', () => {
    const columns = new FileColumns();
    for (const file of files) columns.push(file);
    expect(files.map((_, row) => columns.at(row))).toEqual(files);
  });

  test('know whether something is unknown of one of them', () => {
    const columns = new FileColumns();
    for (const file of files.slice(0, 6)) columns.push(file);
    expect(columns.isComplete).toBe(true);
    for (const file of files.slice(6)) columns.push(file);
    expect(columns.isComplete).toBe(false);
  });
});
