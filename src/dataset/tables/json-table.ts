import { NumberColumn } from '../../columns/number-column.ts';
import { FormatError } from '../../core/errors.ts';
import type { Metadata } from '../../core/graph.ts';
import { parseJson } from '../../core/lenient-json.ts';
import { showValue } from '../../core/show-value.ts';
import type { TimeSlice } from '../../core/time-slice.ts';
import { checkText, decodeChecked } from '../checked-text.ts';
import { JsonLines } from '../json-lines.ts';
import { chooseKeys, keyValueOf, type TableToRead } from './table-keys.ts';
import { ID, type TableKey } from './table-options.ts';
import { RowKeys, type TableRows } from './table-rows.ts';

/** Rows that are read between two looks at the time. */
const ROWS_PER_STEP = 16;

/** Rows whose names are looked at for those that a table has. */
const MAX_NAMED_ROWS = 1000;

/**
 * Reads a table of a JSON object a line, of which each is parsed once more when it is looked at.
 *
 * @throws FormatError with the line of what is wrong
 * @throws ConfigError where it lacks a name
 */
export async function readJsonLines(
  bytes: Uint8Array<ArrayBuffer>,
  request: TableToRead,
  slice: TimeSlice,
): Promise<TableRows> {
  const { path } = request;
  const lines = await JsonLines.open(bytes, path, slice);
  const names = namesOf(valuesOf(lines));
  if (names.length === 0) throw new FormatError('is empty: a table has an object a line', { path });
  const by = chooseKeys(request, names);
  const keys = new RowKeys(by.length);
  const [starts, ends] = [new NumberColumn(Uint32Array), new NumberColumn(Uint32Array)];
  const numbers = new NumberColumn(Uint32Array);
  for (const { line, start, end, value } of lines) {
    starts.push(start);
    ends.push(end);
    numbers.push(line);
    keys.push(by.map((key) => keyValueOf(key, ownValue(value, key.column), request)));
    if (keys.length % ROWS_PER_STEP === 0) await slice.pause();
  }
  return {
    path,
    by,
    keys,
    at: (row) => lines.parse(starts.at(row), ends.at(row)),
    placeOf: (row) => `line ${numbers.at(row)}`,
  };
}

/**
 * Reads a table that is one JSON document: an array of objects, or an object of objects by what rows are found by.
 *
 * @throws FormatError for any other
 * @throws ConfigError where it lacks a name
 */
export async function readJsonTable(
  bytes: Uint8Array<ArrayBuffer>,
  request: TableToRead,
  slice: TimeSlice,
): Promise<TableRows> {
  const { path } = request;
  const text = await decodeChecked(await checkText(bytes, path, slice), slice);
  const value = parseJson(text, path);
  const entries: readonly (readonly [string, unknown])[] = Array.isArray(value)
    ? value.map((row, at) => [String(at + 1), row] as const)
    : typeof value === 'object' && value !== null
      ? Object.entries(value)
      : [];
  if (entries.length === 0) {
    const what = typeof value === 'object' && value !== null ? 'empty' : showValue(value);
    throw new FormatError(`is no table but ${what}: ${WANTED}`, { path });
  }
  const odd = entries.find(([, row]) => typeof row !== 'object' || row === null || Array.isArray(row));
  if (odd !== undefined) {
    throw new FormatError(
      `is no table: ${placeOf(value, odd[0])} is ${showValue(odd[1])}, not an object. ${WANTED}`,
      {
        path,
      },
    );
  }
  const rows = entries.map(([, row]) => row as Metadata);
  const { keys: given } = request;
  // An object names its rows, unless their column is said.
  const isKeyed = !Array.isArray(value) && (given?.length ?? 1) === 1 && given?.[0]?.hasColumn !== true;
  const by = isKeyed ? (given ?? BY_ID) : chooseKeys(request, namesOf(rows));
  const keys = new RowKeys(by.length);
  for (const [name, row] of entries) {
    keys.push(
      isKeyed
        ? by.map((key) => keyValueOf(key, name, request))
        : by.map((key) => keyValueOf(key, ownValue(row as Metadata, key.column), request)),
    );
    if (keys.length % ROWS_PER_STEP === 0) await slice.pause();
  }
  return {
    path,
    by,
    keys,
    at: (row) => rows[row] as Metadata,
    placeOf: (row) => placeOf(value, entries[row]?.[0] ?? ''),
  };
}

const WANTED = 'It must be an array of objects, or an object that has one for each sample.';

const BY_ID: readonly TableKey[] = [{ name: ID, column: ID, hasColumn: false }];

function placeOf(value: unknown, name: string): string {
  return Array.isArray(value) ? `entry ${name}` : `entry ${showValue(name)}`;
}

function ownValue(row: Metadata, name: string): unknown {
  return Object.hasOwn(row, name) ? row[name] : undefined;
}

function* valuesOf(lines: JsonLines): Generator<Metadata, void, void> {
  for (const { value } of lines) yield value;
}

/** Lists the names that the first rows have. */
function namesOf(rows: Iterable<Metadata>): string[] {
  const names = new Set<string>();
  let count = 0;
  for (const row of rows) {
    for (const name of Object.keys(row)) names.add(name);
    if (++count === MAX_NAMED_ROWS) break;
  }
  return [...names];
}
