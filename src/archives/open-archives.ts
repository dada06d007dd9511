import type { Keeper } from '../core/keeper.ts';
import type { Source } from '../core/source.ts';
import type { ArchiveStats } from './archive-options.ts';
import { ArchiveSource } from './archive-source.ts';
import { InsideSource } from './inside-source.ts';

/** Archives of a source that are to be opened. */
export interface WantedArchives {
  /** Archive, or folder in one, whose inside is meant; undefined for the source with its archives. */
  readonly folder: string | undefined;
  readonly isChosen: (path: string) => boolean;
  readonly maxExpansion: number | undefined;
}

/** Source whose archives are open, and what reading them did. */
export interface OpenedArchives {
  readonly source: Source;
  stats(): ArchiveStats;
}

/** Opens the archives of a source; directories and places to go on from are kept by `keeper`. */
export function openArchives(source: Source, wanted: WantedArchives, keeper: Keeper): OpenedArchives {
  const { folder, isChosen, maxExpansion } = wanted;
  const opened =
    source instanceof ArchiveSource ? source : new ArchiveSource(source, { maxExpansion, keeper }, isChosen);
  const stats = (): ArchiveStats => opened.stats();
  return { source: folder === undefined ? opened : new InsideSource(opened, folder), stats };
}
