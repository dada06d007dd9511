import type { Victims } from '../cache/admission.ts';
import type { FileEntry } from '../core/source.ts';

/** Files that may go first where the cache needs room. */
export interface VictimFiles {
  /** Those that are needed last first. */
  files(): Iterable<FileEntry>;
  /** Is told of each that is not, or no longer, cached. */
  gone(path: string): void;
}

/** The files of a source that may go first, as keys of the cache. */
export function victimKeys(victims: VictimFiles, source: string): Victims {
  return {
    *keys() {
      for (const { path, version } of victims.files()) yield { source, path, version };
    },
    gone: ({ path }) => victims.gone(path),
  };
}
