import { CellType, type CellTypeNumber } from './cell-types.ts';

/** A face of a cell by local point numbers. */
export interface Face {
  /** Corners in their order around the face; two cells that share a face have these points in common. */
  readonly corners: readonly number[];
  /** Flat polygons that stand for the face: itself, or its parts between the points in its sides and its centre. */
  readonly pieces: readonly (readonly number[])[];
}

/** Local points of the middle of a side, by its two ends; and of the centre of each face, in the order of the faces. */
interface Extra {
  readonly middles?: readonly (readonly [from: number, to: number, middle: number])[];
  readonly centres?: readonly (number | undefined)[];
}

function makeFace(corners: readonly number[], { middles = [] }: Extra, centre: number | undefined): Face {
  const count = corners.length;
  const at = (index: number): number => corners[(index + count) % count] as number;
  const middleOf = (a: number, b: number): number | undefined =>
    middles.find(([from, to]) => (from === a && to === b) || (from === b && to === a))?.[2];
  const sides = corners.map((corner, index) => middleOf(corner, at(index + 1)));
  if (sides.every((middle) => middle === undefined)) return { corners, pieces: [corners] };
  const split = sides.findIndex((middle) => middle !== undefined);
  if (sides.includes(undefined)) {
    // Two sides that face each other have middles.
    const across = [sides[split], sides[(split + 2) % 4]] as [number, number];
    return {
      corners,
      pieces: [
        [at(split), across[0], across[1], at(split + 3)],
        [across[0], at(split + 1), at(split + 2), across[1]],
      ],
    };
  }
  const whole = sides as number[];
  const pieces = corners.map((corner, index) => {
    const before = whole[(index + count - 1) % count] as number;
    return [corner, whole[index] as number, ...(centre === undefined ? [] : [centre]), before];
  });
  return { corners, pieces: centre === undefined ? [...pieces, whole] : pieces };
}

function withExtra(faces: readonly (readonly number[])[], extra: Extra = {}): readonly Face[] {
  return faces.map((corners, index) => makeFace(corners, extra, extra.centres?.[index]));
}

const triangle = [[0, 1, 2]];
const quad = [[0, 1, 2, 3]];
const tetra = [
  [0, 1, 3],
  [1, 2, 3],
  [2, 0, 3],
  [0, 2, 1],
];
const hexahedron = [
  [0, 4, 7, 3],
  [1, 2, 6, 5],
  [0, 1, 5, 4],
  [3, 7, 6, 2],
  [0, 3, 2, 1],
  [4, 5, 6, 7],
];
const wedge = [
  [0, 1, 2],
  [3, 5, 4],
  [0, 3, 4, 1],
  [1, 4, 5, 2],
  [2, 5, 3, 0],
];
const pyramid = [
  [0, 3, 2, 1],
  [0, 1, 4],
  [1, 2, 4],
  [2, 3, 4],
  [3, 0, 4],
];

/** Lists the faces of two copies of a ring of `count` corners, joined. */
function prism(count: number): number[][] {
  const ring = Array.from({ length: count }, (_, corner) => corner);
  const sides = ring.map((corner) => {
    const next = (corner + 1) % count;
    return [corner, next, next + count, corner + count];
  });
  return [ring.toReversed(), ring.map((corner) => corner + count), ...sides];
}

/** Lists the sides in the order in which VTK numbers the points in their middles, from `first` on. */
function middles(
  first: number,
  sides: readonly (readonly [number, number])[],
): NonNullable<Extra['middles']> {
  return sides.map(([from, to], index) => [from, to, first + index] as const);
}

/** Lists the sides of a ring of `count` corners whose first is `first`. */
function ring(count: number, first = 0): [number, number][] {
  return Array.from({ length: count }, (_, corner) => [first + corner, first + ((corner + 1) % count)]);
}

/** Lists the sides from each of `count` corners to its copy. */
function rise(count: number): [number, number][] {
  return Array.from({ length: count }, (_, corner) => [corner, corner + count]);
}

const hexahedronSides = [...ring(4), ...ring(4, 4), ...rise(4)];
const wedgeSides = [...ring(3), ...ring(3, 3), ...rise(3)];
const apex = [0, 1, 2, 3].map((corner) => [corner, 4] as [number, number]);
const pyramidSides = [...ring(4), ...apex];
const tetraSides: [number, number][] = [...ring(3), [0, 3], [1, 3], [2, 3]];

/**
 * Faces of the cells that have a body, as `vtkCell::GetFace` of VTK 9.1 gives them. Of Lagrange and Bézier cells only
 * the corners count.
 */
export const bodyFaces: ReadonlyMap<number, readonly Face[]> = new Map<CellTypeNumber, readonly Face[]>([
  [CellType.Tetra, withExtra(tetra)],
  // Corners of a voxel and of its faces are numbered row by row.
  [
    CellType.Voxel,
    withExtra(hexahedron.map((face) => face.map((corner) => [0, 1, 3, 2, 4, 5, 7, 6][corner] as number))),
  ],
  [CellType.Hexahedron, withExtra(hexahedron)],
  [CellType.Wedge, withExtra(wedge)],
  [CellType.Pyramid, withExtra(pyramid)],
  [CellType.PentagonalPrism, withExtra(prism(5))],
  [CellType.HexagonalPrism, withExtra(prism(6))],
  [CellType.QuadraticTetra, withExtra(tetra, { middles: middles(4, tetraSides) })],
  [CellType.QuadraticHexahedron, withExtra(hexahedron, { middles: middles(8, hexahedronSides) })],
  [CellType.QuadraticWedge, withExtra(wedge, { middles: middles(6, wedgeSides) })],
  [CellType.QuadraticPyramid, withExtra(pyramid, { middles: middles(5, pyramidSides) })],
  [
    CellType.TriquadraticHexahedron,
    withExtra(hexahedron, { middles: middles(8, hexahedronSides), centres: [20, 21, 22, 23, 24, 25] }),
  ],
  [CellType.QuadraticLinearWedge, withExtra(wedge, { middles: middles(6, wedgeSides.slice(0, 6)) })],
  [
    CellType.BiquadraticQuadraticWedge,
    withExtra(wedge, { middles: middles(6, wedgeSides), centres: [undefined, undefined, 15, 16, 17] }),
  ],
  [
    CellType.BiquadraticQuadraticHexahedron,
    withExtra(hexahedron, { middles: middles(8, hexahedronSides), centres: [20, 21, 22, 23] }),
  ],
  [
    CellType.TriquadraticPyramid,
    withExtra(pyramid, { middles: middles(5, pyramidSides), centres: [13, 14, 15, 16, 17] }),
  ],
  [CellType.LagrangeTetrahedron, withExtra(tetra)],
  [CellType.LagrangeHexahedron, withExtra(hexahedron)],
  [CellType.LagrangeWedge, withExtra(wedge)],
  [CellType.LagrangePyramid, withExtra(pyramid)],
  [CellType.BezierTetrahedron, withExtra(tetra)],
  [CellType.BezierHexahedron, withExtra(hexahedron)],
  [CellType.BezierWedge, withExtra(wedge)],
  [CellType.BezierPyramid, withExtra(pyramid)],
]);

/** Flat cells of fixed size as one face each. Of Lagrange and Bézier cells only the corners count. */
export const flatFaces: ReadonlyMap<number, Face> = new Map<CellTypeNumber, Face>(
  (
    [
      [CellType.Triangle, triangle, {}],
      [CellType.Pixel, [[0, 1, 3, 2]], {}],
      [CellType.Quad, quad, {}],
      [CellType.QuadraticTriangle, triangle, { middles: middles(3, ring(3)) }],
      [CellType.QuadraticQuad, quad, { middles: middles(4, ring(4)) }],
      [CellType.BiquadraticQuad, quad, { middles: middles(4, ring(4)), centres: [8] }],
      [CellType.BiquadraticTriangle, triangle, { middles: middles(3, ring(3)), centres: [6] }],
      [
        CellType.QuadraticLinearQuad,
        quad,
        {
          middles: [
            [0, 1, 4],
            [2, 3, 5],
          ],
        },
      ],
      [CellType.LagrangeTriangle, triangle, {}],
      [CellType.LagrangeQuadrilateral, quad, {}],
      [CellType.BezierTriangle, triangle, {}],
      [CellType.BezierQuadrilateral, quad, {}],
    ] satisfies [CellTypeNumber, number[][], Extra][]
  ).map(([type, corners, extra]) => [type, withExtra(corners, extra)[0] as Face]),
);

/** Types of curves whose points are their two ends first, then those between them. */
export const curvesByEnds: ReadonlySet<number> = new Set<CellTypeNumber>([
  CellType.QuadraticEdge,
  CellType.CubicLine,
  CellType.LagrangeCurve,
  CellType.BezierCurve,
]);

/** Least number of points of a cell of each type, so that its corners can be read. */
export const leastPoints: readonly number[] = Array.from({ length: 256 }, (_, type) => {
  if (curvesByEnds.has(type)) return 2;
  const body = bodyFaces.get(type)?.flatMap(({ corners }) => corners) ?? [];
  return Math.max(-1, ...body, ...(flatFaces.get(type)?.pieces.flat() ?? [])) + 1;
});
