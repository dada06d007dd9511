import { expect, test } from 'vitest';
import { TimeSlice } from '../../../src/core/time-slice.ts';
import { readTableFile } from '../../../src/dataset/tables/read-table-file.ts';

/** Slice of time that counts how often work looks whether it is over. */
class CountedSlice extends TimeSlice {
  looks = 0;

  override pause(): undefined {
    this.looks++;
  }
}

const keys = [{ name: 'case', column: 'case', hasColumn: false }];

test.each([
  ['csv', (row: number) => `${row},é\n`],
  ['jsonl', (row: number) => `{"case": ${row}, "b": "é"}\n`],
] as const)('rows of a .%s are read in slices, and made when they are looked at', async (form, write) => {
  const rows = Array.from({ length: 2000 }, (_, row) => write(row));
  const bytes = new TextEncoder().encode((form === 'csv' ? 'case,b\n' : '') + rows.join(''));
  const slice = new CountedSlice();
  const path = `t.${form}`;
  const table = await readTableFile(bytes, { form, keys, path, base: path }, slice);
  expect(slice.looks).toBeGreaterThan(2000 / 100);
  expect(table.keys.length).toBe(2000);
  expect([1999, 0, 5].map((row) => table.at(row))).toEqual(
    [1999, 0, 5].map((row) => ({ case: row, b: 'é' })),
  );
  expect(table.at(0)).not.toBe(table.at(0));
});
