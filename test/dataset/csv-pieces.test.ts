import { expect } from 'vitest';
import { csvPieces } from '../../src/dataset/csv-pieces.ts';
import { parseCsv } from '../../src/metadata/csv.ts';
import { CsvReader } from '../../src/metadata/csv-reader.ts';
import { fc, test } from '../property.ts';

const field = fc.oneof(
  fc.constantFrom('', 'a', 'ü', '"a,b"', '"line\nbreak"', '"\r\n"', '"say ""so"""', '"\r"'),
  fc.integer({ min: 1, max: 40_000 }).map((length) => 'x'.repeat(length)),
);
const records = fc.array(fc.tuple(fc.tuple(field, field), fc.constantFrom('\n', '\r\n', '\r', '\n\n')), {
  minLength: 1,
  maxLength: 60,
});

test('pieces of a table are its records on their lines', [records], (lines) => {
  const table = lines.map(([fields, end]) => fields.join() + end).join('');
  const found: unknown[] = [];
  for (const { text, line } of csvPieces({ bytes: Buffer.from(table), encoding: 'utf8' })) {
    const reader = new CsvReader(text, 'm.csv', { line });
    while (reader.next()) found.push({ line: reader.line, fields: reader.fields() });
  }
  expect(found).toEqual([...parseCsv(table, 'm.csv')]);
});
