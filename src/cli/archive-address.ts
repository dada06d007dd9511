import { statSync } from 'node:fs';

const ARCHIVE = /[^/\\]\.(?:zip|tar|tgz|tar\.gz)$/i;

/** Tells whether an address ends in the name of an archive, whose inside is then read. */
export function isArchiveAddress(address: string): boolean {
  return ARCHIVE.test(address.replace(/[/\\]+$/, ''));
}

/**
 * Splits a path that leads into an archive of this machine: the archive, and the path from there; undefined where it
 * leads into none.
 *
 * @example
 * splitArchivePath('/data/x.zip/a/1.vtu'); // { archive: '/data/x.zip', file: 'a/1.vtu' }
 */
export function splitArchivePath(
  path: string,
): { readonly archive: string; readonly file: string } | undefined {
  for (const { index } of `${path}/`.matchAll(/[/\\]/g)) {
    const archive = path.slice(0, index);
    if (ARCHIVE.test(archive) && isFile(archive)) return { archive, file: path.slice(index + 1) };
  }
  return undefined;
}

function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
