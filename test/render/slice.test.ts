import { describe, expect, test } from 'vitest';
import { CellType } from '../../src/core/cell-types.ts';
import type { MeshArray, Tensor } from '../../src/core/mesh.ts';
import { sliceSteps } from '../../src/render/slice.ts';
import { sliceMesh, sliceMeshAsync } from '../../src/render/slice-mesh.ts';
import { cornersOf, meshOf } from './make-mesh.ts';
import { measureSlice, numbersOf } from './slice-measure.ts';

/** The unit cube in `count` layers of hexahedra along z. */
function stack(count: number): ReturnType<typeof meshOf> {
  const places = Array.from({ length: count + 1 }, (_, layer) => [
    [0, 0, layer / count],
    [1, 0, layer / count],
    [1, 1, layer / count],
    [0, 1, layer / count],
  ]).flat();
  const cells = Array.from({ length: count }, (_, layer) => ({
    type: CellType.Hexahedron,
    points: [0, 1, 2, 3, 4, 5, 6, 7].map((corner) => 4 * layer + corner),
  }));
  return meshOf(places, cells, { points: { z: places.map(([, , z]) => z as number) } });
}

describe('sliceMesh', () => {
  test('gives PolyData with all arrays: points mixed, cells those of the cell', () => {
    const points = new Map<string, MeshArray>([
      ['double', { data: Float64Array.of(0, 0, 0, 0, 10, 10, 10, 10), shape: [8] }],
      ['single', { data: Float32Array.from({ length: 24 }, (_, at) => at), shape: [8, 3] }],
      ['count', { data: Int16Array.of(-1, -1, -1, -1, -2, -2, -2, -2), shape: [8] }],
      ['safe', { data: Float64Array.of(0, 0, 0, 0, 3, 3, 3, 3), shape: [8], storedAs: 'Int64' }],
      ['big', { data: BigInt64Array.from([1n, 1n, 1n, 1n, 2n ** 60n, 5n, 5n, 5n]), shape: [8] }],
      ['text', ['a', 'a', 'a', 'a', 'b', 'b', 'b', 'b']],
    ]);
    const cellData = new Map<string, MeshArray>([
      ['region', { data: Uint8Array.of(7), shape: [1] }],
      ['name', ['wall']],
    ]);
    points.set('ids', { data: Int32Array.of(1, 2, 3, 4, 5, 6, 7, 8), shape: [8] });
    const pointDetails = { arrays: new Map(), active: new Map([['GlobalIds', 'ids']]) };
    const mesh = { ...stack(1), pointData: points, cellData, details: { pointData: pointDetails } };
    const slice = sliceMesh(mesh, [0, 0, 1, 0.75]);
    expect(slice.kind).toBe('PolyData');
    expect([...slice.cells.types]).toEqual([CellType.Quad]);
    expect(slice.points.data.constructor).toBe(Float64Array);
    const get = (name: string): Tensor => slice.pointData.get(name) as Tensor;
    expect(numbersOf(get('double'))).toEqual([7.5, 7.5, 7.5, 7.5]);
    expect(get('single').data).toBeInstanceOf(Float32Array);
    expect(get('single').shape).toEqual([4, 3]);
    expect(get('count')).toEqual({ data: Float64Array.of(-1.75, -1.75, -1.75, -1.75), shape: [4] });
    expect(get('safe')).toEqual({ data: Float64Array.of(2.25, 2.25, 2.25, 2.25), shape: [4] });
    expect(get('ids').data).toBeInstanceOf(Int32Array);
    expect(numbersOf(get('ids')).toSorted()).toEqual([5, 6, 7, 8]);
    expect([...get('big').data].toSorted()).toEqual([2n ** 60n, 5n, 5n, 5n].toSorted());
    expect(slice.pointData.get('text')).toEqual(['b', 'b', 'b', 'b']);
    expect(numbersOf(slice.cellData.get('region'))).toEqual([7]);
    expect(slice.cellData.get('name')).toEqual(['wall']);
  });

  test('has what is the same everywhere the same', () => {
    const mesh = meshOf(cornersOf('tetra'), [{ type: CellType.Tetra, points: [0, 1, 2, 3] }], {
      points: { p: [0.1, 0.1, 0.1, 0.1] },
    });
    const { pointData } = sliceMesh(mesh, [0.3, 0.5, 0.7, 0.2]);
    expect(new Set(numbersOf(pointData.get('p')))).toEqual(new Set([0.1]));
  });

  test.each([0, 0.5, 1, 0.25])('a layer of faces at %d is met once', (z) => {
    const slice = sliceMesh(stack(2), [0, 0, 1, z]);
    expect(slice.cells.types).toHaveLength(1);
    expect(measureSlice(slice, 'z')).toEqual({ area: 1, length: 0, moment: z });
  });

  test('what lies in the plane is part of it', () => {
    const places = [...cornersOf('square'), [2, 0, 0], [3, 0, 0], [5, 5, 0], [5, 5, 1]];
    const mesh = meshOf(places, [
      { type: CellType.Quad, points: [0, 1, 2, 3] },
      { type: CellType.Line, points: [4, 5] },
      { type: CellType.Vertex, points: [6] },
      { type: CellType.Vertex, points: [7] },
    ]);
    const { cells } = sliceMesh(mesh, [0, 0, 3, 0]);
    expect([...cells.types]).toEqual([CellType.Vertex, CellType.Line, CellType.Quad]);
    // The lower side of the square is met in that side alone.
    expect([...sliceMesh(mesh, [0, 1, 0, 0]).cells.types]).toEqual([CellType.Line, CellType.Line]);
  });

  test('of a bowed hexahedron both cells that share a face meet in the same line', () => {
    // Of the shared face two corners that lie across are above the plane: the middle tells what belongs together.
    for (const bump of [0.1, -0.1]) {
      const heights = [1, -1, 1 + bump, -1];
      const square = cornersOf('square');
      const places = [-1, 0, 1].flatMap((x) =>
        square.map(([y = 0, z = 0], corner) => [x, y, z, x === 0 ? (heights[corner] as number) : 1]),
      );
      const mesh = meshOf(
        places.map(([x = 0, y = 0, z = 0, height = 0]) => [x + 0.1 * z, y, height]),
        [0, 4].map((first) => ({
          type: CellType.Hexahedron,
          points: [0, 1, 2, 3, 4, 5, 6, 7].map((corner) => first + corner),
        })),
      );
      const { cells } = sliceMesh(mesh, [0, 0, 1, 0]);
      const sides = new Map<string, number>();
      for (let cell = 0; cell < cells.types.length; cell++) {
        const ring = [...cells.connectivity.subarray(cells.offsets[cell], cells.offsets[cell + 1])];
        for (const [at, from] of ring.entries()) {
          const key = [from, ring[(at + 1) % ring.length] as number].toSorted((a, b) => a - b).join(' ');
          sides.set(key, (sides.get(key) ?? 0) + 1);
        }
      }
      expect([...sides.values()].filter((count) => count === 2)).toHaveLength(2);
    }
  });

  test('leaves out ghosts, and what has a corner at no place', () => {
    const mesh = stack(1);
    const ghost: Tensor = { data: Uint8Array.of(1), shape: [1] };
    expect(
      sliceMesh({ ...mesh, cellData: new Map([['vtkGhostType', ghost]]) }, [0, 0, 1, 0.5]).cells.types,
    ).toHaveLength(0);
    const hidden: Tensor = { data: Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 2), shape: [8] };
    expect(
      sliceMesh({ ...mesh, pointData: new Map([['vtkGhostType', hidden]]) }, [0, 0, 1, 0.5]).cells.types,
    ).toHaveLength(0);
    mesh.points.data[3] = Number.NaN;
    expect(sliceMesh(mesh, [0, 0, 1, 0.5]).cells.types).toHaveLength(0);
  });

  test('a plane that meets nothing gives a mesh without cells', () => {
    const slice = sliceMesh(stack(2), [0, 0, 1, 7]);
    expect([slice.points.shape, slice.cells.offsets.length]).toEqual([[0, 3], 1]);
  });

  test('is the same in steps, and ends at an abort', async () => {
    expect(await sliceMeshAsync(stack(3), [0, 1, 1, 0.7])).toEqual(sliceMesh(stack(3), [0, 1, 1, 0.7]));
    const reason = new Error('enough');
    await expect(
      sliceMeshAsync(stack(1), [1, 0, 0, 0.5], { signal: AbortSignal.abort(reason) }),
    ).rejects.toBe(reason);
  });

  test.each<[string, readonly number[], RegExp]>([
    ['no normal', [0, 0, 0, 1], /of which the normal nx, ny, nz is not 0/],
    ['three numbers', [0, 0, 1], /plane is an array of 3; a plane is four numbers/],
    ['no number', [0, 0, Number.NaN, 1], /0, 0, NaN, 1/],
  ])('%s is an error that says so', (_, plane, message) => {
    expect(() => sliceMesh(stack(1), plane as never)).toThrow(message);
  });

  test('cells that are cut take steps of their own', () => {
    const points = [0, 1, 2, 3, 4, 5, 6, 7];
    const { cells, points: places } = meshOf(
      [0, 1].flatMap((z) => cornersOf('square').map(([x = 0, y = 0]) => [x, y, z])),
      Array.from({ length: 4096 }, () => ({ type: CellType.Hexahedron, points })),
    );
    const countSteps = (z: number): number =>
      [...sliceSteps({ cells, points: places }, [0, 0, 1, z], 'mesh', undefined)].length;
    expect(countSteps(0.5) - countSteps(2)).toBeGreaterThan(8);
    expect(countSteps(0) - countSteps(2)).toBeGreaterThan(8);
  });

  test('a malformed cell is an error, and so is one whose faces are not defined', () => {
    const mesh = stack(1);
    mesh.cells.connectivity[0] = 99;
    expect(() => sliceMesh(mesh, [0, 0, 1, 0.5])).toThrow(/the point index 99 at position 0/);
    const odd = meshOf(cornersOf('square'), [{ type: CellType.QuadraticPolygon, points: [0, 1, 2, 3, 0] }]);
    expect(() => sliceMesh(odd, [1, 0, 0, 0.5])).toThrow(
      /QuadraticPolygon, has 5 points, which is no even number/,
    );
    const convex = meshOf(cornersOf('tetra'), [{ type: CellType.ConvexPointSet, points: [0, 1, 2, 3] }]);
    expect(() => sliceMesh(convex, [0, 0, 1, 0.5])).toThrow(/whose faces are not defined/);
    expect(sliceMesh(convex, [0, 0, 1, 5]).cells.types).toHaveLength(0);
  });
});
