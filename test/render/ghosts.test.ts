import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { CellType } from '../../src/core/cell-types.ts';
import { countGhosts } from '../../src/core/ghosts.ts';
import type { Mesh, Tensor } from '../../src/core/mesh.ts';
import { readMesh } from '../../src/mesh/read-mesh.ts';
import { renderMesh } from '../../src/render/render-mesh.ts';
import { extractSurface } from '../../src/render/surface-mesh.ts';
import { cellsOf, type TestCell } from '../graph/edge-reference.ts';
import { listsOf, ringKey } from './surface-cells.ts';

type Arrays = Readonly<Record<string, Tensor>>;

const bytes = (...values: number[]): Tensor => ({ data: Uint8Array.from(values), shape: [values.length] });

function meshOf(
  places: readonly (readonly number[])[],
  cells: readonly TestCell[],
  arrays: { readonly points?: Arrays; readonly cells?: Arrays } = {},
): Mesh {
  return {
    kind: 'UnstructuredGrid',
    points: { data: Float64Array.from(places.flat()), shape: [places.length, 3] },
    cells: cellsOf(cells),
    pointData: new Map(Object.entries(arrays.points ?? {})),
    cellData: new Map(Object.entries(arrays.cells ?? {})),
    fieldData: new Map(),
  };
}

/** Cubes in a row along x, whose corners at x are 4x … 4x + 3; those from `at` on. */
function bar(cubes: number, arrays: Parameters<typeof meshOf>[2] = {}): Mesh {
  const places = Array.from({ length: 4 * (cubes + 1) }, (_, point) => [
    Math.floor(point / 4),
    point % 2,
    Math.floor((point % 4) / 2),
  ]);
  const cells = Array.from({ length: cubes }, (_, cube) => ({
    type: CellType.Hexahedron,
    points: [0, 4, 5, 1, 2, 6, 7, 3].map((corner) => 4 * cube + corner),
  }));
  return meshOf(places, cells, arrays);
}

const polygonsOf = (mesh: Mesh): number => extractSurface(mesh).cells.types.length;

describe('ghosts on the outer surface', () => {
  test('a bar of four cubes without any has 18 faces', () => {
    expect(polygonsOf(bar(4))).toBe(18);
  });

  test.each<[string, number[], number]>([
    ['a hidden cube in the middle leaves two parts', [0, 32, 0, 0], 16],
    ['a hidden cube at the end leaves a shorter bar', [32, 0, 0, 0], 14],
    ['a refined cube is as if it were hidden', [0, 8, 0, 0], 16],
    ['a copied cube has no faces, and its neighbour none towards it', [1, 0, 0, 0], 13],
    ['other bits hide nothing', [2, 4, 16, 64], 18],
    ['a cube that is copied and hidden counts as copied', [33, 0, 0, 0], 13],
    ['all hidden: nothing', [32, 32, 32, 32], 0],
  ])('%s', (_, flags, faces) => {
    expect(polygonsOf(bar(4, { cells: { vtkGhostType: bytes(...flags) } }))).toBe(faces);
  });

  test('what has a hidden point as a corner is left out', () => {
    const flags = Array.from({ length: 20 }, (_, point) => (Math.floor(point / 4) === 1 ? 2 : 0));
    expect(polygonsOf(bar(4, { points: { vtkGhostType: bytes(...flags) } }))).toBe(10);
  });

  test('copied points hide nothing', () => {
    expect(
      polygonsOf(bar(1, { points: { vtkGhostType: bytes(...Array.from({ length: 8 }, () => 1)) } })),
    ).toBe(6);
  });

  test('points that only left out cells have are left out', () => {
    const surface = extractSurface(bar(2, { cells: { vtkGhostType: bytes(0, 32) } }));
    expect(surface.points.shape).toEqual([8, 3]);
    expect([...(surface.cellData.get('vtkGhostType') as Tensor).data]).toEqual([0, 0, 0, 0, 0, 0]);
  });

  test('flat cells, lines and points of PolyData are left out, too', () => {
    const places = [0, 1, 2, 3].flatMap((x) => [
      [x, 0, 0],
      [x, 1, 0],
    ]);
    const cells = [
      { type: CellType.Vertex, points: [0] },
      { type: CellType.Vertex, points: [1] },
      { type: CellType.Line, points: [0, 2] },
      { type: CellType.PolyLine, points: [2, 4, 6] },
      { type: CellType.Quad, points: [0, 2, 3, 1] },
      { type: CellType.Polygon, points: [2, 4, 5, 3] },
      { type: CellType.TriangleStrip, points: [4, 5, 6, 7] },
    ];
    const all = { ...meshOf(places, cells), kind: 'PolyData' as const };
    expect(extractSurface(all).cells.types).toHaveLength(8);
    const flags = bytes(0, 32, 1, 0, 8, 0, 1);
    const some = { ...all, cellData: new Map([['vtkGhostType', flags]]) };
    expect(listsOf({ ...extractSurface(some).cells, owners: new Int32Array(0) })).toHaveLength(3);
  });

  test('of the levels that old files have in their place, all but 0 are copies', () => {
    expect(polygonsOf(bar(4, { cells: { vtkGhostLevels: bytes(2, 0, 0, 0) } }))).toBe(13);
  });

  test.each<[string, Tensor]>([
    ['of another type', { data: Int32Array.of(32, 0, 0, 0), shape: [4] }],
    ['of two components', { data: Uint8Array.of(32, 0, 0, 0, 0, 0, 0, 0), shape: [4, 2] }],
  ])('an array %s marks nothing, as in VTK', (_, array) => {
    expect(polygonsOf(bar(4, { cells: { vtkGhostType: array } }))).toBe(18);
  });

  test('are counted', () => {
    const mesh = bar(2, {
      cells: { vtkGhostType: bytes(1, 40) },
      points: { vtkGhostType: bytes(1, 1, 2, 3, 0, 0, 0, 0, 0, 0, 0, 0) },
    });
    expect(countGhosts(mesh)).toEqual({
      copiedCells: 1,
      hiddenCells: 1,
      refinedCells: 1,
      copiedPoints: 3,
      hiddenPoints: 2,
    });
    expect(countGhosts(bar(2, { cells: { vtkGhostType: bytes(0, 2) } }))).toBeUndefined();
  });
});

describe('a picture of a mesh with ghosts', () => {
  test('leaves them out and says so', () => {
    const image = renderMesh(bar(4, { cells: { vtkGhostType: bytes(0, 32, 1, 0) } }));
    expect(image.triangles).toBe(2 * 11);
    expect(image.warnings).toEqual([
      'The picture leaves out what vtkGhostType marks: 1 copied and 1 hidden cells.',
    ]);
  });

  test('of nothing else says why there is none', () => {
    expect(() => renderMesh(bar(1, { cells: { vtkGhostType: bytes(32) } }))).toThrow(
      /only cells that vtkGhostType leaves out \(1 hidden cell\)/,
    );
  });
});

/** A case as it was handed over: not part of the project. */
const CASE = '../shared/data/cases/vtk/ghost-pvtu';

test.skipIf(!existsSync(CASE))('pieces with copies of each other have the surface of the whole', async () => {
  const expected = JSON.parse(await readFile(`${CASE}/expected.json`, 'utf8')) as {
    readonly outerPolygons: readonly (readonly number[])[];
  };
  const mesh = await readMesh(`${CASE}/in.pvtu`, { attributes: ['p'] });
  const original = Float64Array.from({ length: mesh.points.shape[0] as number }, (_, point) => point);
  const numbered = {
    ...mesh,
    pointData: new Map([['number', { data: original, shape: [original.length] }]]),
  };
  const surface = extractSurface(numbered);
  const numbers = (surface.pointData.get('number') as Tensor).data;
  const rings = listsOf({ ...surface.cells, owners: new Int32Array(0) }).map((ring) =>
    ringKey(ring.map((point) => Number(numbers[point]))),
  );
  expect(rings.toSorted()).toEqual(expected.outerPolygons.map(ringKey).toSorted());
});
