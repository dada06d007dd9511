import { describe, expect, test } from 'vitest';
import { CellType } from '../../src/core/cell-types.ts';
import { isVascuError } from '../../src/core/errors.ts';
import { bodyFaces, flatFaces } from '../../src/core/face-tables.ts';
import type { Cells, Mesh } from '../../src/core/mesh.ts';
import { runSteps } from '../../src/core/time-slice.ts';
import { cellEdgeSteps } from '../../src/graph/cell-edges.ts';
import { meshToGraph } from '../../src/graph/mesh-to-graph.ts';
import { fc, test as property } from '../property.ts';
import { cellsOf, slowEdgeIndex, type TestCell, undirectedPairs } from './edge-reference.ts';

function edgesOf(cells: Cells, numPoints: number): number[] {
  return [...runSteps(cellEdgeSteps(cells, numPoints, { path: 'mesh' }))];
}

/** Faces of a cell by their corners, as the tables and the order of its points say. */
function facesOf({ type, points }: TestCell): readonly (readonly number[])[] {
  const at = (corners: readonly number[]): number[] => corners.map((corner) => points[corner] as number);
  const ring = (corners: readonly number[]): number[][] =>
    corners.map((corner, index) => [corner, corners[(index + 1) % corners.length] as number]);
  const body = bodyFaces.get(type);
  if (body !== undefined) return body.map(({ corners }) => at(corners));
  const flat = flatFaces.get(type);
  if (flat !== undefined) return ring(at(flat.corners));
  switch (type) {
    case CellType.Line:
    case CellType.PolyLine:
      return points.map((point) => [point]);
    case CellType.Polygon:
      return ring(points);
    case CellType.TriangleStrip:
      return [
        points.slice(0, 2),
        ...points.slice(2).map((point, index) => [points[index] as number, point]),
        points.slice(-2),
      ];
    default:
      return [];
  }
}

/** Edges of the cells, by comparing the corners of all their faces. */
function slowEdges(cells: readonly TestCell[]): number[] {
  const owners = new Map<string, number[]>();
  for (const [index, cell] of cells.entries()) {
    const isLine = cell.type === CellType.Line || cell.type === CellType.PolyLine;
    const least = bodyFaces.has(cell.type) ? 3 : isLine ? 1 : 2;
    for (const face of facesOf(cell)) {
      const corners = [...new Set(face)].toSorted((a, b) => a - b);
      if (corners.length < least) continue;
      const key = `${least}: ${corners.join(' ')}`;
      owners.set(key, [...(owners.get(key) ?? []), index]);
    }
  }
  const pairs = [...owners.values()].flatMap((sharing) =>
    sharing.flatMap((a) => sharing.map((b) => [a, b] as const)),
  );
  return slowEdgeIndex(undirectedPairs(pairs));
}

const SIZES: readonly (readonly [number, number])[] = [
  [CellType.Vertex, 1],
  [CellType.Line, 2],
  [CellType.PolyLine, 4],
  [CellType.Triangle, 3],
  [CellType.TriangleStrip, 5],
  [CellType.Polygon, 5],
  [CellType.Pixel, 4],
  [CellType.Quad, 4],
  [CellType.Tetra, 4],
  [CellType.Voxel, 8],
  [CellType.Hexahedron, 8],
  [CellType.Wedge, 6],
  [CellType.Pyramid, 5],
  [CellType.PentagonalPrism, 10],
  [CellType.HexagonalPrism, 12],
];

const anyCells = (numPoints: number): fc.Arbitrary<TestCell[]> => {
  const cell = fc.constantFrom(...SIZES).chain(([type, size]) =>
    fc.record({
      type: fc.constant(type),
      points: fc.array(fc.nat({ max: numPoints - 1 }), { minLength: size, maxLength: size }),
    }),
  );
  return fc.array(cell, { maxLength: 60 });
};

function meshOf(cells: Cells, places: readonly number[], more: Partial<Mesh> = {}): Mesh {
  return {
    kind: 'UnstructuredGrid',
    points: { data: Float64Array.from(places), shape: [places.length / 3, 3] },
    cells,
    pointData: new Map(),
    cellData: new Map(),
    fieldData: new Map(),
    ...more,
  };
}

const tetra = (...points: number[]): TestCell => ({ type: CellType.Tetra, points });
const triangle = (...points: number[]): TestCell => ({ type: CellType.Triangle, points });

describe('edges between cells', () => {
  // Few points, so that cells share faces, have corners twice and are twins.
  property('are those of comparing all faces, whatever the cells', [anyCells(6)], (cells) => {
    expect(edgesOf(cellsOf(cells), 6)).toEqual(slowEdges(cells));
  });

  property(
    'are the same for tetrahedra alone',
    [fc.array(fc.array(fc.nat({ max: 8 }), { minLength: 4, maxLength: 4 }), { maxLength: 200 })],
    (tetrahedra) => {
      const cells = tetrahedra.map((points) => tetra(...points));
      expect(edgesOf(cellsOf(cells), 9)).toEqual(slowEdges(cells));
    },
  );

  property(
    'are the same where a point has many faces',
    [fc.array(fc.tuple(fc.nat({ max: 40 }), fc.nat({ max: 40 }), fc.boolean()), { maxLength: 150 })],
    (corners) => {
      const cells = corners.map(([a, b, isQuad]) =>
        isQuad ? { type: CellType.Pyramid, points: [0, 1 + a, 1 + b, 50, 51] } : triangle(0, 1 + a, 1 + b),
      );
      expect(edgesOf(cellsOf(cells), 52)).toEqual(slowEdges(cells));
    },
  );

  test('are found for more faces than are matched at a time', () => {
    const side = 45;
    const at = (x: number, y: number, z: number): number => (z * (side + 1) + y) * (side + 1) + x;
    const ways = [
      [1, 2],
      [2, 3],
      [3, 7],
      [7, 4],
      [4, 5],
      [5, 1],
    ] as const;
    const connectivity = new Int32Array(24 * side ** 3);
    let next = 0;
    for (let brick = 0; brick < side ** 3; brick++) {
      const [x, y, z] = [brick % side, Math.floor(brick / side) % side, Math.floor(brick / side ** 2)];
      const corner = (index: number): number =>
        at(
          x + (index % 4 === 1 || index % 4 === 2 ? 1 : 0),
          y + (index % 4 > 1 ? 1 : 0),
          z + (index > 3 ? 1 : 0),
        );
      for (const [a, b] of ways) for (const index of [0, a, b, 6]) connectivity[next++] = corner(index);
    }
    const types = new Uint8Array(connectivity.length / 4).fill(CellType.Tetra);
    const offsets = Int32Array.from({ length: types.length + 1 }, (_, cell) => 4 * cell);
    const edges = edgesOf({ types, connectivity, offsets }, (side + 1) ** 3);
    const numEdges = edges.length / 2;
    expect(numEdges).toBe(4 * types.length - 12 * side ** 2);
    let wrong = 0;
    for (let edge = 0; edge < numEdges; edge++) {
      const [a, b] = [edges[edge] as number, edges[numEdges + edge] as number];
      let shared = 0;
      for (let one = 0; one < 4; one++)
        for (let other = 0; other < 4; other++)
          if (connectivity[4 * a + one] === connectivity[4 * b + other]) shared++;
      if (shared !== 3) wrong++;
    }
    expect(wrong).toBe(0);
  });

  test('a triangle that lies in the face of a quad is no face in common', () => {
    const cells = [
      { type: CellType.Hexahedron, points: [0, 1, 2, 3, 4, 5, 6, 7] },
      { type: CellType.Wedge, points: [4, 5, 6, 8, 9, 10] },
    ];
    expect(edgesOf(cellsOf(cells), 11)).toEqual([]);
  });

  test('faces of polyhedra with many corners are told apart by all of them', () => {
    const ring = (...more: number[]): number[] => [0, 1, ...more, 90];
    const stream = (face: readonly number[]): number[] => [1, face.length, ...face];
    const long = Array.from({ length: 50 }, (_, index) => 10 + index);
    const faces = [ring(...long), ring(...long.toReversed()), ring(...long.slice(1), 80)];
    const cells: Cells = {
      ...cellsOf(faces.map((points) => ({ type: CellType.Polyhedron, points }))),
      faces: Int32Array.from(faces.flatMap(stream)),
      faceOffsets: Int32Array.from(faces, (_, index) =>
        faces.slice(0, index + 1).reduce((sum, face) => sum + 2 + face.length, 0),
      ),
    };
    expect(edgesOf(cells, 91)).toEqual([0, 1, 1, 0]);
  });

  test('cells without neighbours have none', () => {
    expect(edgesOf(cellsOf([]), 0)).toEqual([]);
    expect(edgesOf(cellsOf([{ type: CellType.Empty, points: [] }, tetra(0, 1, 2, 3)]), 4)).toEqual([]);
  });

  test.each<[string, Partial<Cells>, string, RegExp]>([
    ['a point that is not there', { connectivity: Int32Array.of(0, 1, 2, 9) }, 'FORMAT', /point index 9/],
    ['offsets that are too few', { offsets: Int32Array.of(0) }, 'FORMAT', /1 cell offsets/],
    ['a type that VTK does not have', { types: Uint8Array.of(200) }, 'FORMAT', /type 200/],
    [
      'a cell without faces',
      { types: Uint8Array.of(CellType.ConvexPointSet) },
      'UNSUPPORTED',
      /ConvexPointSet/,
    ],
    ['a polyhedron without faces', { types: Uint8Array.of(CellType.Polyhedron) }, 'FORMAT', /no faces/],
    ['a number of points', { types: Uint8Array.of(CellType.Wedge) }, 'FORMAT', /4 points instead of 6/],
  ])('%s is an error that says so', (_, wrong, code, message) => {
    const cells = { ...cellsOf([tetra(0, 1, 2, 3)]), ...wrong };
    try {
      edgesOf(cells, 4);
      expect.unreachable();
    } catch (error) {
      expect(isVascuError(error, code as 'FORMAT')).toBe(true);
      expect(String(error)).toMatch(message);
    }
  });

  test('so many cells at one point that nothing counts their edges are an error at once', () => {
    const cells = cellsOf(
      Array.from({ length: 50_000 }, (_, at) => ({ type: CellType.Line, points: [0, at + 1] })),
    );
    expect(() => edgesOf(cells, 50_001)).toThrow(/directed edges/);
  });
});

describe('meshToGraph of cells', () => {
  const two = cellsOf([tetra(0, 1, 2, 3), tetra(1, 2, 3, 4)]);
  const places = [0, 0, 0, 4, 0, 0, 0, 4, 0, 0, 0, 4, 4, 4, 8];
  const arrays: Partial<Mesh> = {
    pointData: new Map([['velocity', { data: new Float32Array(5), shape: [5] }]]),
    cellData: new Map<string, Mesh['cellData'] extends ReadonlyMap<string, infer Value> ? Value : never>([
      ['pressure', { data: Float32Array.of(1, 2), shape: [2] }],
      ['name', ['a', 'b']],
    ]),
  };

  test('has the cells as nodes, with their arrays, at the mean of their corners', () => {
    const graph = meshToGraph(meshOf(two, places, arrays), { graphOf: 'cells', id: 'a' });
    expect([...graph.pos.data]).toEqual([1, 1, 1, 2, 2, 3]);
    expect(graph.pos.shape).toEqual([2, 3]);
    expect([...graph.edgeIndex.data]).toEqual([0, 1, 1, 0]);
    expect(graph.node['pressure']?.data).toEqual(Float32Array.of(1, 2));
    expect(Object.keys(graph.node)).toEqual(['pressure']);
    expect(Object.keys(graph.cell)).toEqual([]);
    expect(graph).toMatchObject({ id: 'a', numNodes: 2, numEdges: 2, numCells: 0 });
  });

  test('normalizes by the box of the points', () => {
    const { pos, normalization } = meshToGraph(meshOf(two, places), { graphOf: 'cells', normalize: true });
    expect(normalization).toEqual({ offset: [0, 0, 0], scale: 8 });
    expect([...pos.data]).toEqual([1, 1, 1, 2, 2, 3].map((value) => value / 8));
  });

  test('points are what it is of without a wish, and no other word is one', () => {
    expect(meshToGraph(meshOf(two, places), { graphOf: undefined }).numNodes).toBe(5);
    expect(meshToGraph(meshOf(two, places), { graphOf: 'points' }).numNodes).toBe(5);
    const wrong = { graphOf: 'faces' as 'cells' };
    expect(() => meshToGraph(meshOf(two, places), wrong)).toThrow(/no graph of "faces".*'points' or 'cells'/);
  });

  test.each<[string, string, RegExp]>([
    ['velocity', 'CONFIG', /"velocity" of a has values over its points.*graphOf: 'cells'.*"pressure"/],
    ['name', 'CONFIG', /strings/],
    ['speed', 'NOT_FOUND', /no array "speed"/],
  ])('an array %s that it cannot have is an error that says why', (name, code, message) => {
    try {
      meshToGraph(meshOf(two, places, arrays), { graphOf: 'cells', id: 'a', attributes: [name] });
      expect.unreachable();
    } catch (error) {
      expect(isVascuError(error, code as 'CONFIG')).toBe(true);
      expect(String(error)).toMatch(message);
    }
  });

  test('a cell without points lies at the origin', () => {
    const cells = cellsOf([{ type: CellType.Empty, points: [] }]);
    expect([...meshToGraph(meshOf(cells, places), { graphOf: 'cells' }).pos.data]).toEqual([0, 0, 0]);
  });
});
