import { NotFoundError } from './errors.ts';
import { shortenPath } from './show-value.ts';

/**
 * Checks that `path` is a plain path inside a source: names joined by `/`, none of them empty, `.` or `..`, no
 * NUL. A path that could lead out of the source names nothing in it.
 *
 * @throws NotFoundError when it is not
 */
export function assertInside(path: string): void {
  const names = path.split('/');
  if (!path.includes('\0') && names.every((name) => name !== '' && name !== '.' && name !== '..')) return;
  throw new NotFoundError(
    `No file ${JSON.stringify(shortenPath(path))}: give a path inside the source, such as "folder/case.vtu", without ".." and without a leading "/".`,
  );
}

/** Paths of which nothing has to be resolved; most are. */
const PLAIN = /^[\w-][\w.=+,@ -]*(?:\/[\w-][\w.=+,@ -]*)*$/;

/** Tells whether a path is one inside a source of plain parts: most are, and are known in no time. */
export function isPlainPath(path: string): boolean {
  return PLAIN.test(path);
}

/**
 * Resolves the path that `relative`, as written in the file `from`, stands for inside the source: `.` and `..` are
 * resolved, and `\` counts as `/` (files written on Windows).
 *
 * @returns undefined when it is absolute or leads out of the source
 */
export function resolveSibling(from: string, relative: string): string | undefined {
  if (PLAIN.test(relative)) return from.slice(0, from.lastIndexOf('/') + 1) + relative;
  const names = from.split('/').slice(0, -1);
  const given = relative.replaceAll('\\', '/');
  if (given.startsWith('/') || /^[A-Za-z]:|^[A-Za-z][\w+.-]+:\/\//.test(given) || given.includes('\0'))
    return undefined;
  for (const name of given.split('/')) {
    if (name === '..') {
      if (names.pop() === undefined) return undefined;
    } else if (name !== '' && name !== '.') names.push(name);
  }
  return names.length === 0 ? undefined : names.join('/');
}
