import { ConfigError } from '../core/errors.ts';
import { shorten, showValue } from '../core/show-value.ts';
import type { FieldStatistics, Statistics } from '../core/statistics.ts';

/** Statistics of an array in one part, and the number of its finite values a component. */
interface PartOfField {
  readonly field: FieldStatistics;
  readonly finite: readonly number[];
}

/**
 * Merges statistics of shares of a dataset, as `measure` gives them, to those of all of it: equal to those that are measured at
 * once but for the rounding of what the shares say.
 *
 * @example
 * const statistics = mergeStatistics(await Promise.all(shares.map((share) => share.measure())));
 * @throws ConfigError for what is no statistics, and for an array that is not of one shape in all of them
 */
export function mergeStatistics(parts: readonly Statistics[]): Statistics {
  if (!Array.isArray(parts) || parts.length === 0)
    throw wrong(`mergeStatistics needs a list of statistics, not ${showValue(parts)}.`);
  for (const part of parts) checkStatistics(part);
  const sum = (of: (part: Statistics) => number): number =>
    parts.reduce((total, part) => total + of(part), 0);
  const samples = sum((part) => part.samples);
  const names = new Set(parts.flatMap(({ fields }) => Object.keys(fields)));
  const fields = [...names].map((name) => [name, mergeField(name, parts, samples)] as const);
  return {
    samples,
    nodes: sum(({ nodes }) => nodes),
    cells: sum(({ cells }) => cells),
    fields: Object.fromEntries(fields),
  };
}

function mergeField(name: string, parts: readonly Statistics[], samples: number): FieldStatistics {
  const own = parts.flatMap((part): PartOfField[] => {
    const field = Object.hasOwn(part.fields, name) ? part.fields[name] : undefined;
    if (field === undefined) return [];
    return [{ field, finite: field.nonFinite.map((nonFinite) => field.count - nonFinite) }];
  });
  const { shape, nonFinite } = (own[0] as PartOfField).field;
  const other = own.find(({ field }) => field.shape.join() !== shape.join());
  if (other !== undefined) {
    const show = (each: readonly number[]): string => `[${each.join(', ')}]`;
    throw wrong(
      `Rows of the array ${shorten(name)} have the shape ${show(shape)} in one of the statistics and ${show(other.field.shape)} in another: measure the same arrays in all shares.`,
    );
  }
  const had = own.reduce(
    (total, { field }) =>
      total + (parts.find((part) => part.fields[name] === field)?.samples ?? 0) - field.missing,
    0,
  );
  const moments = nonFinite.map((_, at) => mergeComponent(own, at));
  return {
    count: own.reduce((total, { field }) => total + field.count, 0),
    missing: samples - had,
    nonFinite: nonFinite.map((_, at) =>
      own.reduce((total, { field }) => total + (field.nonFinite[at] as number), 0),
    ),
    min: moments.map(({ min }) => min),
    max: moments.map(({ max }) => max),
    mean: moments.map(({ mean }) => mean),
    std: moments.map(({ std }) => std),
    shape,
  };
}

/** Statistics of one component. */
interface Component {
  readonly min: number | null;
  readonly max: number | null;
  readonly mean: number | null;
  readonly std: number | null;
}

/** Merges one component (Chan, Golub and LeVeque, "Updating formulae and a pairwise algorithm …", 1979). */
function mergeComponent(parts: readonly PartOfField[], at: number): Component {
  const told = parts.filter(({ finite }) => (finite[at] as number) > 0);
  if (told.length === 0) return { min: null, max: null, mean: null, std: null };
  const count = told.reduce((total, { finite }) => total + (finite[at] as number), 0);
  const values = (of: keyof Component): readonly (number | null)[] =>
    told.map(({ field }) => field[of][at] ?? null);
  const min = leastOf(values('min'), Math.min);
  const max = leastOf(values('max'), Math.max);
  const [means, stds] = [values('mean'), values('std')];
  const isKnown = (list: readonly (number | null)[]): list is readonly number[] => !list.includes(null);
  if (!isKnown(means)) return { min, max, mean: null, std: null };
  const [first = 0] = means;
  const shares = told.map(({ finite }) => (finite[at] as number) / count);
  // From the first mean on, so that what they have in common is not rounded.
  const step = means.reduce((total, each, place) => total + (each - first) * (shares[place] as number), 0);
  const mean = Math.min(max ?? Infinity, Math.max(min ?? -Infinity, first + step));
  if (!isKnown(stds)) return { min, max, mean, std: null };
  const variance = stds.reduce(
    (total, each, place) =>
      total + (each * each + ((means[place] as number) - mean) ** 2) * (shares[place] as number),
    0,
  );
  const std = min === max ? 0 : Math.sqrt(variance);
  return { min, max, mean, std: Number.isFinite(std) ? std : null };
}

function leastOf(
  values: readonly (number | null)[],
  choose: (...values: readonly number[]) => number,
): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : choose(...known);
}

/** @throws ConfigError for what `measure` did not make */
function checkStatistics(value: unknown): asserts value is Statistics {
  const { samples, nodes, cells, fields } = isRecord(value) ? value : {};
  const isCount = (each: unknown): boolean => Number.isSafeInteger(each) && (each as number) >= 0;
  if (![samples, nodes, cells].every(isCount) || !isRecord(fields))
    throw wrong(`${showValue(value)} is no statistics as dataset.measure() gives them.`);
  for (const [name, field] of Object.entries(fields)) {
    if (!isField(field))
      throw wrong(`The statistics of "${shorten(name)}" are none: dataset.measure() makes them.`);
  }
}

function isField(field: unknown): boolean {
  if (!isRecord(field)) return false;
  const { count, missing, nonFinite, min, max, mean, std, shape } = field;
  const isCounts = (list: unknown): list is number[] =>
    Array.isArray(list) && list.every((each) => Number.isSafeInteger(each) && each >= 0);
  if (!isCounts([count, missing]) || !isCounts(nonFinite) || !isCounts(shape)) return false;
  return [min, max, mean, std].every(
    (list) =>
      Array.isArray(list) &&
      list.length === nonFinite.length &&
      list.every((each) => each === null || Number.isFinite(each)),
  );
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function wrong(message: string): ConfigError {
  return new ConfigError('statistics', message);
}
