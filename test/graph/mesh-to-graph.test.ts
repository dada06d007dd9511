import { describe, expect, test } from 'vitest';
import { isVascuError } from '../../src/core/errors.ts';
import type { Mesh } from '../../src/core/mesh.ts';
import { meshToGraph } from '../../src/graph/mesh-to-graph.ts';
import { fc, test as property } from '../property.ts';

function meshOf(points: Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer>): Mesh {
  return {
    kind: 'UnstructuredGrid',
    points: { data: points, shape: [points.length / 3, 3] },
    cells: { types: Uint8Array.of(3), connectivity: Int32Array.of(0, 1), offsets: Int32Array.of(0, 2) },
    pointData: new Map([['p', { data: new Float64Array(points.length / 3), shape: [points.length / 3] }]]),
    cellData: new Map([
      ['p', { data: Uint8Array.of(1), shape: [1] }],
      ['__proto__', { data: Uint8Array.of(2), shape: [1] }],
    ]),
    fieldData: new Map(),
  };
}

const line = Float64Array.of(10, 20, 30, 14, 28, 30);

describe('meshToGraph', () => {
  test('keeps arrays over points and cells apart, in their stored type, whatever their names', () => {
    const graph = meshToGraph(meshOf(line), { id: 'a', metadata: { age: 3 } });
    expect(graph.node['p']?.data).toBeInstanceOf(Float64Array);
    expect(graph.cell['p']?.data).toEqual(Uint8Array.of(1));
    expect(Object.keys(graph.cell)).toEqual(['p', '__proto__']);
    expect(Object.getPrototypeOf(graph.cell)).toBeNull();
    expect(graph).toMatchObject({ id: 'a', metadata: { age: 3 }, numNodes: 2, numEdges: 2, numCells: 1 });
  });

  test('gives Float32 positions, shared where they are stored so', () => {
    expect(meshToGraph(meshOf(line)).pos.data).toEqual(Float32Array.from(line));
    const single = Float32Array.from(line);
    expect(meshToGraph(meshOf(single)).pos.data).toBe(single);
  });

  test('maps positions to the unit box with the same scale on all axes, and says how', () => {
    const { pos, normalization } = meshToGraph(meshOf(line), { normalize: true });
    expect(normalization).toEqual({ offset: [10, 20, 30], scale: 8 });
    expect([...pos.data]).toEqual([0, 0, 0, 0.5, 1, 0]);
  });

  const coordinate = fc.double({ min: -1e6, max: 1e6, noNaN: true });
  property(
    'normalized positions fill the unit box and give the stored ones back',
    [fc.array(fc.tuple(coordinate, coordinate, coordinate), { minLength: 2, maxLength: 20 })],
    (points) => {
      const stored = Float64Array.from(points.flat());
      const { pos, normalization } = meshToGraph(meshOf(stored), { normalize: true });
      const { offset, scale } = normalization ?? { offset: [0, 0, 0], scale: 1 };
      expect(Math.min(...pos.data)).toBe(0);
      expect(Math.max(...pos.data)).toBeLessThanOrEqual(1);
      for (const [at, value] of pos.data.entries()) {
        expect(
          Math.abs(value * scale + (offset[at % 3] as number) - (stored[at] as number)),
        ).toBeLessThanOrEqual(1e-7 * scale);
      }
    },
  );

  test('points that all coincide have scale 1', () => {
    const { pos, normalization } = meshToGraph(meshOf(new Float32Array(6).fill(5)), { normalize: true });
    expect(normalization).toEqual({ offset: [5, 5, 5], scale: 1 });
    expect([...pos.data]).toEqual([0, 0, 0, 0, 0, 0]);
  });

  test('coordinates that are not finite cannot be normalized', () => {
    const mesh = meshOf(Float32Array.of(0, 0, 0, 1, Number.NaN, 2));
    expect(() => meshToGraph(mesh, { normalize: true })).toThrow(/point 1 .*NaN/);
    expect(meshToGraph(mesh).numNodes).toBe(2);
  });

  test('keeps only the arrays asked for, and lists those there are when one is not', () => {
    expect(Object.keys(meshToGraph(meshOf(line), { attributes: ['__proto__'] }).node)).toEqual([]);
    try {
      meshToGraph(meshOf(line), { attributes: ['q'] });
      expect.unreachable();
    } catch (error) {
      expect(isVascuError(error, 'NOT_FOUND')).toBe(true);
      expect(String(error)).toMatch(/no array "q".*point arrays: "p".*cell arrays: "p", "__proto__"/);
    }
  });
});
