import { describe, expect, test } from 'vitest';
import { TimeSlice } from '../../../src/core/time-slice.ts';
import { readOwnTable } from '../../../src/dataset/tables/own-table.ts';
import { failureOf } from '../../temporary-folder.ts';

const read = (text: string, form: 'csv' | 'json' | 'jsonl' = 'csv') =>
  readOwnTable(new TextEncoder().encode(text), `run_1/params.${form}`, form, new TimeSlice());

describe('a table of one sample', () => {
  test.each([
    ['one row', 'Run, Length, Height\n1, 4.6, -.01\n', { Run: 1, Length: 4.6, Height: -0.01 }],
    ['one row of two columns', 'Cd, Cl\n0.26, 0.05\n', { Cd: 0.26, Cl: 0.05 }],
    ['one row, a column of it without a name', ',Cd,Cl,\n0,0.26,0.05,\n', { Cd: 0.26, Cl: 0.05 }],
    ['one column', 'Cd\n0.26\n', { Cd: 0.26 }],
    [
      'pairs, more than two',
      'shape,oval\nlength,4.6\nside,left\n',
      { shape: 'oval', length: 4.6, side: 'left' },
    ],
    ['pairs with a header', 'Parameter;Value\nlength;4,6\n', { length: '4,6' }],
    ['pairs, the first of them a number', 'length,4.6\nside,left\n', { length: 4.6, side: 'left' }],
    [
      'pairs with commas in numbers',
      'length;4,6\nwidth;2\nside;left\n',
      { length: '4,6', width: 2, side: 'left' },
    ],
    ['a single pair', 'length,4.6\n', { length: 4.6 }],
    ['a row behind empty ones', '\ufeff\r\n,,\r\nCd,Cl\r\n,\r\n0.26,0.05\r\n', { Cd: 0.26, Cl: 0.05 }],
    ['quoted line breaks', 'note, Cl\n"a\nb", 0.05\n', { note: 'a\nb', Cl: 0.05 }],
  ])('may be %s', async (_, text, expected) => {
    expect(await read(text)).toEqual(expected);
  });

  test('may be a JSON object, also on a line', async () => {
    expect(await read('{"wind": 11, "coefficients": {"drag": NaN}}', 'json')).toEqual({
      wind: 11,
      coefficients: { drag: Number.NaN },
    });
    expect(await read('\n{"wind": 11}\n', 'jsonl')).toEqual({ wind: 11 });
  });

  test.each([
    ['', 'csv', /empty/],
    ['a,b,c\n', 'csv', /has no row/],
    ['a,b,c\n1,2,3\n4,5,6\n', 'csv', /has 2 rows.*one row/],
    ['a,b,c\n1,2\n', 'csv', /line 2: has 2 fields, the header has 3/],
    ['a,b,c\n1,5,2,3\n', 'csv', /line 2: has 4 fields, the header has 3/],
    ['a,1\nb,2\na,3\n', 'csv', /line 3: the name "a" is there twice/],
    ['a,1\n,2\nb,3\n', 'csv', /line 2: has a value without a name/],
    ['a,a,b\n1,2,3\n', 'csv', /line 1: the column "a" is there twice/],
    ['[{"a": 1}]', 'json', /must be a JSON object, this is an array/],
    ['{"a": 1}\n{"a": 2}\n', 'jsonl', /has several lines/],
  ] as const)('%j as .%s is a FormatError %s', async (text, form, message) => {
    const error = await failureOf(read(text, form));
    expect(error).toMatchObject({ code: 'FORMAT', path: `run_1/params.${form}` });
    expect(String(error)).toMatch(message);
  });
});
