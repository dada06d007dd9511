import { describe, test as example, expect } from 'vitest';
import { ConcurrencyControl } from '../../src/download/concurrency.ts';
import { fc, test } from '../property.ts';
import { simulate } from './simulated-way.ts';

describe('as many downloads run as the way holds', () => {
  example.each([
    [5, 25_000, 100_000],
    [20, 25_000, 100_000],
    [20, 100_000, 1_000_000],
    [100, 5_000, 100_000],
    [100, 25_000, 100_000],
    [200, 5_000, 1_000_000],
  ])('%i ms away, at %i bytes a ms, of %i bytes each', (latencyMs, rate, bytes) => {
    const run = simulate({ latencyMs, rate, bytes }, 600);
    expect(run.share).toBeGreaterThan(0.95);
    const needed = 1 + (latencyMs * rate) / bytes;
    expect(run.most).toBeLessThanOrEqual(4 * needed);
  });

  test(
    'on any line that 64 of them fill',
    [
      fc.integer({ min: 1, max: 200 }),
      fc.integer({ min: 1000, max: 100_000 }),
      fc.double({ min: 2, max: 60 }),
      fc.integer(),
    ],
    (latencyMs, rate, needed, seed) => {
      const bytes = Math.ceil((latencyMs * rate) / (needed - 1));
      const { share } = simulate({ latencyMs, rate, bytes, jitter: 0.5 }, Math.round(60 * needed), seed);
      expect(share).toBeGreaterThan(0.85);
    },
    { numRuns: 20 },
  );
});

describe('a server that works on few at a time', () => {
  example.each([1, 2, 4, 8])('of %i gets no more than double', (parallel) => {
    const way = { latencyMs: 200, rate: 1e5, bytes: 1e5, parallel, first: 1, isModest: true };
    const run = simulate(way, 400);
    expect(run.most).toBeGreaterThanOrEqual(parallel);
    expect(run.most).toBeLessThanOrEqual(2 * parallel + 1);
  });
});

example('never more run than the source takes', () => {
  expect(simulate({ latencyMs: 100, rate: 1e5, bytes: 1e4, most: 7 }, 300).most).toBe(7);
});

example('the first download runs alone as long as nothing is known', () => {
  const control = new ConcurrencyControl(() => 0);
  expect(control.limitFor(1000, 64)).toBe(1);
  const delivery = control.begin();
  control.came(500);
  expect(control.limitFor(1000, 64)).toBe(1);
  control.end(delivery, undefined);
  expect([control.limitFor(1000, 64), control.rate]).toEqual([1, undefined]);
});

example('one slow download of many does not raise what is allowed', () => {
  let now = 0;
  const control = new ConcurrencyControl(() => now);
  const bring = (ms: number): void => {
    const delivery = control.begin();
    now += ms;
    control.came(1000);
    control.end(delivery, { bytes: 1000, idleMs: ms - 1 });
  };
  for (let count = 0; count < 50; count++) bring(40);
  const before = control.limitFor(1000, 64);
  bring(4000);
  bring(40);
  expect(control.limitFor(1000, 64)).toBe(before);
});
