import { ConfigError } from '../core/errors.ts';
import { compileGlob } from '../core/glob.ts';
import { showValue } from '../core/show-value.ts';
import type { ArchiveOptions } from './archive-options.ts';

/**
 * Makes the test of paths of archives, and of files that are packed or cut, by the option `archives`.
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

/** @throws ConfigError for an option that cannot be used */
export function checkArchiveOptions({
  archives,
  maxExpansion,
}: Pick<ArchiveOptions, 'archives' | 'maxExpansion'>): void {
  chooseArchives(archives);
  if (maxExpansion === undefined || (typeof maxExpansion === 'number' && maxExpansion >= 1)) return;
  throw new ConfigError(
    'maxExpansion',
    `maxExpansion must be a number of 1 or more, not ${showValue(maxExpansion)}.`,
  );
}
