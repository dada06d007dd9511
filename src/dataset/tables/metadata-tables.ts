import type { Metadata } from '../../core/graph.ts';
import { mapLimited } from '../../core/limit.ts';
import type { FileEntry } from '../../core/source.ts';
import { TimeSlice } from '../../core/time-slice.ts';
import { isJoinedByPath, type JoinedRows, type JoinedSamples, joinTable } from './join-table.ts';
import { type NamedSamples, OwnTables } from './own-tables.ts';
import { readTableFile } from './read-table-file.ts';
import { FILE_NAME, type TableRequest } from './table-options.ts';
import { findTable, type TablePlace } from './table-place.ts';
import type { TableRows } from './table-rows.ts';

/** Number of tables that are read at a time. */
const TABLE_CONCURRENCY = 8;

/** Table that was read: one that is yet to be joined with samples, or files of these. */
type ReadTable = TableRows | OwnTables;

/** Table that says something of samples, by their place. */
type JoinedTable = Pick<OwnTables, 'at'>;

/** Tables of metadata that were read. */
export class MetadataTables {
  /** Files of them in the source that describe many samples, each once. */
  readonly files: readonly FileEntry[];
  readonly #tables: readonly ReadTable[];
  readonly #joined: JoinedTable[] = [];

  private constructor(tables: readonly ReadTable[], files: readonly FileEntry[]) {
    this.#tables = tables;
    this.files = files;
  }

  /**
   * Finds and reads tables, each file once.
   *
   * @param samples - that files of their own are found by
   * @throws NotFoundError for one that is nowhere
   * @throws FormatError for one that is none
   * @throws ConfigError for one that lacks a column
   */
  static async open(
    requests: readonly TableRequest[],
    place: TablePlace,
    samples: NamedSamples,
    signal: AbortSignal,
  ): Promise<MetadataTables> {
    const shared = requests.filter(({ template }) => template === undefined);
    const names = [...new Set(shared.map(({ file }) => file))];
    const found = await mapLimited(names, TABLE_CONCURRENCY, async (file) => {
      const table = await findTable(file, place, signal);
      return [file, { ...table, bytes: await table.read(signal) }] as const;
    });
    const files = new Map(found);
    const slice = new TimeSlice(signal);
    const tables: ReadTable[] = [];
    for (const request of requests) {
      const { file, form, keys, template } = request;
      if (template !== undefined) {
        tables.push(await OwnTables.read(request, template, place, samples, signal));
        continue;
      }
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
      this.#joined.push(
        table instanceof OwnTables ? table : toJoined(table, await joinTable(table, merged, slice)),
      );
    }
  }

  /** Gives what the tables say of a sample, later ones over earlier ones. */
  at(sample: number): Metadata {
    let metadata: Metadata = {};
    for (const table of this.#joined) {
      const own = table.at(sample);
      if (own !== undefined) metadata = { ...metadata, ...own };
    }
    return metadata;
  }

  /** Lists the files in the source that describe a sample, and not all of them. */
  filesOf(sample: number): readonly FileEntry[] {
    return this.#tables.flatMap((table) => (table instanceof OwnTables ? (table.entryOf(sample) ?? []) : []));
  }
}

function toJoined(table: TableRows, rows: JoinedRows): JoinedTable {
  const isByPath = isJoinedByPath(table);
  return {
    at: (sample) => {
      const row = rows[sample] as number;
      if (row === 0) return undefined;
      const own = table.at(row - 1);
      return isByPath ? withoutName(own) : own;
    },
  };
}

function withoutName(row: Metadata): Metadata {
  const { [FILE_NAME]: _name, ...metadata } = row;
  return metadata;
}
