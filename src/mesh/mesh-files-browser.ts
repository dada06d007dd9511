import { UnsupportedError } from '../core/errors.ts';
import type { Mesh } from '../core/mesh.ts';
import type { MeshHeader } from '../core/mesh-format.ts';
import { showValue } from '../core/show-value.ts';
import { type MeshBytes, noMeshFile, openMeshBytes, readHeaderOfOpened, readOpened } from './mesh-bytes.ts';
import type { ReadMeshHeaderOptions } from './mesh-header.ts';
import type { ReadMeshOptions } from './read-mesh.ts';

/*
 * The face of `mesh-files.ts` in a browser, where there are no files by their paths: nothing here reaches Node.js. Both
 * have the same names, so that one program imports them everywhere; `mesh-files.ts` says what they do.
 */

export async function readMesh(file: MeshBytes, options: ReadMeshOptions = {}): Promise<Mesh> {
  options.signal?.throwIfAborted();
  return readOpened(requireBytes(file), options);
}

export async function readMeshHeader(
  file: MeshBytes,
  options: ReadMeshHeaderOptions = {},
): Promise<MeshHeader> {
  options.signal?.throwIfAborted();
  return readHeaderOfOpened(requireBytes(file), options);
}

export async function readMeshFrom(): Promise<never> {
  throw needsNode('readMeshFrom', 'Streamers');
}

export async function readMeshHeaderFrom(): Promise<never> {
  throw needsNode('readMeshHeaderFrom', 'Streamers');
}

export async function writeMesh(): Promise<never> {
  throw needsNode('writeMesh', 'Files by their paths', ': writeVtkXml gives the bytes of the file');
}

export async function writeGraph(): Promise<never> {
  throw needsNode('writeGraph', 'Files by their paths', ': graphToSafetensors gives the bytes of the file');
}

function requireBytes(file: unknown): NonNullable<ReturnType<typeof openMeshBytes>> {
  const opened = openMeshBytes(file);
  if (opened !== undefined) return opened;
  const isPlace = typeof file === 'string' || file instanceof URL;
  const fetchFirst = isPlace ? 'what fetch(…) brings as response.arrayBuffer(), ' : '';
  throw noMeshFile(`In a browser ${showValue(file)}`, fetchFirst);
}

function needsNode(name: string, what: string, instead = ''): UnsupportedError {
  return new UnsupportedError(name, `${name} does not work in a browser. ${what} need Node.js${instead}.`);
}
