import { isVascuError, NotFoundError } from '../core/errors.ts';
import type { Source } from '../core/source.ts';
import { MESH_EXTENSIONS } from '../formats/registry.ts';

/** A listing in which there was no mesh. */
export interface EmptyListing {
  /** Folder that was listed: empty, or with `/` at its end. */
  readonly folder: string;
  /** Files that it holds all the same. */
  readonly files: number;
  /** Number of archives among them, by kind: `3 .zip`; undefined for none. */
  readonly archives: string | undefined;
  /** A sentence about what was passed over. */
  readonly passedOver: string | undefined;
}

/**
 * Makes the error that says why a folder has no sample: it is not there, it is a file, it is empty, or it holds other files.
 *
 * @throws what the source throws when it is asked
 */
export async function noSamples(
  source: Source,
  { folder, files, archives, passedOver }: EmptyListing,
  signal: AbortSignal,
): Promise<NotFoundError> {
  const path = folder.replace(/\/+$/, '');
  const base = source.id.replace(/\/+$/, '');
  const where = path === '' ? base : `${base}/${path}`;
  if (files === 0 && path !== '') {
    if (source.assertFolder !== undefined) await source.assertFolder(path, { signal });
    else if (await isFile(source, path, signal)) {
      return new NotFoundError(`${where} is a file, not a folder: give the folder that holds it.`);
    }
  }
  const count = files === 0 ? 'no file at all' : files === 1 ? '1 file' : `${files} files`;
  const also = passedOver === undefined ? '' : `${passedOver} `;
  const unopened =
    archives === undefined
      ? ''
      : `Among them are ${archives} (open them with archives: true, or --archives). `;
  return new NotFoundError(
    `There is no mesh file (${MESH_EXTENSIONS.join(', ')}) in ${where}, which holds ${count}. ${unopened}${also}Check sourceUrl and sourceDir.`,
  );
}

async function isFile(source: Source, path: string, signal: AbortSignal): Promise<boolean> {
  try {
    await source.stat(path, { signal });
    return true;
  } catch (error) {
    if (!isVascuError(error, 'NOT_FOUND')) throw error;
    return false;
  }
}
