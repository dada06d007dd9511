import { expect, test } from 'vitest';
import { LatencyHistogram } from '../../src/loader/latency-histogram.ts';
import { fc, test as property } from '../property.ts';

property(
  'percentiles are those of the sorted times within 4.5 %',
  [fc.array(fc.double({ min: 0.001, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 200 })],
  (times) => {
    const histogram = new LatencyHistogram();
    for (const time of times) histogram.add(time);
    const sorted = times.toSorted((a, b) => a - b);
    const { count, max, ...percentiles } = histogram.summary();
    expect([count, max]).toEqual([times.length, sorted.at(-1)]);
    for (const [name, share] of [
      ['p50', 0.5],
      ['p95', 0.95],
      ['p99', 0.99],
    ] as const) {
      const exact = sorted[Math.ceil(share * times.length) - 1] as number;
      expect(Math.abs(percentiles[name] / exact - 1)).toBeLessThan(0.045);
    }
  },
);

test('nothing added is all zeros', () => {
  expect(new LatencyHistogram().summary()).toEqual({ count: 0, p50: 0, p95: 0, p99: 0, max: 0 });
});

test('times beyond its range count at its ends', () => {
  const histogram = new LatencyHistogram();
  for (const time of [0, 1e12]) histogram.add(time);
  const { p50, p99, max } = histogram.summary();
  expect(p50).toBeLessThan(0.002);
  expect(p99).toBeGreaterThan(4e6);
  expect(max).toBe(1e12);
});
