import { isAbsolute, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ConfigError, FormatError, isVascuError } from '../core/errors.ts';
import { resolveSibling } from '../core/safe-path.ts';
import { showValue } from '../core/show-value.ts';
import { openFileAccess } from '../files/file-access.ts';

/** Most bytes of a file that is read whole. */
const MAX_BYTES = 256 * 1024 ** 2;

/**
 * Reads the path on this machine that a file's name says by itself; undefined where it may lie in the source.
 *
 * @param option - that gave it, as errors name it
 * @throws ConfigError for a URL of a file of another machine
 */
export function ownPathOf(file: string, option: string): string | undefined {
  if (/^file:/i.test(file)) {
    try {
      return fileURLToPath(file);
    } catch (cause) {
      const message = `${showValue(file)} is no file of this machine: give its path, or a URL such as "file:///folder/cases.csv".`;
      throw new ConfigError(option, message, { cause });
    }
  }
  return isAbsolute(file) || /^[A-Za-z]:[\\/]/.test(file) ? resolve(file) : undefined;
}

/**
 * Lists the paths in the source that the name of a file stands for which may lie there: from the dataset's folder on, then
 * from its root on.
 */
export function sourcePathsOf(file: string, folder: string): readonly string[] {
  const paths = [resolveSibling(folder, file), resolveSibling('', file)];
  return [...new Set(paths.filter((path) => path !== undefined))];
}

/**
 * Reads a file of this machine; undefined where there is none.
 *
 * @param option - that gave it, as errors name it
 * @throws ConfigError where this user may not read it
 * @throws FormatError where it is too large
 */
export async function readOwnFile(
  path: string,
  option: string,
  signal: AbortSignal,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  try {
    await using file = await openFileAccess(path);
    if (file.size > MAX_BYTES) {
      throw new FormatError(`${file.size} bytes are too many for a file of ${option}`, { path });
    }
    return await file.read(0, file.size, signal);
  } catch (error) {
    if (isVascuError(error, 'NOT_FOUND')) return undefined;
    // What the user may not read is named by the option that gave it.
    if (isVascuError(error, 'CONFIG')) throw new ConfigError(option, error.message, { cause: error });
    throw error;
  }
}
