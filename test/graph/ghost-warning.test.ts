import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { CellType } from '../../src/core/cell-types.ts';
import type { Mesh } from '../../src/core/mesh.ts';
import { meshToGraph, meshToGraphAsync } from '../../src/graph/mesh-to-graph.ts';
import { cellsOf } from './edge-reference.ts';

function meshOf(cells: readonly number[], points: readonly number[]): Mesh {
  const flags = (values: readonly number[]): Mesh['pointData'] =>
    new Map([['vtkGhostType', { data: Uint8Array.from(values), shape: [values.length] }]]);
  return {
    kind: 'UnstructuredGrid',
    points: { data: Float32Array.of(0, 0, 0, 1, 0, 0, 0, 1, 0, 1, 1, 0), shape: [4, 3] },
    cells: cellsOf([
      { type: CellType.Triangle, points: [0, 1, 2] },
      { type: CellType.Triangle, points: [1, 3, 2] },
    ]),
    pointData: flags(points),
    cellData: flags(cells),
    fieldData: new Map(),
  };
}

let said: string[] = [];
beforeEach(() => {
  said = [];
  vi.spyOn(process, 'emitWarning').mockImplementation((message) => void said.push(String(message)));
});
afterEach(() => vi.restoreAllMocks());

test('a graph has the ghosts of its mesh, and the first one says so', async () => {
  expect(meshToGraph(meshOf([0, 0], [0, 0, 4, 0])).numEdges).toBe(10);
  expect(said).toEqual([]);
  const graph = meshToGraph(meshOf([0, 1], [0, 0, 2, 1]), { id: 'case', attributes: [] });
  expect([graph.numNodes, graph.numCells, graph.numEdges]).toEqual([4, 2, 10]);
  expect(said).toEqual([
    expect.stringMatching(
      /^The graph of case has all .*1 copied cell, 1 copied and 1 hidden points\. Copies are in it twice/,
    ),
  ]);
  await meshToGraphAsync(meshOf([32, 0], [0, 0, 0, 0]));
  expect(said).toHaveLength(1);
});
