import type { Victims } from '../cache/admission.ts';
import type { CacheKey } from '../cache/cache-key.ts';
import type { FileEntry } from '../core/source.ts';

/** Files that may go first where the cache needs room. */
export interface VictimFiles {
  /** Those that are needed last first. */
  files(): Iterable<FileEntry>;
  /** Is told of each that is not, or no longer, cached. */
  gone(path: string): void;
}

/** The parts of files that are cached. */
interface CachedParts {
  keysOf(path: string): readonly CacheKey[];
  /** @returns whether it was the last one of its file */
  gone(path: string, key: CacheKey): boolean;
}

/** The files of a source that may go first, their parts and they themselves, as keys of the cache. */
export function victimKeys(victims: VictimFiles, source: string, parts: CachedParts): Victims {
  /** The paths of files whose parts were named, by those of the keys. */
  const paths = new Map<string, string>();
  return {
    *keys() {
      for (const { path, version } of victims.files()) {
        for (const key of parts.keysOf(path)) {
          paths.set(key.path, path);
          yield key;
        }
        yield { source, path, version };
      }
    },
    gone: (key) => {
      const path = paths.get(key.path);
      if (path !== undefined) parts.gone(path, key);
      else if (parts.keysOf(key.path).length === 0) victims.gone(key.path);
    },
  };
}
