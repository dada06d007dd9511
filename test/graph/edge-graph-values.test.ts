import { expect, test } from 'vitest';
import type { GraphData } from '../../src/core/graph.ts';
import type { Tensor } from '../../src/core/mesh.ts';
import { Batch } from '../../src/graph/batch.ts';
import { graphFromSafetensors, graphToSafetensors } from '../../src/graph/graph-safetensors.ts';
import { readSafetensors } from '../../src/graph/safetensors.ts';
import { makeGraph } from '../loader/graphs.ts';

const weight = (numEdges: number): Tensor => ({
  data: Float32Array.from({ length: 2 * numEdges }, (_, at) => at),
  shape: [numEdges, 2],
});

function graphOf(id: string, more: Partial<GraphData> = {}): GraphData {
  const graph = makeGraph(id);
  return { ...graph, edge: { weight: weight(graph.numEdges) }, ...more };
}

const target = (...values: readonly number[]): Tensor => ({
  data: Int32Array.from(values),
  shape: values.length === 1 ? [] : [values.length],
});

test('safetensors name them edge.NAME and graph.NAME', () => {
  const graph = graphOf('a', { graph: { target: target(7) } });
  const bytes = graphToSafetensors(graph);
  expect([...readSafetensors(bytes).tensors.keys()]).toEqual(
    expect.arrayContaining(['edge.weight', 'graph.target']),
  );
  const read = graphFromSafetensors(bytes);
  expect([read.edge, read.graph]).toEqual([graph.edge, graph.graph]);
});

test('feeds of a model may take them', () => {
  const batch = Batch.fromDataList([
    graphOf('a', { graph: { target: target(7) } }),
    graphOf('b', { graph: { target: target(9) } }),
  ]);
  const feeds = batch.toFeeds({ inputs: { y: 'graph.target', edge_attr: 'edge.weight' } });
  expect(feeds['y']).toEqual({ type: 'int32', data: Int32Array.of(7, 9), dims: [2] });
  expect(feeds['edge_attr']?.dims).toEqual([batch.numEdges, 2]);
});

test('a graph without them has no such key behind a batch or a file', () => {
  const graph = makeGraph('a');
  expect('edge' in Batch.fromDataList([graph]).get(0)).toBe(false);
  expect('graph' in graphFromSafetensors(graphToSafetensors(graph))).toBe(false);
});

test.each([
  ['shapes', target(1, 2), /graph array "target" is Int32 in the sample a and Int32 of 2 components/],
  ['types', { data: Float32Array.of(1), shape: [] }, /Int32 in the sample a and Float32 in the sample b/],
])('values of the whole graph in different %s are refused', (_, other, message) => {
  const graphs = [graphOf('a', { graph: { target: target(7) } }), graphOf('b', { graph: { target: other } })];
  expect(() => Batch.fromDataList(graphs)).toThrow(message);
});

test('what some graphs lack is left out or filled when asked to', () => {
  const graphs = [
    graphOf('a', { graph: { flow: { data: Float32Array.of(1), shape: [1] } } }),
    makeGraph('b'),
  ];
  expect(() => Batch.fromDataList(graphs)).toThrow(/edge array "weight".*Give it to all samples/);
  expect(Batch.fromDataList(graphs, { arrays: 'common' }).leftOut).toEqual(['weight', 'flow']);
  const filled = Batch.fromDataList(graphs, { arrays: 'fill' });
  expect(filled.graph['flow']).toEqual({ data: Float32Array.of(1, Number.NaN), shape: [2, 1] });
  expect(filled.filled).toEqual(['weight', 'flow']);
});

test.each([
  [{ edge: { weight: weight(5) } }, /the edge array "weight", where dimension 0 must be 6/],
  [{ graph: { flow: { data: new Float32Array(2), shape: [3] } } }, /"flow", whose shape says 3/],
])('what does not fit its graph is refused', (more, message) => {
  expect(() => Batch.fromDataList([graphOf('a', more)])).toThrow(message);
});

test('a file of a graph with a key that graphs do not have is refused', () => {
  const graph = { ...makeGraph('a'), target: 1 };
  expect(() => graphToSafetensors(graph)).toThrow(/sample a has the key "target"/);
});
