import type { Mesh, Tensor } from '../../src/core/mesh.ts';
import { cellsOf, type TestCell } from '../graph/edge-reference.ts';

type Arrays = Readonly<Record<string, readonly number[]>>;

export function meshOf(
  places: readonly (readonly number[])[],
  cells: readonly TestCell[],
  { points = {}, cells: ofCells = {} }: { readonly points?: Arrays; readonly cells?: Arrays } = {},
): Mesh {
  const data = (named: Arrays): Map<string, Tensor> =>
    new Map(
      Object.entries(named).map(([name, values]) => [
        name,
        { data: Float64Array.from(values), shape: [values.length] },
      ]),
    );
  return {
    kind: 'UnstructuredGrid',
    points: { data: Float64Array.from(places.flat()), shape: [places.length, 3] },
    cells: cellsOf(cells),
    pointData: data(points),
    cellData: data(ofCells),
    fieldData: new Map(),
  };
}

/** The corners of the unit square in xy, or of the tetrahedron at the origin. */
export function cornersOf(name: 'square' | 'tetra'): number[][] {
  return name === 'square'
    ? [
        [0, 0, 0],
        [1, 0, 0],
        [1, 1, 0],
        [0, 1, 0],
      ]
    : [
        [0, 0, 0],
        [1, 0, 0],
        [0, 1, 0],
        [0, 0, 1],
      ];
}
