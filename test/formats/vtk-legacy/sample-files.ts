import type { LegacyContent } from './legacy-writer.ts';

const points = [0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 1, 1];
const face = [4, 3, 0, 1, 2, 3, 0, 1, 3, 3, 0, 2, 3, 3, 1, 2, 3];
const scalars = { components: 1, values: [1, 2, 3, 4, 5] };

/** A grid with polyhedra, strings, colours, bits, ids and a `long`. */
export const sampleGrid: LegacyContent = {
  kind: 'UNSTRUCTURED_GRID',
  pointType: 'float',
  points,
  groups: { CELLS: [[0, 1, 2, 3], face, [1, 2, 3, 4]] },
  types: [10, 42, 10],
  fieldData: [{ keyword: 'FIELD', name: 'notes', type: 'string', components: 1, values: ['a b', '', 'c'] }],
  cellData: [
    { keyword: 'COLOR_SCALARS', name: 'colour', type: 'unsigned_char', components: 1, values: [1, 2, 3] },
  ],
  pointData: [
    { keyword: 'SCALARS', name: 'p', type: 'double', ...scalars },
    { keyword: 'FIELD', name: 'count', type: 'long', ...scalars },
    {
      keyword: 'FIELD',
      name: 'flag',
      type: 'bit',
      components: 1,
      values: [1, 0, 1, 1, 0],
      componentNames: ['on'],
    },
    { keyword: 'FIELD', name: 'id', type: 'vtkIdType', ...scalars },
  ],
};

/** Polygonal data of three groups. */
export const samplePoly: LegacyContent = {
  kind: 'POLYDATA',
  pointType: 'double',
  points,
  groups: {
    VERTICES: [[0]],
    LINES: [[0, 1, 2]],
    POLYGONS: [
      [0, 1, 2],
      [1, 2, 3, 4],
    ],
    TRIANGLE_STRIPS: [],
  },
  pointData: [{ keyword: 'VECTORS', name: 'u', type: 'float', components: 3, values: points }],
};
