import { basename, dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ConfigError } from '../core/errors.ts';
import { resolveSibling } from '../core/safe-path.ts';
import { showValue } from '../core/show-value.ts';

/**
 * Finds the absolute path of a file of this machine, given as a path or a `file:` URL.
 *
 * @throws ConfigError (option `file`) when it is a URL of another kind
 */
export function toLocalPath(file: string | URL): string {
  if (typeof file === 'string' && !/^(?:[a-z][\w+.-]+:\/\/|file:)/i.test(file)) return resolve(file);
  try {
    const { search, hash } = new URL(file);
    if (search !== '' || hash !== '') throw new Error('a query or fragment (write "?" as %3F, "#" as %23)');
    return fileURLToPath(file);
  } catch (cause) {
    const plain = String(file).replace(/[?#].*$/s, '');
    const shown = showValue(URL.parse(plain) ?? plain);
    throw new ConfigError(
      'file',
      `${shown} is no file of this machine: give a path, or a file: URL without a query ("?" in a name is %3F, "#" %23).`,
      { cause },
    );
  }
}

/**
 * Finds files by their paths relative to the file at `path`; undefined for those outside of its folder, which
 * a mesh file may not make anybody open.
 */
export function locateBeside(path: string): (relative: string) => string | undefined {
  return (relative) => {
    const inside = resolveSibling(basename(path), relative);
    return inside === undefined ? undefined : resolve(dirname(path), inside);
  };
}
