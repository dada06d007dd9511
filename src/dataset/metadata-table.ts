import { FormatError } from '../core/errors.ts';
import type { Metadata } from '../core/graph.ts';
import { resolveSibling } from '../core/safe-path.ts';
import { showNames } from '../core/show-value.ts';
import type { FileEntry } from '../core/source.ts';
import { TimeSlice } from '../core/time-slice.ts';
import { type FoundSeparator, findSeparator } from '../metadata/csv.ts';
import { CsvReader } from '../metadata/csv-reader.ts';
import { parseField } from '../metadata/parse-field.ts';
import type { DataStreamer } from '../streamers/data-streamer.ts';
import { type CheckedText, checkText } from './checked-text.ts';
import { csvPieces } from './csv-pieces.ts';
import { JsonLines } from './json-lines.ts';
import { KeptRows } from './kept-rows.ts';
import type { SampleFilter } from './sample-filter.ts';
import type { ListedSamples } from './sample-listing.ts';
import { SampleRows } from './sample-rows.ts';
import { SampleSearch } from './sample-search.ts';

/** The column and key that names the sample, as on the Hugging Face Hub. */
const FILE_NAME = 'file_name';

/** Rows that are read between two looks at the time. */
const ROWS_PER_STEP = 16;

/** One row of a table of metadata. */
interface Row {
  readonly fileName: unknown;
  readonly line: number;
  /** Object that it is, which may have the name of its sample. */
  readonly value: Metadata;
  /** Maker of what it says of the sample. */
  readonly metadata: () => Metadata;
  /** Maker of its JSON. */
  readonly text: () => string;
}

/** Table of the metadata of samples: their rows, as far as they have one. */
export interface MetadataTable {
  at(sample: number): Metadata | undefined;
}

/**
 * Reads `metadata.jsonl` or `metadata.csv` and joins its rows with samples.
 *
 * @param filter - gets what rows say as they are read
 * @throws FormatError naming the file, and the line, that is not as it should be
 */
export async function readTable(
  streamer: DataStreamer,
  entry: FileEntry,
  samples: ListedSamples,
  filter: SampleFilter | undefined,
  signal: AbortSignal,
): Promise<MetadataTable> {
  const root = entry.path;
  const { length } = samples.rows;
  const table = new SampleRows(length, FILE_NAME);
  const kept = await KeptRows.open(streamer, entry, samples);
  if ((await kept?.recall(table, { signal })) === true) return table;
  const bytes = await streamer.readWhole(root, { entry, signal });
  const slice = new TimeSlice(signal);
  const search = new SampleSearch(samples, signal);
  const named = new Uint8Array(length);
  const text = await checkText(bytes, root, slice);
  const rows = root.endsWith('.csv') ? csvRows(text, root) : jsonRows(new JsonLines(text, root));
  let example: string | undefined;
  let found = 0;
  let count = 0;
  for (const row of rows) {
    const { fileName, line } = row;
    if (typeof fileName !== 'string') {
      throw new FormatError(`line ${line}: has no "${FILE_NAME}" that names a sample`, { path: root });
    }
    example ??= fileName;
    const path = resolveSibling(root, fileName);
    const searched = path === undefined ? undefined : search.find(path);
    const sample = searched instanceof Promise ? await searched : searched;
    if (sample !== undefined) {
      if (named[sample] === 1) {
        throw new FormatError(`line ${line}: "${fileName}" is there a second time`, { path: root });
      }
      named[sample] = 1;
      found++;
      table.push(sample, row.value, row.text);
      const asked = filter?.offer(sample, row.metadata);
      if (asked !== undefined) await asked;
    }
    if (count++ % ROWS_PER_STEP === 0) await slice.pause();
  }
  if (found > 0) kept?.keep(table);
  if (found > 0 || example === undefined) return table;
  const first = samples.listing.files.pathAt(samples.rows[0] as number);
  throw new FormatError(
    `none of its lines names a sample: a "${FILE_NAME}" in it is "${example}", a sample is "${first}". Give the paths from the folder of ${root} on`,
    { path: root },
  );
}

function* jsonRows(lines: JsonLines): Generator<Row, void, void> {
  for (const { line, start, end, value } of lines) {
    const metadata = (): Metadata => withoutName(value);
    yield { fileName: value[FILE_NAME], line, value, metadata, text: () => lines.textOf(start, end) };
  }
}

function withoutName(row: Metadata): Metadata {
  const { [FILE_NAME]: _name, ...metadata } = row;
  return metadata;
}

/** Columns of a table, and how they are read. */
interface Columns {
  readonly names: readonly string[];
  readonly format: FoundSeparator;
}

function* csvRows(text: CheckedText, path: string): Generator<Row, void, void> {
  let columns: Columns | undefined;
  for (const piece of csvPieces(text)) {
    const format = columns?.format ?? findSeparator(piece.text, FILE_NAME);
    const own = columns === undefined ? format : { separator: format.separator };
    const reader = new CsvReader(piece.text, path, { ...own, line: piece.line });
    if (columns === undefined) {
      if (!reader.next()) continue;
      columns = { names: readNames(reader, path), format };
    }
    while (reader.next()) yield csvRow(reader, columns.names, path);
  }
}

/** Reads the names of columns. */
function readNames(reader: CsvReader, path: string): readonly string[] {
  const names = reader.fields().map((name) => name.trim());
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated !== undefined) {
    throw new FormatError(`line ${reader.line}: the column "${repeated}" is there twice`, { path });
  }
  if (!names.includes(FILE_NAME)) {
    throw new FormatError(
      `line ${reader.line}: has no column "${FILE_NAME}", its columns are ${showNames(names)}`,
      { path },
    );
  }
  return names;
}

function csvRow(reader: CsvReader, names: readonly string[], path: string): Row {
  const { line, count } = reader;
  if (count !== names.length) {
    throw new FormatError(`line ${line}: has ${count} fields, the header has ${names.length}`, { path });
  }
  let fileName = '';
  const cells: [string, unknown][] = [];
  for (const [at, name] of names.entries()) {
    const field = reader.field(at);
    if (name === FILE_NAME) fileName = field;
    else {
      const value = parseField(field);
      if (value !== undefined) cells.push([name, value]);
    }
  }
  const value = Object.fromEntries(cells);
  return { fileName, line, value, metadata: () => value, text: () => JSON.stringify(value) };
}
