/** Number of corners looked at between two yields. */
const CORNERS_PER_STEP = 2 ** 13;

/** Corners of triangles by their places in a polygon: three a triangle, of as many triangles as two less than points. */
type Corners = readonly number[];
type Vector = [number, number, number];

/**
 * Tells whether the fan from the first corner of a polygon stays inside: all of its triangles run the same way round as
 * the whole does.
 */
export function isFan(points: Float32Array, ring: readonly number[]): boolean {
  const first = ring[0] as number;
  if (ring.length === 4)
    return isQuadFan(points, first, ring[1] as number, ring[2] as number, ring[3] as number);
  const normal = normalOf(points, ring);
  for (let at = 1; at + 1 < ring.length; at++)
    if (turn(points, first, ring[at] as number, ring[at + 1] as number, normal) < 0) return false;
  return true;
}

/** Tells the same of a quadrilateral, of which a mesh may have millions. */
function isQuadFan(points: Float32Array, a: number, b: number, c: number, d: number): boolean {
  const ax = points[3 * a] as number;
  const ay = points[3 * a + 1] as number;
  const az = points[3 * a + 2] as number;
  const bx = (points[3 * b] as number) - ax;
  const by = (points[3 * b + 1] as number) - ay;
  const bz = (points[3 * b + 2] as number) - az;
  const cx = (points[3 * c] as number) - ax;
  const cy = (points[3 * c + 1] as number) - ay;
  const cz = (points[3 * c + 2] as number) - az;
  const dx = (points[3 * d] as number) - ax;
  const dy = (points[3 * d + 1] as number) - ay;
  const dz = (points[3 * d + 2] as number) - az;
  const x = by * cz - bz * cy;
  const y = bz * cx - bx * cz;
  const z = bx * cy - by * cx;
  const u = cy * dz - cz * dy;
  const v = cz * dx - cx * dz;
  const w = cx * dy - cy * dx;
  const along = x * u + y * v + z * w;
  return !(x * x + y * y + z * z + along < 0 || u * u + v * v + w * w + along < 0);
}

/** Lists the corners of the fan from the first corner of a polygon of `length` points. */
export function fanOf(length: number): Corners {
  return Array.from({ length: length - 2 }, (_, index) => [0, index + 1, index + 2]).flat();
}

/**
 * Cuts a polygon into triangles that do not leave it, ear by ear: G. H. Meisters, "Polygons have ears", American
 * Mathematical Monthly 82 (1975). In steps, since that takes as long as the square of the number of its points.
 *
 * @param ring - numbers of its points, of which there are at least three
 */
export function* earsOf(points: Float32Array, ring: readonly number[]): Generator<void, Corners> {
  const normal = normalOf(points, ring);
  const left = Array.from({ length: ring.length }, (_, place) => place);
  const corners: number[] = [];
  let work = 0;
  while (left.length > 3) {
    work += left.length;
    if (work > CORNERS_PER_STEP) {
      work = 0;
      yield;
    }
    const ear = findEar(points, ring, left, normal);
    const count = left.length;
    corners.push(
      left[(ear + count - 1) % count] as number,
      left[ear] as number,
      left[(ear + 1) % count] as number,
    );
    left.splice(ear, 1);
  }
  return [...corners, ...left];
}

/** Computes a polygon's area times its normal, by M. E. Newell. */
function normalOf(points: Float32Array, ring: readonly number[]): Vector {
  const normal: Vector = [0, 0, 0];
  for (let place = 1; place + 1 < ring.length; place++) {
    const part = cornerNormal(points, ring[0] as number, ring[place] as number, ring[place + 1] as number);
    for (let axis = 0; axis < 3; axis++) (normal[axis] as number) += part[axis] as number;
  }
  return normal;
}

/** Finds a corner whose triangle with both of its neighbours has no other corner inside; of bad polygons the first. */
function findEar(
  points: Float32Array,
  ring: readonly number[],
  left: readonly number[],
  normal: Vector,
): number {
  const count = left.length;
  const point = (place: number): number => ring[left[(place + count) % count] as number] as number;
  for (let place = 0; place < count; place++) {
    const [a, b, c] = [point(place - 1), point(place), point(place + 1)];
    if (turn(points, a, b, c, normal) <= 0) continue;
    const isInside = (other: number): boolean =>
      other !== a &&
      other !== b &&
      other !== c &&
      turn(points, a, b, other, normal) >= 0 &&
      turn(points, b, c, other, normal) >= 0 &&
      turn(points, c, a, other, normal) >= 0;
    if (!left.some((_, index) => isInside(point(index)))) return place;
  }
  return 0;
}

/** Computes how far a corner turns to the left, seen against the normal: below 0 to the right. */
function turn(points: Float32Array, a: number, b: number, c: number, [x, y, z]: Vector): number {
  const [nx, ny, nz] = cornerNormal(points, a, b, c);
  return nx * x + ny * y + nz * z;
}

function cornerNormal(points: Float32Array, a: number, b: number, c: number): Vector {
  const along = (from: number, to: number, axis: number): number =>
    (points[3 * to + axis] as number) - (points[3 * from + axis] as number);
  const [ux, uy, uz] = [along(a, b, 0), along(a, b, 1), along(a, b, 2)];
  const [vx, vy, vz] = [along(a, c, 0), along(a, c, 1), along(a, c, 2)];
  return [uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx];
}
