import { rejectUnknownOptions } from '../core/known-options.ts';
import type { Source } from '../core/source.ts';
import type { ArchiveOptions } from './archive-options.ts';
import { ArchiveSource } from './archive-source.ts';
import { checkArchiveOptions } from './choose-archives.ts';

/**
 * Makes a source in which the archives of another one are folders as well: `a/b.zip/inside/c.vtu` is a file of
 * `a/b.zip`, in `.zip`, `.tar`, `.tar.gz` and `.tgz`, also within each other up to two levels. A `.gz` of one file, and
 * a file cut into `NAME.00.part`, `NAME.01.part`, …, appear as the file `NAME` beside them. Nothing is downloaded but
 * what is read: a stored member is a range of its archive, a deflated one is inflated as it comes, and read on from the
 * nearest of its restart points later.
 *
 * The result owns `source`, and closes it when it is closed.
 *
 * @throws ConfigError for an option that cannot be used
 *
 * @example
 * const source = withArchives(new HttpSource({ url: 'https://example.org/cases/' }), { archives: '**' + '/*.zip' });
 */
export function withArchives(source: Source, options: ArchiveOptions = {}): ArchiveSource {
  rejectUnknownOptions('withArchives', options, ['archives', 'maxExpansion', 'keeper']);
  checkArchiveOptions(options);
  return new ArchiveSource(source, options);
}
