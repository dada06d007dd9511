import { isVascuError } from '../core/errors.ts';
import type { GraphOf } from '../core/graph.ts';
import type { FileHolder, HeldParts } from '../core/held-file.ts';
import type { ParsedHeader } from '../core/mesh.ts';
import { noSuchArray, pointArrayInCells } from '../core/wished-arrays.ts';
import { openPlace } from '../files/ranged-file.ts';
import { openMesh, parsedOf } from '../formats/registry.ts';
import { readMeshHeaderFrom } from './mesh-header.ts';

/** File that names others, which are not here yet, and what is wanted of them. */
export interface CollectionWish {
  /** Path of the file, inside the source. */
  readonly path: string;
  readonly held: Pick<HeldParts, 'place' | 'parsed'>;
  readonly attributes: readonly string[];
  readonly graphOf: GraphOf | undefined;
  readonly signal: AbortSignal | undefined;
}

/**
 * Refuses arrays that a file does not declare for its pieces before these are fetched. Of them only the headers are
 * read, which say why an array is left out.
 *
 * @returns the file's header, unless it is broken: whoever reads the sample says more of that
 * @throws NotFoundError or ConfigError as reading the sample does
 */
export async function refuseUndeclared(
  streamer: FileHolder,
  { path, held, attributes, graphOf, signal }: CollectionWish,
): Promise<ParsedHeader | undefined> {
  try {
    await using file = await openPlace(held.place);
    const opened = await openMesh(file, { path, parsed: held.parsed, signal });
    const { header } = opened;
    const isOfCells = graphOf === 'cells';
    const isDeclared = (name: string): boolean =>
      header.declared.some(
        ({ name: own, on }) => own === name && (isOfCells ? on === 'cell' : on !== 'field'),
      );
    const missing = header.pieceFiles.length > 0 ? attributes.find((name) => !isDeclared(name)) : undefined;
    if (missing === undefined) return parsedOf(opened);
    if (isOfCells && header.pointArrays.includes(missing))
      throw pointArrayInCells('includeAttributes', missing, path, header.cellArrays);
    const { leftOut } = await readMeshHeaderFrom(streamer, path, { signal });
    throw noSuchArray(
      missing,
      path,
      header,
      leftOut.filter(({ name }) => name === missing),
    );
  } catch (error) {
    if (!isVascuError(error, 'FORMAT')) throw error;
    return undefined;
  }
}
