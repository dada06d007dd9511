import { expect, test } from 'vitest';
import { findBound } from '../../src/loader/loader-stats.ts';

test.each([
  ['nothing happened yet', { waitMs: 0, consumerMs: 0, fetchMs: 0, decodeMs: 0 }, 0, undefined],
  ['one thread, decoding takes longer', { waitMs: 20, consumerMs: 5, fetchMs: 0, decodeMs: 60 }, 0, 'decode'],
  [
    'one thread, the body takes longer',
    { waitMs: 5, consumerMs: 20, fetchMs: 0, decodeMs: 60 },
    0,
    'consumer',
  ],
  ['a worker is busy all the time', { waitMs: 10, consumerMs: 10, fetchMs: 0, decodeMs: 20 }, 1, 'decode'],
  ['two workers are', { waitMs: 10, consumerMs: 10, fetchMs: 1, decodeMs: 39 }, 2, 'decode'],
  ['workers are idle half the time', { waitMs: 1, consumerMs: 19, fetchMs: 0, decodeMs: 10 }, 1, 'consumer'],
  ['files are slow to come', { waitMs: 10, consumerMs: 10, fetchMs: 30, decodeMs: 10 }, 2, 'network'],
] as const)('%s', (_, times, workers, expected) => {
  expect(findBound(times, workers)).toBe(expected);
});
