import { expect, test } from 'vitest';
import { isVascuError } from '../../src/core/errors.ts';
import { rejectUnknownOptions } from '../../src/core/known-options.ts';

test('an unknown option is named, and the known ones are listed', () => {
  let error: unknown;
  try {
    rejectUnknownOptions('DataLoader', { batchsize: 4 }, ['seed', 'batchSize']);
  } catch (thrown) {
    error = thrown;
  }
  expect(isVascuError(error, 'CONFIG') && error.option).toBe('batchsize');
  expect(String(error)).toContain(
    'DataLoader has no option "batchsize" (did you mean "batchSize"?). Its options are: batchSize, seed.',
  );
});

test('of an option that is like none no other is said to be meant', () => {
  expect(() => rejectUnknownOptions('DataLoader', { colour: 1 }, ['seed'])).toThrow(
    'DataLoader has no option "colour". Its options are: seed.',
  );
});

test('an option set to undefined is as good as absent', () => {
  expect(() => rejectUnknownOptions('X', { later: undefined, seed: 1 }, ['seed'])).not.toThrow();
});
