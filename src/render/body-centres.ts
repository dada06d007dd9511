import { CellType, type CellTypeNumber } from '../core/cell-types.ts';

/** Weights of the points from one local number to before another in the centre of a cell. */
type Weights = readonly (readonly [from: number, to: number, weight: number])[];

/**
 * Centres of bodies with points in their sides, as weights of their points. Each is the value of the cell's shape
 * functions there, or of those of the quadratic cell around it, so that fields of second order are met exactly; they are
 * a point of the cell where it has one.
 */
const centres: readonly (readonly [CellTypeNumber, Weights])[] = [
  [
    CellType.QuadraticTetra,
    [
      [0, 4, -1 / 8],
      [4, 10, 1 / 4],
    ],
  ],
  [
    CellType.QuadraticHexahedron,
    [
      [0, 8, -1 / 4],
      [8, 20, 1 / 4],
    ],
  ],
  [
    CellType.QuadraticWedge,
    [
      [0, 6, -2 / 9],
      [6, 12, 2 / 9],
      [12, 15, 1 / 3],
    ],
  ],
  [
    CellType.QuadraticPyramid,
    [
      [0, 4, -1 / 8],
      [5, 9, 1 / 8],
      [9, 13, 1 / 4],
    ],
  ],
  [CellType.TriquadraticHexahedron, [[26, 27, 1]]],
  [
    CellType.QuadraticLinearWedge,
    [
      [0, 6, -1 / 18],
      [6, 12, 2 / 9],
    ],
  ],
  [
    CellType.BiquadraticQuadraticWedge,
    [
      [12, 15, -1 / 9],
      [15, 18, 4 / 9],
    ],
  ],
  [
    CellType.BiquadraticQuadraticHexahedron,
    [
      [16, 20, -1 / 4],
      [20, 24, 1 / 2],
    ],
  ],
  [CellType.TriquadraticPyramid, [[18, 19, 1]]],
];

/** Local point numbers and their weights in the centre of a cell, by its type. */
export const bodyCentres: ReadonlyMap<number, readonly (readonly [point: number, weight: number])[]> =
  new Map(
    centres.map(([type, weights]) => [
      type,
      weights.flatMap(([from, to, weight]) =>
        Array.from({ length: to - from }, (_, index) => [from + index, weight] as const),
      ),
    ]),
  );
