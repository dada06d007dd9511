import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TimeSlice } from '../../../src/core/time-slice.ts';
import { KeyIndex } from '../../../src/dataset/tables/key-index.ts';
import { RowKeys, readNumber } from '../../../src/dataset/tables/table-rows.ts';
import { failureOf } from '../../temporary-folder.ts';

type Key = readonly (string | number)[];

/** Index of rows that have these keys. */
function indexOf(rows: readonly Key[], parts = 1): KeyIndex {
  const keys = new RowKeys(parts);
  for (const row of rows) keys.push(row);
  const by = Array.from({ length: parts }, (_, at) => ({
    name: `key ${at}`,
    column: `column ${at}`,
    hasColumn: true,
  }));
  const table = { path: 't.csv', keys, by, at: () => ({}), placeOf: (row: number) => `line ${row + 2}` };
  return new KeyIndex(table, new TimeSlice());
}

/** Tells by the rule whether two values are equal: as texts, or as numbers where one side is a number. */
function areEqual(one: string | number, other: string | number): boolean {
  if (typeof one === 'string' && typeof other === 'string') return one === other;
  const [a, b] = [one, other].map((each) => (typeof each === 'string' ? readNumber(each) : each));
  return a !== undefined && a === b;
}

function areAllEqual(one: Key, other: Key): boolean {
  return one.every((value, at) => areEqual(value, other[at] as string | number));
}

/** Makes a test for rows that some key finds beside a given one. */
function isTwin(row: Key): (other: Key) => boolean {
  const asNumber = (value: string | number): string | number => readNumber(String(value)) ?? value;
  return (other) => areAllEqual(row.map(asNumber), other) || areAllEqual(row, other.map(asNumber));
}

const VALUE = fc.oneof(
  fc.constantFrom('1', '01', '1.0', '1e0', ' 1', '+1', '-0', '0', '0x1', '', 'a', 'A', 'inf', '.5', '5.'),
  fc.constantFrom(0, -0, 1, 0.5, 5, Number.POSITIVE_INFINITY),
);

test('rows are found by the rule, whatever is a text and whatever a number', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(VALUE, VALUE), { maxLength: 6 }),
      fc.array(fc.tuple(VALUE, VALUE), { maxLength: 4 }),
      async (rows, wanted) => {
        const index = indexOf(rows, 2);
        for (const key of wanted.filter((each) => !each.includes(''))) {
          const isFound = (row: Key): boolean => !row.includes('') && areAllEqual(row, key);
          const expected = rows.flatMap((row, at) => (isFound(row) ? [at] : []));
          const found = await (async () => index.find(key))().catch(() => 'twice');
          if (found === 'twice')
            expect(rows.some((row, at) => rows.slice(at + 1).some(isTwin(row)))).toBe(true);
          else expect(expected).toEqual(found === undefined ? [] : [found]);
        }
      },
    ),
  );
});

test.each([
  [
    [['7'], ['8'], ['7']],
    ['8'],
    /line 2 and line 4 have the same "column 0": "7"\. Give a list of names as key/,
  ],
  [[['1'], ['8'], ['01']], [8], /line 2 and line 4.*"1" and "01", which are the same number/],
  [[['1'], [1]], ['1'], /line 2 and line 3 have the same/],
  [
    [
      ['a', 1],
      ['a', 2],
      ['a', 1],
    ],
    ['a', 2],
    /line 2 and line 4.*Add a name to key/,
  ],
] as const)('two rows of one key are an error that names both: %j', async (rows, key, message) => {
  const error = await failureOf((async () => indexOf(rows, key.length).find(key))());
  expect(error).toMatchObject({ code: 'FORMAT', path: 't.csv' });
  expect(String(error)).toMatch(message);
});

test('texts that are one number are no error where no number asks', async () => {
  expect(await indexOf([['1'], ['01']]).find(['01'])).toBe(1);
});

test('rows that lack their key have none in common', async () => {
  expect(await indexOf([[''], ['a'], ['']]).find(['a'])).toBe(1);
});
