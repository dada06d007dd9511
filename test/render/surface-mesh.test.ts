import { describe, expect, test } from 'vitest';
import { CellType } from '../../src/core/cell-types.ts';
import type { Mesh, Tensor } from '../../src/core/mesh.ts';
import { extractSurface, extractSurfaceAsync } from '../../src/render/surface-mesh.ts';
import { cellsOf } from '../graph/edge-reference.ts';

const cells = [
  { type: CellType.Tetra, points: [1, 2, 3, 4] },
  { type: CellType.Line, points: [5, 6] },
  { type: CellType.Tetra, points: [2, 4, 3, 7] },
  { type: CellType.Vertex, points: [6] },
  { type: CellType.Quad, points: [7, 8, 9, 10] },
];
const mesh: Mesh = {
  kind: 'UnstructuredGrid',
  points: { data: Float64Array.from({ length: 36 }, (_, at) => at / 10), shape: [12, 3] },
  cells: cellsOf(cells),
  pointData: new Map<string, Tensor>([
    ['id', { data: Float64Array.from({ length: 12 }, (_, at) => at), shape: [12], storedAs: 'Int64' }],
    ['pair', { data: Uint8Array.from({ length: 24 }, (_, at) => at), shape: [12, 2] }],
  ]),
  cellData: new Map([['cell', { data: Int16Array.of(0, 1, 2, 3, 4), shape: [5] }]]),
  fieldData: new Map([['TimeValue', { data: Float64Array.of(3), shape: [1] }]]),
};

describe('extractSurface', () => {
  const surface = extractSurface(mesh);

  test('has vertices, lines and polygons in the order of PolyData, each with the data of its cell', () => {
    const { Vertex, Line, Triangle, Quad } = CellType;
    expect(surface.kind).toBe('PolyData');
    expect([...surface.cells.types]).toEqual([
      Vertex,
      Line,
      Quad,
      ...Array.from({ length: 6 }, () => Triangle),
    ]);
    const owners = Array.from(surface.cellData.get('cell')?.data ?? [], Number);
    expect(owners.slice(0, 3)).toEqual([3, 1, 4]);
    expect(owners.slice(3).toSorted()).toEqual([0, 0, 0, 2, 2, 2]);
    expect(surface.fieldData).toEqual(mesh.fieldData);
  });

  test('keeps the points that it has, in their order, with their data in its type', () => {
    const kept = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
    expect(surface.pointData.get('id')).toEqual({
      data: Float64Array.from(kept),
      shape: [10],
      storedAs: 'Int64',
    });
    expect(surface.pointData.get('pair')).toEqual({
      data: Uint8Array.from(kept.flatMap((point) => [2 * point, 2 * point + 1])),
      shape: [10, 2],
    });
    expect([...surface.points.data.subarray(0, 3)]).toEqual([0.3, 0.4, 0.5]);
    const quad = surface.cells.connectivity.subarray(3, 7);
    expect([...quad].map((point) => kept[point])).toEqual([7, 8, 9, 10]);
  });

  test('in steps is the same', async () => {
    expect(await extractSurfaceAsync(mesh)).toEqual(surface);
    const reason = new Error('enough');
    await expect(extractSurfaceAsync(mesh, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  test('of PolyData keeps its cells, strips as triangles', () => {
    const strip = cellsOf([{ type: CellType.TriangleStrip, points: [0, 1, 2, 3] }]);
    const found = extractSurface({ ...mesh, kind: 'PolyData', cells: strip, cellData: new Map() });
    expect([...found.cells.connectivity]).toEqual([0, 1, 2, 2, 1, 3]);
  });
});
