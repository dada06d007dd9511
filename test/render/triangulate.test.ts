import { expect, test } from 'vitest';
import { earsOf, isFan } from '../../src/render/triangulate.ts';

/** A comb of `teeth` teeth: a polygon that no fan fills. */
function comb(teeth: number): { points: Float32Array; ring: number[]; area: number } {
  const places = [
    [0, -1],
    [2 * teeth, -1],
  ];
  for (let tooth = teeth - 1; tooth >= 0; tooth--) places.push([2 * tooth + 2, 0], [2 * tooth + 1, 5]);
  places.push([0, 0]);
  return {
    points: Float32Array.from(places.flatMap((place) => [...place, 0])),
    ring: places.map((_, at) => at),
    area: 2 * teeth + 5 * teeth,
  };
}

function areaOf(points: Float32Array, corners: readonly number[]): number {
  const at = (corner: number, axis: number): number => points[3 * corner + axis] as number;
  let sum = 0;
  for (let first = 0; first < corners.length; first += 3) {
    const [a, b, c] = corners.slice(first, first + 3) as [number, number, number];
    sum += Math.abs(
      (at(b, 0) - at(a, 0)) * (at(c, 1) - at(a, 1)) - (at(c, 0) - at(a, 0)) * (at(b, 1) - at(a, 1)),
    );
  }
  return sum / 2;
}

test('a polygon of many corners is filled, in steps', () => {
  const { points, ring, area } = comb(300);
  expect(isFan(points, ring)).toBe(false);
  const steps = earsOf(points, ring);
  let count = 1;
  let step = steps.next();
  for (; step.done !== true; step = steps.next()) count++;
  expect(step.value).toHaveLength(3 * (ring.length - 2));
  expect(areaOf(points, step.value)).toBeCloseTo(area);
  expect(count).toBeGreaterThan(10);
});
