import { describe, test as example, expect } from 'vitest';
import { DownloadPace } from '../../src/download/pace.ts';
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
    expect(run.most).toBeLessThanOrEqual(5 * needed);
  });

  test(
    'on any line that 64 of them fill',
    [
      fc.integer({ min: 1, max: 200 }),
      fc.integer({ min: 1000, max: 100_000 }),
      fc.double({ min: 2, max: 60, noNaN: true }),
      fc.integer(),
    ],
    (latencyMs, rate, needed, seed) => {
      const bytes = Math.ceil((latencyMs * rate) / (needed - 1));
      const { share } = simulate({ latencyMs, rate, bytes, jitter: 0.5 }, Math.round(60 * needed), seed);
      expect(share).toBeGreaterThan(0.8);
    },
    { numRuns: 20 },
  );
});

example.each([
  [100, 25_000, 100_000, 4],
  [200, 25_000, 100_000, 8],
  [100, 100_000, 1_000_000, 4],
])(
  'a way of %i ms and %i bytes a ms is full of %i bytes each after %i rounds',
  (latencyMs, rate, bytes, rounds) => {
    expect(simulate({ latencyMs, rate, bytes }, 1500).rounds).toBeLessThanOrEqual(rounds);
  },
);

example('room for many small ones is none for as many large ones', () => {
  let now = 0;
  const pace = new DownloadPace(() => now);
  for (let round = 0; round < 5; round++) {
    const among = Array.from({ length: pace.concurrencyFor(1e4, 128) }, () => pace.begin());
    now += 100;
    for (const start of among) {
      pace.idled(100, start);
      pace.end(1e4, start, { ms: 100, idleMs: 100 });
    }
  }
  expect(pace.concurrencyFor(1e4, 128)).toBeGreaterThan(40);
  expect(pace.concurrencyFor(1e8, 128)).toBe(4);
});

describe('a server that works on few at a time', () => {
  example.each([1, 2, 4, 8])('of %i gets no more than a few times as many in the end', (parallel) => {
    const run = simulate({ latencyMs: 200, rate: 1e5, bytes: 1e5, parallel }, 400);
    expect(run.most).toBeGreaterThanOrEqual(parallel);
    expect(run.most).toBeLessThanOrEqual(40);
    expect(run.lastMost).toBeLessThanOrEqual(4 * parallel);
  });

  example('of 1 that works for long is asked for no more than a few from the beginning', () => {
    expect(simulate({ latencyMs: 2000, rate: 1e5, bytes: 1e5, parallel: 1 }, 40).most).toBeLessThanOrEqual(8);
  });
});

example('never more run than the source takes', () => {
  expect(simulate({ latencyMs: 100, rate: 1e5, bytes: 1e4, most: 7 }, 300).most).toBe(7);
});

example('the first download runs alone as long as nothing is known', () => {
  const pace = new DownloadPace(() => 0);
  expect(pace.concurrencyFor(1000, 64)).toBe(1);
  pace.begin();
  expect(pace.concurrencyFor(1000, 64)).toBe(1);
});

describe('how long a download waits for others', () => {
  let now = 0;
  /** Brings files of 1000 bytes in rounds of so many at a time. */
  const bring = (pace: DownloadPace, rounds: number, together: number, idleMs: number): void => {
    for (let round = 0; round < rounds; round++) {
      const among = Array.from({ length: together }, () => pace.begin());
      for (const start of among) {
        now += idleMs / together;
        pace.idled(idleMs, start);
        pace.end(1000, start);
      }
    }
  };

  example('is no reason for more of them', () => {
    const pace = new DownloadPace(() => now);
    bring(pace, 8, 1, 20);
    const before = pace.latencyMs;
    bring(pace, 20, 32, 640);
    expect([before, pace.latencyMs]).toEqual([20, 20]);
  });

  example('does not hide that all of them are answered sooner', () => {
    const pace = new DownloadPace(() => now);
    bring(pace, 8, 1, 200);
    bring(pace, 20, 32, 20);
    expect(pace.latencyMs).toBe(20);
  });

  example('what ends in one burst is no faster line', () => {
    const pace = new DownloadPace(() => now);
    bring(pace, 20, 1, 20);
    for (let round = 0; round < 20; round++) {
      const among = Array.from({ length: 20 }, () => pace.begin());
      now += 20;
      for (const start of among) {
        pace.idled(20, start);
        pace.end(1000, start);
      }
    }
    expect(pace.bytesPerSecond).toBeLessThan(3e6);
  });
});
