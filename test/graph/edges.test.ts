import { describe, expect, test } from 'vitest';
import { CellType, cellPointCount } from '../../src/core/cell-types.ts';
import { isVascuError } from '../../src/core/errors.ts';
import type { Cells } from '../../src/core/mesh.ts';
import { edgeSteps, findEdges } from '../../src/graph/edges.ts';
import { fc, test as property } from '../property.ts';

/** Cells of some types and points. */
function cellsFrom(
  list: readonly (readonly [type: number, points: readonly number[]])[],
  extra: Partial<Cells> = {},
): Cells {
  const offsets = new Int32Array(list.length + 1);
  for (const [index, [, points]] of list.entries())
    offsets[index + 1] = (offsets[index] as number) + points.length;
  return {
    types: Uint8Array.from(list, ([type]) => type),
    connectivity: Int32Array.from(list.flatMap(([, points]) => points)),
    offsets,
    ...extra,
  };
}

/** Directed edges in the order that the contract asks for, of undirected pairs. */
function sortedBothWays(pairs: readonly (readonly [number, number])[]): string[] {
  const all = new Set(pairs.filter(([a, b]) => a !== b).flatMap(([a, b]) => [`${a}-${b}`, `${b}-${a}`]));
  const numbers = (text: string): [number, number] => text.split('-').map(Number) as [number, number];
  return [...all].toSorted((x, y) => {
    const [a, b] = numbers(x);
    const [c, d] = numbers(y);
    return a - c || b - d;
  });
}

/** The edge index as text, one directed edge after the other. */
function listed(edges: Int32Array): string[] {
  const count = edges.length / 2;
  return Array.from({ length: count }, (_, at) => `${edges[at]}-${edges[count + at]}`);
}

function path(points: readonly number[]): [number, number][] {
  return points.slice(1).map((point, at) => [points[at] as number, point]);
}

/** Local edges of simple cells, written out by hand. */
const local: Readonly<Record<number, readonly (readonly [number, number])[]>> = {
  [CellType.Line]: [[0, 1]],
  [CellType.Triangle]: [
    [0, 1],
    [1, 2],
    [2, 0],
  ],
  [CellType.Quad]: [
    [0, 1],
    [1, 2],
    [2, 3],
    [3, 0],
  ],
  [CellType.Tetra]: [
    [0, 1],
    [1, 2],
    [2, 0],
    [0, 3],
    [1, 3],
    [2, 3],
  ],
  [CellType.Hexahedron]: [
    [0, 1],
    [1, 2],
    [2, 3],
    [3, 0],
    [4, 5],
    [5, 6],
    [6, 7],
    [7, 4],
    [0, 4],
    [1, 5],
    [2, 6],
    [3, 7],
  ],
  [CellType.Wedge]: [
    [0, 1],
    [1, 2],
    [2, 0],
    [3, 4],
    [4, 5],
    [5, 3],
    [0, 3],
    [1, 4],
    [2, 5],
  ],
};

const mixedMesh = fc.integer({ min: 1, max: 60 }).chain((numPoints) =>
  fc
    .array(
      fc
        .constantFrom(...Object.keys(local).map(Number), CellType.PolyLine, CellType.Polygon, CellType.Vertex)
        .chain((type) => {
          const size = cellPointCount(type) ?? 6;
          return fc
            .array(fc.nat(numPoints - 1), { minLength: size, maxLength: size })
            .map((points) => [type, points] as const);
        }),
      { maxLength: 120 },
    )
    .map((list) => ({ numPoints, list })),
);

describe('findEdges', () => {
  property(
    'gives each undirected edge in both directions, sorted, once, without self-loops',
    [mixedMesh],
    ({ numPoints, list }) => {
      const pairs = list.flatMap(([type, points]): [number, number][] => {
        if (type === CellType.PolyLine) return path(points);
        if (type === CellType.Polygon) return path([...points, points[0] as number]);
        return (local[type] ?? []).map(([a, b]) => [points[a] as number, points[b] as number]);
      });
      expect(listed(findEdges(cellsFrom(list), numPoints))).toEqual(sortedBothWays(pairs));
    },
    { numRuns: 300 },
  );

  test('a node with more neighbours than a row holds', () => {
    const star = Array.from({ length: 500 }, (_, at): [number, number[]] => [CellType.Line, [0, 500 - at]]);
    const twice = [...star, ...star];
    expect(listed(findEdges(cellsFrom(twice), 501))).toEqual(
      sortedBothWays(star.map(([, [a, b]]) => [a as number, b as number])),
    );
  });

  test.each([
    ['no cells', [], 5],
    ['no points', [], 0],
    [
      'only vertices',
      [
        [CellType.Vertex, [1]],
        [CellType.PolyVertex, [0, 2]],
      ],
      3,
    ],
    ['a point joined to itself', [[CellType.Line, [1, 1]]], 3],
  ] as const)('%s give no edges', (_, list, numPoints) => {
    expect(findEdges(cellsFrom(list), numPoints)).toHaveLength(0);
  });

  test('a Line of many points, as some writers store curves, is an open curve', () => {
    expect(listed(findEdges(cellsFrom([[CellType.Line, [3, 1, 2]]]), 4))).toEqual(
      sortedBothWays([
        [3, 1],
        [1, 2],
      ]),
    );
  });

  test.each([
    ['a point beyond the mesh', cellsFrom([[CellType.Triangle, [0, 1, 9]]]), 'FORMAT'],
    ['a negative point', cellsFrom([[CellType.Triangle, [0, 1, -1]]]), 'FORMAT'],
    ['a tetrahedron of five points', cellsFrom([[CellType.Tetra, [0, 1, 2, 3, 4]]]), 'FORMAT'],
    ['a type that VTK has not', cellsFrom([[200, [0, 1]]]), 'FORMAT'],
    ['a polyhedron without faces', cellsFrom([[CellType.Polyhedron, [0, 1, 2, 3]]]), 'FORMAT'],
    [
      'faces that lie',
      cellsFrom([[CellType.Polyhedron, [0, 1, 2]]], {
        faces: Int32Array.of(1, 9, 0, 1),
        faceOffsets: Int32Array.of(4),
      }),
      'FORMAT',
    ],
    ['a convex point set', cellsFrom([[CellType.ConvexPointSet, [0, 1, 2, 3]]]), 'UNSUPPORTED'],
    [
      'a Lagrange hexahedron of mixed order',
      cellsFrom([[CellType.LagrangeHexahedron, [0, 1, 2, 3, 4, 5, 6, 7, 8, 0, 1, 2]]]),
      'UNSUPPORTED',
    ],
  ] as const)('refuses %s', (_, cells, code) => {
    let error: unknown;
    try {
      findEdges(cells, 9);
    } catch (caught) {
      error = caught;
    }
    expect(isVascuError(error, code)).toBe(true);
  });

  test('does its work in many steps', () => {
    const list = Array.from({ length: 200_000 }, (_, at): [number, number[]] => [
      CellType.Line,
      [at, at + 1],
    ]);
    let steps = 0;
    const walk = edgeSteps(cellsFrom(list), 200_001);
    while (walk.next().done !== true) steps++;
    expect(steps).toBeGreaterThan(20);
  });
});
