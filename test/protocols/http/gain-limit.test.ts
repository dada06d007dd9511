import { describe, test as example, expect } from 'vitest';
import { GainLimit } from '../../../src/protocols/http/gain-limit.ts';
import { simulate } from '../../download/simulated-way.ts';
import { fc, test } from '../../property.ts';

/** Runs as many requests as may, each of which takes `msFor` so many; gives the numbers that were allowed. */
function run(
  limit: GainLimit,
  clock: { now: number },
  rounds: number,
  msFor: (load: number) => number,
): number[] {
  return Array.from({ length: rounds }, () => {
    const load = limit.requests;
    const begun = Array.from({ length: load }, () => limit.begin());
    clock.now += msFor(load);
    for (const at of begun) limit.end(1000, at);
    return load;
  });
}

function make(most = 64): { readonly limit: GainLimit; readonly clock: { now: number } } {
  const clock = { now: 0 };
  return { limit: new GainLimit(most, () => clock.now), clock };
}

example('requests double while each takes as long as one alone', () => {
  const { limit, clock } = make();
  expect(run(limit, clock, 9, () => 50)).toEqual([1, 2, 4, 4, 8, 16, 32, 64, 64].toSpliced(3, 1).concat(64));
});

example('a rise that brings no more bytes is taken back', () => {
  const { limit, clock } = make();
  const loads = run(limit, clock, 40, (load) => 50 * load);
  expect(Math.max(...loads)).toBe(2);
  expect(loads.filter((load) => load > 1).length).toBeLessThan(20);
});

describe('a server that works on few at a time', () => {
  test(
    'gets no more than double in the long run, and is kept busy',
    [fc.integer({ min: 1, max: 16 }), fc.double({ min: 0.05, max: 0.25, noNaN: true }), fc.integer()],
    (parallel, jitter, seed) => {
      const way = { latencyMs: 50, rate: 1e6, bytes: 1e5, most: 64, judgesGain: true, parallel, jitter };
      const { mean, share, most } = simulate(way, 400 + 100 * parallel, seed);
      expect(mean).toBeLessThanOrEqual(2 * parallel + 0.5);
      expect(most).toBeLessThanOrEqual(5 * parallel + 2);
      expect(share / ((parallel * way.bytes) / way.latencyMs / way.rate)).toBeGreaterThan(0.8);
    },
    { numRuns: 25, seed: 17 },
  );

  example('is seldom tried with more', () => {
    const { limit, clock } = make();
    run(limit, clock, 600, (load) => 50 * Math.ceil(load / 3));
    const later = run(limit, clock, 600, (load) => 50 * Math.ceil(load / 3));
    const changes = later.filter((load, index) => load !== (later[index - 1] ?? load));
    expect(changes.length).toBeLessThan(40);
  });
});

example.each([
  [20, 25_000, 100_000, 750],
  [20, 25_000, 1_000_000, 75],
  [100, 25_000, 100_000, 750],
  [100, 25_000, 1_000_000, 75],
])('a line of %i ms and %i bytes a ms is filled by %i bytes each', (latencyMs, rate, bytes, count) => {
  const { ms } = simulate({ latencyMs, rate, bytes, most: 64, judgesGain: true, jitter: 0.2 }, count, 3);
  expect((count * bytes) / rate / ms).toBeGreaterThan(0.6);
});

example('a number that is not reached is lowered to what is', () => {
  const { limit, clock } = make();
  run(limit, clock, 5, () => 50);
  const before = limit.requests;
  for (let round = 0; round < 60; round++) {
    const begun = [limit.begin(), limit.begin(), limit.begin()];
    clock.now += 50;
    for (const at of begun) limit.end(1000, at);
  }
  expect(before).toBeGreaterThan(8);
  expect(limit.requests).toBeLessThanOrEqual(4);
});
