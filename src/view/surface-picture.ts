import { CellType } from '../core/cell-types.ts';
import type { Mesh, Tensor } from '../core/mesh.ts';
import { runSteps } from '../core/time-slice.ts';
import { takeRows } from '../render/list-cells.ts';
import type { ViewGeometry } from './view-geometry.ts';
import type { StoredArray } from './view-task.ts';

/** Makes PolyData of a surface that is kept, with the values of one array on it, to draw a small picture of. */
export function surfaceAsMesh(
  { tensors, places }: ViewGeometry,
  array: StoredArray | undefined,
  rows: Tensor | undefined,
): Mesh {
  const { triangles, lines, vertices, triangleCells, lineCells, vertexCells } = tensors;
  const counts = [vertices.length, lines.length / 2, triangles.length / 3] as const;
  const [numVertices, numLines, numTriangles] = counts;
  const connectivity = joined(vertices, lines, triangles);
  const numCells = numVertices + numLines + numTriangles;
  const offsets = new Int32Array(numCells + 1);
  const types = new Uint8Array(numCells);
  let cell = 0;
  for (const [kind, count] of counts.entries()) {
    for (let index = 0; index < count; index++, cell++) {
      types[cell] = [CellType.Vertex, CellType.Line, CellType.Triangle][kind] as number;
      offsets[cell + 1] = (offsets[cell] as number) + kind + 1;
    }
  }
  const named = new Map<string, Tensor>();
  if (array !== undefined && rows !== undefined) {
    const owners = joined(vertexCells, lineCells, triangleCells);
    named.set(array.name, array.on === 'node' ? rows : runSteps(takeRows(rows, owners)));
  }
  return {
    kind: 'PolyData',
    points: { data: places, shape: [places.length / 3, 3] },
    cells: { types, connectivity, offsets },
    pointData: array?.on === 'node' ? named : new Map(),
    cellData: array?.on === 'cell' ? named : new Map(),
    fieldData: new Map(),
  };
}

function joined(...parts: readonly Uint32Array[]): Int32Array<ArrayBuffer> {
  const whole = new Int32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
