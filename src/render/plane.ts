import { ConfigError } from '../core/errors.ts';
import type { Mesh } from '../core/mesh.ts';
import { showValue } from '../core/show-value.ts';

/** Number of points handled between two yields. */
const POINTS_PER_STEP = 2 ** 17;

/** A plane: the places (x, y, z) with `nx · x + ny · y + nz · z = d`. The normal may have any length but 0. */
export type Plane = readonly [nx: number, ny: number, nz: number, d: number];

/**
 * Checks that a plane is one.
 *
 * @throws ConfigError for anything but four finite numbers of which one of the first three is not 0
 */
export function checkPlane(option: string, plane: Plane): Plane {
  const given: unknown = plane;
  const values = Array.isArray(given) ? (given as readonly unknown[]) : [];
  const isPlane =
    values.length === 4 &&
    values.every((value) => Number.isFinite(value)) &&
    values.slice(0, 3).some((value) => value !== 0);
  if (isPlane) return plane;
  const shown = values.length === 4 ? values.map(showValue).join(', ') : showValue(given);
  throw new ConfigError(
    option,
    `${option} is ${shown}; a plane is four numbers, nx, ny, nz, d, of which the normal nx, ny, nz is not 0.`,
  );
}

/** Writes a plane for a message. */
export function describePlane([nx, ny, nz, d]: Plane): string {
  return `(${nx}, ${ny}, ${nz}) · x = ${d}`;
}

/** Computes n · x − d of each point; NaN of one at no place. */
export function* heightsOver(
  [nx, ny, nz, d]: Plane,
  points: Mesh['points'],
): Generator<void, Float64Array<ArrayBuffer>> {
  const { data } = points;
  const heights = new Float64Array(points.shape[0] as number);
  for (let begin = 0; begin < heights.length; begin += POINTS_PER_STEP) {
    fill(heights, data, nx, ny, nz, d, begin, Math.min(begin + POINTS_PER_STEP, heights.length));
    yield;
  }
  return heights;
}

function fill(
  heights: Float64Array,
  data: Float32Array | Float64Array,
  nx: number,
  ny: number,
  nz: number,
  d: number,
  begin: number,
  end: number,
): void {
  for (let point = begin, at = 3 * begin; point < end; point++, at += 3) {
    const height =
      nx * (data[at] as number) + ny * (data[at + 1] as number) + nz * (data[at + 2] as number) - d;
    heights[point] = height - height === 0 ? height : Number.NaN;
  }
}

/** Describes where points lie along the normal of a plane that none of them meets. */
export function describeHeights(heights: Float64Array, [, , , d]: Plane): string {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const height of heights) {
    if (height < low) low = height;
    if (height > high) high = height;
  }
  if (low > high) return 'no point of it has finite coordinates';
  const text = (height: number): string => String(Number((height + d).toPrecision(6)));
  return low === high
    ? `along the normal its points lie at ${text(low)}`
    : `along the normal its points lie from ${text(low)} to ${text(high)}`;
}
