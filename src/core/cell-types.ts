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

const fixedPointCounts: ReadonlyMap<number, number> = new Map<CellTypeNumber, number>([
  [CellType.Empty, 0],
  [CellType.Vertex, 1],
  [CellType.Line, 2],
  [CellType.Triangle, 3],
  [CellType.Pixel, 4],
  [CellType.Quad, 4],
  [CellType.Tetra, 4],
  [CellType.Voxel, 8],
  [CellType.Hexahedron, 8],
  [CellType.Wedge, 6],
  [CellType.Pyramid, 5],
  [CellType.PentagonalPrism, 10],
  [CellType.HexagonalPrism, 12],
  [CellType.QuadraticEdge, 3],
  [CellType.QuadraticTriangle, 6],
  [CellType.QuadraticQuad, 8],
  [CellType.QuadraticTetra, 10],
  [CellType.QuadraticHexahedron, 20],
  [CellType.QuadraticWedge, 15],
  [CellType.QuadraticPyramid, 13],
  [CellType.BiquadraticQuad, 9],
  [CellType.TriquadraticHexahedron, 27],
  [CellType.QuadraticLinearQuad, 6],
  [CellType.QuadraticLinearWedge, 12],
  [CellType.BiquadraticQuadraticWedge, 18],
  [CellType.BiquadraticQuadraticHexahedron, 24],
  [CellType.BiquadraticTriangle, 7],
  [CellType.CubicLine, 4],
  [CellType.TriquadraticPyramid, 19],
]);

/** Tells how many points a cell of `type` has; undefined where that is not fixed or the type is unknown. */
export function cellPointCount(type: number): number | undefined {
  return fixedPointCounts.get(type);
}
