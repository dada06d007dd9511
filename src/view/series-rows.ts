import type { VascuDataset } from '../data.ts';
import type { ViewedStep } from './view-protocol.ts';
import type { StepPlace } from './viewed-sample.ts';

/** Steps of a series whose files are counted; of more the first ones tell about as much. */
const MAX_COUNTED_STEPS = 1000;

/** Rows of a list of samples: each is a sample, or with `time` a series, whose steps are samples of the dataset. */
export class SeriesRows {
  readonly #dataset: VascuDataset;
  /** First sample of each row, and behind them the number of samples; undefined where each sample is a row. */
  readonly #starts: readonly number[] | undefined;

  constructor(dataset: VascuDataset) {
    this.#dataset = dataset;
    this.#starts = dataset.time === undefined ? undefined : startsOf(dataset);
  }

  get length(): number {
    return this.#starts === undefined ? this.#dataset.length : this.#starts.length - 1;
  }

  /** Finds the sample of a row's step. */
  sampleAt(row: number, step: number): number {
    return this.#starts === undefined ? row : (this.#starts[row] as number) + step;
  }

  idAt(row: number): string {
    const id = this.#dataset.idOf(this.sampleAt(row, 0));
    return this.#starts === undefined ? id : seriesOf(id);
  }

  /** Lists the steps of a row; none where samples have no steps. */
  stepsAt(row: number): readonly ViewedStep[] {
    if (this.#starts === undefined) return [];
    const found = Array.from({ length: this.#countAt(row) }, (_, at) => {
      const { steps = [], times } = this.#dataset.samples[this.sampleAt(row, at)] ?? {};
      return { step: steps[0] ?? at, time: times?.[0] };
    });
    // Where nothing says the time it is the number of the step, which is no number of seconds.
    const isCount = found.every(({ step, time }) => step === time && Number.isInteger(step));
    return isCount ? found.map(({ step }) => ({ step, time: undefined })) : found;
  }

  placeAt(row: number, step: number): StepPlace {
    return this.#dataset.placeOf(this.sampleAt(row, step));
  }

  /** Adds up the files of a row, each once. */
  bytesAt(row: number): number {
    const files = new Map<string, number>();
    const count = this.#starts === undefined ? 1 : Math.min(this.#countAt(row), MAX_COUNTED_STEPS);
    for (let step = 0; step < count; step++)
      for (const { path, size } of this.#dataset.filesOf(this.sampleAt(row, step))) files.set(path, size);
    return [...files.values()].reduce((sum, size) => sum + size, 0);
  }

  #countAt(row: number): number {
    return (this.#starts?.[row + 1] ?? 0) - (this.#starts?.[row] ?? 0);
  }
}

/** Finds where each series begins among the samples of a dataset, which has them one behind the other. */
function startsOf(dataset: VascuDataset): number[] {
  const starts: number[] = [];
  let before: string | undefined;
  for (let index = 0; index < dataset.length; index++) {
    const series = seriesOf(dataset.idOf(index));
    if (series !== before) starts.push(index);
    before = series;
  }
  return [...starts, dataset.length];
}

/** Reads the id of a series from that of one of its samples: `SERIES@STEP`. */
function seriesOf(id: string): string {
  return id.slice(0, id.lastIndexOf('@'));
}
