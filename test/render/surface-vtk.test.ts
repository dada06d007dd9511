import { beforeAll, expect, test } from 'vitest';
import { bodyFaces, flatFaces } from '../../src/core/face-tables.ts';
import type { Cells } from '../../src/core/mesh.ts';
import { cellsOf } from '../graph/edge-reference.ts';
import { describeWithVtk, runVtk } from '../vtk/vtk-python.ts';
import { countEdges, listsOf, ringKey, surfaceOf } from './surface-cells.ts';

type Lists = readonly (readonly number[])[];

interface OracleMesh {
  readonly name: string;
  readonly numPoints: number;
  readonly types: readonly number[];
  readonly points: Lists;
  readonly faces: readonly number[];
  readonly faceOffsets: readonly number[];
  /** Cell, then points. */
  readonly polygons: Readonly<Record<'vtkDataSetSurfaceFilter' | 'vtkGeometryFilter', Lists>>;
  readonly lines: Lists;
  readonly vertices: Lists;
}

interface OracleBody {
  readonly type: number;
  readonly name: string;
  readonly size: number;
  readonly faces: Lists;
}

const meshNames = [
  'tetra',
  'voxel',
  'hexahedron',
  'wedge',
  'pyramid',
  'polyhedron',
  'mixed',
  'mixed, faces that do not fit',
  'prisms',
  'flat cells, lines and points',
];

const withOwner = (owner: number | undefined, points: readonly number[]): string =>
  `${owner}: ${ringKey(points)}`;

describeWithVtk('the outer surface beside VTK', () => {
  let oracle: { readonly meshes: readonly OracleMesh[]; readonly bodies: readonly OracleBody[] };
  beforeAll(() => {
    oracle = runVtk('surface_oracle.py') as typeof oracle;
  });

  test.each(meshNames)('%s: the same polygons, lines and points of the same cells', (name) => {
    const mesh = oracle.meshes.find((candidate) => candidate.name === name) as OracleMesh;
    const cells: Cells = {
      ...cellsOf(mesh.types.map((type, cell) => ({ type, points: mesh.points[cell] as number[] }))),
      faces: Int32Array.from(mesh.faces),
      faceOffsets: Int32Array.from(mesh.faceOffsets),
    };
    const surface = surfaceOf(cells, mesh.numPoints);
    const ours = listsOf(surface.polygons)
      .map((points, index) => withOwner(surface.polygons.owners[index], points))
      .toSorted();
    const theirs = (found: Lists): string[] =>
      found.map(([owner, ...points]) => withOwner(owner, points)).toSorted();
    expect(ours.length).toBeGreaterThan(0);
    expect(ours).toEqual(theirs(mesh.polygons.vtkDataSetSurfaceFilter));
    // Where a triangle meets half a quadrilateral, vtkGeometryFilter takes both for the same face.
    if (!name.includes('do not fit')) expect(ours).toEqual(theirs(mesh.polygons.vtkGeometryFilter));
    expect(listsOf(surface.lines)).toEqual(mesh.lines.map((list) => list.slice(1)));
    expect(listsOf(surface.vertices).flat()).toEqual(mesh.vertices.flatMap((list) => list.slice(1)));
  });

  test('faces of cells with points in their sides have the points that VTK gives them', () => {
    for (const { type, name, faces } of oracle.bodies) {
      const ours = bodyFaces.get(type) ?? [{ corners: [], pieces: flatFaces.get(type)?.pieces ?? [] }];
      expect(ours, name).toHaveLength(faces.length);
      for (const [index, { corners, pieces }] of ours.entries()) {
        const theirs = faces[index] as number[];
        expect([...new Set(pieces.flat())].toSorted(), `${name}, face ${index}`).toEqual(theirs.toSorted());
        const count = corners.length > 0 ? corners.length : name.endsWith('Triangle') ? 3 : 4;
        if (corners.length > 0) expect(ringKey(theirs.slice(0, count)), name).toBe(ringKey(corners));
        if (theirs.length < 2 * count) continue;
        // After its corners VTK lists the middle of each side.
        const edges = countEdges(pieces);
        for (let side = 0; side < count; side++) {
          for (const end of [side, (side + 1) % count]) {
            const key = [theirs[end] as number, theirs[count + side] as number].toSorted((x, y) => x - y);
            expect(edges.has(key.join(' ')), `${name}, side ${side} of face ${index}`).toBe(true);
          }
        }
      }
    }
    expect(oracle.bodies.length).toBe(14);
  });
});
