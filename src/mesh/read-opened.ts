import { ConfigError } from '../core/errors.ts';
import type { LeftOutArray, Mesh, RandomAccess } from '../core/mesh.ts';
import type { MeshHeader, ReadMeshFileOptions } from '../core/mesh-format.ts';
import { showValue } from '../core/show-value.ts';
import type { ReadOptions } from '../core/source.ts';
import { openMesh } from '../formats/registry.ts';
import { noMeshFile, openMeshBytes } from './mesh-bytes.ts';
import type { ReadMeshOptions } from './read-options.ts';
import { tellLeftOut } from './warn-left-out.ts';

/** Reads the mesh of opened bytes. */
export async function readOpened(
  { file, name }: { readonly file: RandomAccess; readonly name: string },
  options: ReadMeshOptions,
): Promise<Mesh> {
  const { attributes, maxExpansion, signal } = options;
  const openSibling = siblingsBy(options.openSibling);
  const path = nameOf(options, name);
  const leftOut: LeftOutArray[] = [];
  const onLeftOut = (array: LeftOutArray): void => void leftOut.push(array);
  const opened = await openMesh(file, { path, signal });
  const mesh = await opened.read({ attributes, maxExpansion, openSibling, onLeftOut, signal });
  tellLeftOut('', path, leftOut, options);
  return mesh;
}

/** Reads how opened bytes are stored. */
export async function readHeaderOfOpened(
  { file, name }: { readonly file: RandomAccess; readonly name: string },
  options: ReadOptions & { readonly path?: string | undefined },
): Promise<MeshHeader> {
  return (await openMesh(file, { path: nameOf(options, name), signal: options.signal })).header;
}

/** Chooses the name by which messages call the bytes. */
export function nameOf({ path }: { readonly path?: unknown }, name: string): string {
  if (path === undefined || typeof path === 'string') return path ?? name;
  throw new ConfigError('path', `path is ${showValue(path)}: give the name that messages use, a text.`);
}

/**
 * Makes what a reader opens pieces by of somebody's own function.
 *
 * @throws ConfigError when it is none, or gives what is no mesh file
 */
export function siblingsBy(openSibling: ReadMeshOptions['openSibling']): ReadMeshFileOptions['openSibling'] {
  if (openSibling === undefined) return undefined;
  if (typeof openSibling !== 'function')
    throw new ConfigError('openSibling', `openSibling is ${showValue(openSibling)}: give a function.`);
  return async (path, signal) => {
    const given: unknown = await openSibling(path, signal);
    const opened = openMeshBytes(given);
    if (opened !== undefined) return opened.file;
    throw noMeshFile(`${showValue(given)}, which openSibling gives for ${showValue(path)},`, '');
  };
}
