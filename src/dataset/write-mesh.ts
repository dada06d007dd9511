import { randomUUID } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import type { Mesh } from '../core/mesh.ts';
import type { ReadOptions } from '../core/source.ts';
import { type WriteOptions, writeVtkXml } from '../formats/vtk-xml/writer.ts';

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
  const temporary = `${path}.${randomUUID()}.part`;
  const handle = await open(temporary, 'wx');
  try {
    try {
      for await (const part of writeVtkXml(mesh, options)) {
        options.signal?.throwIfAborted();
        for (let done = 0; done < part.length; ) {
          done += (await handle.write(part, done)).bytesWritten;
        }
      }
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
