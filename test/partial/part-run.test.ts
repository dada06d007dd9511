import { expect, test } from 'vitest';
import { joinNeighbours } from '../../src/partial/coalesce.ts';
import { isNearlyWhole, isWholeCheaper, isWorthLooking, type Pace } from '../../src/partial/cost.ts';
import { fc, test as testRule } from '../property.ts';

const anyRanges = fc
  .array(fc.tuple(fc.nat(200_000), fc.integer({ min: 1, max: 1_000_000 })), { minLength: 1 })
  .map((steps) => {
    let at = 0;
    return steps.map(([gap, length]) => {
      const start = at + gap;
      at = start + length;
      return { start, end: at };
    });
  });

testRule(
  'neighbours are joined in order, none lost, over gaps that are narrow and next to nothing together',
  [anyRanges, fc.nat(300_000)],
  (ranges, maxGap) => {
    const runs = joinNeighbours(ranges, maxGap);
    expect(runs.flat()).toEqual(ranges);
    const wanted = ranges.reduce((sum, { start, end }) => sum + end - start, 0);
    let gaps = 0;
    for (const run of runs) {
      for (const [index, { start }] of run.entries()) {
        const gap = start - (run[index - 1]?.end ?? start);
        expect(gap).toBeLessThanOrEqual(maxGap);
        gaps += gap;
      }
    }
    expect(gaps).toBeLessThanOrEqual(Math.max(64 * 1024, 0.01 * wanted));
  },
);

const pace = (latencyMs: number, megabytes: number): Pace => ({ latencyMs, bytesPerSecond: megabytes * 1e6 });
const MB = 1_000_000;

test.each([
  [pace(20, 25), 4 * MB, true],
  [pace(100, 100), 4 * MB, false],
  [pace(100, 5), 4 * MB, true],
  [pace(0, 1000), 100_000, false],
  [{ latencyMs: undefined, bytesPerSecond: undefined }, 4 * MB, true],
])('with %j a file of %i bytes is looked at: %s', (known, size, isWorth) => {
  expect(isWorthLooking(known, size)).toBe(isWorth);
});

test('all of a file is taken where it comes as fast as what is missing', () => {
  const choice = { size: 10 * MB, missing: 8 * MB, requests: 9, rest: 10 * MB };
  expect(isWholeCheaper(pace(100, 100), choice)).toBe(true);
  expect(isWholeCheaper(pace(1, 5), choice)).toBe(false);
  expect(isWholeCheaper(pace(100, 100), { ...choice, missing: 0, requests: 0 })).toBe(false);
});

test('a file of which next to nothing would be missing is fetched to its end', () => {
  const choice = { size: 64 * MB, missing: 5 * MB, requests: 1, rest: 7 * MB };
  expect(isNearlyWhole(choice)).toBe(true);
  expect(isNearlyWhole({ ...choice, rest: 8 * MB })).toBe(false);
  expect(isNearlyWhole({ ...choice, missing: 0 })).toBe(false);
});
