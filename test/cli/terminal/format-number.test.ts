import { expect, test } from 'vitest';
import { formatBytes, formatRate } from '../../../src/cli/terminal/format-number.ts';

test.each([
  [0, '0 B'],
  [2, '2 B'],
  [158.24456675241737, '158.2 B'],
  [0.123456, '0.1 B'],
  [999.4999, '999.5 B'],
  [999.5, '1.0 kB'],
  [1e3 / 3, '333.3 B'],
  [12_345.678, '12.3 kB'],
  [123_456.789, '123 kB'],
  [Number.NaN, '–'],
  [Number.POSITIVE_INFINITY, '–'],
])('%d bytes, which may be a rate, are %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});

test('no amount has more than one decimal', () => {
  for (let bytes = 1e-3; bytes < 1e13; bytes *= 1.37)
    expect(formatBytes(bytes)).toMatch(/^\d+(?:\.\d)? [kMGT]?B$/);
});

test.each([
  [0, '0.0'],
  [9.404, '9.4'],
  [158.24456675241737, '158.2'],
  [0.05, '0.1'],
  [0.0412, '0.04'],
  [Number.POSITIVE_INFINITY, '–'],
  [Number.NaN, '–'],
])('%d in a second are %s', (rate, text) => {
  expect(formatRate(rate)).toBe(text);
});
