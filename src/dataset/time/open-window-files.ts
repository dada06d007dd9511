import type { Sample } from '../../core/dataset.ts';
import { ConfigError } from '../../core/errors.ts';
import { showValue } from '../../core/show-value.ts';
import type { DataStreamer } from '../../streamers/data-streamer.ts';
import type { SampleTable } from '../sample-table.ts';
import type { SampleWish } from '../wished-files.ts';
import { KeptSteps } from './kept-steps.ts';
import type { TimeRules } from './time-options.ts';
import type { TimeSamples } from './time-series.ts';
import { TimeTable } from './time-table.ts';
import { WindowFiles } from './window-files.ts';

/** Rule that says which files of series have one mesh. */
type SharedMeshOfSeries = boolean | 'folder' | 'series' | ((sample: Sample) => string | undefined);

/** Dataset whose samples are steps. */
interface StepsToOpen {
  readonly streamer: DataStreamer;
  readonly table: SampleTable;
  readonly rules: TimeRules;
  readonly wish: Omit<SampleWish, 'meshOwners'>;
  readonly normalize: boolean | undefined;
  readonly sharedMesh: SharedMeshOfSeries | undefined;
  /** Request to keep what is decoded, as the option of a dataset. */
  readonly cacheDecoded: boolean | string | undefined;
}

/**
 * Makes the files of samples that are steps.
 *
 * @throws ConfigError for a `sharedMesh` that says nothing of series
 */
export function openWindowFiles(steps: StepsToOpen): WindowFiles {
  const { streamer, table, rules, wish, sharedMesh = false, cacheDecoded = false, normalize = false } = steps;
  if (!(table instanceof TimeTable)) throw new Error('the samples of the table are no steps');
  if (![true, false, 'series', 'folder'].includes(sharedMesh as string)) {
    throw new ConfigError(
      'sharedMesh',
      `sharedMesh is ${showValue(sharedMesh)}, and with time it says which files of a series have one mesh: use 'series', 'folder', true or false.`,
    );
  }
  const sharesMesh = (paths: readonly string[]): boolean =>
    sharedMesh === 'folder' ? new Set(paths.map(folderOf)).size === 1 : sharedMesh !== false;
  const { meshBytes } = rules;
  const { attributes, graphOf } = wish;
  const options = [attributes?.toSorted() ?? null, normalize, graphOf ?? null, cacheDecoded];
  const kept = cacheDecoded === false ? undefined : new KeptSteps(streamer, options);
  return new WindowFiles(
    { streamer, samples: keptSamples(table), sharesMesh, meshBytes, kept },
    { ...wish, meshOwners: { ownerOf: () => undefined } },
  );
}

/** Takes the samples that the filter of a table has left. */
function keptSamples(table: TimeTable): TimeSamples {
  const { samples } = table;
  const { why, gaps, tooShort, isWindowed, seriesCount } = samples;
  return {
    why,
    gaps,
    tooShort,
    isWindowed,
    seriesCount,
    length: table.length,
    seriesOf: (sample) => samples.seriesOf(table.sampleOf(sample)),
    series: (number) => samples.series(number),
    positionsAt: (sample) => samples.positionsAt(table.sampleOf(sample)),
  };
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/') + 1);
}
