import { expect, test } from 'vitest';
import { findTimeArrays, type TimeArrayOptions, type TimeArrays } from '../../src/formats/time-arrays.ts';
import { fc, test as rule } from '../property.ts';

function find(node: readonly string[], options: TimeArrayOptions & { cell?: string[] } = {}) {
  const { cell = [], ...own } = options;
  return findTimeArrays({ node, cell }, own);
}

/** Steps, and the stored names of each field at them. */
function seen(found: TimeArrays | undefined) {
  if (found === undefined) return undefined;
  const fields = found.fields.map(({ on, name, stored }) => [
    `${on} ${name}`,
    found.steps.map((step) => stored.get(step)),
  ]);
  return { steps: found.steps, areTimes: found.areTimes, fields: Object.fromEntries(fields) as object };
}

const steps = (name: string, numbers: readonly (number | string)[]): string[] =>
  numbers.map((number) => `${name}_${number}`);

test.each([
  [['00995', '01000', '99999', '100000'], [995, 1000, 99_999, 100_000], false],
  [['0.0101', '1e-05', '10.0', '0.0'], [0, 1e-5, 0.0101, 10], true],
  [['t0.000', 't0.005', 't0.010'], [0, 0.005, 0.01], true],
  [['t0', 't1', 't2'], [0, 1, 2], true],
  [['step00', 'step07', 'step10'], [0, 7, 10], false],
  [['2', '10', '1'], [1, 2, 10], false],
])('suffixes %j are steps, ordered as numbers', (suffixes, numbers, areTimes) => {
  const found = find([...steps('pressure', suffixes), ...steps('velocity', suffixes), 'area']);
  const sorted = suffixes.toSorted((a, b) => Number(a.replace(/^\D+/, '')) - Number(b.replace(/^\D+/, '')));
  expect(seen(found)).toEqual({
    steps: numbers,
    areTimes,
    fields: { 'node pressure': steps('pressure', sorted), 'node velocity': steps('velocity', sorted) },
  });
  expect(found?.faults).toEqual([]);
});

test('names with none of the steps of the largest family are of every step', () => {
  const found = find([
    ...steps('pressure', ['00100', '00105']),
    ...steps('strain', [11, 12, 22]),
    ...steps('velocity', ['00100', '00105']),
    'wallproperty_00000',
    'region_1',
    'vTAWSS',
    'pressure_avg',
  ]);
  expect(found?.fields.map(({ name }) => name)).toEqual(['pressure', 'velocity']);
  expect(found?.steps).toEqual([100, 105]);
});

test('steps are found over points and over cells', () => {
  const found = find(steps('pressure', [1, 2]), { cell: [...steps('stress', [1, 2]), 'region'] });
  expect(seen(found)?.fields).toEqual({
    'node pressure': ['pressure_1', 'pressure_2'],
    'cell stress': ['stress_1', 'stress_2'],
  });
});

test.each([
  [['strain_11', 'strain_12', 'strain_22', 'pressure']],
  [['region_1', 'pressure']],
  [['wallproperty_00000', 'pressure']],
  [['pressure', 'velocity']],
  [['x_nan', 'x_inf', 'x_1e999']],
  [[]],
])('%j are no steps', (names) => {
  expect(find(names)).toBeUndefined();
});

test.each([[['pressure_01000', 'velocity_01000']], [['pressure_0.5', 'area']], [['u_step07', 'area']]])(
  '%j are one step',
  (names) => {
    expect(find(names)?.steps).toHaveLength(1);
  },
);

test('where other files are called alike, parts and components are no steps, and steps are', () => {
  expect(find(steps('velocity', [0, 1, 2]), { hasCompanions: true })).toBeUndefined();
  expect(find(['pressure_01000', 'velocity_01000'], { hasCompanions: true })).toBeUndefined();
  expect(find(steps('velocity', ['00100', '00105']), { hasCompanions: true })?.steps).toEqual([100, 105]);
});

test('names say which fields have steps, and whoever asks takes suffixes for steps', () => {
  const names = [...steps('strain', [11, 12]), ...steps('pressure', [100, 105, 110])];
  expect(find(names, { names: ['strain'] })?.steps).toEqual([11, 12]);
  expect(find(names, { names: ['none'] })).toBeUndefined();
  expect(find(steps('strain', [11, 12]), { isAsked: true })?.steps).toEqual([11, 12]);
});

test('a field that lacks steps, has one twice, or is there without a step is told of', () => {
  const found = find([
    ...steps('pressure', ['0.1', '0.2', '0.3']),
    ...steps('velocity', ['0.1', '0.3']),
    'pressure',
    'pressure_0.10',
  ]);
  expect(found?.faults).toEqual([
    { kind: 'twice', on: 'node', name: 'pressure', stored: ['pressure_0.1', 'pressure_0.10'], step: 0.1 },
    { kind: 'beside', on: 'node', name: 'pressure', stored: 'pressure_0.1' },
    { kind: 'missing', on: 'node', name: 'velocity', steps: [0.2] },
  ]);
});

rule(
  'every array is of the step of its name, or of none',
  [
    fc.uniqueArray(fc.stringMatching(/^[a-z]{1,4}$/), { minLength: 1, maxLength: 4 }),
    fc.uniqueArray(fc.nat(2_000_000), { minLength: 2, maxLength: 30 }),
    fc.nat(7),
  ],
  (names, numbers, width) => {
    const arrays = names.flatMap((name) =>
      numbers.map((step) => `${name}_${String(step).padStart(width, '0')}`),
    );
    const found = find(arrays.toReversed(), { isAsked: true });
    expect(found?.steps).toEqual(numbers.toSorted((a, b) => a - b));
    expect(found?.faults).toEqual([]);
    for (const { name, stored } of found?.fields ?? [])
      for (const [step, full] of stored) expect(full).toBe(`${name}_${String(step).padStart(width, '0')}`);
  },
);

test('a name of a million signs costs no time', () => {
  expect(find([`a${'_1'.repeat(500_000)}`, `${'1'.repeat(999)}_`])).toBeUndefined();
});
