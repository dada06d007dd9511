import { describe, expect, test } from 'vitest';
import { CellType } from '../../src/core/cell-types.ts';
import { isVascuError } from '../../src/core/errors.ts';
import type { Cells } from '../../src/core/mesh.ts';
import { edgeSteps, findEdges } from '../../src/graph/edges.ts';
import { fc, test as property } from '../property.ts';
import { cellsOf, slowEdgeIndex, undirectedPairs } from './edge-reference.ts';

const range = (count: number, from = 0): number[] => Array.from({ length: count }, (_, at) => from + at);

function failureOf(cells: Cells, numPoints: number): unknown {
  try {
    findEdges(cells, numPoints);
  } catch (error) {
    return error;
  }
  return undefined;
}

describe('long cells, which take several steps', () => {
  const long = 40_000;

  test.each([
    ['a polyline', CellType.PolyLine, range(long - 1).map((at) => [at, at + 1] as const)],
    ['a polygon', CellType.Polygon, range(long).map((at) => [at, (at + 1) % long] as const)],
    [
      'a triangle strip',
      CellType.TriangleStrip,
      [
        ...range(long - 1).map((at) => [at, at + 1] as const),
        ...range(long - 2).map((at) => [at, at + 2] as const),
      ],
    ],
    [
      'a quadratic polygon',
      CellType.QuadraticPolygon,
      range(long / 2).flatMap((at) => [
        [at, at + long / 2] as const,
        [at + long / 2, (at + 1) % (long / 2)] as const,
      ]),
    ],
    [
      'a Lagrange curve',
      CellType.LagrangeCurve,
      [0, ...range(long - 2, 2)].map((at) => [at, at === 0 ? 2 : at === long - 1 ? 1 : at + 1] as const),
    ],
  ])('%s', (_, type, pairs) => {
    const edges = findEdges(cellsOf([{ type, points: range(long) }]), long);
    expect(Array.from(edges)).toEqual(slowEdgeIndex(undirectedPairs(pairs)));
  });

  test('a fan whose hub has far more neighbours than its row holds, among other cells', () => {
    const spokes = 30_000;
    const rim = range(spokes, 1).map((at) => [at, (at % spokes) + 1] as const);
    const fan = rim.map(([a, b]) => ({ type: CellType.Triangle, points: [a, 0, b] }));
    const pairs = [...rim, ...rim.map(([a]) => [a, 0] as const)];
    expect(Array.from(findEdges(cellsOf(fan), spokes + 1))).toEqual(slowEdgeIndex(undirectedPairs(pairs)));
  });

  test('hundreds of thousands of empty cells take several steps', () => {
    const types = new Uint8Array(300_000);
    const steps = edgeSteps({ types, offsets: new Int32Array(300_001), connectivity: new Int32Array(0) }, 0);
    let count = 1;
    while (steps.next().done !== true) count++;
    expect(count).toBeGreaterThan(10);
  });
});

describe('complete graphs', () => {
  property(
    'are found whole in any order, though most rows overflow',
    [fc.integer({ min: 2, max: 90 }), fc.integer()],
    (numPoints, seed) => {
      const pairs = range(numPoints).flatMap((a) => range(a).map((b) => [a, b] as const));
      const order = pairs.map((pair, at) => ({ pair, rank: Math.imul(at + 1, seed | 1) >>> 0 }));
      order.sort((x, y) => x.rank - y.rank);
      const lines = [...order, ...order].map(({ pair }) => ({ type: CellType.Line, points: [...pair] }));
      expect(Array.from(findEdges(cellsOf(lines), numPoints))).toEqual(slowEdgeIndex(undirectedPairs(pairs)));
    },
    { numRuns: 30 },
  );
});

describe('cells that VTK has no oracle for', () => {
  const tetra = findEdges(cellsOf([{ type: CellType.QuadraticTetra, points: range(10) }]), 10);
  const triangle = findEdges(cellsOf([{ type: CellType.QuadraticTriangle, points: range(6) }]), 6);
  const pyramid = findEdges(cellsOf([{ type: CellType.QuadraticPyramid, points: range(13) }]), 13);

  test.each([
    ['a second-order Lagrange triangle with a point inside', CellType.LagrangeTriangle, 7, triangle],
    ['a second-order Bézier tetrahedron with points in its faces', CellType.BezierTetrahedron, 15, tetra],
    ['a second-order Lagrange pyramid', CellType.LagrangePyramid, 14, pyramid],
  ])('%s has the edges of the quadratic cell', (_, type, size, expected) => {
    expect(findEdges(cellsOf([{ type, points: range(size) }]), size)).toEqual(expected);
  });

  test.each([
    ['a third-order Lagrange pyramid', CellType.LagrangePyramid, 30],
    ['a Lagrange quadrilateral of 8 points', CellType.LagrangeQuadrilateral, 8],
    ['a Bézier wedge of 15 points', CellType.BezierWedge, 15],
    ['a parametric surface', CellType.ParametricSurface, 4],
    ['a higher-order edge', CellType.HigherOrderEdge, 3],
  ])('%s is not supported, and the error names it', (_, type, size) => {
    const error = failureOf(cellsOf([{ type, points: range(size) }]), size);
    expect(isVascuError(error, 'UNSUPPORTED')).toBe(true);
    expect(String(error)).toMatch(/Lagrange\w+|Bezier\w+|Parametric\w+|HigherOrder\w+/);
  });
});

describe('polyhedra', () => {
  const tetraFaces = (a: number, b: number, c: number, d: number): number[] =>
    [[4], [3, a, b, c], [3, a, b, d], [3, b, c, d], [3, a, c, d]].flat();

  test('take their own part of the faces, whatever lies between them', () => {
    const cells: Cells = {
      ...cellsOf([
        { type: CellType.Polyhedron, points: [0, 1, 2, 3] },
        { type: CellType.Line, points: [3, 4] },
        { type: CellType.Polyhedron, points: [4, 5, 6, 7] },
      ]),
      faces: Int32Array.from([...tetraFaces(0, 1, 2, 3), ...tetraFaces(4, 5, 6, 7)]),
      faceOffsets: Int32Array.of(17, -1, 34),
    };
    const complete = (from: number) =>
      range(4).flatMap((a) => range(a).map((b) => [from + a, from + b] as const));
    expect(Array.from(findEdges(cells, 8))).toEqual(
      slowEdgeIndex(undirectedPairs([...complete(0), [3, 4], ...complete(4)])),
    );
  });

  test.each([
    ['a point beyond the mesh', [1, 3, 0, 1, 99], 5],
    ['a negative number of points', [1, -3, 0, 1, 2], 5],
    ['more faces than their part holds', [2, 3, 0, 1, 2], 5],
    ['a part that ends beyond the faces', [1, 3, 0, 1, 2], 6],
    ['a part that is longer than its faces', [1, 3, 0, 1, 2, 0, 0], 7],
  ])('with %s are refused', (_, faces, end) => {
    const cells: Cells = {
      ...cellsOf([{ type: CellType.Polyhedron, points: [0, 1, 2] }]),
      faces: Int32Array.from(faces),
      faceOffsets: Int32Array.of(end),
    };
    expect(isVascuError(failureOf(cells, 3), 'FORMAT')).toBe(true);
  });
});

describe('malformed cells', () => {
  test.each([
    ['offsets that do not begin at 0', [1, 3, 6]],
    ['offsets that do not end at the end', [0, 3, 5]],
    ['too few offsets', [0, 6]],
    ['an offset that falls', [0, 9, 6]],
  ])('%s are refused', (_, offsets) => {
    const triangles = cellsOf(range(2).map(() => ({ type: CellType.Triangle, points: [0, 1, 2] })));
    const error = failureOf({ ...triangles, offsets: Int32Array.from(offsets) }, 3);
    expect(isVascuError(error, 'FORMAT')).toBe(true);
  });

  test('the message names the mesh, the cell, its type and what is wrong', () => {
    const cells = cellsOf([
      { type: CellType.Vertex, points: [0] },
      { type: CellType.Hexahedron, points: range(7) },
    ]);
    expect(() => findEdges(cells, 8, { path: 'aorta.vtu' })).toThrow(
      /aorta\.vtu.*cell 1.*Hexahedron.*7 points.*8/,
    );
  });

  property(
    'of any bytes are refused by a typed error, or give sorted edges inside the mesh',
    [
      fc.array(fc.integer({ min: 0, max: 90 }), { maxLength: 12 }),
      fc.array(fc.integer({ min: -2, max: 40 }), { maxLength: 13 }),
      fc.array(fc.integer({ min: -2, max: 12 }), { maxLength: 40 }),
      fc.array(fc.integer({ min: -2, max: 12 }), { maxLength: 40 }),
      fc.nat(12),
    ],
    (types, offsets, connectivity, faces, numPoints) => {
      const ends = offsets.toSorted((a, b) => a - b).slice(0, types.length - 1);
      const cells: Cells = {
        types: Uint8Array.from(types),
        offsets: Int32Array.from([0, ...ends, connectivity.length]),
        connectivity: Int32Array.from(connectivity),
        faces: Int32Array.from(faces),
        faceOffsets: Int32Array.from(types, (_, cell) => cell * 8 - 1),
      };
      let edges: Int32Array;
      try {
        edges = findEdges(cells, numPoints);
      } catch (error) {
        expect(isVascuError(error, 'FORMAT', 'UNSUPPORTED')).toBe(true);
        return;
      }
      const count = edges.length / 2;
      const keys = range(count).map((at) => (edges[at] as number) * 100 + (edges[count + at] as number));
      expect(keys).toEqual([...new Set(keys)].toSorted((a, b) => a - b));
      expect(edges.every((point) => point >= 0 && point < numPoints)).toBe(true);
    },
    { numRuns: 500 },
  );
});
