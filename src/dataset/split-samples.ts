import type { Sample } from '../core/dataset.ts';
import { ConfigError } from '../core/errors.ts';
import { rejectUnknownOptions } from '../core/known-options.ts';
import { shorten, showNames, showValue } from '../core/show-value.ts';
import type { ReadOptions } from '../core/source.ts';
import { TimeSlice } from '../core/time-slice.ts';
import { splitSteps } from './split.ts';
import { type DatasetToSplit, isSplitList, type SplitList, splitByLists } from './split-lists.ts';

/** Name of a capture or of an entry of the metadata, or a function that gives a sample's value. */
export type SplitBy = string | ((sample: Sample) => string | number | boolean);

/** Options of `VascuDataset.split`. */
export interface SplitOptions extends ReadOptions {
  /**
   * Property by which samples belong together: all samples with one value of it land in one split. `'series'` with `time`,
   * the name of a capture, else of an entry of the metadata, or a function. @defaultValue each sample is on its own
   */
  readonly by?: SplitBy | undefined;
  /** Number that the split follows from, with the ids; a safe integer. @defaultValue 0 */
  readonly seed?: number | undefined;
  /**
   * Property that each split has in the same shares, named as `by`. Samples that belong together count for the most
   * frequent of their values. @defaultValue none
   */
  readonly stratify?: SplitBy | undefined;
  /**
   * Treatment of ids in a list that no sample has: an error, or they are skipped, as where only some of a data set lies
   * here. @defaultValue `'error'`
   */
  readonly missing?: 'error' | 'skip' | undefined;
}

/** Fractions of samples by the names of the splits, or for each the list of its samples. */
export type Splits<Name extends string> = Readonly<Record<Name, number | SplitList>>;

/** Samples that are looked at between two looks at the time. */
const SAMPLES_PER_STEP = 64;

/**
 * Splits samples.
 *
 * @returns the indices of each split, ascending
 * @throws ConfigError naming what of the splits, or of the options, cannot be used
 * @throws NotFoundError for a list that is nowhere
 */
export async function splitSamples<Name extends string>(
  dataset: DatasetToSplit,
  splits: Splits<Name>,
  options: SplitOptions,
  signal: AbortSignal,
): Promise<Readonly<Record<Name, readonly number[]>>> {
  rejectUnknownOptions('split', options, ['by', 'seed', 'stratify', 'missing', 'signal']);
  if (typeof splits !== 'object' || splits === null || Array.isArray(splits)) {
    throw new ConfigError(
      'split',
      `split needs names with fractions, { train: 0.8, test: 0.2 }, or lists, { train: 'train.txt' }, not ${showValue(splits)}.`,
    );
  }
  const names = Object.keys(splits) as Name[];
  const values = Object.values(splits) as readonly (number | SplitList)[];
  const lists = values.filter(isSplitList);
  let indices: readonly (readonly number[])[];
  if (lists.length === 0)
    indices = await splitByFractions(dataset, values as readonly number[], options, signal);
  else {
    if (lists.length < values.length) {
      throw new ConfigError('split', 'Splits are fractions or lists: give all of them as one or the other.');
    }
    for (const option of ['by', 'seed', 'stratify'] as const) {
      if (options[option] === undefined) continue;
      throw new ConfigError(
        option,
        `${option} goes with fractions: lists say themselves which samples they have.`,
      );
    }
    indices = await splitByLists(dataset, lists, options.missing ?? 'error', signal);
  }
  const entries = names.map((name, at) => [name, indices[at] as readonly number[]] as const);
  return Object.fromEntries(entries) as Readonly<Record<Name, readonly number[]>>;
}

/** Group of samples while it is made. */
interface OpenGroup {
  id: string;
  size: number;
  stratum?: string | undefined;
  /** Samples of each stratum, where there are several. */
  readonly strata?: Map<string, number> | undefined;
}

async function splitByFractions(
  { table, samples }: DatasetToSplit,
  fractions: readonly number[],
  { by, stratify, seed = 0 }: SplitOptions,
  signal: AbortSignal,
): Promise<readonly (readonly number[])[]> {
  if (!Number.isSafeInteger(seed)) {
    throw new ConfigError('seed', `seed must be a safe integer, not ${showValue(seed)}.`);
  }
  const needsSamples = by !== undefined || stratify !== undefined;
  const groups: OpenGroup[] = [];
  const numbers = new Map<string, number>();
  const groupOf = new Uint32Array(table.length);
  const slice = new TimeSlice(signal);
  const lacking = { by: [] as Sample[], stratify: [] as Sample[] };
  for (let index = 0; index < table.length; index++) {
    const sample = needsSamples ? (samples[index] as Sample) : undefined;
    const id = table.idAt(index);
    const value = sample && by !== undefined ? valueOf('by', by, sample) : undefined;
    const stratum = sample && stratify !== undefined ? valueOf('stratify', stratify, sample) : undefined;
    if (by !== undefined && value === undefined) lacking.by.push(sample as Sample);
    else if (stratify !== undefined && stratum === undefined) lacking.stratify.push(sample as Sample);
    else {
      const number = (value === undefined ? undefined : numbers.get(value)) ?? groups.length;
      if (value !== undefined) numbers.set(value, number);
      groups[number] ??= { id, size: 0, strata: stratum === undefined ? undefined : new Map() };
      groupOf[index] = number;
      addSample(groups[number], id, stratum);
    }
    if (index % SAMPLES_PER_STEP === 0) await slice.pause();
  }
  refuseLacking('by', by, lacking.by, samples);
  refuseLacking('stratify', stratify, lacking.stratify, samples);
  for (const group of groups) group.stratum = mostFrequent(group.strata);
  const chosen = await slice.run(splitSteps(groups, fractions, seed));
  const result: number[][] = fractions.map(() => []);
  for (const [index, number] of groupOf.entries()) result[chosen[number] as number]?.push(index);
  return result;
}

function addSample(group: OpenGroup, id: string, stratum: string | undefined): void {
  group.size++;
  if (id < group.id) group.id = id;
  if (stratum !== undefined) group.strata?.set(stratum, (group.strata.get(stratum) ?? 0) + 1);
}

/** Finds the stratum that most samples have; of equal ones the first by name. */
function mostFrequent(strata: ReadonlyMap<string, number> | undefined): string | undefined {
  if (strata === undefined) return undefined;
  const [first] = [...strata].sort(([a, one], [b, other]) => other - one || (a < b ? -1 : 1));
  return first?.[0];
}

/** Gives the value of a sample as a text; undefined where it has none. */
function valueOf(option: 'by' | 'stratify', by: SplitBy, sample: Sample): string | undefined {
  const value: unknown = typeof by === 'function' ? by(sample) : namedValue(sample, by);
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return String(value);
  if (typeof by !== 'function' && (value === undefined || value === null)) return undefined;
  throw new ConfigError(
    option,
    `${typeof by === 'function' ? `The function of ${option} gave` : `${shorten(by)} is`} ${showValue(value)} for the sample ${shorten(sample.id)}: it must be a text, a number, or true or false.`,
  );
}

function namedValue({ captures, metadata, series }: Sample, name: string): unknown {
  if (name === 'series' && series !== undefined) return series;
  if (captures !== undefined && Object.hasOwn(captures, name)) return captures[name];
  return Object.hasOwn(metadata, name) ? metadata[name] : undefined;
}

/** @throws ConfigError for samples that do not have what splits go by */
function refuseLacking(
  option: 'by' | 'stratify',
  by: SplitBy | undefined,
  lacking: readonly Sample[],
  samples: readonly Sample[],
): void {
  const [first] = lacking;
  if (first === undefined || typeof by !== 'string') return;
  const { captures = {}, metadata } = samples[0] as Sample;
  const names = [...new Set([...Object.keys(captures), ...Object.keys(metadata)])];
  const known =
    names.length === 0 ? 'There are no captures and no metadata' : `The first sample has ${showNames(names)}`;
  const which =
    lacking.length === samples.length
      ? 'No sample has'
      : `${lacking.length} of ${samples.length} samples do not have`;
  const shown =
    lacking.length === samples.length
      ? ''
      : ` (${showNames(
          lacking.map(({ id }) => id),
          3,
        )})`;
  throw new ConfigError(
    option,
    `${which} "${shorten(by)}"${shown}, which ${option} names. ${known}; a function of the sample may give something else.`,
  );
}
