import { FormatError } from '../../core/errors.ts';
import type { Metadata } from '../../core/graph.ts';
import type { TimeSlice } from '../../core/time-slice.ts';
import { findSeparator } from '../../metadata/csv.ts';
import { CsvReader } from '../../metadata/csv-reader.ts';
import { parseField } from '../../metadata/parse-field.ts';
import { parseMetadata } from '../../metadata/sidecar.ts';
import { checkText, decodeChecked } from '../checked-text.ts';
import { JsonLines } from '../json-lines.ts';
import { checkWidth, readHeader, readRow } from './csv-table.ts';
import type { TableForm } from './table-options.ts';
import { readNumber } from './table-rows.ts';

/** Names of the first column of a table of two columns, name and value. */
const NAME_COLUMNS: readonly string[] = ['name', 'key', 'parameter', 'variable'];
const VALUE_COLUMN = 'value';

/**
 * Reads a file that describes one sample: a JSON object, or a table of one row, or of two columns, name and value.
 *
 * @param path - how error messages name the file
 * @throws FormatError for any other
 */
export async function readOwnTable(
  bytes: Uint8Array<ArrayBuffer>,
  path: string,
  form: TableForm,
  slice: TimeSlice,
): Promise<Metadata> {
  if (form === 'jsonl') return readOneLine(await JsonLines.open(bytes, path, slice), path);
  const text = await decodeChecked(await checkText(bytes, path, slice), slice);
  return form === 'json' ? parseMetadata(text, path) : readOneRow(text, path);
}

function readOneLine(lines: JsonLines, path: string): Metadata {
  const [only, second] = [...lines].map(({ value }) => value);
  if (only !== undefined && second === undefined) return only;
  throw new FormatError(
    `has ${only === undefined ? 'no line' : 'several lines'}: a file of one sample has one object`,
    {
      path,
    },
  );
}

/** Record of a table: its line and fields. */
interface WrittenRecord {
  readonly line: number;
  readonly fields: readonly string[];
}

function readOneRow(text: string, path: string): Metadata {
  const format = { ...findSeparator(text, [], { trim: true }), trim: true };
  const records = readRecords(new CsvReader(text, path, format));
  if (arePairs(records)) return readPairs(records, path);
  const reader = new CsvReader(text, path, format);
  const columns = readHeader(reader, path);
  const width = reader.count;
  const [, row, another] = records;
  if (row === undefined) throw new FormatError('has no row, only a header', { path });
  if (another !== undefined) {
    const advice =
      'A file of one sample has one row, or two columns, name and value. Name it without captures and give its key to join several.';
    throw new FormatError(`has ${records.length - 1} rows. ${advice}`, { path });
  }
  reader.next();
  checkWidth(reader, width, columns, path);
  return readRow(reader, columns);
}

function readRecords(reader: CsvReader): WrittenRecord[] {
  const records: WrittenRecord[] = [];
  while (reader.next()) records.push({ line: reader.line, fields: reader.fields() });
  return records;
}

/** Tells whether records are names with their values: more than two of them, or such a header, or a number in the first one. */
function arePairs(records: readonly WrittenRecord[]): boolean {
  if (records.length === 0 || records.some(({ fields }) => widthOf(fields) > 2)) return false;
  if (records.every(({ fields }) => widthOf(fields) < 2)) return false;
  const [first] = records as [WrittenRecord];
  return records.length > 2 || isPairHeader(first) || readNumber(first.fields[1] ?? '') !== undefined;
}

/** Counts the fields up to the last one that is not empty. */
function widthOf(fields: readonly string[]): number {
  return fields.findLastIndex((field) => field !== '') + 1;
}

function isPairHeader({ fields: [name = '', value = ''] }: WrittenRecord): boolean {
  return NAME_COLUMNS.includes(name.toLowerCase()) && value.toLowerCase() === VALUE_COLUMN;
}

function readPairs(records: readonly WrittenRecord[], path: string): Metadata {
  const values = new Map<string, unknown>();
  for (const record of records) {
    const [name = '', field = ''] = record.fields;
    if (record === records[0] && isPairHeader(record)) continue;
    if (name === '') throw new FormatError(`line ${record.line}: has a value without a name`, { path });
    if (values.has(name)) {
      throw new FormatError(`line ${record.line}: the name ${JSON.stringify(name)} is there twice`, { path });
    }
    values.set(name, parseField(field));
  }
  return Object.fromEntries([...values].filter(([, value]) => value !== undefined));
}
