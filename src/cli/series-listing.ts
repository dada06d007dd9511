import type { Metadata, VascuDataset } from '../data.ts';
import { formatValue } from './terminal/format-number.ts';

/** Series of steps, as it is listed. */
export interface SeriesRow {
  readonly id: string;
  /** Number of its samples: steps, or windows of them. */
  readonly samples: number;
  /** Numbers of the steps that are in samples, ascending. */
  readonly steps: readonly number[];
  /** Times of these, where they are known without opening a file for each. */
  readonly times: readonly number[] | undefined;
  /** Steps that are not there, between others. */
  readonly holes: readonly number[];
  /** Bytes of its files. */
  readonly size: number;
  /** Metadata of its first sample. */
  readonly metadata: Metadata;
}

/** Series while its samples are gone through. */
interface OpenSeries {
  readonly metadata: Metadata;
  readonly steps: Map<number, number | undefined>;
  readonly files: Map<string, number>;
  samples: number;
}

/** Lists the series that the samples of a dataset are of. */
export function listSeries(dataset: VascuDataset): readonly SeriesRow[] {
  const found = new Map<string, OpenSeries>();
  for (let index = 0; index < dataset.length; index++) {
    const { series = '', steps = [], times, files, metadata } = dataset.samples[index] ?? {};
    const open = found.get(series) ?? {
      metadata: metadata ?? {},
      steps: new Map(),
      files: new Map(),
      samples: 0,
    };
    found.set(series, open);
    open.samples++;
    for (const [at, step] of steps.entries()) open.steps.set(step, times?.[at]);
    for (const { path, size } of files ?? []) open.files.set(path, size);
  }
  const holes = new Map<string, number[]>();
  for (const { series, steps } of dataset.time?.gaps ?? [])
    holes.set(series, [...(holes.get(series) ?? []), ...steps]);
  return [...found].map(([id, { samples, steps, files, metadata }]) => {
    const sorted = [...steps].sort(([a], [b]) => a - b);
    const times = sorted.map(([, time]) => time);
    return {
      id,
      samples,
      steps: sorted.map(([step]) => step),
      times: times.every((time) => time !== undefined) ? times : undefined,
      holes: holes.get(id) ?? [],
      size: [...files.values()].reduce((sum, size) => sum + size, 0),
      metadata,
    };
  });
}

/** Describes numbers by how many there are, and the first and the last one: `201 (10040 … 11040)`. */
export function describeNumbers(numbers: readonly number[]): string {
  const [first, last] = [numbers[0], numbers.at(-1)];
  if (first === undefined || last === undefined) return '0';
  return numbers.length === 1 ? `1 (${first})` : `${numbers.length} (${first} … ${last})`;
}

/** Describes times by the first and the last one. */
export function describeTimes(times: readonly number[] | undefined): string {
  const [first, last] = [times?.[0], times?.at(-1)];
  if (first === undefined || last === undefined) return 'in the files';
  return first === last ? formatValue(first, 6) : `${formatValue(first, 6)} … ${formatValue(last, 6)}`;
}
