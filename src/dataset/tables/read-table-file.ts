import { FormatError } from '../../core/errors.ts';
import type { TimeSlice } from '../../core/time-slice.ts';
import { readCsvTable } from './csv-table.ts';
import { readJsonLines, readJsonTable } from './json-table.ts';
import type { TableToRead } from './table-keys.ts';
import type { TableForm } from './table-options.ts';
import type { TableRows } from './table-rows.ts';

const READERS: Readonly<Record<TableForm, typeof readCsvTable>> = {
  csv: readCsvTable,
  jsonl: readJsonLines,
  json: readJsonTable,
};

/**
 * Reads a table of metadata: what its rows are found by, and where they are.
 *
 * @throws FormatError where it is none
 * @throws ConfigError where it lacks a column
 */
export async function readTableFile(
  bytes: Uint8Array<ArrayBuffer>,
  request: TableToRead,
  slice: TimeSlice,
): Promise<TableRows> {
  const table = await READERS[request.form](bytes, request, slice);
  if (table.keys.length > 0) return table;
  throw new FormatError('has no row, only a header', { path: request.path });
}
