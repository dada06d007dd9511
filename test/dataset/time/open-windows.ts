import { onTestFinished } from 'vitest';
import type { FileEntry } from '../../../src/core/source.ts';
import {
  type DatasetParts,
  openParts,
  type VascuDatasetOptions,
} from '../../../src/dataset/dataset-parts.ts';
import { findMeshOwners } from '../../../src/dataset/mesh-owners.ts';
import type { StepSource, TimeSamples, TimeSeries } from '../../../src/dataset/time/time-series.ts';
import { WindowFiles } from '../../../src/dataset/time/window-files.ts';
import { VascuDataset } from '../../../src/dataset/vascu-dataset.ts';
import { STEPPED, storedName } from './made-series.ts';

/** Window of the samples that are made. */
export interface MadeWindow {
  readonly length: number;
  readonly stride?: number;
  readonly every?: number;
}

/** Makes the samples of series; single steps without a window. */
export function samplesOf(all: readonly TimeSeries[], window?: MadeWindow): TimeSamples {
  const { length = 1, stride = 1, every = 1 } = window ?? {};
  const rows = all.flatMap(({ steps }, series) => {
    const samples: { series: number; positions: number[] }[] = [];
    for (let first = 0; first + (length - 1) * every < steps.length; first += stride)
      samples.push({ series, positions: Array.from({ length }, (_, at) => first + at * every) });
    return samples;
  });
  return {
    length: rows.length,
    isWindowed: window !== undefined,
    seriesCount: all.length,
    seriesOf: (sample) => rows[sample]?.series as number,
    series: (number) => all[number] as TimeSeries,
    positionsAt: (sample) => rows[sample]?.positions as number[],
    why: '',
    gaps: [],
    tooShort: [],
  };
}

/** Makes the series of one file whose arrays have steps. */
export function arraysSeries(entry: FileEntry, steps: readonly number[]): TimeSeries {
  const namesOf = (on: 'node' | 'cell', step: number): Map<string, string> =>
    new Map(STEPPED.filter((each) => each[1] === on).map(([name]) => [name, storedName(name, step)]));
  const all = (on: 'node' | 'cell'): Set<string> =>
    new Set(steps.flatMap((step) => [...namesOf(on, step).values()]));
  return {
    id: entry.path.replace(/\.\w+$/, ''),
    from: 'arrays',
    steps,
    times: undefined,
    parts: [{ name: '', isStatic: false, stepped: { node: all('node'), cell: all('cell') } }],
    sourceAt: (_, position): StepSource => {
      const step = steps[position] as number;
      return {
        path: entry.path,
        files: [entry],
        names: { node: namesOf('node', step), cell: namesOf('cell', step) },
      };
    },
  };
}

/** Makes the series of files of one step each. */
export function filesSeries(id: string, entries: readonly FileEntry[], steps: readonly number[]): TimeSeries {
  return {
    id,
    from: 'files',
    steps,
    times: undefined,
    parts: [{ name: '', isStatic: false }],
    sourceAt: (_, position): StepSource => {
      const entry = entries[position] as FileEntry;
      return { path: entry.path, files: [entry] };
    },
  };
}

/** Dataset of windows of series that a test has made. */
export class WindowDataset extends VascuDataset {
  static async openWindows(
    options: VascuDatasetOptions,
    makeSamples: (entries: readonly FileEntry[]) => TimeSamples,
    more: {
      readonly sharesMesh?: boolean;
      readonly meshBytes?: number;
      readonly deleteAfterUse?: boolean;
    } = {},
  ): Promise<WindowDataset> {
    const { deleteAfterUse = false, sharesMesh = false, meshBytes } = more;
    const parts = await openParts('WindowDataset', options, []);
    const { streamer, catalogue, lifetime } = parts;
    const { table } = catalogue;
    const samples = makeSamples(
      Array.from({ length: table.length }, (_, at) => table.filesAt(at)[0] as FileEntry),
    );
    const { includeAttributes: attributes, mode = 'auto', graphOf } = options;
    const meshOwners = await findMeshOwners(table, false, lifetime.signal);
    const streamed = new WindowFiles(
      { streamer, samples, sharesMesh: () => sharesMesh, meshBytes },
      { attributes, mode, graphOf, meshOwners },
    );
    const pick = Uint32Array.from(
      { length: samples.length },
      (_, sample) => samples.seriesOf(sample) % table.length,
    );
    const made: DatasetParts = {
      ...parts,
      catalogue: { ...catalogue, table: table.pick(pick) },
      files: streamed,
      streamed,
    };
    const dataset = new WindowDataset(made, deleteAfterUse);
    onTestFinished(() => dataset.close());
    return dataset;
  }
}
