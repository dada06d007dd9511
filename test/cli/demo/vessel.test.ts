import { describe, expect, test } from 'vitest';
import { makeVessel } from '../../../src/cli/demo/vessel.ts';
import type { Mesh } from '../../../src/index.ts';

const mesh: Mesh = makeVessel({ radius: 1.1, stenosis: 0.5, meanVelocity: 25, time: 0.25, resolution: 8 });
const { connectivity } = mesh.cells;
const points = Array.from({ length: mesh.points.shape[0] as number }, (_, point) => [
  ...mesh.points.data.subarray(3 * point, 3 * point + 3),
]);

/** Six times the signed volume of a tetrahedron. */
function volume(cell: number): number {
  const [a = [], b = [], c = [], d = []] = [...connectivity.subarray(4 * cell, 4 * cell + 4)].map(
    (point) => points[point],
  );
  const [u, v, w] = [b, c, d].map((corner) => corner.map((value, axis) => value - (a[axis] as number))) as [
    number[],
    number[],
    number[],
  ];
  const [ux, uy, uz] = u as [number, number, number];
  const [vx, vy, vz] = v as [number, number, number];
  const [wx, wy, wz] = w as [number, number, number];
  return ux * (vy * wz - vz * wy) - uy * (vx * wz - vz * wx) + uz * (vx * wy - vy * wx);
}

/** How many tetrahedra have each face, by its sorted corners. */
function countFaces(): Map<string, number> {
  const counts = new Map<string, number>();
  for (let at = 0; at < connectivity.length; at += 4) {
    const corners = [...connectivity.subarray(at, at + 4)];
    for (let left = 0; left < 4; left++) {
      const face = corners
        .filter((_, corner) => corner !== left)
        .toSorted((a, b) => a - b)
        .join();
      counts.set(face, (counts.get(face) ?? 0) + 1);
    }
  }
  return counts;
}

describe('makeVessel', () => {
  test('has tetrahedra of positive volume only', () => {
    const volumes = Array.from({ length: mesh.cells.types.length }, (_, cell) => volume(cell));
    expect(Math.min(...volumes)).toBeGreaterThan(0);
  });

  test('has no two points in one place', () => {
    expect(new Set(points.map(String)).size).toBe(points.length);
  });

  test('is conforming: its outside is closed, each edge of it in two faces', () => {
    const faces = countFaces();
    expect(Math.max(...faces.values())).toBe(2);
    const edges = new Map<string, number>();
    for (const [face, count] of faces) {
      if (count !== 1) continue;
      const [a, b, c] = face.split(',');
      for (const edge of [`${a},${b}`, `${b},${c}`, `${a},${c}`]) edges.set(edge, (edges.get(edge) ?? 0) + 1);
    }
    expect(new Set(edges.values())).toEqual(new Set([2]));
  });

  test('has no slip and all shear on its wall', () => {
    const velocity = mesh.pointData.get('velocity')?.data as Float32Array;
    const shear = mesh.pointData.get('wall_shear_stress')?.data as Float32Array;
    const wall = shear.map((stress, point) => (stress > 0 ? point : -1)).filter((point) => point >= 0);
    expect(wall.length).toBeGreaterThan(0);
    for (const point of wall)
      expect([...velocity.subarray(3 * point, 3 * point + 3)].map(Math.abs)).toEqual([0, 0, 0]);
    const fastest = Math.max(...velocity.map(Math.abs));
    expect(fastest).toBeGreaterThan(100); // 2 · 25 cm/s through a quarter of the area
  });

  test('loses pressure downstream', () => {
    const pressure = mesh.pointData.get('pressure')?.data as Float32Array;
    expect(pressure[0]).toBe(Math.max(...pressure));
    expect(pressure.at(-1)).toBe(Math.min(...pressure));
  });
});
