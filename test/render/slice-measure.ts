import { isTensor, type Mesh, type MeshArray } from '../../src/core/mesh.ts';

export function numbersOf(array: MeshArray | undefined): number[] {
  return isTensor(array) ? Array.from(array.data, Number) : [];
}

/** Area of the polygons, length of the lines, and the integral of a point array over both. */
export function measureSlice(
  { points, cells, pointData }: Mesh,
  array: string,
): { area: number; length: number; moment: number } {
  const values = numbersOf(pointData.get(array));
  const place = (point: number): number[] => [...points.data.subarray(3 * point, 3 * point + 3)];
  const between = (from: number, to: number): number[] =>
    place(to).map((value, axis) => value - (place(from)[axis] as number));
  const mean = (list: readonly number[]): number =>
    list.reduce((sum, point) => sum + (values[point] as number), 0) / list.length;
  let [area, length, moment] = [0, 0, 0];
  for (let cell = 0; cell < cells.types.length; cell++) {
    const ids = [...cells.connectivity.subarray(cells.offsets[cell], cells.offsets[cell + 1])];
    if (cells.types[cell] === 3 || cells.types[cell] === 4) {
      for (let at = 1; at < ids.length; at++) {
        const ends = ids.slice(at - 1, at + 1) as [number, number];
        const size = Math.hypot(...between(...ends));
        length += size;
        moment += size * mean(ends);
      }
    }
    if ((cells.types[cell] as number) < 5) continue;
    // Convex polygons in one plane.
    for (let at = 1; at + 1 < ids.length; at++) {
      const corners = [ids[0], ids[at], ids[at + 1]] as [number, number, number];
      const [ux = 0, uy = 0, uz = 0] = between(corners[0], corners[1]);
      const [vx = 0, vy = 0, vz = 0] = between(corners[0], corners[2]);
      const size = Math.hypot(uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx) / 2;
      area += size;
      moment += size * mean(corners);
    }
  }
  return { area, length, moment };
}
