import type { GraphData } from '../core/graph.ts';
import type { FileHolder } from '../core/held-file.ts';
import type { Mesh } from '../core/mesh.ts';
import type { MeshHeader } from '../core/mesh-format.ts';
import type { ReadOptions } from '../core/source.ts';
import { isMeshContent, type MeshBytes, noMeshFile, openMeshBytes, showFile } from './mesh-bytes.ts';
import type { ReadMeshHeaderFromOptions, ReadMeshHeaderOptions } from './mesh-header.ts';
import type { MeasuredHeader } from './piece-headers.ts';
import type { ReadMeshFromOptions } from './read-mesh.ts';
import { readHeaderOfOpened, readOpened } from './read-opened.ts';
import type { ReadMeshOptions } from './read-options.ts';
import { isUrl, isWebAddress, parseWebAddress, type WebAddress } from './web/web-address.ts';
import type { WriteOptions } from './write-mesh.ts';

/*
 * What the doors show of reading and writing files. Whatever needs Node.js is loaded when it is first needed, so that
 * the pure functions beside these can be imported where there is none. `mesh-files-browser.ts` is the other face.
 */

/** Beginning of the list of what a mesh file can be, for messages. */
const PLACES = 'a path, a file: or http(s) URL, ';

/**
 * Reads a mesh: `.vtu`, `.vtp`, `.pvtu`, `.pvtp` or legacy `.vtk`. Pieces of `.pvtu` and `.pvtp` are looked for in the
 * file's folder and below it, or beside its URL; of bytes that are given the option `openSibling` opens them.
 *
 * Of a file on a web server only the ranges of the arrays in `attributes` are fetched, several at a time, where the server
 * gives ranges and says by `Last-Modified` or `ETag` that all are of one state of the file; else all of it.
 *
 * @param file - a path or a `file:` URL of this machine; a URL of a web server, or a text that begins with `http://` or
 * `https://`, in a page also a relative one; or the bytes themselves: a `Blob`, an `ArrayBuffer`, a `Uint8Array` or a
 * `RandomAccess`, which is read where it has to be
 * @throws NotFoundError when there is no such file
 * @throws NetworkError, AuthError, IntegrityError when a web server does not give it
 * @throws FormatError when it is no mesh that can be read, whatever its extension says
 * @throws ConfigError for what is no file
 *
 * @example
 * const mesh = await readMesh('simulation.vtu', { attributes: ['pressure'] });
 */
export async function readMesh(file: string | URL | MeshBytes, options: ReadMeshOptions = {}): Promise<Mesh> {
  options.signal?.throwIfAborted();
  const opened = openMeshBytes(file);
  if (opened !== undefined) return readOpened(opened, options);
  const address = webAddress(file);
  if (address !== undefined) return (await import('./web/read-web-mesh.ts')).readWebMesh(address, options);
  const path = requirePath(file);
  return (await import('./read-mesh.ts')).readMesh(path, options);
}

/**
 * Reads how a mesh is stored, without its arrays.
 *
 * @param file - as {@link readMesh} takes it
 * @throws NotFoundError when there is no such file
 * @throws FormatError when it is no mesh file that can be read
 * @throws ConfigError for what is no file
 */
export async function readMeshHeader(
  file: string | URL | MeshBytes,
  options: ReadMeshHeaderOptions = {},
): Promise<MeshHeader> {
  options.signal?.throwIfAborted();
  const opened = openMeshBytes(file);
  if (opened !== undefined) return readHeaderOfOpened(opened, options);
  const address = webAddress(file);
  if (address !== undefined)
    return (await import('./web/read-web-mesh.ts')).readWebMeshHeader(address, options);
  const path = requirePath(file);
  return (await import('./mesh-header.ts')).readMeshHeader(path, options);
}

/**
 * Reads a mesh file of a streamer's source, wherever that is; pieces of `.pvtu` and `.pvtp` as well. With `attributes`
 * only the bytes of the mesh and these arrays are fetched where that is faster; see `docs/decisions/partial-reads.md`.
 *
 * @param path - inside the source
 * @throws NotFoundError when there is no such file
 * @throws NetworkError, AuthError, IntegrityError when it cannot be fetched
 * @throws FormatError when it is no mesh that can be read
 *
 * @example
 * await using hub = new HuggingFaceStreamer({ repoId: 'user/name' });
 * const mesh = await readMeshFrom(hub, 'cases/case_1.vtu', { attributes: ['pressure'] });
 */
export async function readMeshFrom(
  streamer: FileHolder,
  path: string,
  options: ReadMeshFromOptions = {},
): Promise<Mesh> {
  return (await import('./read-mesh.ts')).readMeshFrom(streamer, path, options);
}

/**
 * Reads how a mesh file of a streamer's source is stored: of a large one only the first 64 KiB or so and the end are
 * fetched, unless its data stand between the tags. Of `.pvtu` and `.pvtp` the headers of the pieces are read as well.
 *
 * @param path - inside the source
 * @throws NotFoundError when there is no such file
 * @throws NetworkError, AuthError, IntegrityError when it cannot be fetched
 * @throws FormatError when it is no mesh file that can be read
 *
 * @example
 * const { points, cells, arrays } = await readMeshHeaderFrom(hub, 'cases/case_1.vtu');
 */
export async function readMeshHeaderFrom(
  streamer: FileHolder,
  path: string,
  options: ReadMeshHeaderFromOptions = {},
): Promise<MeasuredHeader> {
  return (await import('./mesh-header.ts')).readMeshHeaderFrom(streamer, path, options);
}

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
  await (await import('./write-mesh.ts')).writeMesh(path, mesh, options);
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
  await (await import('./write-mesh.ts')).writeGraph(path, graph, options);
}

function webAddress(file: unknown): WebAddress | undefined {
  return isWebAddress(file) ? parseWebAddress(file) : undefined;
}

function requirePath(file: unknown): string | URL {
  // Bun and Deno say that they are Node.js, too.
  if (globalThis.process?.versions?.node === undefined)
    throw noMeshFile(`Without Node.js ${showFile(file)}`, 'an http(s) URL, ');
  const isPath = typeof file === 'string' ? !isWebAddress(file) && !isMeshContent(file) : isUrl(file);
  if (isPath) return file as string | URL;
  throw noMeshFile(showFile(file), PLACES);
}
