import { beforeAll, expect, test } from 'vitest';
import type { Cells, Mesh } from '../../src/core/mesh.ts';
import { meshToGraph } from '../../src/graph/mesh-to-graph.ts';
import { describeWithVtk, runVtk } from '../vtk/vtk-python.ts';
import { cellsOf } from './edge-reference.ts';

interface OracleMesh {
  readonly name: string;
  readonly numPoints: number;
  readonly places: readonly (readonly number[])[];
  readonly types: readonly number[];
  readonly points: readonly (readonly number[])[];
  readonly faces: readonly number[];
  readonly faceOffsets: readonly number[];
  readonly edges: readonly (readonly [number, number])[];
  readonly centres: readonly (readonly number[])[];
}

const meshNames = [
  'tetra',
  'voxel',
  'hexahedron',
  'wedge',
  'pyramid',
  'polyhedron',
  'mixed',
  'quadratic hexahedra',
  'quadratic tetrahedra',
  'quadratic wedges',
  'quadratic pyramids',
  'bodies of higher order',
  'prisms',
  'sheets',
  'curves',
  'twins',
];

function meshOf({ places, types, points, faces, faceOffsets }: OracleMesh): Mesh {
  const cells: Cells = {
    ...cellsOf(types.map((type, cell) => ({ type, points: points[cell] as number[] }))),
    faces: Int32Array.from(faces),
    faceOffsets: Int32Array.from(faceOffsets),
  };
  return {
    kind: 'UnstructuredGrid',
    points: { data: Float64Array.from(places.flat()), shape: [places.length, 3] },
    cells,
    pointData: new Map(),
    cellData: new Map(),
    fieldData: new Map(),
  };
}

describeWithVtk('graphs of cells beside GetCellNeighbors of VTK', () => {
  let oracle: { readonly meshes: readonly OracleMesh[] };
  beforeAll(() => {
    oracle = runVtk('cell_graph_oracle.py') as typeof oracle;
  });

  test('the oracle has these meshes', () => {
    expect(oracle.meshes.map(({ name }) => name)).toEqual(meshNames);
  });

  test.each(meshNames)(
    '%s: the same edges in the same order, and cells at the mean of their corners',
    (name) => {
      const mesh = oracle.meshes.find((each) => each.name === name) as OracleMesh;
      const { edgeIndex, pos, numNodes, numEdges } = meshToGraph(meshOf(mesh), { graphOf: 'cells' });
      expect(numNodes).toBe(mesh.types.length);
      const found = Array.from({ length: numEdges }, (_, edge) => [
        edgeIndex.data[edge],
        edgeIndex.data[numEdges + edge],
      ]);
      expect(mesh.edges.length).toBeGreaterThan(0);
      expect(found).toEqual(mesh.edges);
      expect([...pos.data]).toEqual(mesh.centres.flat().map((value) => expect.closeTo(value, 5)));
    },
  );
});
