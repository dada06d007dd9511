import type { Sample } from '../../core/dataset.ts';
import type { Metadata } from '../../core/graph.ts';
import type { FileEntry } from '../../core/source.ts';
import { bytesOf, checkIndex, type SamplePart } from '../sample-files.ts';
import { type SampleColumns, type SamplePlace, SampleTable } from '../sample-table.ts';
import type { FoundSeries } from './found-series.ts';
import type { SeriesSamples } from './series-samples.ts';
import type { StepSource } from './time-series.ts';

/** Samples that are steps of series, or windows of these. */
export class TimeTable extends SampleTable {
  /** Samples before the filter, by their steps. */
  readonly samples: SeriesSamples;
  readonly #columns: SampleColumns;
  /** Samples of the catalogue that series are made of, with their metadata. */
  readonly #units: SampleTable;
  readonly #kept: Uint32Array | undefined;
  /** True where samples may have files in common. */
  readonly #hasShared: boolean;

  /**
   * @param columns - of the units; they are not filtered
   * @param kept - samples that the filter keeps; undefined for all
   */
  constructor(columns: SampleColumns, samples: SeriesSamples, kept: Uint32Array | undefined) {
    super(columns);
    this.#columns = columns;
    this.#units = new SampleTable(columns);
    this.samples = samples;
    this.#kept = kept;
    this.#hasShared = samples.hasShared;
  }

  override get length(): number {
    return this.#kept?.length ?? this.samples.length;
  }

  override pick(indices: ArrayLike<number>): TimeTable {
    const kept = Uint32Array.from(indices, (index) => this.sampleOf(index));
    return new TimeTable(this.#columns, this.samples, kept);
  }

  override all(): TimeTable {
    return new TimeTable(this.#columns, this.samples, undefined);
  }

  /** Finds the number of a sample among those before the filter. */
  sampleOf(index: number): number {
    checkIndex(index, this.length);
    return this.#kept?.[index] ?? index;
  }

  override idAt(index: number): string {
    const { series, first } = this.#at(index);
    return `${series.id}@${series.steps[first]}`;
  }

  override timeAt(index: number): Required<Pick<Sample, 'series' | 'steps'>> & Pick<Sample, 'times'> {
    const { series, sample } = this.#at(index);
    const positions = this.samples.positionsAt(sample);
    const { id, steps, times } = series;
    return {
      series: id,
      steps: positions.map((at) => steps[at] as number),
      ...(times && { times: positions.map((at) => times[at] as number) }),
    };
  }

  override pathAt(index: number): string {
    const { series, first } = this.#at(index);
    return series.sourceAt(0, first)?.path ?? series.path;
  }

  override metadataAt(index: number): Metadata {
    return this.#units.metadataAt(this.#unitAt(index));
  }

  /** Lists the files of a sample: of each step those of all parts, each file once. */
  override filesAt(index: number): readonly FileEntry[] {
    const { series, sample } = this.#at(index);
    const files = new Map<string, FileEntry>();
    for (const position of this.samples.positionsAt(sample)) {
      for (const { files: own } of sourcesOf(series, position))
        for (const file of own) if (!files.has(file.path)) files.set(file.path, file);
    }
    return [...files.values()];
  }

  override ownFilesAt(index: number): readonly FileEntry[] {
    return this.filesAt(index);
  }

  override partsAt(index: number): readonly SamplePart[] | undefined {
    const { series, first } = this.#at(index);
    if (!this.#hasParts(series)) return undefined;
    return series.parts.flatMap(({ name, graphOf }, part) => {
      const source = series.sourceAt(part, first);
      if (source === undefined) return [];
      return [{ name, path: source.path, files: source.files, ...(graphOf && { graphOf }) }];
    });
  }

  override placeAt(index: number): SamplePlace {
    const { series, first } = this.#at(index);
    const source = series.sourceAt(0, first) ?? { path: this.pathAt(index), files: this.filesAt(index) };
    return { ...source, stepped: series.parts[0]?.stepped };
  }

  override sharedAt(index: number): readonly FileEntry[] | undefined {
    return this.#hasShared ? this.filesAt(index) : undefined;
  }

  override rowsOfFiles(index: number): readonly number[] {
    const { series, sample } = this.#at(index);
    return [...new Set(this.samples.positionsAt(sample).flatMap((position) => series.rowsAt(position)))];
  }

  override partPathsAt(index: number): Sample['parts'] {
    const parts = this.partsAt(index);
    return parts && Object.fromEntries(parts.map(({ name, path }) => [name, path]));
  }

  override get optionalParts(): readonly string[] {
    return this.#units.optionalParts;
  }

  override capturesAt(index: number): Sample['captures'] {
    return this.#units.capturesAt(this.#unitAt(index));
  }

  override sizeAt(index: number): number {
    return this.bytesAt(index);
  }

  override bytesAt(index: number): number {
    return bytesOf(this.filesAt(index));
  }

  override mostBytesOfSeveral(): number {
    let most = 0;
    for (let number = 0; number < this.samples.seriesCount; number++) {
      const { steps } = this.samples.series(number);
      // Steps of a series are about as large as each other.
      if (steps.length > 0) most = Math.max(most, this.#bytesOfFirst(number));
    }
    return most;
  }

  override sidecarAt(index: number): FileEntry | undefined {
    return this.#units.sidecarAt(this.#unitAt(index));
  }

  override metadataFilesAt(index: number): readonly FileEntry[] {
    const unit = this.#unitAt(index);
    const files = this.#units.metadataFilesAt(unit);
    // A list of steps is what makes them a series elsewhere, too.
    return this.#at(index).series.from === 'collection' ? [...this.#units.filesAt(unit), ...files] : files;
  }

  /** Adds up the files of as many steps of a series as a sample has. */
  #bytesOfFirst(number: number): number {
    const series = this.samples.found(number);
    const count = Math.min(this.samples.windowLength, series.steps.length);
    const files = new Map<string, FileEntry>();
    for (let at = 0; at < count; at++)
      for (const { files: own } of sourcesOf(series, at)) for (const file of own) files.set(file.path, file);
    return files.size < 2 ? 0 : bytesOf([...files.values()]);
  }

  #hasParts({ parts }: FoundSeries): boolean {
    return parts.length > 1 || parts[0]?.name !== '';
  }

  #unitAt(index: number): number {
    const { series, first } = this.#at(index);
    return series.unitAt(first);
  }

  #at(index: number): { readonly series: FoundSeries; readonly sample: number; readonly first: number } {
    const sample = this.sampleOf(index);
    return {
      series: this.samples.found(this.samples.seriesOf(sample)),
      sample,
      first: this.samples.firstAt(sample),
    };
  }
}

function sourcesOf(series: FoundSeries, position: number): StepSource[] {
  return series.parts
    .map((_, part) => series.sourceAt(part, position))
    .filter((source) => source !== undefined);
}
