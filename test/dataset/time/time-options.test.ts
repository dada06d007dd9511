import { expect, test } from 'vitest';
import { ConfigError } from '../../../src/core/errors.ts';
import { readTimeOptions } from '../../../src/dataset/time/time-options.ts';

test.each<readonly [unknown, string]>([
  ['yes', 'time'],
  [1, 'time'],
  [[], 'time'],
  [{ windows: 2 }, 'time.windows'],
  [{ from: 'x' }, 'time.from'],
  [{ names: 'pressure' }, 'time.names'],
  [{ names: [] }, 'time.names'],
  [{ names: [1] }, 'time.names'],
  [{ dt: 0 }, 'time.dt'],
  [{ dt: Number.NaN }, 'time.dt'],
  [{ dt: '' }, 'time.dt'],
  [{ dt: {} }, 'time.dt'],
  [{ t0: 1 }, 'time.t0'],
  [{ dt: 1, t0: 'a' }, 'time.t0'],
  [{ steps: 3 }, 'time.steps'],
  [{ steps: [] }, 'time.steps'],
  [{ steps: ['1'] }, 'time.steps'],
  [{ steps: { until: 3 } }, 'time.steps.until'],
  [{ steps: { from: 'a' } }, 'time.steps.from'],
  [{ steps: { from: 5, to: 1 } }, 'time.steps'],
  [{ steps: { every: 0 } }, 'time.steps.every'],
  [{ missing: 'ignore' }, 'time.missing'],
  [{ window: 2 }, 'time.window'],
  [{ window: {} }, 'time.window.length'],
  [{ window: { length: 0 } }, 'time.window.length'],
  [{ window: { length: 2, stride: 1.5 } }, 'time.window.stride'],
  [{ window: { length: 2, every: -1 } }, 'time.window.every'],
  [{ window: { length: 2, lenght: 3 } }, 'time.window.lenght'],
  [{ meshBytes: -1 }, 'time.meshBytes'],
])('%j is refused, and %s named', (time, option) => {
  try {
    readTimeOptions(time as never);
    expect.unreachable();
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as ConfigError).option).toBe(option);
    expect((error as ConfigError).message).toContain(option);
  }
});

test('what is left out has its default', () => {
  expect(readTimeOptions(undefined)).toBeUndefined();
  expect(readTimeOptions(false)).toBeUndefined();
  expect(readTimeOptions(true)).toEqual(readTimeOptions({}));
  expect(readTimeOptions({ window: { length: 3 } })).toEqual({
    from: 'auto',
    names: undefined,
    dt: undefined,
    t0: 0,
    steps: undefined,
    missing: 'error',
    window: { length: 3, stride: 1, every: 1 },
    meshBytes: 256 * 1024 ** 2,
  });
});
