import type { Mesh, MeshReader } from '../core/mesh.ts';
import type { ReadOptions } from '../core/source.ts';
import { meshReaders, readVtkHeader, type VtkHeader, vtkXmlReader } from '../formats/readers.ts';
import { FileGroup } from '../streamers/file-group.ts';
import { locateBeside, toLocalPath } from '../streamers/local-path.ts';

/** Options of {@link readMesh}. */
export interface ReadMeshOptions extends ReadOptions {
  /**
   * Names of the point and cell arrays to read; the bytes of the others are neither read nor decoded. Names
   * that the file does not have are passed over. @defaultValue all
   */
  readonly attributes?: readonly string[] | undefined;
  /**
   * How many times its own size (and 64 MiB) a compressed file may unpack to, against decompression bombs.
   *
   * @defaultValue 256
   */
  readonly maxExpansion?: number | undefined;
}

/**
 * Reads a mesh file of this machine: `.vtu`, `.vtp`, `.pvtu` or `.pvtp`. Pieces of the last two are looked for
 * in the file's folder and below it.
 *
 * @param file - a path or a `file:` URL
 * @throws NotFoundError when there is no such file
 * @throws FormatError when it is no mesh that can be read, whatever its extension says
 *
 * @example
 * const mesh = await readMesh('simulation.vtu', { attributes: ['pressure'] });
 */
export async function readMesh(file: string | URL, options: ReadMeshOptions = {}): Promise<Mesh> {
  const path = toLocalPath(file);
  const reader = findReader(path);
  const files = new FileGroup(path, locateBeside(path));
  try {
    return await reader.read(await files.open(path, options.signal), {
      path,
      attributes: options.attributes,
      maxExpansion: options.maxExpansion,
      openSibling: files.openSibling,
      signal: options.signal,
    });
  } finally {
    await files.close();
  }
}

/** How a mesh file is stored. */
export interface MeshHeader extends VtkHeader {
  /** Bytes of the file; of its pieces no account is taken. */
  readonly size: number;
}

/**
 * Reads how a mesh file of this machine is stored, without its arrays.
 *
 * @param file - a path or a `file:` URL
 * @throws NotFoundError when there is no such file
 * @throws FormatError when it is no mesh file that can be read
 */
export async function readMeshHeader(file: string | URL, options: ReadOptions = {}): Promise<MeshHeader> {
  const path = toLocalPath(file);
  const files = new FileGroup(path, locateBeside(path));
  try {
    const access = await files.open(path, options.signal);
    return { ...(await readVtkHeader(access, { path, signal: options.signal })), size: access.size };
  } finally {
    await files.close();
  }
}

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
