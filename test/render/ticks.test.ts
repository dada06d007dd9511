import { describe, expect, test as vitestTest } from 'vitest';
import { ticksOf } from '../../src/render/ticks.ts';
import { fc, test } from '../property.ts';

const MAX_TICKS = 8;

const textsOf = (low: number, high: number, log = false): string[] =>
  ticksOf({ low, high, log }).map(({ text }) => text);

/** Both ends of a scale: around a number of any size, of either sign, from one part in 10^7 to many times its size. */
const ranges = fc
  .tuple(
    fc.double({ min: 1, max: 9.999, noNaN: true }),
    fc.integer({ min: -30, max: 30 }),
    fc.constantFrom(-1, 0, 1),
    fc.double({ min: 1, max: 9.999, noNaN: true }),
    fc.integer({ min: -7, max: 3 }),
  )
  .map(([digits, decade, sign, spanDigits, spanDecade]) => {
    const size = digits * 10 ** decade;
    const low = sign * size;
    return [low, low + spanDigits * size * 10 ** spanDecade] as const;
  });

const logRanges = fc
  .tuple(
    fc.double({ min: 1, max: 9.999, noNaN: true }),
    fc.integer({ min: -30, max: 29 }),
    fc.oneof(fc.double({ min: 1e-7, max: 1, noNaN: true }), fc.double({ min: 1, max: 60, noNaN: true })),
  )
  .map(([digits, decade, decades]) => {
    const low = digits * 10 ** decade;
    return [low, Math.min(1e30, low * 10 ** decades)] as const;
  })
  .filter(([low, high]) => high > low * (1 + 1e-7));

/** What every scale owes to whoever reads it. */
function checkTicks(low: number, high: number, log: boolean, most?: number): void {
  const ticks = ticksOf({ low, high, log }, most);
  expect(ticks.length).toBeGreaterThanOrEqual(2);
  expect(ticks.length).toBeLessThanOrEqual(Math.max(2, most ?? MAX_TICKS));
  expect(new Set(ticks.map(({ text }) => Number(text))).size).toBe(ticks.length);
  // Both ends have a label.
  expect([ticks[0]?.value, ticks.at(-1)?.value]).toEqual([low, high]);
  expect([ticks[0]?.place, ticks.at(-1)?.place]).toEqual([0, 1]);
  const gaps = ticks.slice(1).map(({ value }, at) => value - (ticks[at] as (typeof ticks)[0]).value);
  expect(gaps.every((gap) => gap > 0)).toBe(true);
  for (const [at, { text, value, place }] of ticks.entries()) {
    expect(text).toMatch(/^-?\d+(\.\d+)?(e-?\d+)?$/);
    // Steps grow on a logarithmic scale: those to the labels beside it are its own.
    const step = Math.min(...(log ? gaps.slice(Math.max(0, at - 1), at + 1) : gaps));
    expect(Math.abs(Number(text) - value)).toBeLessThanOrEqual(0.01 * step);
    const exact = log
      ? (Math.log(value) - Math.log(low)) / (Math.log(high) - Math.log(low))
      : (value - low) / (high - low);
    expect(Math.abs(place - exact)).toBeLessThan(1e-6);
  }
}

describe('labels of a scale', () => {
  test<[readonly [number, number]]>(
    'are distinct, in order, and right',
    [ranges],
    ([low, high]) => checkTicks(low, high, false),
    { numRuns: 2000 },
  );

  test<[readonly [number, number]]>(
    'are so on logarithmic scales',
    [logRanges],
    ([low, high]) => checkTicks(low, high, true),
    { numRuns: 2000 },
  );

  test<[readonly [number, number], number]>(
    'are no more than there is room for',
    [ranges, fc.integer({ min: 2, max: 8 })],
    ([low, high], most) => checkTicks(low, high, false, most),
  );

  test<[readonly [number, number], number]>(
    'are no more than there is room for on logarithmic scales',
    [logRanges, fc.integer({ min: 2, max: 8 })],
    ([low, high], most) => checkTicks(low, high, true, most),
  );

  vitestTest.each<[number, number, string[]]>([
    [0, 2e6, ['0', '5e5', '1e6', '1.5e6', '2e6']],
    [0, 2e-7, ['0', '5e-8', '1e-7', '1.5e-7', '2e-7']],
    [1e6, 1.1e6, ['1e6', '1.02e6', '1.04e6', '1.06e6', '1.08e6', '1.1e6']],
    [0.99999994, 1.0000001, ['0.99999994', '1.00000000', '1.00000005', '1.00000010']],
    [-2e6, 1e6, ['-2e6', '-1e6', '0', '1e6']],
    [0, 1, ['0', '0.2', '0.4', '0.6', '0.8', '1.0']],
    [98.47, 100, ['98.47', '99.0', '99.5', '100.0']],
    [
      1e6,
      1e6 + 0.01,
      ['1000000.000', '1000000.002', '1000000.004', '1000000.006', '1000000.008', '1000000.010'],
    ],
    [123_456.789, 987_654.321, ['123457', '400000', '600000', '800000', '987654']],
    [0, 0.123456, ['0', '0.025', '0.050', '0.075', '0.100', '0.1235']],
    [0, 1.5e6, ['0', '5e5', '1e6', '1.5e6']],
    [0, 100_000, ['0', '20000', '40000', '60000', '80000', '100000']],
  ])('%d … %d', (low, high, texts) => {
    expect(textsOf(low, high)).toEqual(texts);
  });

  vitestTest.each<[number, number, string[]]>([
    [1, 1000, ['1', '10', '100', '1000']],
    [1e-30, 1e30, ['1e-30', '1e-18', '1e-9', '1', '1e9', '1e18', '1e30']],
    [1e6, 5e6, ['1e6', '1.5e6', '2e6', '3e6', '5e6']],
    [0.00123, 1234.5, ['0.00123', '0.01', '0.1', '1', '10', '100', '1235']],
    [2.1, 2.9, ['2.1', '2.2', '2.4', '2.6', '2.9']],
  ])('%d … %d on a logarithmic scale', (low, high, texts) => {
    expect(textsOf(low, high, true)).toEqual(texts);
  });

  vitestTest.each<[number, number, string[]]>([
    [3, 6, ['3', '4', '5', '6']],
    [0, 12, ['0', '5', '10', '12']],
    [1, 2, ['1', '2']],
    [1, 1e6, ['1', '2e5', '4e5', '6e5', '8e5', '1e6']],
  ])('whole numbers %d … %d have no others between them', (low, high, texts) => {
    expect(ticksOf({ low, high, log: false }, MAX_TICKS, true).map(({ text }) => text)).toEqual(texts);
  });

  vitestTest.each([5, 0, -0.25, 101_325, 1e-30, -1e30, Math.fround(0.1)])(
    'of the one value %d are that value',
    (value) => {
      const ticks = ticksOf({ low: value, high: value, log: false });
      expect(ticks.map(({ place }) => place)).toEqual([0.5]);
      expect(Math.abs(Number(ticks[0]?.text) - value)).toBeLessThanOrEqual(1e-6 * Math.abs(value));
    },
  );

  vitestTest.each([
    [1, 1 + Number.EPSILON],
    [-Number.MAX_VALUE, Number.MAX_VALUE],
    [5e-324, 1e-323],
  ])('%d … %d, which have no steps that can be counted, are the ends', (low, high) => {
    expect(textsOf(low, high).map(Number)).toEqual([low, high]);
  });
});
