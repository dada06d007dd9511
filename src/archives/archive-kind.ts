import { ConfigError } from '../core/errors.ts';
import { compileGlob } from '../core/glob.ts';
import { showValue } from '../core/show-value.ts';

/** Kinds of archives that are folders. */
export type ArchiveKind = 'zip' | 'tar' | 'tgz';

/** Kind of the archive that a file is by its name; undefined for what is none. */
export function archiveKind(path: string): ArchiveKind | undefined {
  const name = path.slice(path.lastIndexOf('/') + 1).toLowerCase();
  if (/.\.zip$/.test(name)) return 'zip';
  if (/.\.tar$/.test(name)) return 'tar';
  return /.\.(?:tgz|tar\.gz)$/.test(name) ? 'tgz' : undefined;
}

/** Path of the file that a `.gz` of one file is; undefined for what is none. */
export function unzippedPath(path: string): string | undefined {
  return archiveKind(path) === undefined && /[^/]\.gz$/i.test(path) ? path.slice(0, -3) : undefined;
}

/**
 * Test of paths of archives, and of files that are packed or cut, by the option `archives`.
 *
 * @throws ConfigError where it is neither a boolean nor patterns
 */
export function chooseArchives(
  archives: boolean | string | readonly string[] | undefined,
): (path: string) => boolean {
  if (archives === undefined || typeof archives === 'boolean') return () => archives === true;
  const patterns: readonly unknown[] = typeof archives === 'string' ? [archives] : archives;
  if (!Array.isArray(patterns) || patterns.some((pattern) => typeof pattern !== 'string')) {
    throw new ConfigError(
      'archives',
      `archives must be true, false or patterns of paths such as "**/*.zip", not ${showValue(archives)}.`,
    );
  }
  const tests = patterns.map((pattern) => compileGlob(String(pattern)));
  return (path) => tests.some((test) => test(path));
}
