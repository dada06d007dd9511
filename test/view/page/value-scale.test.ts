import { describe, expect, test } from 'vitest';
import { findColourScale, scaleNumbers } from '../../../src/view/page/value-scale.ts';

/** Computes the place of a sent value as the shader does, in Float32. */
function placeOf(sent: number, [x, y, z, isLog]: readonly number[]): number {
  const at = Math.fround(
    Math.fround(Math.fround(x as number) * Math.fround(sent)) + Math.fround(y as number),
  );
  return isLog === 1 ? Math.log1p(at) * (z as number) : at;
}

describe('scale of colours', () => {
  test('values that are narrow around a large number keep their places', () => {
    const scale = { low: 1e6 - 0.01, high: 1e6 + 0.01, log: false };
    for (const log of [false, true])
      expect(placeOf(0.005, scaleNumbers({ ...scale, log }, { mid: 1e6, scale: 1 }))).toBeCloseTo(0.75, 5);
  });

  test('values over many powers of ten have their places on a logarithmic scale', () => {
    const numbers = scaleNumbers({ low: 1e-6, high: 1e6, log: true }, { mid: 0, scale: 1 });
    for (const [value, place] of [
      [1e-6, 0],
      [1e-3, 0.25],
      [1, 0.5],
      [1e6, 1],
    ] as const)
      expect(placeOf(value, numbers)).toBeCloseTo(place, 5);
  });

  test('values that were sent over a power of two have theirs', () => {
    expect(placeOf(0.5, scaleNumbers({ low: 0, high: 8, log: false }, { mid: 2, scale: 4 }))).toBe(0.5);
  });

  test('a difference has 0 in the middle, one value half of the map', () => {
    expect(findColourScale({ range: [-1, 3], leastPositive: 1 }, undefined, false, true)).toEqual({
      low: -3,
      high: 3,
      log: false,
    });
    expect(placeOf(7, scaleNumbers({ low: 7, high: 7, log: false }, { mid: 0, scale: 1 }))).toBe(0.5);
  });

  test('a logarithmic scale begins at the least positive value, and is none without one', () => {
    const known = { range: [-5, 100], leastPositive: 0.1 } as const;
    expect(findColourScale(known, undefined, true, false)).toEqual({ low: 0.1, high: 100, log: true });
    expect(findColourScale({ ...known, leastPositive: undefined }, undefined, true, false)).toBe(undefined);
    expect(findColourScale(known, [-1, 1], true, false)).toBe(undefined);
  });
});
