import { Batch, meshToGraph, readMesh, writeMesh } from 'vascusim/mesh';

/** Reads one array of a mesh, makes a graph of it, and writes a compressed copy. */
export async function copyWithPressureOnly(from: string, to: string): Promise<string> {
  const mesh = await readMesh(from, { attributes: ['pressure'] });
  await writeMesh(to, mesh, { encoding: 'raw', compressor: 'zlib' });
  const graph = meshToGraph(mesh, { id: 'copy', normalize: true });
  const batch = Batch.fromDataList([graph, graph]);
  return `${graph.numNodes} nodes, ${graph.numEdges} directed edges, ${batch.numNodes} nodes in a batch of two`;
}
