import type {
  SliceTensors,
  SurfaceFacts,
  SurfaceTensors,
  ValuesFacts,
  ViewBounds,
} from '../view-protocol.ts';
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
  const diagonal = Math.hypot(...bounds.high.map((value, axis) => value - (bounds.low[axis] as number)));
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
  return arrays.reduce<number>((sum, array) => sum + (ArrayBuffer.isView(array) ? array.byteLength : 0), 0);
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
