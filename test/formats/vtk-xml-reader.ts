import type { Mesh, RandomAccess } from '../../src/core/mesh.ts';
import type { MeshHeader, ReadMeshFileOptions } from '../../src/core/mesh-format.ts';
import { openMesh } from '../../src/formats/registry.ts';

export { planMesh as planRead } from '../../src/mesh/plan-mesh.ts';

/** Options of reading a file in one call. */
interface ReadOptions extends ReadMeshFileOptions {
  readonly path?: string | undefined;
}

/** Reader of files by the registry, which tells the format by the content. */
export const vtkXmlReader = {
  async read(file: RandomAccess, options: ReadOptions = {}): Promise<Mesh> {
    const { path = 'mesh', signal } = options;
    return (await openMesh(file, { path, signal })).read(options);
  },
};

/** Reads the header of a file by the registry. */
export async function readVtkHeader(
  file: RandomAccess,
  { path = 'mesh', signal }: Pick<ReadOptions, 'path' | 'signal'> = {},
): Promise<MeshHeader> {
  return (await openMesh(file, { path, signal })).header;
}
