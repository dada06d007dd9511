/** Directions of a view, as rows of a rotation: to the right, up, and from the picture to the eye. */
export type Axes = readonly [Vector, Vector, Vector];
/** A direction or a place. */
type Vector = readonly [number, number, number];

/** Names of the views. */
export const viewNames = [
  'auto',
  'iso',
  'front',
  'back',
  'left',
  'right',
  'top',
  'bottom',
  'x',
  'y',
  'z',
] as const;
/**
 * Place that a view looks from. `auto`: the mesh lies along the picture, seen from its broad side and a little from
 * above; a flat mesh is seen face on, in a plane of two axes the first of them to the right, the other one up.
 * `iso`: from right, front and above. `x`, `y`, `z`: from the far end of that axis; `front` is from −y, `right` from
 * +x, `top` from +z, with z up.
 */
export type View = (typeof viewNames)[number];

function cross([a, b, c]: Vector, [d, e, f]: Vector): Vector {
  return [b * f - c * e, c * d - a * f, a * e - b * d];
}

function unit([x, y, z]: Vector): Vector {
  const length = Math.hypot(x, y, z);
  return [x / length, y / length, z / length];
}

function dot([a, b, c]: Vector, [d, e, f]: Vector): number {
  return a * d + b * e + c * f;
}

/** Makes the axes of a view from the direction `eye` with `up` as far up as that allows. */
function lookFrom(eye: Vector, up: Vector = [0, 0, 1]): Axes {
  const toEye = unit(eye);
  const right = unit(cross(up, toEye));
  return [right, cross(toEye, right), toEye];
}

const fixedViews: Readonly<Record<Exclude<View, 'auto'>, Axes>> = {
  iso: lookFrom([1, -1, 0.8]),
  front: lookFrom([0, -1, 0]),
  back: lookFrom([0, 1, 0]),
  left: lookFrom([-1, 0, 0]),
  right: lookFrom([1, 0, 0]),
  top: lookFrom([0, 0, 1], [0, 1, 0]),
  bottom: lookFrom([0, 0, -1], [0, -1, 0]),
  x: lookFrom([1, 0, 0]),
  y: lookFrom([0, 1, 0]),
  z: lookFrom([0, 0, 1], [0, 1, 0]),
};

/**
 * Angles by which `auto` turns the mesh around the picture's vertical and horizontal, radians, so that its depth shows.
 */
const TURN_RADIANS = 0.3;
const TILT_RADIANS = 0.22;

/** Length along an axis, as a share of the longest, below which a mesh is flat: noise of Float32 and of what makes meshes. */
const FLAT_SHARE = 1e-3;

/** Makes the view face on of a mesh that lies in a plane of two axes: the first one to the right, the other one up. */
function flatView([x, y, z]: readonly [number, number, number]): Axes | undefined {
  if (z < FLAT_SHARE) return x < FLAT_SHARE && y < FLAT_SHARE ? undefined : fixedViews.z;
  if (y < FLAT_SHARE) return fixedViews.front;
  return x < FLAT_SHARE ? fixedViews.x : undefined;
}

/**
 * Finds the axes of a view of some points.
 *
 * @param extents - lengths of their box along the axes, as shares of its longest
 */
export function findAxes(
  view: View,
  points: Float32Array,
  extents: readonly [number, number, number],
  wide: boolean,
): Axes {
  if (view !== 'auto') return fixedViews[view];
  const faceOn = flatView(extents);
  if (faceOn !== undefined) return faceOn;
  const principal = principalAxes(points);
  const oblique = obliqueView(points, principal);
  if (oblique !== undefined) return oblique;
  const [longest, middle] = principal;
  // Signs do not follow from the points: the one that looks more along the axes of space is taken.
  const along = (axis: Vector, towards: Vector): Vector =>
    dot(axis, towards) < 0 ? (axis.map((value) => -value) as unknown as Vector) : axis;
  const right = wide ? along(longest, [1, 0.1, -0.5]) : along(middle, [1, 0.1, 0.01]);
  const up = wide ? along(middle, [0.01, 0.1, 1]) : along(longest, [0.01, 0.1, 1]);
  return turn([right, up, cross(right, up)]);
}

/** Makes the view face on of a mesh that lies in a plane of no two axes, from the side that `iso` is on, with z up. */
function obliqueView(points: Float32Array, [longest, middle, least]: Axes): Axes | undefined {
  const thin = FLAT_SHARE * extentAlong(points, longest);
  if (extentAlong(points, least) > thin || extentAlong(points, middle) <= thin) return undefined;
  const eye = dot(least, [1, -1, 0.8]) < 0 ? (least.map((value) => -value) as unknown as Vector) : least;
  return Math.abs(eye[2]) > 0.99 ? lookFrom(eye, [0, 1, 0]) : lookFrom(eye);
}

/** Computes how long some points are along a direction. */
function extentAlong(points: Float32Array, [x, y, z]: Vector): number {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let at = 0; at < points.length; at += 3) {
    const along =
      x * (points[at] as number) + y * (points[at + 1] as number) + z * (points[at + 2] as number);
    if (along < low) low = along;
    if (along > high) high = along;
  }
  return high - low;
}

/** Turns a view around its own vertical and then its own horizontal. */
function turn([right, up, eye]: Axes): Axes {
  const mix = (a: Vector, b: Vector, angle: number): Vector =>
    a.map((value, at) => Math.cos(angle) * value + Math.sin(angle) * (b[at] as number)) as unknown as Vector;
  const turnedRight = mix(right, eye, TURN_RADIANS);
  const turnedEye = mix(eye, right, -TURN_RADIANS);
  return [turnedRight, mix(up, turnedEye, -TILT_RADIANS), mix(turnedEye, up, TILT_RADIANS)];
}

/** Finds the directions in which points are spread most, second and least. */
function principalAxes(points: Float32Array): Axes {
  const matrix = covariance(points);
  const vectors = [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ];
  // Jacobi's method: turns in the planes of two axes until the matrix is diagonal.
  for (let sweep = 0; sweep < 16; sweep++) {
    for (const [p, q] of [
      [0, 1],
      [0, 2],
      [1, 2],
    ] as const)
      rotate(matrix, vectors, p, q);
  }
  const order = [0, 1, 2].sort((a, b) => (matrix[b]?.[b] as number) - (matrix[a]?.[a] as number));
  return order.map((column) => vectors.map((row) => row[column] as number)) as unknown as Axes;
}

/** Computes the spread of points around their mean, times their number; of many points, of a sample. */
function covariance(points: Float32Array): number[][] {
  const stride = 3 * Math.max(1, Math.floor(points.length / 3 / 4000));
  const sums = new Float64Array(9);
  const mean = [0, 0, 0];
  let count = 0;
  for (let at = 0; at < points.length; at += stride) {
    const place = points.subarray(at, at + 3);
    if (place.includes(Number.NaN)) continue;
    count++;
    // B. P. Welford's update, so that the mean needs no pass of its own.
    const before = mean.map((value, axis) => (place[axis] as number) - value);
    for (let axis = 0; axis < 3; axis++) (mean[axis] as number) += (before[axis] as number) / count;
    for (let row = 0; row < 3; row++) {
      for (let column = 0; column < 3; column++)
        (sums[3 * row + column] as number) +=
          (before[row] as number) * ((place[column] as number) - (mean[column] as number));
    }
  }
  return [0, 3, 6].map((row) => [...sums.subarray(row, row + 3)]);
}

function rotate(matrix: number[][], vectors: number[][], p: number, q: number): void {
  const get = (row: number, column: number): number => matrix[row]?.[column] as number;
  if (Math.abs(get(p, q)) < 1e-300) return;
  const theta = (get(q, q) - get(p, p)) / (2 * get(p, q));
  const t = Math.sign(theta || 1) / (Math.abs(theta) + Math.hypot(theta, 1));
  const c = 1 / Math.hypot(t, 1);
  const s = t * c;
  const turnColumns = (rows: number[][]): void => {
    for (const row of rows) {
      const [a, b] = [row[p] as number, row[q] as number];
      row[p] = c * a - s * b;
      row[q] = s * a + c * b;
    }
  };
  turnColumns(matrix);
  turnColumns(vectors);
  const [rowP, rowQ] = [matrix[p] as number[], matrix[q] as number[]];
  for (let column = 0; column < 3; column++) {
    const [a, b] = [rowP[column] as number, rowQ[column] as number];
    rowP[column] = c * a - s * b;
    rowQ[column] = s * a + c * b;
  }
}
