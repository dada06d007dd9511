import { statSync } from 'node:fs';
import { archiveKind, archivesOnPath } from '../io.ts';

/** Tells whether an address ends in the name of an archive, whose inside is then read. */
export function isArchiveAddress(address: string): boolean {
  return archiveKind(toSlashes(address).replace(/\/+$/, '')) !== undefined;
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
  const archive = archivesOnPath(toSlashes(path)).find((each) => isFile(path.slice(0, each.length)));
  if (archive === undefined) return undefined;
  return { archive: path.slice(0, archive.length), file: path.slice(archive.length + 1) };
}

function toSlashes(path: string): string {
  return path.replaceAll('\\', '/');
}

function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
