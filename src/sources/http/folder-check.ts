import { isVascuError, NotFoundError } from '../../core/errors.ts';
import type { HttpResponse } from '../../protocols/http/exchange-types.ts';
import { isPage } from './headers.ts';
import type { Index } from './index-reader.ts';

/** Question that tells whether there is a folder. */
interface FolderQuestion {
  /** URL of the source. */
  readonly base: string;
  readonly path: string;
  readonly index: Index;
  /** Reads the page of a folder; undefined where there is none. */
  readPage(folder: string): Promise<unknown>;
  /** Rejects where there is no such file. */
  stat(path: string): Promise<unknown>;
}

/** @throws NotFoundError when no folder is at the path, saying what there is */
export async function assertWebFolder(question: FolderQuestion): Promise<void> {
  const { base, path, index, readPage, stat } = question;
  const folder = `${path}/`;
  if (index.kind === 'autoindex' && (await readPage(folder)) !== undefined) return;
  if (index.kind === 'list' && index.files.hasPrefix(folder)) return;
  const isFile = await stat(path).then(
    () => true,
    (error: unknown) => {
      if (!isVascuError(error, 'NOT_FOUND')) throw error;
      return false;
    },
  );
  throw isFile
    ? isAFile(base + path)
    : new NotFoundError(
        `There is no folder ${JSON.stringify(path)} at ${base}: check its spelling, upper and lower case too.`,
      );
}

/**
 * Tells whether the address of a source that has no list of files is that of a file: one whose name has an ending, and
 * that the server sends as no page.
 *
 * @param head - asks for it by HEAD
 */
export async function fileInPlaceOf(
  base: URL,
  head: (url: URL) => Promise<HttpResponse>,
): Promise<NotFoundError | undefined> {
  const url = new URL(base);
  url.pathname = url.pathname.replace(/\/+$/, '');
  if (!/\.[^/.]+$/.test(url.pathname)) return undefined;
  try {
    const response = await head(url);
    await response.discard();
    const isFile =
      response.status === 200 && !isPage(response.headers) && !response.url.pathname.endsWith('/');
    return isFile ? isAFile(url.href) : undefined;
  } catch (error) {
    if (!isVascuError(error)) throw error;
    return undefined;
  }
}

function isAFile(url: string): NotFoundError {
  return new NotFoundError(`${url} is a file, not a folder: give the folder that holds it.`);
}
