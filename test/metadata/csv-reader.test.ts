import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findSeparator } from '../../src/metadata/csv.ts';
import { CsvReader } from '../../src/metadata/csv-reader.ts';

/** Records of a table without the blanks around their fields. */
function trimmed(text: string, separator: ',' | ';' | '\t' = ','): string[][] {
  const reader = new CsvReader(text, 'm.csv', { separator, trim: true });
  const records: string[][] = [];
  while (reader.next()) records.push(reader.fields());
  return records;
}

describe('blanks around fields are no part of them', () => {
  test.each([
    [
      'Run, Height\n1,  -0.01 \n',
      [
        ['Run', 'Height'],
        ['1', '-0.01'],
      ],
    ],
    ['"a" , "b c" ,d\n', [['a', 'b c', 'd']]],
    ['" a ", "say ""x"""\n', [[' a ', 'say "x"']]],
    [
      'a,\t"b\nc"\t\r\nd,e',
      [
        ['a', 'b\nc'],
        ['d', 'e'],
      ],
    ],
    ['a, \n', [['a', '']]],
    [
      'a,b\n , \n,,\n"",\n   \nc,d',
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    ],
  ])('%j', (text, expected) => {
    expect(trimmed(text)).toEqual(expected);
  });

  test('a tab is none where it separates', () => {
    expect(trimmed('a\t\tb \n', '\t')).toEqual([['a', '', 'b']]);
  });

  test('a field that stands behind its quotes is an error', () => {
    expect(() => trimmed('a\n"b" c\n')).toThrow(/line 2: a double quote in the wrong place/);
  });
});

test('a record is found again by its place', () => {
  const cell = fc.string({ unit: fc.constantFrom('a', ',', '"', '\n', 'é'), minLength: 1 });
  fc.assert(
    fc.property(fc.array(fc.array(cell, { minLength: 2, maxLength: 3 }), { minLength: 1 }), (rows) => {
      const quote = (text: string): string => `"${text.replaceAll('"', '""')}"`;
      const reader = new CsvReader(rows.map((row) => `${row.map(quote).join(',')}\n`).join(''), 'm.csv');
      const starts: number[] = [];
      while (reader.next()) starts.push(reader.start);
      const found = starts.toReversed().map((start) => {
        reader.seek(start);
        return reader.fields();
      });
      expect(found.toReversed()).toEqual(rows);
    }),
  );
});

test('the separator is the one with which the header has the most of the wanted columns', () => {
  expect(findSeparator('a;b,c;d,e,f\n', ['d,e,f', 'b,c']).separator).toBe(';');
  expect(findSeparator('a;b,c;d,e,f\n', ['e']).separator).toBe(',');
  expect(findSeparator('a; "b, c";d\n', [], { trim: true }).separator).toBe(';');
});

test.each([
  ['of names and decimals with commas', 'length;4,6\nwidth;2\n', ';'],
  ['of one such record', 'length;4,6\n', ';'],
  ['with commas in its header', 'Length, mean, max;Width\n4;2\n', ';'],
  ['with semicolons in its header', 'Speed; m/s; mean,Width\n4,2\n', ','],
  ['of one column', 'a\n1;2\n', ','],
])(
  'the separator of a table %s is the one that makes as many fields of records as of the header',
  (_, text, separator) => {
    expect(findSeparator(text, [], { trim: true }).separator).toBe(separator);
  },
);
