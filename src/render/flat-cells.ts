import { CellType } from '../core/cell-types.ts';
import { flatFaces } from '../core/face-tables.ts';
import type { Cells } from '../core/mesh.ts';

/** Cell that has no body, by numbers of points: polygons that it is made of, a path through its points, or points. */
export interface FlatCell {
  readonly rings?: readonly (readonly number[])[] | undefined;
  readonly path?: readonly number[] | undefined;
  readonly dots?: readonly number[] | undefined;
}

/**
 * Takes a checked cell that has no body apart; undefined for a type whose parts are not defined. The lists that this makes
 * are too slow where every cell is taken apart, as for a surface.
 */
export function flatCell({ types, offsets, connectivity }: Cells, cell: number): FlatCell | undefined {
  const type = types[cell] as number;
  const points = [...connectivity.subarray(offsets[cell] as number, offsets[cell + 1] as number)];
  const face = flatFaces.get(type);
  if (face !== undefined)
    return { rings: face.pieces.map((piece) => piece.map((corner) => points[corner] as number)) };
  switch (type) {
    case CellType.Empty:
      return {};
    case CellType.Vertex:
    case CellType.PolyVertex:
      return { dots: points };
    case CellType.Line:
    case CellType.PolyLine:
      return { path: points };
    case CellType.QuadraticEdge:
    case CellType.CubicLine:
    case CellType.LagrangeCurve:
    case CellType.BezierCurve:
      // Both ends first, then the points between them.
      return { path: [points[0] as number, ...points.slice(2), points[1] as number] };
    case CellType.Polygon:
      return { rings: points.length < 3 ? [] : [points] };
    case CellType.QuadraticPolygon:
      return { rings: [outlineOf(points)] };
    case CellType.TriangleStrip:
      return { rings: points.slice(2).map((point, at) => [points[at], points[at + 1], point] as number[]) };
    default:
      return undefined;
  }
}

/** Orders the points of a quadratic polygon, corners first, then the middle of each side, along its outline. */
function outlineOf(points: readonly number[]): number[] {
  const half = points.length / 2;
  return points.slice(0, half).flatMap((corner, at) => [corner, points[half + at] as number]);
}
