import type { SliceTensors, SurfaceFacts, SurfaceTensors, ValuesFacts, ViewBounds } from '../view-protocol.ts';
import type { Vector } from './camera-text.ts';

/** Mesh as it is drawn: a surface, or what a plane cuts of a mesh. */
export interface Geometry extends SurfaceTensors {
  /** Name of the mesh: what has the same one is the same. */
  readonly mesh: string;
  /** Point that positions are less, in double precision. */
  readonly centre: Vector;
  readonly bounds: ViewBounds;
  /** Half the diagonal of the box; 1 where all lies at one place. */
  readonly radius: number;
}

/** Values of an array over what is drawn. */
export interface ShownValues {
  readonly values: Float32Array;
  readonly facts: ValuesFacts;
}

/** Makes the geometry of what the server sent. */
export function geometryOf(
  tensors: SurfaceTensors | SliceTensors,
  { mesh, centre, bounds }: Pick<SurfaceFacts, 'mesh' | 'centre' | 'bounds'>,
): Geometry {
  const diagonal = Math.hypot(
    ...bounds.high.map((value, axis) => value - (bounds.low[axis] as number)),
  );
  return {
    positions: tensors.positions,
    triangles: tensors.triangles,
    sides: tensors.sides,
    lines: tensors.lines,
    vertices: tensors.vertices,
    points: tensors.points,
    cells: tensors.cells,
    triangleCells: tensors.triangleCells,
    lineCells: tensors.lineCells,
    vertexCells: tensors.vertexCells,
    mesh,
    centre,
    bounds,
    radius: diagonal > 0 && Number.isFinite(diagonal) ? diagonal / 2 : 1,
  };
}

/** Tells whether there is nothing to draw. */
export function isEmptyGeometry({ triangles, lines, vertices }: Geometry): boolean {
  return triangles.length === 0 && lines.length === 0 && vertices.length === 0;
}

/** Computes the bytes that a geometry holds. */
export function bytesOf(geometry: Geometry): number {
  const arrays: readonly unknown[] = Object.values(geometry);
  return arrays.reduce<number>(
    (sum, array) => sum + (ArrayBuffer.isView(array) ? array.byteLength : 0),
    0,
  );
}

/** Computes the normals at the points, those of their triangles weighted by area, as whole numbers of 16 bits, `[P, 4]`. */
export function normalsOf({ positions, triangles }: Geometry): Int16Array<ArrayBuffer> {
  const sums = new Float32Array(positions.length);
  for (let at = 0; at < triangles.length; at += 3) {
    const a = 3 * (triangles[at] as number);
    const b = 3 * (triangles[at + 1] as number);
    const c = 3 * (triangles[at + 2] as number);
    const ux = (positions[b] as number) - (positions[a] as number);
    const uy = (positions[b + 1] as number) - (positions[a + 1] as number);
    const uz = (positions[b + 2] as number) - (positions[a + 2] as number);
    const vx = (positions[c] as number) - (positions[a] as number);
    const vy = (positions[c + 1] as number) - (positions[a + 1] as number);
    const vz = (positions[c + 2] as number) - (positions[a + 2] as number);
    const x = uy * vz - uz * vy;
    const y = uz * vx - ux * vz;
    const z = ux * vy - uy * vx;
    if (x + y + z - (x + y + z) !== 0) continue;
    for (const corner of [a, b, c]) {
      // Triangles that run the other way round must not take each other away.
      const cosine =
        x * (sums[corner] as number) + y * (sums[corner + 1] as number) + z * (sums[corner + 2] as number);
      const sign = cosine < 0 ? -1 : 1;
      (sums[corner] as number) += sign * x;
      (sums[corner + 1] as number) += sign * y;
      (sums[corner + 2] as number) += sign * z;
    }
  }
  const normals = new Int16Array((4 * positions.length) / 3);
  for (let at = 0, to = 0; at < sums.length; at += 3, to += 4) {
    const x = sums[at] as number;
    const y = sums[at + 1] as number;
    const z = sums[at + 2] as number;
    const scale = 32767 / (Math.hypot(x, y, z) || 1);
    normals[to] = x * scale;
    normals[to + 1] = y * scale;
    normals[to + 2] = z * scale;
  }
  return normals;
}

/** Finds the sides of polygons, each once: numbers of their ends, one pair after the other. */
export function sidesOf({ triangles, sides, positions }: Geometry): Uint32Array<ArrayBuffer> {
  const numPoints = positions.length / 3;
  const known = new Set<number>();
  const ends: number[] = [];
  for (let triangle = 0; triangle < sides.length; triangle++) {
    for (let corner = 0; corner < 3; corner++) {
      if (((sides[triangle] as number) & (1 << corner)) === 0) continue;
      const from = triangles[3 * triangle + corner] as number;
      const to = triangles[3 * triangle + ((corner + 1) % 3)] as number;
      const key = from < to ? from * numPoints + to : to * numPoints + from;
      if (known.has(key)) continue;
      known.add(key);
      ends.push(from, to);
    }
  }
  return Uint32Array.from(ends);
}
