import type { MeshReader } from '../core/mesh.ts';
import { meshReaders, vtkXmlReader } from './vtk-xml/format.ts';

/** Extensions of the files that can be read as meshes: lower-case, with the dot. */
export const MESH_EXTENSIONS: readonly string[] = meshReaders.flatMap((reader) => reader.extensions);

/** Whether `path` names a mesh file, by its extension in any case. */
export function isMeshPath(path: string): boolean {
  return MESH_EXTENSIONS.some((extension) => path.toLowerCase().endsWith(extension));
}

/** The reader of a file by its extension; one of another extension is tried as VTK XML, which its content tells. */
export function findReader(path: string): MeshReader {
  const name = path.toLowerCase();
  return (
    meshReaders.find(({ extensions }) => extensions.some((extension) => name.endsWith(extension))) ??
    vtkXmlReader
  );
}
