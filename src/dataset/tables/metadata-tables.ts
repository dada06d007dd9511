import type { Metadata } from '../../core/graph.ts';
import { mapLimited } from '../../core/limit.ts';
import type { FileEntry } from '../../core/source.ts';
import { TimeSlice } from '../../core/time-slice.ts';
import type { KeyedTable } from './csv-table.ts';
import { isJoinedByPath, type JoinedRows, type JoinedSamples, joinTable } from './join-table.ts';
import { readTableFile } from './read-table-file.ts';
import { FILE_NAME } from './table-keys.ts';
import type { TableRequest } from './table-options.ts';
import { findTable, type TablePlace } from './table-place.ts';

/** Number of tables that are read at a time. */
const TABLE_CONCURRENCY = 8;

/** Table that is joined with samples. */
interface JoinedTable {
  readonly table: KeyedTable;
  readonly rows: JoinedRows;
}

/** Tables of metadata that were read. */
export class MetadataTables {
  /** Files of them in the source, each once. */
  readonly files: readonly FileEntry[];
  readonly #tables: readonly KeyedTable[];
  readonly #joined: JoinedTable[] = [];

  private constructor(tables: readonly KeyedTable[], files: readonly FileEntry[]) {
    this.#tables = tables;
    this.files = files;
  }

  /**
   * Finds and reads tables, each file once.
   *
   * @throws NotFoundError for one that is nowhere
   * @throws FormatError for one that is none
   * @throws ConfigError for one that lacks a column
   */
  static async open(
    requests: readonly TableRequest[],
    place: TablePlace,
    signal: AbortSignal,
  ): Promise<MetadataTables> {
    const names = [...new Set(requests.map(({ file }) => file))];
    const found = await mapLimited(names, TABLE_CONCURRENCY, async (file) => {
      const table = await findTable(file, place, signal);
      return [file, { ...table, bytes: await table.read(signal) }] as const;
    });
    const files = new Map(found);
    const slice = new TimeSlice(signal);
    const tables: KeyedTable[] = [];
    for (const { file, form, keys } of requests) {
      const { bytes, path, base } = files.get(file) as NonNullable<ReturnType<typeof files.get>>;
      tables.push(await readTableFile(bytes, { form, keys, path, base }, slice));
    }
    const entries = found.flatMap(([, { entry }]) => (entry === undefined ? [] : [entry]));
    return new MetadataTables(tables, entries);
  }

  /**
   * Joins the tables with samples, one after the other: what one says of a sample may be the key of the next.
   *
   * @param samples - their metadata are what is known without tables
   * @throws FormatError for a table with two rows of one key
   * @throws ConfigError for a table of which no row is that of a sample
   */
  async join(samples: JoinedSamples, signal: AbortSignal): Promise<void> {
    const slice = new TimeSlice(signal);
    const merged = {
      ...samples,
      metadataAt: (sample: number): Metadata => ({ ...samples.metadataAt(sample), ...this.at(sample) }),
    };
    for (const table of this.#tables) {
      this.#joined.push({ table, rows: await joinTable(table, merged, slice) });
    }
  }

  /** Gives what the tables say of a sample, later ones over earlier ones. */
  at(sample: number): Metadata {
    let metadata: Metadata = {};
    for (const { table, rows } of this.#joined) {
      const row = rows[sample] as number;
      if (row === 0) continue;
      const own = table.at(row - 1);
      metadata = { ...metadata, ...(isJoinedByPath(table) ? withoutName(own) : own) };
    }
    return metadata;
  }
}

function withoutName(row: Metadata): Metadata {
  const { [FILE_NAME]: _name, ...metadata } = row;
  return metadata;
}
