/** Corners of triangles by their places in a polygon: three a triangle, of as many triangles as two less than points. */
type Corners = readonly number[];
type Vector = [number, number, number];

/**
 * Tells whether the fan from the first corner of a polygon stays inside: all of its triangles run the same way round as
 * the whole does.
 */
export function isFan(points: Float32Array, ring: readonly number[]): boolean {
  // Area times normal, by M. E. Newell; then how much of each triangle's lies along it.
  let [x, y, z] = [0, 0, 0];
  for (let pass = 0; pass < 2; pass++) {
    const first = 3 * (ring[0] as number);
    let ux = 0;
    let uy = 0;
    let uz = 0;
    for (let at = 1; at < ring.length; at++) {
      const point = 3 * (ring[at] as number);
      const vx = (points[point] as number) - (points[first] as number);
      const vy = (points[point + 1] as number) - (points[first + 1] as number);
      const vz = (points[point + 2] as number) - (points[first + 2] as number);
      const nx = uy * vz - uz * vy;
      const ny = uz * vx - ux * vz;
      const nz = ux * vy - uy * vx;
      if (pass === 1 && nx * x + ny * y + nz * z < 0) return false;
      if (pass === 0) {
        x += nx;
        y += ny;
        z += nz;
      }
      ux = vx;
      uy = vy;
      uz = vz;
    }
  }
  return true;
}

/** Lists the corners of the fan from the first corner of a polygon of `length` points. */
export function fanOf(length: number): Corners {
  return Array.from({ length: length - 2 }, (_, index) => [0, index + 1, index + 2]).flat();
}

/**
 * Cuts a polygon into triangles that do not leave it, ear by ear: G. H. Meisters, "Polygons have ears", American
 * Mathematical Monthly 82 (1975).
 *
 * @param ring - numbers of its points, of which there are at least three
 */
export function earsOf(points: Float32Array, ring: readonly number[]): Corners {
  const normal: Vector = [0, 0, 0];
  for (let place = 1; place + 1 < ring.length; place++) {
    const part = cornerNormal(points, ring[0] as number, ring[place] as number, ring[place + 1] as number);
    for (let axis = 0; axis < 3; axis++) (normal[axis] as number) += part[axis] as number;
  }
  const left = Array.from({ length: ring.length }, (_, place) => place);
  const corners: number[] = [];
  while (left.length > 3) {
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
