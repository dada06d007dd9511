import type { GraphData } from '../core/graph.ts';
import type { Mesh } from '../core/mesh.ts';
import type { ReadOptions } from '../core/source.ts';
import { type WriteOptions, writeVtkXml } from '../formats/vtk-xml/writer.ts';
import { graphSafetensorsParts } from '../graph/graph-safetensors.ts';
import { writeWholeFile } from './whole-file.ts';

/**
 * Writes a mesh to a file of this machine. The file appears under its name only when it is complete.
 *
 * @param path - `.vtu` for an UnstructuredGrid, `.vtp` for PolyData
 * @throws ConfigError when an option is wrong or the arrays of the mesh do not fit together
 *
 * @example
 * await writeMesh('copy.vtu', await readMesh('case.vtu'), { compressor: 'zlib' });
 */
export async function writeMesh(
  path: string,
  mesh: Mesh,
  options: WriteOptions & ReadOptions = {},
): Promise<void> {
  await writeWholeFile(path, writeVtkXml(mesh, options), options.signal);
}

/**
 * Writes a graph to a safetensors file of this machine, as `graphToSafetensors` makes it, without ever having the file
 * in memory. It appears under its name only when it is complete.
 *
 * @throws UnsupportedError for an array whose name cannot be a tensor's
 *
 * @example
 * await writeGraph('case.safetensors', meshToGraph(await readMesh('case.vtu')));
 */
export async function writeGraph(path: string, graph: GraphData, options: ReadOptions = {}): Promise<void> {
  await writeWholeFile(path, graphSafetensorsParts(graph), options.signal);
}
