import { FormatError } from '../core/errors.ts';
import type { Metadata } from '../core/graph.ts';
import { resolveSibling } from '../core/safe-path.ts';
import { showNames } from '../core/show-value.ts';
import type { FileEntry } from '../core/source.ts';
import { TimeSlice } from '../core/time-slice.ts';
import { findSeparator, parseCsv } from '../metadata/csv.ts';
import { parseField } from '../metadata/parse-field.ts';
import { decodeText } from '../metadata/sidecar.ts';
import type { DataStreamer } from '../streamers/data-streamer.ts';
import { JsonLines } from './json-lines.ts';
import type { SampleFilter } from './sample-filter.ts';
import type { ListedSamples } from './sample-listing.ts';
import { SampleSearch } from './sample-search.ts';

/** The column and key that names the sample, as on the Hugging Face Hub. */
const FILE_NAME = 'file_name';

/** Rows that are read between two looks at the time. */
const ROWS_PER_STEP = 16;

/** One row of a table of metadata. */
interface Row {
  readonly fileName: unknown;
  readonly line: number;
  /** Maker of what it says. */
  readonly metadata: () => Metadata;
  /** Keeps the row as that of a sample. */
  keep(sample: number): void;
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
  const bytes = await streamer.readWhole(root, { entry, signal });
  const slice = new TimeSlice(signal);
  const { length } = samples.rows;
  const search = new SampleSearch(samples, signal);
  const named = new Uint8Array(length);
  const { rows, table } = root.endsWith('.csv')
    ? csvTable(decodeText(bytes, root), root)
    : await jsonTable(bytes, root, length, slice);
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
      row.keep(sample);
      const asked = filter?.offer(sample, row.metadata);
      if (asked !== undefined) await asked;
    }
    if (count++ % ROWS_PER_STEP === 0) await slice.pause();
  }
  if (found > 0 || example === undefined) return table;
  const first = samples.listing.files.pathAt(samples.rows[0] as number);
  throw new FormatError(
    `none of its lines names a sample: a "${FILE_NAME}" in it is "${example}", a sample is "${first}". Give the paths from the folder of ${root} on`,
    { path: root },
  );
}

interface OpenedTable {
  readonly rows: Iterable<Row>;
  readonly table: MetadataTable;
}

/** Opens a table of JSON objects, of which each is parsed once more when it is looked at. */
async function jsonTable(
  bytes: Uint8Array<ArrayBuffer>,
  path: string,
  samples: number,
  slice: TimeSlice,
): Promise<OpenedTable> {
  const lines = await JsonLines.open(bytes, path, slice);
  const starts = new Uint32Array(samples);
  const ends = new Uint32Array(samples);
  function* rows(): Generator<Row, void, void> {
    for (const { line, start, end, value } of lines) {
      const keep = (sample: number): void => {
        starts[sample] = start;
        ends[sample] = end;
      };
      yield { fileName: value[FILE_NAME], line, metadata: () => withoutName(value), keep };
    }
  }
  const at = (sample: number): Metadata | undefined => {
    const end = ends[sample] as number;
    if (end === 0) return undefined;
    return withoutName(lines.parse(starts[sample] as number, end));
  };
  return { rows: rows(), table: { at } };
}

function withoutName(row: Metadata): Metadata {
  const { [FILE_NAME]: _name, ...metadata } = row;
  return metadata;
}

function csvTable(text: string, path: string): OpenedTable {
  const kept: Metadata[] = [];
  return { rows: csvRows(text, path, kept), table: { at: (sample) => kept[sample] } };
}

function* csvRows(text: string, path: string, kept: Metadata[]): Generator<Row, void, void> {
  const records = parseCsv(text, path, findSeparator(text, FILE_NAME));
  const { value: header } = records.next();
  if (header === undefined) return;
  const names = header.fields.map((name) => name.trim());
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated !== undefined) {
    throw new FormatError(`line ${header.line}: the column "${repeated}" is there twice`, { path });
  }
  if (!names.includes(FILE_NAME)) {
    throw new FormatError(
      `line ${header.line}: has no column "${FILE_NAME}", its columns are ${showNames(names)}`,
      { path },
    );
  }
  for (const { line, fields } of records) {
    if (fields.length !== names.length) {
      throw new FormatError(`line ${line}: has ${fields.length} fields, the header has ${names.length}`, {
        path,
      });
    }
    const cells = names.map((name, index) => [name, fields[index] ?? ''] as const);
    const fileName = cells.find(([name]) => name === FILE_NAME)?.[1];
    const metadata = (): Metadata =>
      Object.fromEntries(
        cells
          .filter(([name]) => name !== FILE_NAME)
          .map(([name, field]) => [name, parseField(field)] as const)
          .filter(([, value]) => value !== undefined),
      );
    const keep = (sample: number): void => {
      kept[sample] = metadata();
    };
    yield { fileName, line, metadata, keep };
  }
}
