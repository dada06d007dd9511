import { describe, expect, test } from 'vitest';
import { isVascuError } from '../../src/core/errors.ts';
import type { GraphData } from '../../src/core/graph.ts';
import type { Tensor, TypedArray } from '../../src/core/mesh.ts';
import { Batch } from '../../src/graph/batch.ts';
import { makeRecord } from '../../src/graph/record.ts';
import { fc, test as property } from '../property.ts';

type View = new (length: number) => TypedArray;
const schemaOf = fc.array(
  fc.record({
    name: fc.oneof(
      fc.string({ minLength: 1, maxLength: 8 }),
      fc.constantFrom('__proto__', 'my_index', 'batch', 'ptr'),
    ),
    kind: fc.constantFrom('node', 'cell'),
    View: fc.constantFrom<View>(Float32Array, Float64Array, Int32Array, Uint8Array, Int16Array),
    width: fc.integer({ min: 1, max: 4 }),
  }),
  { maxLength: 5 },
);

function tensor({ View, width }: { View: View; width: number }, rows: number, salt: number): Tensor {
  const data = new View(rows * width);
  for (let at = 0; at < data.length; at++) data[at] = ((at + 1) * (salt + 3)) % 120;
  return { data, shape: width === 1 ? [rows] : [rows, width] };
}

/** Graphs of one schema and any sizes, none among them. */
const anyGraphs: fc.Arbitrary<GraphData[]> = schemaOf.chain((schema) =>
  fc
    .array(
      fc.record({ numNodes: fc.nat(8), numCells: fc.nat(5), normalized: fc.boolean(), seed: fc.nat(99) }),
      { minLength: 1, maxLength: 6 },
    )
    .map((sizes) =>
      sizes.map(({ numNodes, numCells, normalized, seed }, index): GraphData => {
        const numEdges = numNodes === 0 ? 0 : (seed % 7) * 2;
        const edges = Int32Array.from({ length: 2 * numEdges }, (_, at) => (at * 31 + seed) % numNodes);
        const record = (kind: 'node' | 'cell', rows: number) =>
          makeRecord(
            schema
              .filter((array) => array.kind === kind)
              .map((array) => [array.name, tensor(array, rows, seed)] as const),
          );
        return {
          id: `sample-${index}`,
          pos: {
            data: Float32Array.from({ length: 3 * numNodes }, (_, at) => at / 7 + seed),
            shape: [numNodes, 3],
          },
          edgeIndex: { data: edges, shape: [2, numEdges] },
          node: record('node', numNodes),
          cell: record('cell', numCells),
          metadata: { index, seed },
          numNodes,
          numEdges,
          numCells,
          ...(normalized ? { normalization: { offset: [seed, 0, 1], scale: 2 } } : {}),
        };
      }),
    ),
);

/** A graph of two nodes and one edge with one node array. */
function pair(id: string, name: string, values: Tensor): GraphData {
  return {
    id,
    pos: { data: new Float32Array(6), shape: [2, 3] },
    edgeIndex: { data: Int32Array.of(0, 1, 1, 0), shape: [2, 2] },
    node: makeRecord([[name, values]]),
    cell: makeRecord([]),
    metadata: {},
    numNodes: 2,
    numEdges: 2,
    numCells: 0,
  };
}

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
});
