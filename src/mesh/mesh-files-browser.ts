import { UnsupportedError } from '../core/errors.ts';
import type { Mesh } from '../core/mesh.ts';
import type { MeshHeader } from '../core/mesh-format.ts';
import { isMeshContent, type MeshBytes, noMeshFile, openMeshBytes, showFile } from './mesh-bytes.ts';
import type { ReadMeshHeaderOptions } from './mesh-header.ts';
import { readHeaderOfOpened, readOpened } from './read-opened.ts';
import type { ReadMeshOptions } from './read-options.ts';
import { readWebMesh, readWebMeshHeader } from './web/read-web-mesh.ts';
import { isUrl, parseWebAddress, type WebAddress } from './web/web-address.ts';

/*
 * The face of `mesh-files.ts` in a browser, where there are no files by their paths: nothing here reaches Node.js. Both
 * have the same names, so that one program imports them everywhere; `mesh-files.ts` says what they do.
 */

export async function readMesh(file: string | URL | MeshBytes, options: ReadMeshOptions = {}): Promise<Mesh> {
  options.signal?.throwIfAborted();
  const opened = openMeshBytes(file);
  return opened === undefined ? readWebMesh(requireAddress(file), options) : readOpened(opened, options);
}

export async function readMeshHeader(
  file: string | URL | MeshBytes,
  options: ReadMeshHeaderOptions = {},
): Promise<MeshHeader> {
  options.signal?.throwIfAborted();
  const opened = openMeshBytes(file);
  return opened === undefined
    ? readWebMeshHeader(requireAddress(file), options)
    : readHeaderOfOpened(opened, options);
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

/** Reads the address of a file; a relative one is relative to the page, in a worker to its script. */
function requireAddress(file: unknown): WebAddress {
  const isText = typeof file === 'string' && file !== '' && !isMeshContent(file);
  const { document, location } = globalThis as {
    readonly document?: { readonly baseURI?: string };
    readonly location?: { readonly href?: string };
  };
  const address =
    isText || isUrl(file) ? parseWebAddress(file, document?.baseURI ?? location?.href) : undefined;
  if (address !== undefined) return address;
  throw noMeshFile(`In a browser ${showFile(file)}`, 'an http(s) URL, ');
}

function needsNode(name: string, what: string, instead = ''): UnsupportedError {
  return new UnsupportedError(name, `${name} does not work in a browser. ${what} need Node.js${instead}.`);
}
