import { TimeSlice } from '../core/time-slice.ts';
import { compileFilter, type Metadata, type VascuDataset } from '../data.ts';
import { SeriesRows } from './series-rows.ts';
import type { SamplePage, ViewedSample } from './view-protocol.ts';
import type { ViewedSampleFiles } from './viewed-sample.ts';

/** Samples that are looked at between two looks at the time. */
const SAMPLES_PER_STEP = 64;
/** Samples that one answer lists at most. */
const MAX_PAGE_SAMPLES = 1000;
/** Number of filters whose samples are remembered. */
const MAX_FILTERS = 8;
/** Samples whose metadata tell which of their keys say most. */
const MAX_TELLING_SAMPLES = 200;
/** Texts of metadata beside an id, and their longest, characters. */
const MAX_DETAILS = 3;
const MAX_DETAIL_CHARACTERS = 40;

/** Samples of a dataset as the page lists them: rows, of which those of a dataset opened with `time` are series. */
export class SampleList {
  readonly #dataset: VascuDataset;
  readonly #columns: readonly string[] | undefined;
  readonly #rows: SeriesRows;
  readonly #filtered = new Map<string, Promise<Uint32Array>>();
  #telling: readonly string[] | undefined;
  #places: ReadonlyMap<string, number> | undefined;

  /** @param columns - keys of the metadata that are shown beside an id; the most telling ones by default */
  constructor(dataset: VascuDataset, columns?: readonly string[]) {
    this.#dataset = dataset;
    this.#rows = new SeriesRows(dataset);
    this.#columns = columns;
  }

  get total(): number {
    return this.#rows.length;
  }

  /** Gives a sample by its id; undefined where there is none. */
  find(id: string): ViewedSampleFiles | undefined {
    const rows = this.#rows;
    this.#places ??= new Map(Array.from({ length: rows.length }, (_, row) => [rows.idAt(row), row]));
    const row = this.#places.get(id);
    if (row === undefined) return undefined;
    const metadata = this.#metadataAt(row);
    return { id, metadata, steps: rows.stepsAt(row), placeAt: (step) => rows.placeAt(row, step) };
  }

  /** Lists ids that may be like one that is not there. */
  someIds(): string[] {
    const length = Math.min(this.total, MAX_PAGE_SAMPLES);
    return Array.from({ length }, (_, row) => this.#rows.idAt(row));
  }

  /**
   * Lists some of the samples that fit a filter.
   *
   * @throws ConfigError (option `filter`) for a filter that cannot be read
   */
  async page(
    { where, from, count }: { readonly where: string; readonly from: number; readonly count: number },
    signal: AbortSignal,
  ): Promise<SamplePage> {
    const chosen = where.trim() === '' ? undefined : await this.#filter(where, signal);
    const matching = chosen?.length ?? this.total;
    const end = Math.min(from + Math.min(count, MAX_PAGE_SAMPLES), matching);
    const samples: ViewedSample[] = [];
    for (let place = from; place < end; place++) samples.push(this.#describe(chosen?.[place] ?? place));
    return { total: this.total, matching, from, samples };
  }

  #filter(where: string, signal: AbortSignal): Promise<Uint32Array> {
    const known = this.#filtered.get(where);
    if (known !== undefined) return known;
    const found = this.#search(where, signal);
    this.#filtered.set(where, found);
    found.catch(() => this.#filtered.delete(where));
    const [oldest] = this.#filtered.keys();
    if (this.#filtered.size > MAX_FILTERS && oldest !== undefined) this.#filtered.delete(oldest);
    return found;
  }

  async #search(where: string, signal: AbortSignal): Promise<Uint32Array> {
    const fits = compileFilter(where);
    const slice = new TimeSlice(signal);
    const found: number[] = [];
    for (let index = 0; index < this.total; index++) {
      if (index % SAMPLES_PER_STEP === 0) await slice.pause();
      if (fits(this.#metadataAt(index))) found.push(index);
    }
    return Uint32Array.from(found);
  }

  #describe(row: number): ViewedSample {
    const metadata = this.#metadataAt(row);
    const details = this.#shown.flatMap((name) => {
      const value = metadata[name];
      return isTelling(value) ? [`${name} ${textOf(value)}`] : [];
    });
    return {
      id: this.#rows.idAt(row),
      details: details.slice(0, MAX_DETAILS),
      bytes: this.#rows.bytesAt(row),
    };
  }

  #metadataAt(row: number): Metadata {
    return this.#dataset.samples[this.#rows.sampleAt(row, 0)]?.metadata ?? {};
  }

  /** Keys of the metadata that are shown beside an id. */
  get #shown(): readonly string[] {
    const length = Math.min(this.total, MAX_TELLING_SAMPLES);
    const some = (): Metadata[] => Array.from({ length }, (_, row) => this.#metadataAt(row));
    this.#telling ??= this.#columns ?? tellingKeys(some());
    return this.#telling;
  }
}

/** Finds the keys of the metadata that tell samples apart: with short values that are not all the same. */
function tellingKeys(some: readonly Metadata[]): string[] {
  const values = new Map<string, string[]>();
  for (const metadata of some) {
    for (const [name, value] of Object.entries(metadata))
      if (isTelling(value)) values.set(name, [...(values.get(name) ?? []), textOf(value)]);
  }
  return [...values]
    .filter(([, texts]) => texts.every((text) => text.length <= MAX_DETAIL_CHARACTERS))
    .filter(([, texts]) => new Set(texts).size > 1 || some.length < 2)
    .toSorted(([, one], [, other]) => other.length - one.length)
    .slice(0, MAX_DETAILS)
    .map(([name]) => name);
}

function isTelling(value: unknown): boolean {
  return ['string', 'number', 'boolean'].includes(typeof value);
}

function textOf(value: unknown): string {
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value !== 'number' || Number.isInteger(value)) return String(value);
  return String(Number(value.toPrecision(6)));
}
