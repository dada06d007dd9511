import { NumberColumn } from '../../columns/number-column.ts';
import { FormatError } from '../../core/errors.ts';
import type { Metadata } from '../../core/graph.ts';
import { showValue } from '../../core/show-value.ts';
import type { TimeSlice } from '../../core/time-slice.ts';
import { findSeparator } from '../../metadata/csv.ts';
import { CsvReader } from '../../metadata/csv-reader.ts';
import { parseField } from '../../metadata/parse-field.ts';
import { checkText, decodeChecked } from '../checked-text.ts';
import { chooseKeys, keyValueOf, type TableToRead, wantedColumns } from './table-keys.ts';
import { RowKeys, type TableRows } from './table-rows.ts';

/** Rows that are read between two looks at the time. */
const ROWS_PER_STEP = 64;

/** Column of a table: its place in a record. */
interface Column {
  readonly name: string;
  readonly at: number;
}

/**
 * Reads a table with a header, whose separator is found out: a row is parsed when it is looked at, and only its key is
 * kept. Blanks around fields are no part of them; columns without a name are left out.
 *
 * @throws FormatError with the line of what is wrong
 * @throws ConfigError where it lacks a column
 */
export async function readCsvTable(
  bytes: Uint8Array<ArrayBuffer>,
  request: TableToRead,
  slice: TimeSlice,
): Promise<TableRows> {
  const { path } = request;
  const text = await decodeChecked(await checkText(bytes, path, slice), slice);
  const format = { ...findSeparator(text, wantedColumns(request), { trim: true }), trim: true };
  const reader = new CsvReader(text, path, format);
  const columns = readHeader(reader, path);
  const names = columns.map(({ name }) => name);
  const by = chooseKeys(request, names);
  const width = reader.count;
  const places = by.map(({ column }) => (columns.find(({ name }) => name === column) as Column).at);
  const keys = new RowKeys(places.length);
  const starts = new NumberColumn(Uint32Array);
  while (reader.next()) {
    checkWidth(reader, width, columns, path);
    starts.push(reader.start);
    keys.push(by.map((key, index) => keyValueOf(key, reader.field(places[index] as number), request)));
    if (starts.length % ROWS_PER_STEP === 0) await slice.pause();
  }
  return {
    path,
    by,
    keys,
    at: (row) => {
      reader.seek(starts.at(row));
      return readRow(reader, columns);
    },
    placeOf: (row) => `line ${lineAt(text, starts.at(row))}`,
  };
}

/**
 * Reads the columns that have a name.
 *
 * @throws FormatError where there is no header, or two columns have one name
 */
export function readHeader(reader: CsvReader, path: string): readonly Column[] {
  if (!reader.next()) throw new FormatError('is empty: a table has a header and rows', { path });
  const columns = reader
    .fields()
    .map((field, at) => ({ name: field.trim(), at }))
    .filter(({ name }) => name !== '');
  const names = columns.map(({ name }) => name);
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated === undefined) return columns;
  throw new FormatError(`line ${reader.line}: the column ${showValue(repeated)} is there twice`, { path });
}

/** Reads the fields of a record by their columns; empty ones are left out. */
export function readRow(reader: CsvReader, columns: readonly Column[]): Metadata {
  const values: [string, unknown][] = [];
  for (const { name, at } of columns) {
    const value = at < reader.count ? parseField(reader.field(at)) : undefined;
    if (value !== undefined) values.push([name, value]);
  }
  return Object.fromEntries(values);
}

/**
 * Checks that a record has as many fields as there are columns with a name, and nothing beyond the header.
 *
 * @param width - fields of the header
 * @throws FormatError
 */
export function checkWidth(reader: CsvReader, width: number, columns: readonly Column[], path: string): void {
  if (reader.count === width) return;
  let isFitting = reader.count > (columns.at(-1)?.at ?? 0);
  for (let at = width; at < reader.count; at++) isFitting &&= reader.field(at) === '';
  if (isFitting) return;
  throw new FormatError(`line ${reader.line}: has ${reader.count} fields, the header has ${width}`, { path });
}

function lineAt(text: string, place: number): number {
  return (text.slice(0, place).match(/\r\n|\n|\r/g)?.length ?? 0) + 1;
}
