import { describe, expect, test } from 'vitest';
import { ConfigError } from '../../../src/core/errors.ts';
import { parseTables } from '../../../src/dataset/tables/table-options.ts';

/** Parses what the types would not let pass. */
const parse = (metadata: unknown) => parseTables(metadata as string);

describe('parseTables', () => {
  test('takes one table or several', () => {
    const tables = parse(['a.csv', { file: new URL('file:///x/b.json'), key: ['case', 'flow'] }, 'c.JSONL']);
    expect(tables.map(({ file, form }) => [file, form])).toEqual([
      ['a.csv', 'csv'],
      ['file:///x/b.json', 'json'],
      ['c.JSONL', 'jsonl'],
    ]);
    expect(tables[1]?.keys?.map(({ name, column }) => [name, column])).toEqual([
      ['case', 'case'],
      ['flow', 'flow'],
    ]);
  });

  test('braces behind a sign are a part of the name', () => {
    expect(parse(String.raw`a\{b\}.csv`)[0]).toMatchObject({ file: 'a{b}.csv', template: undefined });
  });

  test.each([
    [5, /takes tables such as/],
    [[null], /takes tables such as/],
    ['', /needs its file/],
    [{ key: 'a' }, /needs its file/],
    [{ file: 'a.csv', keys: 'a' }, /has no option "keys"/],
    ['a.xlsx', /"a\.xlsx" is no table.*\.csv, \.jsonl or \.json/],
    [{ file: 'a.csv', key: 5 }, /key of a table.*not 5/],
    [{ file: 'a.csv', key: [] }, /key of a table/],
    [{ file: 'a.csv', key: Array.from({ length: 17 }, String) }, /17 names as key: the most are 16/],
    [{ file: 'a.csv', key: 'a', column: '' }, /column of a table/],
    [{ file: 'a.csv', key: ['a', 'b'], column: 'c' }, /2 names as key and 1 as column/],
    [{ file: 'a.csv', column: ['c', 'd'] }, /several columns without a key/],
    ['{case.csv', /no capture|without its other half/],
    ['{1}.csv', /no capture/],
    ['{case}/*.csv', /may stand for several files/],
    [{ file: '{case}.csv', key: 'case' }, /one file a sample by its captures/],
    ['https://host/x.csv', /"https:\/\/host\/x\.csv" is an address/],
    [new URL('https://host/x.csv'), /is an address/],
    ['file://host/x.csv', /is no file of this machine/],
  ])('%j is a ConfigError', (metadata, message) => {
    let error: unknown;
    try {
      for (const { sourcePaths } of parse(metadata)) sourcePaths('');
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(ConfigError);
    expect(String(error)).toMatch(message);
  });
});
