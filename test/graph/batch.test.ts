import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { BufferPool } from '../../src/core/buffer-pool.ts';
import { DisposedError, isVascuError } from '../../src/core/errors.ts';
import type { GraphData } from '../../src/core/graph.ts';
import { buffersOf } from '../../src/core/graph-buffers.ts';
import type { Tensor } from '../../src/core/mesh.ts';
import { Batch } from '../../src/graph/batch.ts';
import { makeRecord } from '../../src/graph/record.ts';
import { makeGraph } from '../loader/graphs.ts';
import { test as property } from '../property.ts';
import { anyGraphs, pair } from './any-graphs.ts';

const floats: Tensor = { data: Float32Array.of(1, 2), shape: [2] };
const failure = (graphs: GraphData[]): unknown => {
  try {
    return Batch.fromDataList(graphs);
  } catch (error) {
    return error;
  }
};

describe('Batch', () => {
  property('gives back the graphs that it was made from', [anyGraphs], (graphs) => {
    expect(Batch.fromDataList(graphs).toDataList()).toEqual(graphs);
  });

  property('has ptr, batch and offset edges as PyTorch Geometric has', [anyGraphs], (graphs) => {
    const { ptr, batch, edgeIndex, cellPtr, pos, numNodes, numEdges, numGraphs } = Batch.fromDataList(graphs);
    const starts = graphs.map((_, index) =>
      graphs.slice(0, index).reduce((sum, graph) => sum + graph.numNodes, 0),
    );
    expect([...ptr.data]).toEqual([...starts, numNodes]);
    expect(ptr.shape).toEqual([numGraphs + 1]);
    expect([...batch.data]).toEqual(
      graphs.flatMap((graph, index) => Array.from({ length: graph.numNodes }, () => index)),
    );
    expect(pos.shape).toEqual([numNodes, 3]);
    expect(edgeIndex.shape).toEqual([2, numEdges]);
    const row = (which: 0 | 1): number[] =>
      graphs.flatMap(({ edgeIndex: { data }, numEdges: count }, index) =>
        [...data.subarray(which * count, (which + 1) * count)].map(
          (node) => node + (starts[index] as number),
        ),
      );
    expect([...edgeIndex.data]).toEqual([...row(0), ...row(1)]);
    expect(cellPtr.data.at(-1)).toBe(graphs.reduce((sum, graph) => sum + graph.numCells, 0));
  });

  test('never takes an array for indices by its name', () => {
    const indices: Tensor = { data: Int32Array.of(0, 1), shape: [2] };
    const batch = Batch.fromDataList([pair('a', 'my_index', indices), pair('b', 'my_index', indices)]);
    expect([...(batch.node['my_index']?.data ?? [])]).toEqual([0, 1, 0, 1]);
  });

  test('keeps 64-bit integers exact where one of the graphs needs it', () => {
    const small: Tensor = { data: Float64Array.of(1, 2), shape: [2], storedAs: 'Int64' };
    const large: Tensor = { data: BigInt64Array.of(2n ** 60n + 1n, -1n), shape: [2], storedAs: 'Int64' };
    const batch = Batch.fromDataList([pair('a', 'id', small), pair('b', 'id', large)]);
    expect(batch.node['id']?.data).toEqual(BigInt64Array.of(1n, 2n, 2n ** 60n + 1n, -1n));
    expect(batch.get(0).node['id']).toEqual(small);
    expect(batch.get(1).node['id']).toEqual(large);
  });

  test('keeps 64-bit integers that say nothing of their type as what they are', () => {
    const exact = (...values: readonly bigint[]): Tensor => ({
      data: BigInt64Array.from(values),
      shape: [values.length],
    });
    const given = [pair('a', 'id', exact(1n, 2n)), pair('b', 'id', exact(2n ** 60n, 3n))];
    const again = Batch.fromDataList(Batch.fromDataList(given).toDataList());
    expect(again.node['id']?.data).toEqual(BigInt64Array.of(1n, 2n, 2n ** 60n, 3n));
    expect(again.get(0).node['id']).toEqual({ data: Float64Array.of(1, 2), shape: [2], storedAs: 'Int64' });
  });

  test.each([
    ['other names', pair('b', 'q', floats), /sample a .*"p".* sample b/],
    [
      'other types',
      pair('b', 'p', { data: Int32Array.of(1, 2), shape: [2] }),
      /Float32 in the sample a and Int32 in the sample b/,
    ],
    ['other components', pair('b', 'p', { data: new Float32Array(4), shape: [2, 2] }), /2 components/],
  ])('refuses graphs with %s, and says which', (_, other, message) => {
    const error = failure([pair('a', 'p', floats), other]);
    expect(isVascuError(error, 'CONFIG') && error.option).toBe('includeAttributes');
    expect(String(error)).toMatch(message);
  });

  test('leaves out what differs when asked to, and names it', () => {
    const batch = Batch.fromDataList([pair('a', 'p', floats), pair('b', 'q', floats)], { arrays: 'common' });
    expect(Object.keys(batch.node)).toEqual([]);
    expect(batch.leftOut).toEqual(['p', 'q']);
  });

  test('fills what some graphs lack when asked to, floats with NaN and integers with 0, and names it', () => {
    const wide: Tensor = { data: Int32Array.of(1, 2, 3, 4), shape: [2, 2] };
    const ids: Tensor = { data: Float64Array.of(7, 8), shape: [2], storedAs: 'Int64' };
    const graphs = [pair('a', 'p', floats), pair('b', 'q', wide), pair('c', 'id', ids)];
    const batch = Batch.fromDataList(graphs, { arrays: 'fill' });
    expect(batch.node['p']).toEqual({ data: Float32Array.of(1, 2, NaN, NaN, NaN, NaN), shape: [6] });
    expect(batch.node['q']).toEqual({
      data: Int32Array.of(0, 0, 0, 0, 1, 2, 3, 4, 0, 0, 0, 0),
      shape: [6, 2],
    });
    expect(batch.node['id']).toEqual({
      data: Float64Array.of(0, 0, 0, 0, 7, 8),
      shape: [6],
      storedAs: 'Int64',
    });
    expect(batch.filled).toEqual(['p', 'q', 'id']);
    expect(batch.leftOut).toEqual([]);
  });

  test('fills 64-bit integers that no double holds with 0', () => {
    const large: Tensor = { data: BigInt64Array.of(2n ** 60n, -1n), shape: [2], storedAs: 'Int64' };
    const batch = Batch.fromDataList([pair('a', 'p', large), pair('b', 'q', large)], { arrays: 'fill' });
    expect(batch.node['q']?.data).toEqual(BigInt64Array.of(0n, 0n, 2n ** 60n, -1n));
  });

  test('does not fill over different types', () => {
    const other = pair('b', 'p', { data: Int32Array.of(1, 2), shape: [2] });
    expect(() => Batch.fromDataList([pair('a', 'p', floats), other], { arrays: 'fill' })).toThrow(/Int32/);
  });

  test('shifts the indices of long and of short graphs', () => {
    for (const numEdges of [1, 7, 8, 9, 4096, 4097, 2 ** 19 + 9]) {
      const data = Int32Array.from({ length: 2 * numEdges }, (_, at) => at % 2);
      const long = { ...pair('b', 'p', floats), edgeIndex: { data, shape: [2, numEdges] }, numEdges };
      const { edgeIndex } = Batch.fromDataList([pair('a', 'p', floats), long]);
      expect([...edgeIndex.data.subarray(0, 2)]).toEqual([0, 1]);
      const second = edgeIndex.data.subarray(2, 2 + numEdges);
      expect(second.every((node, at) => node === 2 + (at % 2))).toBe(true);
      expect(edgeIndex.data.at(-1)).toBe(3);
    }
  });

  test.each([
    ['node array "p"', { node: makeRecord([['p', { data: new Float32Array(3), shape: [3] }]]) }],
    ['cell array "q"', { cell: makeRecord([['q', floats]]) }],
    ['pos', { pos: { data: new Float32Array(9), shape: [3, 3] } }],
    ['edgeIndex', { edgeIndex: { data: new Int32Array(3), shape: [2, 2] } }],
  ])('refuses a graph whose %s is not as long as it says', (name, wrong) => {
    const error = failure([pair('a', 'p', floats), { ...pair('b', 'p', floats), ...wrong }]);
    expect(isVascuError(error, 'CONFIG')).toBe(true);
    expect(String(error)).toMatch(new RegExp(`sample b .*${name}`));
  });

  test('refuses more nodes than 32 bits count, before it takes memory for them', () => {
    const huge: GraphData = { ...pair('a', 'p', floats), numNodes: 2 ** 30 };
    const error = failure([huge, huge]);
    expect(isVascuError(error, 'CONFIG') && error.option).toBe('batchSize');
  });

  test('needs a graph', () => {
    expect(isVascuError(failure([]), 'CONFIG')).toBe(true);
  });

  test.each([-1, 1, 0.5, Number.NaN])('has no graph %d', (index) => {
    expect(() => Batch.fromDataList([pair('a', 'p', floats)]).get(index)).toThrow(RangeError);
  });

  property(
    'made in memory of batches before holds nothing of them',
    [anyGraphs, anyGraphs],
    (before, graphs) => {
      const buffers = new BufferPool();
      // All bits set: floats are NaN, and integers no indices.
      for (let round = 0; round < 2; round++) {
        const batch = Batch.fromDataList(before, { buffers });
        for (const { data } of [batch.pos, batch.edgeIndex, batch.batch, ...Object.values(batch.node)]) {
          new Uint8Array(data.buffer).fill(255);
        }
        batch.release();
      }
      const batch = Batch.fromDataList(graphs, { buffers });
      expect(batch).toEqual(Batch.fromDataList(graphs));
      expect(batch.toDataList()).toEqual(graphs);
      expect(Batch.fromSafetensors(batch.toSafetensors())).toEqual(batch);
    },
  );

  test('filled in memory of a batch before has its NaN and 0', () => {
    const buffers = new BufferPool();
    const ids: Tensor = { data: Int32Array.of(7, 8), shape: [2] };
    const graphs = [pair('a', 'p', floats), pair('b', 'q', ids)];
    for (let round = 0; round < 3; round++) {
      using batch = Batch.fromDataList(graphs, { arrays: 'fill', buffers });
      expect(batch.node['p']?.data).toEqual(Float32Array.of(1, 2, NaN, NaN));
      expect(batch.node['q']?.data).toEqual(Int32Array.of(0, 0, 7, 8));
      const integers = batch.node['q']?.data;
      if (integers instanceof Int32Array) integers.fill(9);
    }
  });

  test('that was released lends its memory to the next one, and is of no use any more', () => {
    const buffers = new BufferPool();
    const first = Batch.fromDataList([pair('a', 'p', floats)], { buffers });
    const { pos } = first;
    const feed = first.toFeeds()['node.p'];
    const graph = first.get(0);
    first.release();
    first.release();
    expect(buffers.bytes).toBe(6 * 4 + 4 * 4 + 2 * 4 + 2 * 4);
    expect([pos.data.length, feed?.data.length]).toEqual([0, 0]);
    for (const use of [() => first.get(0), () => first.toSafetensors(), () => first.toFeeds()]) {
      expect(use).toThrow(DisposedError);
    }
    expect(Batch.fromDataList([graph], { buffers }).get(0)).toEqual(graph);
    expect(buffers.bytes).toBe(0);
  });

  property('that consumes its graphs is the same, and they are of no use any more', [anyGraphs], (graphs) => {
    const copies = structuredClone(graphs);
    const batch = Batch.fromDataList(copies, { consume: true });
    expect(batch).toEqual(Batch.fromDataList(graphs));
    if (graphs.length > 1) for (const { pos } of copies) expect(pos.data).toHaveLength(0);
    else expect(batch.pos.data).toBe(copies[0]?.pos.data);
    batch.release();
    for (const { pos, edgeIndex } of copies) expect([pos.data.length, edgeIndex.data.length]).toEqual([0, 0]);
  });

  property('hands memory of each graph that it consumed over, and none twice', [anyGraphs], (graphs) => {
    const copies = structuredClone(graphs);
    const sizes = copies.map((graph) => buffersOf(graph).map(({ byteLength }) => byteLength));
    const reclaimed: [number, readonly ArrayBuffer[]][] = [];
    const reclaim = (index: number, memory: readonly ArrayBuffer[]): void => {
      reclaimed.push([index, memory]);
    };
    const batch = Batch.fromDataList(copies, { consume: true, reclaim });
    expect(batch).toEqual(Batch.fromDataList(graphs));
    expect(reclaimed).toHaveLength(graphs.length === 1 ? 0 : graphs.length);
    batch.release();
    expect(reclaimed.map(([index]) => index)).toEqual(graphs.map((_, index) => index));
    const sizesOf = (memory: readonly ArrayBuffer[]): number[] => memory.map(({ byteLength }) => byteLength);
    expect(reclaimed.map(([, memory]) => sizesOf(memory))).toEqual(sizes);
  });

  test('of arrays that are one and the same is released once', () => {
    const graph = pair('a', 'p', floats);
    const twice = {
      ...graph,
      node: makeRecord([
        ['p', floats],
        ['q', floats],
      ] as const),
    };
    const batch = Batch.fromDataList([structuredClone(twice)], { consume: true });
    batch.release();
    expect(batch.node['q']?.data).toHaveLength(0);
  });

  test('may be released without a pool', () => {
    const batch = Batch.fromDataList([pair('a', 'p', floats)]);
    batch.release();
    expect(batch.pos.data).toHaveLength(0);
  });
});

test('arrays of another realm, as those of a frame or of a sandbox, are joined', () => {
  const graph = makeGraph('a');
  const pos: unknown = runInNewContext('Float32Array.from(values)', { values: [...graph.pos.data] });
  const foreign = { ...graph, pos: { data: pos as Float32Array<ArrayBuffer>, shape: graph.pos.shape } };
  expect([...Batch.fromDataList([foreign, graph]).pos.data]).toEqual([...graph.pos.data, ...graph.pos.data]);
});
