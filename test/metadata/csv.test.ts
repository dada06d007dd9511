import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isVascuError } from '../../src/core/errors.ts';
import { parseCsv } from '../../src/metadata/csv.ts';
import { parseField } from '../../src/metadata/parse-field.ts';

const fieldsOf = (text: string): (readonly string[])[] =>
  [...parseCsv(text, 'm.csv')].map(({ fields }) => fields);

describe('parseCsv', () => {
  test.each([
    [
      'a,b\n1,2\n',
      [
        ['a', 'b'],
        ['1', '2'],
      ],
    ],
    [
      'a,b\r\n1,2',
      [
        ['a', 'b'],
        ['1', '2'],
      ],
    ],
    ['a\rb', [['a'], ['b']]],
    ['"a,b","c""d","e\r\nf",""', [['a,b', 'c"d', 'e\r\nf', '']]],
    [',\n', [['', '']]],
    ['a\n\n\nb\n', [['a'], ['b']]],
    [' a , b ', [[' a ', ' b ']]],
    ['', []],
  ])('%j', (text, expected) => {
    expect(fieldsOf(text)).toEqual(expected);
  });

  test('counts lines over quoted line breaks and empty lines', () => {
    const lines = [...parseCsv('a\n"b\nc\r\nd"\n\ne', 'm.csv')].map(({ line }) => line);
    expect(lines).toEqual([1, 2, 6]);
  });

  test.each(['a\n"b', 'a\nb"c', 'a\n"b"c', 'a\n"b""'])('%j is a FormatError on line 2', (text) => {
    let error: unknown;
    try {
      fieldsOf(text);
    } catch (thrown) {
      error = thrown;
    }
    expect(isVascuError(error, 'FORMAT') && error.path).toBe('m.csv');
    expect(String(error)).toContain('line 2');
  });

  test('reads back what was written by RFC 4180', () => {
    const field = fc.string({ unit: fc.constantFrom('a', ',', '"', '\n', '\r', ' ', 'é') });
    const records = fc.array(fc.array(field, { minLength: 2, maxLength: 4 }));
    fc.assert(
      fc.property(records, fc.constantFrom('\n', '\r\n'), (rows, end) => {
        const quote = (text: string): string => `"${text.replaceAll('"', '""')}"`;
        expect(fieldsOf(rows.map((row) => row.map(quote).join(',') + end).join(''))).toEqual(rows);
      }),
    );
  });
});

test.each([
  ['', undefined],
  ['12', 12],
  ['-1.5e3', -1500],
  ['.5', 0.5],
  ['5.', 5],
  ['0', 0],
  ['007', '007'],
  ['12345678901234567890', '12345678901234567890'],
  ['9007199254740991', 9007199254740991],
  ['true', true],
  ['False', false],
  ['TRUE', true],
  ['nan', Number.NaN],
  ['-inf', -Infinity],
  ['Infinity', Infinity],
  ['1,5', '1,5'],
  ['0x10', '0x10'],
  [' 1', ' 1'],
  ['left ICA', 'left ICA'],
])('the field %j means %j', (field, expected) => {
  expect(parseField(field)).toEqual(expected);
});
