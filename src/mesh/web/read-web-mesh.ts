import type { LeftOutArray, Mesh, SiblingFile } from '../../core/mesh.ts';
import type { MeshFile, MeshHeader } from '../../core/mesh-format.ts';
import type { ReadOptions } from '../../core/source.ts';
import { openMesh } from '../../formats/registry.ts';
import { nameOf, siblingsBy } from '../read-opened.ts';
import type { ReadMeshOptions } from '../read-options.ts';
import { tellLeftOut } from '../warn-left-out.ts';
import { WebFiles, type WebFilesOptions } from './open-web-files.ts';
import { checkWebHeaders, type WebAddress } from './web-address.ts';
import { ChangedMeanwhile, NoRanges } from './web-errors.ts';

/** Tries to read a file in ranges that changes meanwhile; then it comes whole, which is one state of it. */
const TRIES_IN_RANGES = 2;

/** Reads a mesh of a web server; of one of which arrays are named in ranges. */
export async function readWebMesh(address: WebAddress, options: ReadMeshOptions): Promise<Mesh> {
  const { attributes, maxExpansion, openSibling, signal } = options;
  const path = nameOf(options, address.label);
  const wish = attributes === undefined ? undefined : { attributes, geometry: true };
  return tryAgain({ ...options, path, wish }, async (files) => {
    const leftOut: LeftOutArray[] = [];
    const opened = await openFile(await files.open(address), path, signal);
    const mesh = await opened.read({
      attributes,
      maxExpansion,
      openSibling: openSibling ? siblingsBy(openSibling) : files.siblingsOf(address, opened.references),
      onLeftOut: (array) => void leftOut.push(array),
      signal,
    });
    tellLeftOut('', path, leftOut, options);
    return mesh;
  });
}

/** Reads how a mesh file of a web server is stored. */
export async function readWebMeshHeader(
  address: WebAddress,
  options: Pick<ReadMeshOptions, 'headers' | 'path'> & ReadOptions,
): Promise<MeshHeader> {
  const path = nameOf(options, address.label);
  const wish = { attributes: [], geometry: false };
  return tryAgain(
    { ...options, path, wish },
    async (files) => (await openFile(await files.open(address), path, options.signal)).header,
  );
}

function openFile(file: SiblingFile, path: string, signal: AbortSignal | undefined): Promise<MeshFile> {
  return openMesh(file, { path, parsed: file.parsed, signal });
}

async function tryAgain<Result>(
  {
    headers,
    path,
    signal,
    wish,
  }: Pick<WebFilesOptions, 'path' | 'wish'> & Pick<ReadMeshOptions, 'headers' | 'signal'>,
  read: (files: WebFiles) => Promise<Result>,
): Promise<Result> {
  const sent = checkWebHeaders(headers);
  for (let tries = 0; ; tries++) {
    const isWhole = tries === TRIES_IN_RANGES;
    const files = new WebFiles({ headers: sent, wish, isWhole, path, signal });
    try {
      return await read(files);
    } catch (error) {
      signal?.throwIfAborted();
      if (isWhole || !(error instanceof ChangedMeanwhile || error instanceof NoRanges)) throw error;
      // A server that gives no ranges any more will not give any in the next try either.
      if (error instanceof NoRanges) tries = TRIES_IN_RANGES - 1;
    } finally {
      files.close();
    }
  }
}
