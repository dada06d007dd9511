/**
 * VTK's cell type numbers (vtkCellType.h).
 */
export const CellType = {
  Empty: 0,
  Vertex: 1,
  PolyVertex: 2,
  Line: 3,
  PolyLine: 4,
  Triangle: 5,
  TriangleStrip: 6,
  Polygon: 7,
  Pixel: 8,
  Quad: 9,
  Tetra: 10,
  Voxel: 11,
  Hexahedron: 12,
  Wedge: 13,
  Pyramid: 14,
  PentagonalPrism: 15,
  HexagonalPrism: 16,
  QuadraticEdge: 21,
  QuadraticTriangle: 22,
  QuadraticQuad: 23,
  QuadraticTetra: 24,
  QuadraticHexahedron: 25,
  QuadraticWedge: 26,
  QuadraticPyramid: 27,
  BiquadraticQuad: 28,
  TriquadraticHexahedron: 29,
  QuadraticLinearQuad: 30,
  QuadraticLinearWedge: 31,
  BiquadraticQuadraticWedge: 32,
  BiquadraticQuadraticHexahedron: 33,
  BiquadraticTriangle: 34,
  CubicLine: 35,
  QuadraticPolygon: 36,
  TriquadraticPyramid: 37,
  ConvexPointSet: 41,
  Polyhedron: 42,
  ParametricCurve: 51,
  ParametricSurface: 52,
  ParametricTriSurface: 53,
  ParametricQuadSurface: 54,
  ParametricTetraRegion: 55,
  ParametricHexRegion: 56,
  HigherOrderEdge: 60,
  HigherOrderTriangle: 61,
  HigherOrderQuad: 62,
  HigherOrderPolygon: 63,
  HigherOrderTetrahedron: 64,
  HigherOrderWedge: 65,
  HigherOrderPyramid: 66,
  HigherOrderHexahedron: 67,
  LagrangeCurve: 68,
  LagrangeTriangle: 69,
  LagrangeQuadrilateral: 70,
  LagrangeTetrahedron: 71,
  LagrangeHexahedron: 72,
  LagrangeWedge: 73,
  LagrangePyramid: 74,
  BezierCurve: 75,
  BezierTriangle: 76,
  BezierQuadrilateral: 77,
  BezierTetrahedron: 78,
  BezierHexahedron: 79,
  BezierWedge: 80,
  BezierPyramid: 81,
} as const;

/** A number of {@link CellType}. */
export type CellTypeNumber = (typeof CellType)[keyof typeof CellType];

const names = new Map<number, string>(Object.entries(CellType).map(([name, type]) => [type, name]));

/** Finds the name of a VTK cell type, for instance `Tetra`; undefined when VTK has no such type. */
export function cellTypeName(type: number): string | undefined {
  return names.get(type);
}

/** Points of a cell by its type, from 0 to 37; −1 where their number is not fixed, or there is no such type. */
const pointCounts = [
  [0, 1, -1, 2, -1, 3, -1, -1, 4, 4, 4, 8, 8, 6, 5, 10, 12, -1, -1, -1, -1],
  // Quadratic ones, from 21 on.
  [3, 6, 8, 10, 20, 15, 13, 9, 27, 6, 12, 18, 24, 7, 4, -1, 19],
].flat();

/** Tells how many points a cell of `type` has; undefined where that is not fixed or the type is unknown. */
export function cellPointCount(type: number): number | undefined {
  const count = pointCounts[type] ?? -1;
  return count < 0 ? undefined : count;
}
