import { ConfigError } from '../../core/errors.ts';
import type { Metadata } from '../../core/graph.ts';
import type { Captures } from '../../core/path-template.ts';
import { showNames, showValue } from '../../core/show-value.ts';
import { didYouMean } from '../../core/suggest.ts';
import type { TimeSlice } from '../../core/time-slice.ts';
import { KeyIndex } from './key-index.ts';
import { FILE_NAME, ID } from './table-options.ts';
import { type KeyValue, type TableRows, toKeyValue } from './table-rows.ts';

/** Samples that are looked at between two looks at the time. */
const SAMPLES_PER_STEP = 64;

/** Samples as tables are joined with them, in their order, before a filter. */
export interface JoinedSamples {
  readonly length: number;
  /** Folder of the dataset: empty, or with `/` at its end. */
  readonly folder: string;
  idAt(sample: number): string;
  /** Gives the path in the source. */
  pathAt(sample: number): string;
  /** Gives the values that the template captured; undefined without one. */
  capturesAt(sample: number): Captures | undefined;
  /** Gives the metadata as far as they are merged. */
  metadataAt(sample: number): Metadata;
}

/** Rows of a table by sample: one more than their number, 0 where there is none. */
export type JoinedRows = Uint32Array;

/**
 * Joins the rows of a table with samples.
 *
 * @throws FormatError where two rows have one key
 * @throws ConfigError where no row is that of a sample
 */
export async function joinTable(
  table: TableRows,
  samples: JoinedSamples,
  slice: TimeSlice,
): Promise<JoinedRows> {
  const index = new KeyIndex(table, slice);
  const rows = new Uint32Array(samples.length);
  const search = new SampleKeys(table, samples);
  let matches = 0;
  for (let sample = 0; sample < samples.length; sample++) {
    for (const key of search.candidatesOf(sample)) {
      const found = index.find(key);
      const row = found instanceof Promise ? await found : found;
      if (row === undefined) continue;
      rows[sample] = row + 1;
      matches++;
      break;
    }
    if (sample % SAMPLES_PER_STEP === 0) await slice.pause();
  }
  if (matches === 0) throw search.noMatch();
  return rows;
}

/** Keys by which samples look for their rows. */
class SampleKeys {
  readonly #table: TableRows;
  readonly #samples: JoinedSamples;

  constructor(table: TableRows, samples: JoinedSamples) {
    this.#table = table;
    this.#samples = samples;
  }

  /** Lists the keys that a sample may have, the first of which that a row has counts; none where it lacks a part of it. */
  candidatesOf(sample: number): readonly (readonly KeyValue[])[] {
    const { by } = this.#table;
    const captures = this.#samples.capturesAt(sample);
    const [first] = by;
    if (by.length === 1 && first !== undefined) {
      return this.#valuesOf(first.name, sample, captures).map((value) => [value]);
    }
    const values = by.map(({ name }) => this.#valuesOf(name, sample, captures)[0]);
    return values.every((value) => value !== undefined) ? [values] : [];
  }

  /** Makes the error that shows one key of each side. */
  noMatch(): ConfigError {
    const { path, by, keys } = this.#table;
    const { length } = this.#samples;
    const names = by.map(({ name }) => name);
    let sample = 0;
    while (sample < length && this.candidatesOf(sample).length === 0) sample++;
    const [key] = sample < length ? this.candidatesOf(sample) : [];
    if (key === undefined) {
      const lacking = names.find((name) => this.#valuesOf(name, 0, this.#samples.capturesAt(0)).length === 0);
      const known = { ...this.#samples.metadataAt(0), ...this.#samples.capturesAt(0) };
      const there = Object.keys(known).length === 0 ? 'nothing' : showNames(Object.keys(known));
      const hint = didYouMean(lacking ?? '', Object.keys(known));
      return new ConfigError(
        'metadata',
        `${path}: no sample has ${showValue(lacking ?? names[0])} by which its rows would be found${hint}. Captures and metadata of the first sample have ${there}; a template (samples) captures more of its path.`,
      );
    }
    let row = 0;
    while (row + 1 < keys.length && keys.at(row) === '') row++;
    const ofRow = keys.show(row).map((part) => showValue(part));
    const show = (list: readonly string[]): string => list.map((each) => showValue(each)).join(', ');
    const ofSample = key.map((value) => showValue(value)).join(', ');
    return new ConfigError(
      'metadata',
      `${path}: no row is that of a sample. In ${this.#table.placeOf(row)} ${show(by.map(({ column }) => column))} is ${ofRow.join(', ')}; ${show(names)} of the sample ${showValue(this.#samples.idAt(sample))} is ${ofSample}. Texts must be equal; a number equals what reads as it.`,
    );
  }

  /** Lists the values that a name has for a sample, those that go first first. */
  #valuesOf(name: string, sample: number, captures: Captures | undefined): readonly KeyValue[] {
    const own = this.#ownValues(name, sample);
    if (captures !== undefined && Object.hasOwn(captures, name)) return [captures[name] as KeyValue, ...own];
    const metadata = this.#samples.metadataAt(sample);
    const value = Object.hasOwn(metadata, name) ? toKeyValue(metadata[name]) : undefined;
    return value === undefined ? own : [...own, value];
  }

  /** Lists what a sample is called by itself. */
  #ownValues(name: string, sample: number): readonly KeyValue[] {
    const { folder } = this.#samples;
    if (name === FILE_NAME) return [this.#samples.pathAt(sample)];
    return name === ID ? [this.#samples.idAt(sample), this.#samples.pathAt(sample).slice(folder.length)] : [];
  }
}

/** Says whether a table is joined by paths. */
export function isJoinedByPath({ by }: TableRows): boolean {
  return by.length === 1 && by[0]?.name === FILE_NAME;
}
