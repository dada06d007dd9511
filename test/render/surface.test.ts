import { describe, expect, test } from 'vitest';
import { makeVessel } from '../../src/cli/demo/vessel.ts';
import { CellType } from '../../src/core/cell-types.ts';
import { cellsOf, type TestCell } from '../graph/edge-reference.ts';
import { fc, test as property } from '../property.ts';
import { countEdges, listsOf, ringKey, surfaceOf } from './surface-cells.ts';

const tetra = (...points: number[]): TestCell => ({ type: CellType.Tetra, points });

function polygonsOf(cells: readonly TestCell[], numPoints: number): number[][] {
  return listsOf(surfaceOf(cellsOf(cells), numPoints).polygons);
}

/** Faces of tetrahedra that only one of them has, by comparing all with all. */
function slowSurface(cells: readonly TestCell[]): string[] {
  const faces = cells.flatMap(({ points: [a = 0, b = 0, c = 0, d = 0] }) =>
    [
      [a, b, c],
      [a, b, d],
      [b, c, d],
      [a, c, d],
    ].map(ringKey),
  );
  return faces.filter((face) => faces.indexOf(face) === faces.lastIndexOf(face)).toSorted();
}

describe('the outer surface', () => {
  test('of one tetrahedron is its four faces', () => {
    const faces = polygonsOf([tetra(0, 1, 2, 3)], 4);
    expect(faces.map(ringKey).toSorted()).toEqual(['0 1 2', '0 1 3', '0 2 3', '1 2 3']);
  });

  test('of two tetrahedra that share a face is the six others', () => {
    const faces = polygonsOf([tetra(0, 1, 2, 3), tetra(1, 3, 2, 4)], 5);
    expect(faces).toHaveLength(6);
    expect(faces.map(ringKey)).not.toContain('1 2 3');
  });

  test('has no face that three bodies share', () => {
    const faces = polygonsOf([tetra(0, 1, 2, 3), tetra(0, 1, 2, 4), tetra(0, 1, 2, 5)], 6);
    expect(faces).toHaveLength(9);
    expect(faces.map(ringKey)).not.toContain('0 1 2');
  });

  test('of a vessel is closed: each edge is in two faces, Euler number 2', () => {
    const vessel = makeVessel({ radius: 1, stenosis: 0.4, meanVelocity: 20, time: 0, resolution: 8 });
    const faces = listsOf(surfaceOf(vessel.cells, vessel.points.shape[0] as number).polygons);
    const edges = countEdges(faces);
    expect(new Set(edges.values())).toEqual(new Set([2]));
    expect(new Set(faces.flat()).size - edges.size + faces.length).toBe(2);
  });

  test('of a vessel points outwards: neighbours run along their edge in opposite ways', () => {
    const vessel = makeVessel({ radius: 1, stenosis: 0.4, meanVelocity: 20, time: 0, resolution: 8 });
    const faces = listsOf(surfaceOf(vessel.cells, vessel.points.shape[0] as number).polygons);
    const directed = faces.flatMap(([a, b, c]) => [`${a} ${b}`, `${b} ${c}`, `${c} ${a}`]);
    expect(new Set(directed).size).toBe(directed.length);
  });

  property(
    'is the faces that only one tetrahedron has, whatever the tetrahedra',
    [fc.array(fc.uniqueArray(fc.nat(8), { minLength: 4, maxLength: 4 }), { maxLength: 120 })],
    (tetrahedra) => {
      const cells = tetrahedra.map((points) => tetra(...points));
      expect(polygonsOf(cells, 9).map(ringKey).toSorted()).toEqual(slowSurface(cells));
    },
  );

  test('is the same where many faces have the same smallest corner', () => {
    const cells = Array.from({ length: 300 }, (_, index) =>
      tetra(0, 1 + (index % 40), 60 + (index % 37), 120),
    );
    expect(polygonsOf(cells, 121).map(ringKey).toSorted()).toEqual(slowSurface(cells));
  });

  test('of quadratic tetrahedra is cut at the points in their sides', () => {
    const points = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
    const faces = polygonsOf([{ type: CellType.QuadraticTetra, points }], 10);
    expect(faces).toHaveLength(16);
    expect(new Set(countEdges(faces).values())).toEqual(new Set([2]));
  });

  test('tells quads of different corners apart that share the smallest, the second and the largest', () => {
    const face = (...points: number[]): number[] => [points.length, ...points];
    // Two bodies whose faces 0 1 2 9 and 0 1 3 9 are not the same.
    const stream = [
      [face(0, 1, 2, 9), face(0, 1, 4), face(1, 2, 4), face(2, 9, 4), face(9, 0, 4)],
      [face(0, 1, 3, 9), face(0, 1, 5), face(1, 3, 5), face(3, 9, 5), face(9, 0, 5)],
    ].map((faces) => [faces.length, ...faces.flat()]);
    const cells = {
      ...cellsOf(stream.map(() => ({ type: CellType.Polyhedron, points: [0, 1, 9] }))),
      faces: Int32Array.from(stream.flat()),
      faceOffsets: Int32Array.of(stream[0]?.length ?? 0, stream.flat().length),
    };
    expect(listsOf(surfaceOf(cells, 10).polygons)).toHaveLength(10);
  });

  test.each<[string, TestCell, RegExp]>([
    ['a point that is not there', tetra(0, 1, 2, 7), /point index 7 at position 3 of its cells; there are 4/],
    ['too few points', tetra(0, 1, 2), /cell 0, of type Tetra, has 3 points instead of 4/],
    ['a type that VTK does not have', { type: 200, points: [0] }, /type 200, which VTK does not have/],
    ['no faces', { type: CellType.ConvexPointSet, points: [0, 1, 2, 3] }, /ConvexPointSet.*Tetrahedralize/],
    ['polyhedra without faces', { type: CellType.Polyhedron, points: [0, 1, 2, 3] }, /has no faces/],
    [
      'middles of two sides',
      { type: CellType.QuadraticPolygon, points: [0, 1, 2, 3] },
      /4 points; it needs 6/,
    ],
    ['a middle too few', { type: CellType.QuadraticPolygon, points: [0, 1, 2, 3, 0] }, /no even number/],
    ['a Lagrange cell without corners', { type: CellType.LagrangeHexahedron, points: [0, 1] }, /it needs 8/],
  ])('cannot be found of a cell with %s', (_, cell, message) => {
    expect(() => surfaceOf(cellsOf([cell]), 4)).toThrow(message);
  });
});
