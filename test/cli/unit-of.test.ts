import { expect, test } from 'vitest';
import { unitOf } from '../../src/cli/unit-of.ts';

test.each<[string, Record<string, unknown>, string, string | undefined]>([
  ['of the array', { units: { pressure: 'Pa' } }, 'pressure', 'Pa'],
  ['as one key', { 'units.pressure': ' mmHg ' }, 'pressure', 'mmHg'],
  ['of all time steps', { units: { pressure: 'Pa' } }, 'pressure_00100', 'Pa'],
  ['of one time step before that of all', { units: { p: 'Pa', p_t0: 'bar' } }, 'p_t0', 'bar'],
  ['of another array', { units: { velocity: 'm/s' } }, 'pressure', undefined],
  ['that is no text', { units: { pressure: 1 } }, 'pressure', undefined],
  ['that is empty', { units: { pressure: ' ' } }, 'pressure', undefined],
  ['in units that are no object', { units: 'SI' }, 'length', undefined],
  ['that objects have by themselves', { units: {} }, 'constructor', undefined],
])('a unit %s', (_, metadata, array, unit) => {
  expect(unitOf(metadata as never, array)).toBe(unit);
});
