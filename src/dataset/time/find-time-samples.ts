import type { Metadata } from '../../core/graph.ts';
import type { FileEntry } from '../../core/source.ts';
import { TimeSlice } from '../../core/time-slice.ts';
import { SIDECAR_EXTENSION } from '../../metadata/sidecar.ts';
import type { DataStreamer } from '../../streamers/data-streamer.ts';
import { OfferedSample } from '../offered-sample.ts';
import { readMetadata, type SampleFacts } from '../read-metadata.ts';
import { type FilterFn, SampleFilter } from '../sample-filter.ts';
import type { SampleSelection } from '../sample-selection.ts';
import type { SampleColumns, SampleTable } from '../sample-table.ts';
import type { TableRequest } from '../tables/table-options.ts';
import type { ListedDataset } from '../unused-files.ts';
import type { FoundSeries } from './found-series.ts';
import { SeriesSamples } from './series-samples.ts';
import type { SeriesSearch } from './series-search.ts';
import type { TimeRules } from './time-options.ts';
import { TimeTable } from './time-table.ts';

/** Series that are looked at between two looks at the time. */
const SERIES_PER_STEP = 16;

/** Wish for samples of series, as options say it. */
interface TimeWish {
  readonly filterFn: FilterFn | undefined;
  readonly rules: ListedDataset['rules'];
  readonly tables: readonly TableRequest[];
  readonly sidecars: boolean;
  readonly time: TimeRules | undefined;
}

/** Samples of series, as a catalogue has them. */
interface FoundSamples {
  readonly table: TimeTable;
  readonly commonFiles: readonly FileEntry[];
  readonly listed: ListedDataset;
  readonly time: SeriesSamples;
}

/** Units that samples are made of, and what they are looked for in. */
interface UnitPlace {
  readonly streamer: DataStreamer;
  readonly folder: string;
  /** Columns of the units, without their metadata. */
  readonly columns: Omit<SampleColumns, 'metadata'>;
  /** Units without their metadata. */
  readonly all: SampleTable;
  readonly options: TimeWish;
  readonly selection: SampleSelection | undefined;
  readonly facts: SampleFacts;
  /** Adds what a template captured of a unit to what else is known of it. */
  withCaptures(unit: number, metadata: Metadata): Metadata;
}

/**
 * Makes the samples of the series that units make: their metadata are read, then a filter is asked of each step or window.
 *
 * @throws what is wrong with a series of which the filter keeps a sample
 */
export async function findTimeSamples(
  search: SeriesSearch,
  place: UnitPlace,
  signal: AbortSignal,
): Promise<FoundSamples> {
  const { streamer, folder, columns, all, options, selection } = place;
  const { filterFn, rules, tables, sidecars, time } = options;
  const { listing, rows, groups } = columns;
  const slice = new TimeSlice(signal);
  const found = await search.find(all, groups, signal);
  const numbers = await seriesOfUnits(found, rows.length, slice);
  const idAt = (unit: number): string => found[(numbers[unit] as number) - 1]?.id ?? all.idAt(unit);
  const isPath = groups?.hasCaptures !== true;
  // A series of numbered files may have one sidecar for all of them, called as it is.
  const sidecarAt = isPath ? (unit: number): string => idAt(unit) + SIDECAR_EXTENSION : undefined;
  const facts = { ...place.facts, idAt, sidecarAt };
  const wish = { filter: undefined, sidecars, tables, folder, facts };
  const read = await readMetadata(streamer, { listing, rows }, wish, signal);
  const metadataAt = (unit: number): Metadata => place.withCaptures(unit, read.at(unit));
  search.applyDt(found, metadataAt);
  const samples = await SeriesSamples.of(found, time as NonNullable<typeof time>, search.why, slice);
  const timed = { ...columns, metadata: { ...read, at: metadataAt } };
  const whole = new TimeTable(timed, samples, undefined);
  const filter =
    filterFn &&
    new SampleFilter(
      filterFn,
      samples.length,
      (sample, metadata) => new OfferedSample(whole, sample, metadata),
      signal,
    );
  const kept = await filter?.finish((sample) => whole.metadataAt(sample));
  await refuseFaults(found, samples, kept, slice);
  if (groups !== undefined) {
    const used = await unitsOf(samples, kept, rows.length, slice);
    await selection?.check(groups, used, signal);
  }
  const table = new TimeTable(timed, samples, kept);
  const commonFiles = [...new Set([...listing.commonFiles, ...read.tableFiles])];
  const listed = { listing, folder, rules, samples: whole };
  return { table, commonFiles, listed, time: samples };
}

/** Finds the series of each unit: one more than its number, 0 for none. */
async function seriesOfUnits(
  found: readonly FoundSeries[],
  length: number,
  slice: TimeSlice,
): Promise<Uint32Array> {
  const numbers = new Uint32Array(length);
  for (const [number, series] of found.entries()) {
    const count = series.from === 'files' ? series.steps.length : 1;
    for (let at = 0; at < count; at++) numbers[series.unitAt(at)] = number + 1;
    if (number % SERIES_PER_STEP === 0) await slice.pause();
  }
  return numbers;
}

/** Finds the units of the samples that are kept. */
async function unitsOf(
  samples: SeriesSamples,
  kept: Uint32Array | undefined,
  length: number,
  slice: TimeSlice,
): Promise<Uint32Array> {
  const isUsed = new Uint8Array(length);
  const count = kept?.length ?? samples.length;
  for (let at = 0; at < count; at++) {
    const sample = kept?.[at] ?? at;
    const series = samples.found(samples.seriesOf(sample));
    for (const position of samples.positionsAt(sample)) isUsed[series.unitAt(position)] = 1;
    if (at % SERIES_PER_STEP === 0) await slice.pause();
  }
  return Uint32Array.from(isUsed.keys()).filter((unit) => isUsed[unit] === 1);
}

/** @throws the fault of the first series that has one, and a sample that is kept, or none that a filter was asked of */
async function refuseFaults(
  found: readonly FoundSeries[],
  samples: SeriesSamples,
  kept: Uint32Array | undefined,
  slice: TimeSlice,
): Promise<void> {
  if (found.every(({ fault }) => fault === undefined)) return;
  const isKept = new Uint8Array(found.length).fill(kept === undefined ? 1 : 0);
  for (const [at, sample] of (kept ?? new Uint32Array(0)).entries()) {
    isKept[samples.seriesOf(sample)] = 1;
    if (at % SERIES_PER_STEP === 0) await slice.pause();
  }
  for (const [number, { fault }] of found.entries()) {
    if (fault !== undefined && (isKept[number] === 1 || !samples.hasSamples(number))) throw fault;
  }
}
