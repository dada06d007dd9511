import type { Geometry } from './geometry.ts';

/** Cosine of the angle between triangles from which on the edge between them is sharp, as `render` has it: 50°. */
const CREASE_COSINE = 0.643;
/** Number of directions that the surface has at a point at most. */
const NORMALS_PER_POINT = 3;

/** Vertices of a surface for the graphics processor: points at sharp edges are there once for each side. */
export interface ShadedVertices {
  /** Corners of the triangles. */
  readonly indices: Uint32Array<ArrayBuffer>;
  /** Point that each vertex behind those of the points repeats. */
  readonly repeated: Uint32Array<ArrayBuffer>;
  /** Normals of all vertices, whole numbers of 16 bits, `[V, 4]`. */
  readonly normals: Int16Array<ArrayBuffer>;
}

/** Finds the normals at points: those of their triangles, weighted by area, apart where they meet in a sharp edge. */
export function shadeVertices({ positions, triangles }: Geometry): ShadedVertices {
  const numPoints = positions.length / 3;
  const sums = new Float32Array(3 * NORMALS_PER_POINT * numPoints);
  const indices = Uint32Array.from(triangles);
  /** Vertex of each further normal of a point; 0 where there is none yet. */
  const further = new Uint32Array((NORMALS_PER_POINT - 1) * numPoints);
  const repeated: number[] = [];
  const groups: number[] = [];
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
    // A corner that lies at no place.
    if (x - x !== 0 || y - y !== 0 || z - z !== 0) continue;
    for (let corner = at; corner < at + 3; corner++) {
      const point = triangles[corner] as number;
      const group = addNormal(sums, 3 * NORMALS_PER_POINT * point, x, y, z);
      if (group === 0) continue;
      const key = (NORMALS_PER_POINT - 1) * point + group - 1;
      if (further[key] === 0) {
        repeated.push(point);
        groups.push(group);
        further[key] = numPoints + repeated.length;
      }
      indices[corner] = (further[key] as number) - 1;
    }
  }
  const normals = new Int16Array(4 * (numPoints + repeated.length));
  for (let vertex = 0; vertex < normals.length / 4; vertex++) {
    const point = vertex < numPoints ? vertex : (repeated[vertex - numPoints] as number);
    const group = vertex < numPoints ? 0 : (groups[vertex - numPoints] as number);
    const at = 3 * (NORMALS_PER_POINT * point + group);
    const x = sums[at] as number;
    const y = sums[at + 1] as number;
    const z = sums[at + 2] as number;
    const scale = 32767 / (Math.sqrt(x * x + y * y + z * z) || 1);
    normals[4 * vertex] = x * scale;
    normals[4 * vertex + 1] = y * scale;
    normals[4 * vertex + 2] = z * scale;
  }
  return { indices, repeated: Uint32Array.from(repeated), normals };
}

/** Adds a triangle's normal to the first of a point's that runs about the same way, or the other way round; returns which. */
function addNormal(sums: Float32Array, first: number, x: number, y: number, z: number): number {
  const squared = x * x + y * y + z * z;
  for (let group = 0; group < NORMALS_PER_POINT; group++) {
    const at = first + 3 * group;
    const nx = sums[at] as number;
    const ny = sums[at + 1] as number;
    const nz = sums[at + 2] as number;
    const cosine = x * nx + y * ny + z * nz;
    const length = nx * nx + ny * ny + nz * nz;
    const isSharp = length > 0 && cosine * cosine < CREASE_COSINE * CREASE_COSINE * squared * length;
    if (isSharp && group < NORMALS_PER_POINT - 1) continue;
    const sign = cosine < 0 ? -1 : 1;
    sums[at] = nx + sign * x;
    sums[at + 1] = ny + sign * y;
    sums[at + 2] = nz + sign * z;
    return group;
  }
  return 0;
}
