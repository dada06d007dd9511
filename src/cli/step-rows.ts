import { findTimeArrays } from '../index.ts';
import type { ArrayReport } from './mesh-report.ts';

/** Report on an array, or on the arrays of a field at all steps. */
export interface FieldReport extends ArrayReport {
  /** Steps of the field, where there are several. */
  readonly steps?: readonly number[] | undefined;
}

/** Puts the arrays of a field that are one for each step into one report, in the place of the first. */
export function joinSteps(arrays: readonly ArrayReport[]): readonly FieldReport[] {
  const namesOn = (on: ArrayReport['on']): string[] =>
    arrays.filter((array) => array.on === on && array.type !== 'string').map(({ name }) => name);
  const found = findTimeArrays({ node: namesOn('node'), cell: namesOn('cell') });
  const fields = new Map<string, { readonly name: string; readonly stored: ReadonlyMap<number, string> }>();
  for (const { on, name, stored } of found?.fields ?? [])
    if (stored.size > 1) for (const full of stored.values()) fields.set(`${on} ${full}`, { name, stored });
  if (fields.size === 0) return arrays;
  const byName = new Map(arrays.map((array) => [`${array.on} ${array.name}`, array]));
  const told = new Set<object>();
  return arrays.flatMap((array): readonly FieldReport[] => {
    const field = fields.get(`${array.on} ${array.name}`);
    if (field === undefined) return [array];
    if (told.has(field.stored)) return [];
    told.add(field.stored);
    const steps = [...field.stored].sort(([a], [b]) => a - b);
    const members = steps.flatMap(([, full]) => byName.get(`${array.on} ${full}`) ?? []);
    return [{ ...joinReports(members, array), name: field.name, steps: steps.map(([step]) => step) }];
  });
}

function joinReports(members: readonly ArrayReport[], first: ArrayReport): ArrayReport {
  const known = (key: 'min' | 'mean' | 'max' | 'nan'): number[] =>
    members.map((member) => member[key]).filter((value) => value !== null);
  const [lows, means, highs, nans] = [known('min'), known('mean'), known('max'), known('nan')];
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  const least = lows.reduce((min, value) => Math.min(min, value), Number.POSITIVE_INFINITY);
  const most = highs.reduce((max, value) => Math.max(max, value), Number.NEGATIVE_INFINITY);
  const isSame = (key: 'type' | 'components'): boolean =>
    members.every((member) => member[key] === first[key]);
  return {
    ...first,
    type: isSame('type') ? first.type : 'several',
    components: isSame('components')
      ? first.components
      : Math.max(...members.map((member) => member.components)),
    min: lows.length === 0 ? null : least,
    mean: means.length === 0 ? null : sum(means) / means.length,
    max: highs.length === 0 ? null : most,
    nan: nans.length === 0 ? null : sum(nans),
  };
}
