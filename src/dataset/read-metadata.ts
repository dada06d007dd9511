import { FormatError, isVascuError } from '../core/errors.ts';
import type { Metadata } from '../core/graph.ts';
import { mapLimited } from '../core/limit.ts';
import { shorten } from '../core/show-value.ts';
import type { FileEntry } from '../core/source.ts';
import { TimeSlice } from '../core/time-slice.ts';
import { decodeText, parseMetadata, sidecarOf } from '../metadata/sidecar.ts';
import type { DataStreamer } from '../streamers/data-streamer.ts';
import type { MetadataTable, readTable } from './metadata-table.ts';
import type { SampleFilter } from './sample-filter.ts';
import type { ListedSamples, Listing } from './sample-listing.ts';
import type { JoinedSamples } from './tables/join-table.ts';
import type { MetadataTables } from './tables/metadata-tables.ts';
import type { TableRequest } from './tables/table-options.ts';

/** Number of sidecars that are read at a time. */
const SIDECAR_CONCURRENCY = 32;

/** Samples that are looked at between two looks at the time. */
const SAMPLES_PER_STEP = 128;

/** Metadata of samples, by their place among them. */
export interface SampleMetadata {
  at(sample: number): Metadata;
  /** Finds the row of a sample's sidecar in the listing; undefined where it has none. */
  sidecarRow(sample: number): number | undefined;
  /** Lists the files that describe a sample, and not all of them: its sidecars and tables of its own. */
  filesOf(sample: number): readonly FileEntry[];
  /** Files of tables that describe many samples. */
  readonly tableFiles: readonly FileEntry[];
}

/** Part of a sample beside its first one: its name, and the row of its mesh in the listing. */
interface OtherPart {
  readonly name: string;
  readonly row: number;
}

/** Facts of samples that are known before their metadata, by their place among them. */
export interface SampleFacts extends Pick<JoinedSamples, 'idAt' | 'capturesAt'> {
  /** Names that their template captures, in order. */
  readonly captureNames: readonly string[];
  /** Path of the sidecar of a sample whose file has none. @defaultValue there is none */
  readonly sidecarAt?: ((sample: number) => string) | undefined;
  /** Lists the parts beside the first one; undefined where samples have no parts. */
  readonly otherPartsAt?: ((sample: number) => readonly OtherPart[]) | undefined;
}

/** Metadata that are wanted of samples, and what goes with them. */
export interface MetadataWish {
  /** Filter that gets the metadata of samples as they are read, where nothing is added to these. */
  readonly filter: SampleFilter | undefined;
  /** True where sidecars are read. */
  readonly sidecars: boolean;
  readonly tables: readonly TableRequest[];
  /** Folder of the dataset: empty, or with `/` at its end. */
  readonly folder: string;
  readonly facts: SampleFacts;
}

/**
 * Reads the metadata of samples. What is said later goes first, key by key: what the sidecar of each says (of parts beside the
 * first one under their names), its row in `metadata.jsonl`, else `metadata.csv`, in the folder of the dataset, its rows in
 * tables; `{}` where there is none. `file_name` is the path from the metadata file to the sample; it is not part of the
 * metadata. Only sidecars that were listed are asked for.
 *
 * @throws FormatError naming the file, and the line, that is not as it should be
 */
export async function readMetadata(
  streamer: DataStreamer,
  samples: ListedSamples,
  wish: MetadataWish,
  signal: AbortSignal,
): Promise<SampleMetadata> {
  const { listing } = samples;
  const { filter, folder, facts } = wish;
  const { length } = samples.rows;
  const place = { streamer, listing, folder };
  const tables =
    wish.tables.length === 0 ? undefined : await openTables(wish.tables, place, { ...facts, length }, signal);
  // A root file that is named as a table is read as that.
  const root = listing.commonFiles.find((entry) => tables?.files.includes(entry) !== true);
  const hasMore = tables !== undefined || (listing.hasSidecars && wish.sidecars);
  const early = hasMore ? undefined : filter;
  const named = root && (await readRoot(streamer, root, samples, early, signal));
  const sidecars = wish.sidecars ? await findSidecars(samples, facts, signal) : NO_SIDECARS;
  const { merged, unreadable } = await readSidecars(streamer, listing, sidecars, named, signal);
  if (root !== undefined) warnOfSidecars(root.path, unreadable);
  const at = (sample: number): Metadata => merged.get(sample) ?? named?.at(sample) ?? {};
  const sidecarRow = (sample: number): number | undefined =>
    sidecars.bySample.get(sample)?.find(({ part }) => part === undefined)?.row;
  const sidecarsOf = (sample: number): FileEntry[] =>
    (sidecars.bySample.get(sample) ?? []).map(({ row }) => listing.entryAt(row));
  if (tables === undefined) return { at, sidecarRow, filesOf: sidecarsOf, tableFiles: [] };
  const pathAt = (sample: number): string => listing.files.pathAt(samples.rows[sample] as number);
  await tables.join({ ...facts, length, folder, pathAt, metadataAt: at }, signal);
  return {
    at: (sample) => ({ ...at(sample), ...tables.at(sample) }),
    sidecarRow,
    filesOf: (sample) => [...sidecarsOf(sample), ...tables.filesOf(sample)],
    tableFiles: tables.files,
  };
}

/** Reads the root file; its code is loaded where there is one. */
async function readRoot(...given: Parameters<typeof readTable>): Promise<MetadataTable> {
  const { readTable: read } = await import('./metadata-table.ts');
  return read(...given);
}

/** Opens tables; their code is loaded where there are some. */
async function openTables(...given: Parameters<typeof MetadataTables.open>): Promise<MetadataTables> {
  const { MetadataTables: tables } = await import('./tables/metadata-tables.ts');
  return tables.open(...given);
}

/** Sidecar of a part of a sample; of its first one, or of the sample itself, without a name. */
interface ListedSidecar {
  readonly part: string | undefined;
  readonly row: number;
}

/** Sidecars that were listed. */
interface ListedSidecars {
  readonly bySample: ReadonlyMap<number, readonly ListedSidecar[]>;
  /** Rows of them, each once. */
  readonly rows: readonly number[];
}

const NO_SIDECARS: ListedSidecars = { bySample: new Map(), rows: [] };

async function findSidecars(
  { listing, rows }: ListedSamples,
  { otherPartsAt, sidecarAt }: SampleFacts,
  signal: AbortSignal,
): Promise<ListedSidecars> {
  if (!listing.hasSidecars) return NO_SIDECARS;
  const index = await listing.index(signal);
  const slice = new TimeSlice(signal);
  const bySample = new Map<number, readonly ListedSidecar[]>();
  const found = new Set<number>();
  const find = (part: string | undefined, mesh: number): ListedSidecar[] => {
    const row = index.find(sidecarOf(listing.files.pathAt(mesh)));
    return row === undefined ? [] : [{ part, row }];
  };
  for (const [sample, of] of rows.entries()) {
    const own = find(undefined, of);
    const other = own.length === 0 && sidecarAt ? index.find(sidecarAt(sample)) : undefined;
    if (other !== undefined) own.push({ part: undefined, row: other });
    for (const { name, row } of otherPartsAt?.(sample) ?? []) own.push(...find(name, row));
    if (own.length > 0) bySample.set(sample, own);
    for (const { row } of own) found.add(row);
    if (sample % SAMPLES_PER_STEP === 0) await slice.pause();
  }
  return { bySample, rows: [...found] };
}

/** Reads sidecars, each once, and merges them with the rows of their samples. */
async function readSidecars(
  streamer: DataStreamer,
  listing: Listing,
  { bySample, rows }: ListedSidecars,
  named: MetadataTable | undefined,
  signal: AbortSignal,
): Promise<{ readonly merged: ReadonlyMap<number, Metadata>; readonly unreadable: readonly FormatError[] }> {
  const merged = new Map<number, Metadata>();
  const unreadable = new Set<FormatError>();
  const contents = new Map<number, Metadata | FormatError>();
  await mapLimited(rows, SIDECAR_CONCURRENCY, async (row) => {
    const entry = listing.entryAt(row);
    const bytes = await streamer.readWhole(entry.path, { entry, signal });
    const content = parseSidecar(bytes, entry.path);
    if (content instanceof FormatError && named === undefined) throw content;
    contents.set(row, content);
  });
  const slice = new TimeSlice(signal);
  for (const [sample, sidecars] of bySample) {
    const own = named?.at(sample);
    let metadata: Metadata = {};
    for (const { part, row } of sidecars) {
      const content = contents.get(row) as Metadata | FormatError;
      // Beside a row it need not be meant as metadata.
      if (content instanceof FormatError && own === undefined) throw content;
      if (content instanceof FormatError) unreadable.add(content);
      else metadata = { ...metadata, ...(part === undefined ? content : { [part]: content }) };
    }
    merged.set(sample, { ...metadata, ...own });
    await slice.pause();
  }
  return { merged, unreadable: [...unreadable] };
}

/** Parses a sidecar, or says what is wrong with it. */
function parseSidecar(bytes: Uint8Array, path: string): Metadata | FormatError {
  try {
    return parseMetadata(decodeText(bytes, path), path);
  } catch (error) {
    if (isVascuError(error, 'FORMAT')) return error;
    throw error;
  }
}

/** Says once which sidecars were left out, since their samples have a row. */
function warnOfSidecars(root: string, [first, ...others]: readonly FormatError[]): void {
  if (first === undefined) return;
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
  process.emitWarning(
    `Not read: ${shorten(first.message, 300)}${more}. Of ${others.length === 0 ? 'its sample' : 'their samples'} only what ${root} says is known.`,
    { type: 'VascuSimWarning', code: 'VASCUSIM_SIDECAR' },
  );
}
