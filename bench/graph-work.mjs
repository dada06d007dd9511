/** Makes a graph of `input` nodes for `bench/collate.bench.ts`: the worker's part of a `Work`. */
export function run(numNodes) {
  const numEdges = 6 * numNodes;
  const array = (components) => ({
    data: new Float32Array(components * numNodes).fill(1),
    shape: components === 1 ? [numNodes] : [numNodes, components],
  });
  const graph = {
    id: 'graph',
    pos: array(3),
    edgeIndex: { data: new Int32Array(2 * numEdges).fill(1), shape: [2, numEdges] },
    node: { pressure: array(1), wss: array(1), age: array(1), velocity: array(3) },
    cell: {},
    metadata: {},
    numNodes,
    numEdges,
    numCells: 0,
  };
  const tensors = [graph.pos, graph.edgeIndex, ...Object.values(graph.node)];
  return Promise.resolve({ value: graph, transfer: tensors.map(({ data }) => data.buffer) });
}
