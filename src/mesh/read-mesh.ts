import { isVascuError } from '../core/errors.ts';
import type { GraphOf } from '../core/graph.ts';
import type { FileHolder, HeldParts, PartMode, PartsRequest } from '../core/held-file.ts';
import type { LeftOutArray, Mesh, SiblingFile } from '../core/mesh.ts';
import type { ReadMeshFileOptions } from '../core/mesh-format.ts';
import type { ReadPlanner } from '../core/read-plan.ts';
import { resolveSibling } from '../core/safe-path.ts';
import type { FileEntry, ReadOptions } from '../core/source.ts';
import { FileGroup } from '../files/file-group.ts';
import { retryGone } from '../files/gone-file.ts';
import { asParts } from '../files/held.ts';
import { locateBeside, toLocalPath } from '../files/local-path.ts';
import { openMesh } from '../formats/registry.ts';
import { planMesh } from './plan-mesh.ts';
import type { ReadMeshOptions } from './read-options.ts';
import { tellLeftOut } from './warn-left-out.ts';

/** Reads a mesh file of this machine; see `mesh-files.ts`. */
export async function readMesh(file: string | URL, options: ReadMeshOptions = {}): Promise<Mesh> {
  const local = toLocalPath(file);
  const { path = local } = options;
  const files = new FileGroup(path, locateBeside(local));
  const leftOut: LeftOutArray[] = [];
  try {
    const opened = await openMesh(await files.open(local, options.signal), { path, signal: options.signal });
    const mesh = await opened.read({
      attributes: options.attributes,
      maxExpansion: options.maxExpansion,
      openSibling: (await ownSiblings(options)) ?? files.openSibling,
      onLeftOut: (array) => void leftOut.push(array),
      signal: options.signal,
    });
    tellLeftOut('', path, leftOut, options);
    return mesh;
  } finally {
    await files.close();
  }
}

/** Makes what opens pieces of a function of the caller's own. */
async function ownSiblings({
  openSibling,
}: ReadMeshOptions): Promise<ReadMeshFileOptions['openSibling'] | undefined> {
  return openSibling && (await import('./read-opened.ts')).siblingsBy(openSibling);
}

/** Options of {@link readMeshFrom}. */
export interface ReadMeshFromOptions extends Omit<ReadMeshOptions, 'path' | 'headers' | 'openSibling'> {
  /**
   * Mode of the read, as the option of a dataset: how much of the file is fetched for `attributes`. @defaultValue
   * `'auto'`
   */
  readonly mode?: PartMode | undefined;
}

/** Reads a mesh file of a streamer's source; see `mesh-files.ts`. */
export async function readMeshFrom(
  streamer: FileHolder,
  path: string,
  options: ReadMeshFromOptions = {},
): Promise<Mesh> {
  try {
    return await retryGone(() => readOnce(streamer, path, options));
  } catch (error) {
    // Single parts have no checksum: what cannot be read was removed, and is fetched once more.
    if (!(error instanceof UnreadableParts)) throw error;
  }
  return retryGone(() => readOnce(streamer, path, options)).catch((error: unknown) => {
    throw error instanceof UnreadableParts ? error.cause : error;
  });
}

/** A mesh of which parts were fetched cannot be read; they are removed. */
class UnreadableParts extends Error {
  override readonly name = 'UnreadableParts';
}

async function readOnce(streamer: FileHolder, path: string, options: ReadMeshFromOptions): Promise<Mesh> {
  const { attributes, maxExpansion, mode, signal } = options;
  const leftOut: LeftOutArray[] = [];
  const held: HeldParts[] = [];
  const files = new FileGroup(path, () => undefined);
  const open = async (each: string): Promise<SiblingFile> => {
    const parts = await holdFile(streamer, each, { attributes, mode, signal });
    held.push(parts);
    return { ...(await files.open(parts.place, signal)), parsed: parts.parsed };
  };
  const openSibling = (relative: string): Promise<SiblingFile> => {
    const piece = resolveSibling(path, relative);
    return piece === undefined ? files.openSibling(relative, signal) : open(piece);
  };
  let remove = false;
  try {
    const file = await open(path);
    const opened = await openMesh(file, { path, parsed: file.parsed, signal });
    const mesh = await opened.read({
      attributes,
      maxExpansion,
      openSibling,
      onLeftOut: (array) => void leftOut.push(array),
      signal,
    });
    tellLeftOut(streamer.source.id, path, leftOut, options);
    return mesh;
  } catch (error) {
    remove = isVascuError(error, 'FORMAT') && held.some(({ place }) => typeof place !== 'string');
    throw remove ? new UnreadableParts(String(error), { cause: error }) : error;
  } finally {
    await files.close();
    for (const each of held) each.release({ remove: remove && typeof each.place !== 'string', shared: true });
  }
}

/** Options of {@link holdFile}. */
export interface HoldOptions extends WantedArrays, ReadOptions {
  readonly entry?: FileEntry | undefined;
  /** True when the file names others, as a listing told. @defaultValue false */
  readonly isCollection?: boolean | undefined;
  readonly onProgress?: ((bytes: number) => void) | undefined;
}

/** Brings what is wanted of a file to this machine and holds it: all of it where no arrays are named. */
export function holdFile(streamer: FileHolder, path: string, options: HoldOptions): Promise<HeldParts> {
  const { entry, signal, onProgress, attributes, isGraph, isCollection } = options;
  if (attributes !== undefined && isGraph === true && isCollection === true)
    return holdCollection(streamer, path, { ...options, attributes });
  const request = partsRequest(path, options);
  return request === undefined
    ? streamer.openFile(path, { entry, signal, onProgress }).then((file) => asParts(file))
    : streamer.openParts(path, { ...request, entry, signal });
}

/** Holds a file that names others, which come next: as far as it has what is wanted of them. */
async function holdCollection(
  streamer: FileHolder,
  path: string,
  { attributes, signal, ...options }: HoldOptions & { readonly attributes: readonly string[] },
): Promise<HeldParts> {
  const held = await holdFile(streamer, path, { ...options, attributes, isGraph: false, signal });
  try {
    const { refuseUndeclared } = await import('./refuse-undeclared.ts');
    const parsed = await refuseUndeclared(streamer, {
      path,
      held,
      attributes,
      graphOf: options.graphOf,
      signal,
    });
    return { ...held, parsed };
  } catch (error) {
    held.release();
    throw error;
  }
}

/** Arrays of a mesh that are wanted, and how they are fetched. */
export interface WantedArrays extends Pick<PartsRequest, 'sameMeshAs'> {
  readonly attributes?: readonly string[] | undefined;
  readonly mode?: PartMode | undefined;
  /** True when a graph is made of the mesh, that must have all of `attributes`. @defaultValue false */
  readonly isGraph?: boolean | undefined;
  /** Graph that is made of the mesh: one of cells has no arrays over points. @defaultValue `'points'` */
  readonly graphOf?: GraphOf | undefined;
  /** True when points and cells are wanted. @defaultValue true */
  readonly geometry?: boolean | undefined;
}

/** Makes the request for what is wanted of a mesh file; undefined for all of it. */
export function partsRequest(
  path: string,
  { attributes, mode = 'auto', sameMeshAs, isGraph, graphOf, geometry = true }: WantedArrays,
): PartsRequest | undefined {
  const isOfCells = graphOf === 'cells';
  if ((attributes === undefined && !isOfCells && geometry) || mode === 'whole') return undefined;
  const plan: ReadPlanner = (file, signal) =>
    planMesh(file, { path, attributes, geometry, isGraph, graphOf, signal });
  const own = isOfCells ? [attributes ?? null, graphOf] : attributes;
  const wish = JSON.stringify(geometry ? own : [own ?? null, 'arrays']);
  return { plan, mode, wish, sameMeshAs };
}
