import { type ArchiveOptions, ArchiveSource, type ArchiveStats } from '../archives/archive-source.ts';
import { chooseArchives } from '../archives/choose-archives.ts';
import { InsideSource } from '../archives/inside-source.ts';
import { checkArchiveOptions } from '../archives/with-archives.ts';
import { archivesOnPath } from '../core/archive-name.ts';
import type { Source } from '../core/source.ts';
import type { OpenedSource } from '../core/source-kind.ts';
import type { CacheAccess } from '../download/cache-access.ts';
import { CacheKeeper } from './cache-keeper.ts';

const NO_STATS: ArchiveStats = { opened: 0, directoryBytes: 0, inflatedBytes: 0, restarts: 0 };

/**
 * Source of a place with the archives that are folders by the options; where the address named an archive, or a folder in
 * one, its inside.
 *
 * @throws ConfigError for an option that cannot be used
 */
export function openArchives(
  { source, folder }: OpenedSource,
  options: Pick<ArchiveOptions, 'archives' | 'maxExpansion'>,
  cache: CacheAccess,
): OpenedSource {
  checkArchiveOptions(options);
  const { archives = false, maxExpansion } = options;
  const named = folder === undefined ? [] : archivesOnPath(folder);
  if (
    source instanceof InsideSource ||
    source instanceof ArchiveSource ||
    (named.length === 0 && archives === false)
  ) {
    return { source, folder };
  }
  const isChosen = chooseArchives(archives);
  const keeper = new CacheKeeper(cache, source.id);
  const begin = `${folder}/`;
  const isFolder = (path: string): boolean =>
    named.includes(path) ||
    isChosen(named.length > 0 && path.startsWith(begin) ? path.slice(begin.length) : path);
  const opened = new ArchiveSource(source, { maxExpansion, keeper }, isFolder);
  if (folder === undefined || named.length === 0) return { source: opened, folder };
  return { source: new InsideSource(opened, folder) };
}

/** What a source did that {@link openArchives} opened. */
export function archiveStats(source: Source): ArchiveStats {
  const opened = source instanceof InsideSource ? source.outer : source;
  return opened instanceof ArchiveSource ? opened.stats() : NO_STATS;
}
