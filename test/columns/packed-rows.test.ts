import { describe, test as example, expect } from 'vitest';
import { ColumnReader, ColumnWriter } from '../../src/columns/column-file.ts';
import { PackedRows } from '../../src/columns/packed-rows.ts';
import { parseJson } from '../../src/core/lenient-json.ts';
import { TimeSlice } from '../../src/core/time-slice.ts';
import { fc, test } from '../property.ts';

/** Shows a value so that all that differs is shown: signs of zeros, the order of names, and whose they are. */
function show(value: unknown): string {
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value);
  if (Array.isArray(value)) return `[${value.map(show).join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const own = Object.entries(Object.getOwnPropertyDescriptors(value));
  const isPlain = Object.getPrototypeOf(value) === Object.prototype;
  return `${isPlain ? '' : 'odd '}{${own.map(([name, { value: each }]) => `${JSON.stringify(name)}:${show(each)}`).join()}}`;
}

const NUMBERS = ['-0', '0', '255', '256', '-1', '2147483647', '2147483648', '-2147483648', '4294967296'];
const ODD_NUMBERS = ['1e400', '-1e400', '5e-324', '12345678901234567890', '0.1', 'NaN', '-Infinity'];
const number = fc.oneof(
  fc.constantFrom(...NUMBERS, ...ODD_NUMBERS),
  fc.double({ noDefaultInfinity: true, noNaN: true }).map(String),
);
const text = fc
  .oneof(fc.constantFrom('aorta', 'é', 'x'.repeat(200)), fc.string({ unit: 'binary' }))
  .map((each) => JSON.stringify(each));
const name = fc
  .oneof(fc.constantFrom('age', 'file_name', '__proto__', 'constructor', '1', '0', ''), fc.string())
  .map((each) => JSON.stringify(each));

/** JSON as text, so that names are there twice and numbers are what no program writes. */
const { object } = fc.letrec<{ value: string; object: string }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom('null', 'true', 'false', '""', '[]', '{}'),
    number,
    text,
    fc.array(tie('value'), { maxLength: 5 }).map((values) => `[${values.join()}]`),
    tie('object'),
  ),
  object: fc
    .array(fc.tuple(name, tie('value')), { maxLength: 8 })
    .map((pairs) => `{${pairs.map(([key, value]) => `${key}:${value}`).join()}}`),
}));

const parse = (json: string): object => parseJson(json, 'test') as object;

async function reopened(rows: PackedRows, without?: string): Promise<PackedRows> {
  const to = new ColumnWriter();
  rows.save(to);
  const from = await ColumnReader.open(await to.bytes(new TimeSlice()), new TimeSlice());
  const loaded = new PackedRows(without);
  if (from !== undefined) loaded.load(from);
  return loaded;
}

function pack(lines: readonly string[], without?: string): PackedRows {
  const rows = new PackedRows(without);
  for (const line of lines) rows.push(parse(line), () => line);
  return rows;
}

function all(rows: PackedRows): string[] {
  return Array.from({ length: rows.length }, (_, row) => show(rows.at(row)));
}

describe('packed rows', () => {
  test('are what parsing gives, in any order and when they were saved', [fc.array(object)], async (lines) => {
    const rows = pack(lines);
    const parsed = lines.map((line) => show(parse(line)));
    expect(all(rows)).toEqual(parsed);
    const loaded = await reopened(rows);
    expect(all(loaded).reverse()).toEqual(parsed.reverse());
  });

  test('lack the name that is left out, and that alone', [fc.array(object)], async (lines) => {
    const parsed = lines.map((line) => {
      const { ['file_name']: _name, ...others } = parse(line) as Record<string, unknown>;
      return show(others);
    });
    const rows = pack(lines, 'file_name');
    expect(all(rows)).toEqual(parsed);
    expect(all(await reopened(rows, 'file_name'))).toEqual(parsed);
  });

  example('are objects of their own each time', () => {
    const rows = pack(['{"list": [1, {"a": 2}]}']);
    const [first, second] = [rows.at(0), rows.at(0)];
    (first['list'] as unknown[]).push(3);
    expect(second).toEqual({ list: [1, { a: 2 }] });
  });

  example.each([
    ['longer than a block', `{"a": ${JSON.stringify('long '.repeat(500_000))}, "b": 1e400}`],
    ['of many names', `{${Array.from({ length: 70_000 }, (_, at) => `"n${at}": ${at}`).join()}}`],
  ])('may be %s', async (_, line) => {
    const lines = ['{"b": 1}', line, '{"b": 2}', line];
    const wanted = (rows: PackedRows): unknown[] =>
      [0, 2]
        .map((row) => show(rows.at(row)))
        .concat([1, 3].map((row) => JSON.stringify(rows.at(row)).slice(0, 50)));
    const { file_name: _name, ...long } = JSON.parse(line) as Record<string, unknown>;
    const rows = pack(lines, 'file_name');
    const expected = ['{"b":1}', '{"b":2}', ...Array(2).fill(JSON.stringify(long).slice(0, 50))];
    expect(wanted(rows)).toEqual(expected);
    expect(wanted(await reopened(rows, 'file_name'))).toEqual(expected);
  });

  example('may be nested deeper than the stack goes', async () => {
    const depth = 20_000;
    const line = `{"file_name": 1, "a": ${'['.repeat(depth)}${']'.repeat(depth)}}`;
    const rows = pack(['{"b": 1}', line, '{"b": 2}'], 'file_name');
    for (const each of [rows, await reopened(rows, 'file_name')]) {
      expect([0, 2].map((row) => show(each.at(row)))).toEqual(['{"b":1}', '{"b":2}']);
      expect(Object.keys(each.at(1))).toEqual(['a']);
      let found = 0;
      for (let value = each.at(1)['a']; Array.isArray(value); [value] = value) found++;
      expect(found).toBe(depth);
    }
  });

  example('may each have other names and texts', async () => {
    const lines = Array.from({ length: 10_000 }, (_, at) => `{"n${at}": "text ${at}", "same": ${at}}`);
    const parsed = lines.map((line) => show(parse(line)));
    const rows = pack(lines);
    expect(all(rows)).toEqual(parsed);
    expect(all(await reopened(rows))).toEqual(parsed);
  });

  example('fill blocks to their ends', () => {
    const texts = Array.from({ length: 40 }, (_, at) => 'x'.repeat(131_050 + (at % 20)));
    const rows = pack(texts.map((each) => JSON.stringify({ each })));
    expect(Array.from(texts, (_, row) => rows.at(row)['each'])).toEqual(texts);
  });
});
