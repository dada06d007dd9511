import { countArchives } from '../core/archive-name.ts';
import { ConfigError } from '../core/errors.ts';
import type { Metadata } from '../core/graph.ts';
import { describeLeftOut } from '../core/left-out.ts';
import { mapLimited } from '../core/limit.ts';
import { resolveSibling } from '../core/safe-path.ts';
import { showValue } from '../core/show-value.ts';
import type { FileEntry, LeftOut } from '../core/source.ts';
import { TimeSlice } from '../core/time-slice.ts';
import { isCollection, isGraphPath, isMeshPath, listReferences } from '../formats/registry.ts';
import { withoutExtension } from '../metadata/sidecar.ts';
import type { DataStreamer } from '../streamers/data-streamer.ts';
import { readMetadata, type SampleFacts, type SampleMetadata } from './read-metadata.ts';
import { type FilterFn, SampleFilter, type SampleMaker } from './sample-filter.ts';
import type { SampleGroups } from './sample-groups.ts';
import { type ListedSamples, Listing } from './sample-listing.ts';
import { placeOf } from './sample-search.ts';
import type { SampleRules } from './sample-selection.ts';
import { SampleTable } from './sample-table.ts';
import type { TableRequest } from './tables/table-options.ts';
import type { SeriesSamples } from './time/series-samples.ts';
import type { SeriesSearch } from './time/series-search.ts';
import type { TimeRules } from './time/time-options.ts';
import type { ListedDataset } from './unused-files.ts';

/** Contents of a source as far as they are known without reading a mesh. */
export interface Catalogue {
  /** Samples in the order of their paths. */
  readonly table: SampleTable;
  /** Files that belong to no sample alone: the metadata of the whole dataset. */
  readonly commonFiles: readonly FileEntry[];
  /** Folder in which the samples lie: empty, or with `/` at its end. */
  readonly folder: string;
  /** Entries that the listing passed over. */
  readonly leftOut: readonly LeftOut[];
  /** Listing, and what was made of it before the filter chose. */
  readonly listed: ListedDataset;
  /** Series that samples are steps of; undefined without `time`. */
  readonly time: SeriesSamples | undefined;
}

/** Options of {@link findSamples}. */
export interface CatalogueOptions {
  /** Folder inside the source. */
  readonly sourceDir: string | undefined;
  readonly filterFn: FilterFn | undefined;
  /** Rules that say which mesh files are samples; undefined where each is. */
  readonly rules: SampleRules | undefined;
  /** Tables of metadata that are joined with samples. */
  readonly tables: readonly TableRequest[];
  /** True where sidecars are read. */
  readonly sidecars: boolean;
  /** Rules by which samples are steps of series; undefined where files are samples. */
  readonly time: TimeRules | undefined;
  /** Names of the arrays that are wanted; undefined for all. */
  readonly attributes: readonly string[] | undefined;
}

/** Number of `.pvtu` and `.pvtp` files that are looked into at a time. */
const COLLECTION_CONCURRENCY = 32;

/** Rows and samples that are looked at between two looks at the time. */
const ROWS_PER_STEP = 128;
const SAMPLES_PER_STEP = 16;

/** Longest ending of a path that is asked of once, characters: the others are paths. */
const LONGEST_ENDING = 8;

/**
 * Finds every mesh file of a source, sorted by path, with its metadata. A file that a `.pvtu` or `.pvtp` names as its
 * piece is a part of that sample and none of its own.
 *
 * @throws NotFoundError when there is no mesh file at all
 */
export async function findSamples(
  streamer: DataStreamer,
  options: CatalogueOptions,
  signal: AbortSignal,
): Promise<Catalogue> {
  const folder = toPrefix(options.sourceDir);
  const { tables, sidecars } = options;
  const asked = tables.flatMap(({ sourcePaths }) => sourcePaths(folder));
  const listing = await Listing.read(streamer, folder, signal, asked);
  const { leftOut } = listing;
  const passedOver = describeLeftOut(leftOut);
  const search = options.time && (await openSearch(options.time));
  const meshes =
    search === undefined
      ? await rowsOfSamples(listing, options.rules?.namesGraphs === true, signal)
      : await rowsOfPaths(listing, (path) => search.mayBeUnit(path), signal);
  if (meshes.length === 0) {
    const archives = countArchives(listing.files.paths());
    const found = { folder, files: listing.length, archives, passedOver };
    const { noSamples } = await import('./no-samples.ts');
    throw await noSamples(streamer.source, found, signal);
  }
  if (passedOver !== undefined) {
    process.emitWarning(passedOver, { type: 'VascuSimWarning', code: 'VASCUSIM_LEFT_OUT' });
  }
  const selection = options.rules?.select({ listing, rows: meshes }, folder, streamer.source.id);
  const chosen = selection === undefined ? meshes : await selection.choose(signal);
  const collections = selection === undefined ? chosen : await selection.collections(chosen, signal);
  const pieces = await findPieces(streamer, { listing, rows: collections }, signal);
  const parts = new Set([...pieces.values()].flat());
  const whole = parts.size === 0 ? chosen : chosen.filter((row) => !parts.has(row));
  const own =
    search === undefined
      ? whole
      : await search.begin(
          {
            streamer,
            listing,
            pieces,
            findPieces: (rows, own) => findPieces(streamer, { listing, rows }, own),
            attributes: options.attributes,
          },
          whole,
          options.rules?.templates !== undefined,
          signal,
        );
  const groups = await selection?.group(own, signal);
  const samples = { listing, rows: groups?.rows ?? own };
  const withExtension =
    groups?.hasCaptures === true || search !== undefined ? undefined : await findSameIds(samples, signal);
  const { filterFn } = options;
  const all = new SampleTable({
    ...samples,
    groups,
    pieces,
    withExtension,
    metadata: NO_METADATA,
    kept: undefined,
  });
  if (search !== undefined) {
    const columns = { ...samples, groups, pieces, withExtension, kept: undefined };
    const { findTimeSamples } = await import('./time/find-time-samples.ts');
    const facts = factsOf(all, groups);
    const place = { streamer, folder, columns, all, options, selection, facts };
    const captured = (unit: number, given: Metadata): Metadata => withCaptures(groups, unit, given);
    const found = await findTimeSamples(search, { ...place, withCaptures: captured }, signal);
    return { ...found, folder, leftOut };
  }
  const filter =
    filterFn && new SampleFilter(filterFn, samples.rows.length, await offering(all, groups), signal);
  const facts = factsOf(all, groups);
  const wish = { filter, sidecars, tables, folder, facts };
  const read = await readMetadata(streamer, samples, wish, signal);
  const kept = await filter?.finish((sample) => read.at(sample));
  if (groups !== undefined) await selection?.check(groups, kept, signal);
  const metadata: SampleMetadata =
    groups === undefined ? read : { ...read, at: (sample) => withCaptures(groups, sample, read.at(sample)) };
  const table = new SampleTable({ ...samples, groups, pieces, withExtension, metadata, kept });
  const commonFiles = [...new Set([...listing.commonFiles, ...read.tableFiles])];
  const listed = { listing, folder, rules: options.rules, samples: all };
  return { table, commonFiles, folder, leftOut, listed, time: undefined };
}

/** Makes what finds series; its code is loaded where they are wanted. */
async function openSearch(rules: TimeRules): Promise<SeriesSearch> {
  const { SeriesSearch: Search } = await import('./time/series-search.ts');
  return new Search(rules);
}

/** Gives what is known of samples before their metadata. */
function factsOf(table: SampleTable, groups: SampleGroups | undefined): SampleFacts {
  return {
    idAt: (sample) => table.idAt(sample),
    capturesAt: (sample) => groups?.capturesAt(sample),
    captureNames: groups?.templates.first.template.names ?? [],
    otherPartsAt:
      groups?.templates.hasParts !== true
        ? undefined
        : (sample) =>
            groups
              .rowsOfParts(sample)
              .filter(({ part }) => part !== groups.templates.first)
              .map(({ part: { name }, row }) => ({ name, row })),
  };
}

/** Metadata of samples before they are read. */
const NO_METADATA: SampleMetadata = {
  at: () => ({}),
  sidecarRow: () => undefined,
  filesOf: () => [],
  tableFiles: [],
};

/** Makes what offers samples to a filter; its code is loaded where there is one. */
async function offering(table: SampleTable, groups: SampleGroups | undefined): Promise<SampleMaker> {
  const { OfferedSample } = await import('./offered-sample.ts');
  return (sample, given) => new OfferedSample(table, sample, withCaptures(groups, sample, given));
}

/** Adds what a template captured of a sample to what else is known of it, which goes first. */
function withCaptures(groups: SampleGroups | undefined, sample: number, metadata: Metadata): Metadata {
  return groups === undefined ? metadata : { ...groups.capturesAt(sample), ...metadata };
}

/**
 * Finds the rows of the files that may be samples: meshes, and stored graphs where there are no meshes, or where they
 * are asked for by name.
 */
async function rowsOfSamples(
  listing: Listing,
  wantsGraphs: boolean,
  signal: AbortSignal,
): Promise<Uint32Array> {
  const isWanted = (path: string): boolean => isMeshPath(path) || (wantsGraphs && isGraphPath(path));
  const rows = await rowsWhere(listing, isWanted, signal);
  return rows.length > 0 ? rows : rowsWhere(listing, isGraphPath, signal);
}

/** Asks of each ending of paths once. */
function byEnding(isWanted: (path: string) => boolean): (ending: string) => boolean {
  const known = new Map<string, boolean>();
  return (ending) => {
    const found = known.get(ending) ?? isWanted(ending);
    if (ending.length <= LONGEST_ENDING) known.set(ending, found);
    return found;
  };
}

/** Finds the rows of a listing whose paths are wanted, which their extensions decide. */
async function rowsWhere(
  { files }: Listing,
  isWanted: (path: string) => boolean,
  signal: AbortSignal,
): Promise<Uint32Array> {
  const slice = new TimeSlice(signal);
  const rows = new Uint32Array(files.length);
  const isWantedEnding = byEnding(isWanted);
  let count = 0;
  for (let row = 0; row < files.length; row++) {
    if (isWantedEnding(files.endingAt(row))) rows[count++] = row;
    if (row % ROWS_PER_STEP === 0) await slice.pause();
  }
  return rows.slice(0, count);
}

/** Finds the rows of a listing whose paths are wanted as a whole. */
async function rowsOfPaths(
  { files }: Listing,
  isWanted: (path: string) => boolean,
  signal: AbortSignal,
): Promise<Uint32Array> {
  const slice = new TimeSlice(signal);
  const rows: number[] = [];
  for (let row = 0; row < files.length; row++) {
    if (isWanted(files.pathAt(row))) rows.push(row);
    if (row % ROWS_PER_STEP === 0) await slice.pause();
  }
  return Uint32Array.from(rows);
}

function toPrefix(sourceDir: string | undefined): string {
  const given = (sourceDir ?? '').replace(/^[/\\]+|[/\\]+$/g, '');
  if (given === '' || given === '.') return '';
  const folder = resolveSibling('', given);
  if (folder !== undefined) return `${folder}/`;
  throw new ConfigError('sourceDir', `sourceDir ${showValue(sourceDir)} leads out of the source.`);
}

/** Finds the pieces of each `.pvtu` and `.pvtp` that are there: rows by its row. */
async function findPieces(
  streamer: DataStreamer,
  { listing, rows }: ListedSamples,
  signal: AbortSignal,
): Promise<Map<number, readonly number[]>> {
  const { files } = listing;
  const slice = new TimeSlice(signal);
  const collections: number[] = [];
  const isCollectionEnding = byEnding(isCollection);
  for (const [place, row] of rows.entries()) {
    if (isCollectionEnding(files.endingAt(row))) collections.push(row);
    if (place % ROWS_PER_STEP === 0) await slice.pause();
  }
  if (collections.length === 0) return new Map();
  const index = await listing.index(signal);
  const found = await mapLimited(collections, COLLECTION_CONCURRENCY, async (row) => {
    const entry = listing.entryAt(row);
    const content = await streamer.readWhole(entry.path, { entry, signal });
    const pieces = listReferences(content, entry.path).flatMap((piece) => {
      const found = isMeshPath(piece) && !isCollection(piece) ? index.find(piece) : undefined;
      return found ?? [];
    });
    return [row, pieces] as const;
  });
  return new Map(found);
}

/** Finds samples that differ from another one in their extension alone. @returns 1 for each; undefined for none */
async function findSameIds(
  { listing, rows }: ListedSamples,
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  const { files } = listing;
  const slice = new TimeSlice(signal);
  const extensions = new Set<string>();
  let last: string | undefined;
  for (const [sample, row] of rows.entries()) {
    const ending = files.endingAt(row);
    // Of most the one is that of the other.
    if (ending !== last)
      extensions.add(ending.startsWith('.') ? ending : ending.slice(withoutExtension(ending).length));
    last = ending;
    if (sample % SAMPLES_PER_STEP === 0) await slice.pause();
  }
  if (extensions.size < 2) return undefined;
  const index = await listing.index(signal);
  const same = new Uint8Array(rows.length);
  for (const [sample, row] of rows.entries()) {
    const path = files.pathAt(row);
    const id = withoutExtension(path);
    for (const extension of extensions) {
      const other = id + extension === path ? undefined : index.find(id + extension);
      if (other !== undefined && placeOf(rows, other) !== undefined) same[sample] = 1;
    }
    if (sample % SAMPLES_PER_STEP === 0) await slice.pause();
  }
  return same;
}
