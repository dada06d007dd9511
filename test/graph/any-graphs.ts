import type { GraphData } from '../../src/core/graph.ts';
import type { Tensor, TypedArray } from '../../src/core/mesh.ts';
import { makeRecord } from '../../src/graph/record.ts';
import { fc } from '../property.ts';

type View = new (length: number) => TypedArray;
const schemaOf = fc.array(
  fc.record({
    name: fc.oneof(
      fc.string({ minLength: 1, maxLength: 8 }),
      fc.constantFrom('__proto__', 'my_index', 'batch', 'ptr'),
    ),
    kind: fc.constantFrom('node', 'cell', 'edge', 'graph'),
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
export const anyGraphs: fc.Arbitrary<GraphData[]> = schemaOf.chain((schema) =>
  fc
    .array(
      fc.record({ numNodes: fc.nat(8), numCells: fc.nat(5), normalized: fc.boolean(), seed: fc.nat(99) }),
      { minLength: 1, maxLength: 6 },
    )
    .map((sizes) =>
      sizes.map(({ numNodes, numCells, normalized, seed }, index): GraphData => {
        const numEdges = numNodes === 0 ? 0 : (seed % 7) * 2;
        const edges = Int32Array.from({ length: 2 * numEdges }, (_, at) => (at * 31 + seed) % numNodes);
        const record = (kind: string, rows: number) =>
          makeRecord(
            schema
              .filter((array) => array.kind === kind)
              .map((array) => [array.name, tensor(array, rows, seed)] as const),
          );
        const edge = record('edge', numEdges);
        const graph = makeRecord(
          Object.entries(record('graph', 1)).map(([name, { data, shape }]) => [
            name,
            { data, shape: shape.slice(1) },
          ]),
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
          ...(Object.keys(edge).length > 0 ? { edge } : {}),
          ...(Object.keys(graph).length > 0 ? { graph } : {}),
          ...(normalized ? { normalization: { offset: [seed, 0, 1], scale: 2 } } : {}),
        };
      }),
    ),
);

/** A graph of two nodes and one edge with one node array. */
export function pair(id: string, name: string, values: Tensor): GraphData {
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

/** Graphs with other parts, `wall` and `inlet`, each of the same kinds of graphs. */
export const anyGraphsOfParts: fc.Arbitrary<GraphData[]> = anyGraphs.map((graphs) => {
  const partOf = (at: number, id: string): GraphData => ({
    ...structuredClone(graphs[at % graphs.length] as GraphData),
    id,
    metadata: {},
  });
  return graphs.map((graph, at) => {
    const parts = { wall: partOf(graphs.length - 1 - at, graph.id), inlet: partOf(at + 1, graph.id) };
    return { ...graph, parts: makeRecord(Object.entries(parts)) };
  });
});
