import { countArchives } from '../core/archive-name.ts';
import { ConfigError } from '../core/errors.ts';
import { describeLeftOut } from '../core/left-out.ts';
import { mapLimited } from '../core/limit.ts';
import { resolveSibling } from '../core/safe-path.ts';
import { showValue } from '../core/show-value.ts';
import type { FileEntry, LeftOut } from '../core/source.ts';
import { TimeSlice } from '../core/time-slice.ts';
import { isCollection, isMeshPath, listReferences } from '../formats/registry.ts';
import { withoutExtension } from '../metadata/sidecar.ts';
import type { DataStreamer } from '../streamers/data-streamer.ts';
import { noSamples } from './no-samples.ts';
import { readMetadata } from './read-metadata.ts';
import { type FilterFn, SampleFilter } from './sample-filter.ts';
import { type ListedSamples, Listing } from './sample-listing.ts';
import { placeOf } from './sample-search.ts';
import { SampleTable } from './sample-table.ts';

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
}

/** Options of {@link findSamples}. */
export interface CatalogueOptions {
  /** Folder inside the source. */
  readonly sourceDir: string | undefined;
  readonly filterFn: FilterFn | undefined;
}

/** Number of `.pvtu` and `.pvtp` files that are looked into at a time. */
const COLLECTION_CONCURRENCY = 32;

/** Rows and samples that are looked at between two looks at the time. */
const ROWS_PER_STEP = 128;
const SAMPLES_PER_STEP = 16;

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
  const listing = await Listing.read(streamer, folder, signal);
  const { leftOut, commonFiles } = listing;
  const passedOver = describeLeftOut(leftOut);
  const meshes = await rowsWhere(listing, isMeshPath, signal);
  if (meshes.length === 0) {
    const archives = countArchives(listing.files.paths());
    const found = { folder, files: listing.length, archives, passedOver };
    throw await noSamples(streamer.source, found, signal);
  }
  if (passedOver !== undefined) {
    process.emitWarning(passedOver, { type: 'VascuSimWarning', code: 'VASCUSIM_LEFT_OUT' });
  }
  const pieces = await findPieces(streamer, { listing, rows: meshes }, signal);
  const parts = new Set([...pieces.values()].flat());
  const own = parts.size === 0 ? meshes : meshes.filter((row) => !parts.has(row));
  const samples = { listing, rows: own };
  const withExtension = await findSameIds(samples, signal);
  const { filterFn } = options;
  const filter = filterFn && new SampleFilter(filterFn, own.length, signal);
  const metadata = await readMetadata(streamer, samples, filter, signal);
  const kept = await filter?.finish((sample) => metadata.at(sample));
  const table = new SampleTable({ ...samples, pieces, withExtension, metadata, kept });
  return { table, commonFiles, folder, leftOut };
}

/** Finds the rows of a listing whose paths are wanted. */
async function rowsWhere(
  { files }: Listing,
  isWanted: (path: string) => boolean,
  signal: AbortSignal,
): Promise<Uint32Array> {
  const slice = new TimeSlice(signal);
  const rows = new Uint32Array(files.length);
  let count = 0;
  for (let row = 0; row < files.length; row++) {
    if (isWanted(files.pathAt(row))) rows[count++] = row;
    if (row % ROWS_PER_STEP === 0) await slice.pause();
  }
  return rows.slice(0, count);
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
  for (const [place, row] of rows.entries()) {
    if (isCollection(files.pathAt(row))) collections.push(row);
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
  for (const [sample, row] of rows.entries()) {
    const path = files.pathAt(row);
    extensions.add(path.slice(withoutExtension(path).length));
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
