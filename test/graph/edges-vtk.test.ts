import { beforeAll, expect, test } from 'vitest';
import { CellType } from '../../src/core/cell-types.ts';
import type { Cells } from '../../src/core/mesh.ts';
import { findEdges } from '../../src/graph/edges.ts';
import { describeWithVtk, runVtk } from '../vtk/vtk-python.ts';
import { cellsOf, undirectedPairs } from './edge-reference.ts';

interface OracleCell {
  readonly type: number;
  readonly name: string;
  readonly points: readonly number[];
  readonly faces: readonly number[] | null;
  readonly edges: readonly (readonly number[])[];
}

interface Oracle {
  readonly numPoints: number;
  readonly cells: readonly OracleCell[];
  readonly mixed: {
    readonly types: readonly number[];
    readonly points: readonly (readonly number[])[];
    readonly edges: readonly (readonly number[])[];
  };
}

/** Pairs of neighbours along VTK's edges: from one end over the points between to the other. */
function pairsAlong(edges: readonly (readonly number[])[]): Set<string> {
  const pairs = edges.flatMap(([first, last, ...between]) => {
    const along = [first, ...between, last] as number[];
    return along.slice(1).map((point, at) => [along[at] as number, point] as const);
  });
  return undirectedPairs(pairs);
}

function pairsIn(edges: Int32Array): Set<string> {
  const count = edges.length / 2;
  return undirectedPairs(
    Array.from({ length: count }, (_, at) => [edges[at] as number, edges[count + at] as number] as const),
  );
}

describeWithVtk('edges of each cell type', () => {
  let oracle: Oracle;
  beforeAll(() => {
    oracle = runVtk('edges_oracle.py') as Oracle;
  });

  test('the oracle has every type that VTK 9.1 can make and that has edges', () => {
    const made = new Set(oracle.cells.map(({ type }) => type));
    const without: readonly number[] = [
      CellType.Empty,
      CellType.PolyLine,
      CellType.ConvexPointSet,
      CellType.LagrangePyramid,
      CellType.BezierPyramid,
    ];
    const concrete = Object.values(CellType).filter((type) => type < 50 || type >= 68);
    expect(concrete.filter((type) => !made.has(type))).toEqual(without);
  });

  test('each cell by itself has the edges of vtkCell::GetEdge', () => {
    for (const { type, name, points, faces, edges } of oracle.cells) {
      const cells: Cells = {
        ...cellsOf([{ type, points }]),
        ...(faces === null
          ? undefined
          : { faces: Int32Array.from(faces), faceOffsets: Int32Array.of(faces.length) }),
      };
      const found = pairsIn(findEdges(cells, oracle.numPoints));
      expect.soft(found, `${name} of ${points.length} points`).toEqual(pairsAlong(edges));
    }
  });

  test('a mesh of mixed linear cells has the edges of vtkExtractEdges', () => {
    const { types, points, edges } = oracle.mixed;
    const cells = cellsOf(types.map((type, cell) => ({ type, points: points[cell] as number[] })));
    const found = findEdges(cells, oracle.numPoints);
    expect(found.length / 4).toBe(edges.length);
    expect(pairsIn(found)).toEqual(pairsAlong(edges));
  });

  test('all cells of the oracle in one mesh have the edges of all of them', () => {
    const flat = oracle.cells.filter(({ faces }) => faces === null);
    const cells = cellsOf(flat);
    expect(pairsIn(findEdges(cells, oracle.numPoints))).toEqual(
      pairsAlong(flat.flatMap(({ edges }) => edges)),
    );
  });
});
