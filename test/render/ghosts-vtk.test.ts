import { beforeAll, expect, test } from 'vitest';
import type { Cells } from '../../src/core/mesh.ts';
import { cellsOf } from '../graph/edge-reference.ts';
import { describeWithVtk, runVtk } from '../vtk/vtk-python.ts';
import { listsOf, ringKey, surfaceOf } from './surface-cells.ts';

type Lists = readonly (readonly number[])[];

interface OracleMesh {
  readonly name: string;
  readonly marks: string;
  readonly numPoints: number;
  readonly types: readonly number[];
  readonly points: Lists;
  readonly faces: readonly number[];
  readonly faceOffsets: readonly number[];
  readonly cellFlags: readonly number[];
  readonly pointFlags: readonly number[];
  /** Cell, then points. */
  readonly polygons: Lists;
  readonly lines: Lists;
  readonly vertices: Lists;
}

const withOwner = ([owner, ...points]: readonly (number | undefined)[]): string =>
  `${owner}: ${ringKey(points as number[])}`;

describeWithVtk('the outer surface of meshes with ghosts beside VTK', () => {
  let oracle: readonly OracleMesh[];
  beforeAll(() => {
    oracle = runVtk('ghost_oracle.py') as typeof oracle;
  });

  test.each([
    'copied cells',
    'hidden cells',
    'hidden points',
    'copied points',
    'bits that hide nothing',
    // Of VTK 9.4 and later only.
    'refined cells',
    'all at once',
  ])('%s: the same polygons, lines and points of the same cells', (marks) => {
    for (const mesh of oracle.filter((candidate) => candidate.marks === marks)) {
      const cells: Cells = {
        ...cellsOf(mesh.types.map((type, cell) => ({ type, points: mesh.points[cell] as number[] }))),
        faces: Int32Array.from(mesh.faces),
        faceOffsets: Int32Array.from(mesh.faceOffsets),
      };
      const ghosts = { cells: Uint8Array.from(mesh.cellFlags), points: Uint8Array.from(mesh.pointFlags) };
      const surface = surfaceOf(cells, mesh.numPoints, ghosts);
      expect(surface.polygons.owners.length).toBeGreaterThan(0);
      for (const kind of ['polygons', 'lines', 'vertices'] as const) {
        const { owners } = surface[kind];
        const ours = listsOf(surface[kind]).map((points, index) => withOwner([owners[index], ...points]));
        expect(ours.toSorted(), `${mesh.name}: ${kind}`).toEqual(mesh[kind].map(withOwner).toSorted());
      }
    }
  });

  test('there is something to compare for each mark', () => {
    expect(new Set(oracle.map(({ marks }) => marks)).size).toBeGreaterThanOrEqual(5);
  });
});
