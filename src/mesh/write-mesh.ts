import type { GraphData } from '../core/graph.ts';
import type { Mesh } from '../core/mesh.ts';
import type { ReadOptions } from '../core/source.ts';
import { writeWholeFile } from '../files/write-whole-file.ts';
import { type WriteOptions, writeVtkXml } from '../formats/vtk-xml/writer.ts';
import { graphSafetensorsParts } from '../graph/graph-safetensors.ts';

export type { WriteOptions };

/** Writes a mesh to a file of this machine; see `mesh-files.ts`. */
export async function writeMesh(
  path: string,
  mesh: Mesh,
  options: WriteOptions & ReadOptions = {},
): Promise<void> {
  await writeWholeFile(path, writeVtkXml(mesh, options), options.signal);
}

/** Writes a graph to a safetensors file of this machine; see `mesh-files.ts`. */
export async function writeGraph(path: string, graph: GraphData, options: ReadOptions = {}): Promise<void> {
  await writeWholeFile(path, graphSafetensorsParts(graph), options.signal);
}
