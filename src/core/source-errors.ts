import { NotFoundError } from './errors.ts';
import { shortenPath } from './show-value.ts';
import type { ByteRange } from './source.ts';

/**
 * Makes the error for a file that is no longer of the version that was asked for.
 *
 * @param file - as messages name it
 * @param now - its version, where it is known
 * @param more - what else there is to say: a sentence with a space before it
 * @param folder - what must be listed again
 */
export function changedFile(
  file: string,
  asked: string | undefined,
  now?: string,
  { more = '', folder = 'folder' }: { readonly more?: string; readonly folder?: string } = {},
): NotFoundError {
  const is = now === undefined ? '' : ` its version is ${now},`;
  return new NotFoundError(
    `${file} has changed:${is} asked for was ${asked ?? 'another'}.${more} List the ${folder} again.`,
  );
}

/**
 * Makes the error for a file that is not there.
 *
 * @param where - with its preposition: `in the folder /data`
 * @param more - what else there is to say: a sentence with a space before it
 */
export function missingFile(
  path: string,
  where: string,
  { more = '', ...options }: ErrorOptions & { readonly more?: string } = {},
): NotFoundError {
  return new NotFoundError(`There is no file ${JSON.stringify(shortenPath(path))} ${where}.${more}`, options);
}

/** Makes the error for a range that does not lie in a file, or, without a size, that is none. */
export function outsideFile(file: string, { start, end }: ByteRange, size?: number): RangeError {
  return new RangeError(
    `${file}: bytes ${start} to ${end} ${size === undefined ? 'are no range' : `do not lie in its ${size} bytes`}.`,
  );
}

/** Tells whether a range lies in a file of so many bytes; without a size, whether it is one at all. */
export function isRangeOf({ start, end }: ByteRange, size: number = Number.MAX_SAFE_INTEGER): boolean {
  return (
    Number.isSafeInteger(start) && Number.isSafeInteger(end) && 0 <= start && start <= end && end <= size
  );
}
