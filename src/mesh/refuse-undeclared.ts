import { isVascuError } from '../core/errors.ts';
import type { FileHolder, HeldParts } from '../core/held-file.ts';
import type { MeshHeader } from '../core/mesh-format.ts';
import { openPlace } from '../files/ranged-file.ts';
import { openMesh } from '../formats/registry.ts';
import { noSuchArray } from '../graph/wished-arrays.ts';
import { readMeshHeaderFrom } from './mesh-header.ts';

/** File that names others, which are not here yet, and what is wanted of them. */
export interface CollectionWish {
  /** Of the file, inside the source. */
  readonly path: string;
  readonly held: Pick<HeldParts, 'place' | 'parsed'>;
  readonly attributes: readonly string[];
  readonly signal: AbortSignal;
}

/**
 * Refuses arrays that a file does not declare for its pieces before these are fetched. Of them only the headers are
 * read, which say why an array is left out.
 *
 * @throws NotFoundError as reading the sample does
 */
export async function refuseUndeclared(streamer: FileHolder, wish: CollectionWish): Promise<void> {
  const { path, attributes, signal } = wish;
  try {
    const header = await readHeader(wish);
    if (header.pieceFiles.length === 0) return;
    const missing = attributes.find(
      (name) => !header.declared.some((array) => array.name === name && array.on !== 'field'),
    );
    if (missing === undefined) return;
    const { leftOut } = await readMeshHeaderFrom(streamer, path, { signal });
    const known = leftOut.filter(({ name }) => name === missing);
    throw noSuchArray(missing, path, header, known);
  } catch (error) {
    // Whoever reads the sample says more of what is broken.
    if (!isVascuError(error, 'FORMAT')) throw error;
  }
}

async function readHeader({ path, held, signal }: CollectionWish): Promise<MeshHeader> {
  await using file = await openPlace(held.place);
  return (await openMesh(file, { path, parsed: held.parsed, signal })).header;
}
