import { type CompiledFilter, type FilterFn, type Metadata, type Sample, VascuDataset } from '../data.ts';
import { HuggingFaceSource } from '../io.ts';
import type { Shard } from '../loader.ts';
import type { ResolvedSource } from './options/source-options.ts';
import { listSeries, type SeriesRow } from './series-listing.ts';
import { formatPlural } from './terminal/format-number.ts';
import { Activity } from './terminal/output.ts';

/** Part of a sample that lies on this machine; a folder's own files always do. */
type CachedPart = 'local' | 'yes' | 'part' | 'no';

/** A sample as it is listed. */
export interface ListedSample {
  readonly id: string;
  readonly path: string;
  /** Bytes of its files. */
  readonly size: number;
  readonly cached: CachedPart;
  readonly cachedBytes: number;
  /** Paths by part; undefined where samples have no parts. */
  readonly parts: Sample['parts'];
  readonly files: readonly { readonly path: string; readonly size: number }[];
  /** Values that the template captured; undefined without one. */
  readonly captures: Sample['captures'];
  /** Series, steps and times of a sample of time; undefined of others. */
  readonly series: Sample['series'];
  readonly steps: Sample['steps'];
  readonly times: Sample['times'];
  readonly metadata: Metadata;
}

/** Samples of a source. */
export interface DatasetListing {
  readonly source: string;
  /** Commit of a dataset of the Hub. */
  readonly revision: string | undefined;
  readonly filtered: boolean;
  /** Samples in all, those that fit the filter, and the bytes of these. */
  readonly total: number;
  readonly matching: number;
  readonly totalBytes: number;
  /** Number of samples that have each key of the metadata. */
  readonly keys: Readonly<Record<string, number>>;
  /** Paths that the listing passed over. */
  readonly leftOut: VascuDataset['leftOut'];
  /** Files that are in no sample, where they were asked for. */
  readonly unused: Awaited<ReturnType<VascuDataset['unusedFiles']>>;
  /** First samples that fit. */
  readonly samples: readonly ListedSample[];
  /** Findings about steps, where samples are such, and the first series of those that fit. */
  readonly time: (VascuDataset['time'] & { readonly series: readonly SeriesRow[] }) | undefined;
}

/** A dataset whose filter also counts what it sees. */
export interface CountedDataset extends AsyncDisposable {
  readonly dataset: VascuDataset;
  readonly total: number;
  readonly keys: ReadonlyMap<string, number>;
}

/** Opens a dataset, and says so while that takes long. */
export async function openVisibly<Options, Opened>(
  { given }: ResolvedSource,
  open: (options: Options) => Promise<Opened>,
  options: Options,
): Promise<Opened> {
  using _activity = new Activity((seconds) => `listing ${given}: ${formatPlural(seconds, 'second')}`);
  return await open(options);
}

/** Makes a filter which also counts in how many samples each key of the metadata is. */
export function countingKeys(keys: Map<string, number>, filter: FilterFn): FilterFn {
  return (metadata, sample) => {
    for (const key of Object.keys(metadata)) keys.set(key, (keys.get(key) ?? 0) + 1);
    return filter(metadata, sample);
  };
}

/** Opens a dataset and counts its samples and the keys of their metadata. */
export async function openCounted(
  source: ResolvedSource,
  filter: CompiledFilter | undefined,
): Promise<CountedDataset> {
  const { options } = source;
  const keys = new Map<string, number>();
  let total = 0;
  const isWanted = countingKeys(keys, filter ?? (() => true));
  const filterFn: FilterFn = (metadata, sample) => {
    total++;
    return isWanted(metadata, sample);
  };
  const dataset = await openVisibly(source, VascuDataset.open, { ...options, filterFn });
  return { dataset, total, keys, [Symbol.asyncDispose]: () => dataset.close() };
}

/** Lists what is in a source. */
export async function listDataset(
  source: ResolvedSource,
  options: {
    readonly filter: CompiledFilter | undefined;
    /** Share that is listed; all where it is undefined. */
    readonly shard: Shard | undefined;
    readonly limit: number;
    readonly countsUnused: boolean;
    /** Listener that gets the dataset while it is open. */
    readonly onOpened?: (dataset: VascuDataset) => void;
  },
): Promise<DatasetListing> {
  await using opened = await openCounted(source, options.filter);
  const { total, keys } = opened;
  const { shard } = options;
  const dataset = shard === undefined ? opened.dataset : opened.dataset.shard(shard);
  options.onOpened?.(dataset);
  const shown = dataset.samples.slice(0, options.limit);
  const samples: ListedSample[] = [];
  for (const [index, sample] of shown.entries()) {
    // What lies in an archive of a folder is unpacked into the cache.
    const isLocal = source.isLocal && dataset.streamer.source.inPlace !== undefined;
    samples.push(await describeSample(dataset, sample, index, isLocal));
  }
  const series = dataset.time && listSeries(dataset);
  let totalBytes = (series ?? []).reduce((sum, { size }) => sum + size, 0);
  if (series === undefined)
    for (let index = 0; index < dataset.length; index++) totalBytes += meshBytes(dataset, index);
  return {
    source: dataset.place.source,
    revision: await commitOf(dataset),
    filtered: options.filter !== undefined || shard !== undefined,
    total,
    matching: dataset.length,
    totalBytes,
    keys: Object.fromEntries(keys),
    leftOut: dataset.leftOut,
    unused: options.countsUnused ? await dataset.unusedFiles() : [],
    samples,
    time: dataset.time && describeTime(dataset.time, (series ?? []).slice(0, options.limit)),
  };
}

function describeTime(
  { why, gaps, tooShort }: NonNullable<VascuDataset['time']>,
  series: readonly SeriesRow[],
): NonNullable<DatasetListing['time']> {
  return { why, gaps, tooShort, series };
}

/** Samples that are looked at for what recurs in their paths: of more the first ones tell enough. */
const MAX_PATHS = 20_000;

/** Gives the paths of meshes from the folder of a dataset on. */
export function pathsBelow(dataset: VascuDataset): string[] {
  const length = Math.min(dataset.length, MAX_PATHS);
  return Array.from(
    { length },
    (_, index) => dataset.filesOf(index)[0]?.path.slice(dataset.folder.length) ?? '',
  );
}

async function commitOf({ streamer }: VascuDataset): Promise<string | undefined> {
  const { source } = streamer;
  return source instanceof HuggingFaceSource ? (await source.commit()).commit : undefined;
}

/** Sums the bytes of the mesh of a sample and its pieces, without its metadata. */
function meshBytes(dataset: VascuDataset, index: number): number {
  return dataset.filesOf(index).reduce((sum, { size }) => sum + size, 0);
}

async function describeSample(
  dataset: VascuDataset,
  { id, path, metadata, parts, captures, series, steps, times }: Sample,
  index: number,
  isLocal: boolean,
): Promise<ListedSample> {
  const size = meshBytes(dataset, index);
  let cachedBytes = 0;
  const entries = dataset.filesOf(index);
  for (const entry of entries) cachedBytes += await dataset.streamer.bytesHere(entry);
  const cached = isLocal ? 'local' : cachedBytes === size ? 'yes' : cachedBytes > 0 ? 'part' : 'no';
  const files = entries.map((entry) => ({ path: entry.path, size: entry.size }));
  return { id, path, size, cached, cachedBytes, parts, files, captures, series, steps, times, metadata };
}
