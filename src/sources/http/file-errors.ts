import { IntegrityError, type NotFoundError, UnsupportedError } from '../../core/errors.ts';
import type { ByteRange } from '../../core/source.ts';
import { missingFile } from '../../core/source-errors.ts';

/** What a file is called at its server. */
export interface FileName {
  /** URL, as messages name the file. */
  readonly what: string;
  /** Host of the answer. */
  readonly host: string;
  /** What came in its place, as a sentence that begins with a space; `''` for nothing of the kind. */
  readonly hint: string;
}

/** A list and the server say different sizes. */
export function wrongSize({ what, hint }: FileName, listed: number, size: number): IntegrityError {
  return new IntegrityError(
    `${what} is listed with ${listed} bytes and the server has ${size}.${hint} If the file has changed, make the list anew.`,
    `${listed} bytes`,
    `${size} bytes`,
  );
}

export function missingFromServer(path: string, base: string, status: number): NotFoundError {
  const more = path.includes('\\')
    ? ' Its name has a backslash in it: if a list of Windows says so, write "/" between folders.'
    : '';
  return missingFile(path, `at ${base} (status ${status})`, { more });
}

export function withoutSize({ what, host }: FileName): UnsupportedError {
  return new UnsupportedError(
    'size',
    `${what}: ${host} does not say how long it is (no Content-Length). Give the size in a files.jsonl, or serve the file as it lies on disk.`,
  );
}

/** @param etags - whether ETags would do as well */
export function withoutVersion({ what, host, hint }: FileName, etags: boolean): UnsupportedError {
  const lacks = etags ? 'neither ETag nor Last-Modified' : 'no Last-Modified';
  return new UnsupportedError(
    'version',
    `${what}: ${host} sends ${lacks}, so that a changed file cannot be told from the old one.${hint} Give a files.jsonl with "path", "size" and "sha256" of each file.`,
  );
}

/** A part was asked for, and what came is all of the file or a refusal. */
export function withoutParts(what: string, host: string, { start }: ByteRange): UnsupportedError {
  return new UnsupportedError(
    'range',
    `${what}: ${host} does not send parts of files: asked for the bytes from ${start} on, it sends all of it or refuses. Read the file from its start.`,
  );
}

/** Why an ETag alone changes. */
export const OTHER_ETAG =
  ' Only its ETag is another, date and size are the same: probably several servers answer by one name, each with ETags of its own. A files.jsonl with "path", "size" and "sha256" of each file makes up for it.';

/** A part of a file that several servers have, each with an ETag of its own. */
export function mixedServers(what: string): UnsupportedError {
  return new UnsupportedError(
    'range',
    `${what}: parts of it would come from several servers.${OTHER_ETAG} Read the file from its start.`,
  );
}
