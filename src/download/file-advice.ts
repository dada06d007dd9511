import type { CacheKey } from '../cache/cache-key.ts';
import type { EvictionAdvice } from '../core/eviction-advice.ts';
import type { FileEntry } from '../core/source.ts';

/** The ranges of files that are cached, each an object of its own. */
interface CachedRanges {
  keysOf(path: string): readonly CacheKey[];
  /** @returns whether it was the last one of its file */
  gone(path: string, key: CacheKey): boolean;
}

/** Advice on files of a source as advice on what the cache has of them: their ranges, and they themselves. */
export class FileAdvice implements EvictionAdvice<CacheKey> {
  readonly #advice: EvictionAdvice<FileEntry>;
  readonly #source: string;
  readonly #ranges: CachedRanges;
  /** Files of ranges that were named, by the paths of their keys. */
  readonly #files = new Map<string, FileEntry>();

  constructor(advice: EvictionAdvice<FileEntry>, source: string, ranges: CachedRanges) {
    this.#advice = advice;
    this.#source = source;
    this.#ranges = ranges;
  }

  *order(): Generator<CacheKey, void, void> {
    for (const entry of this.#advice.order()) {
      for (const key of this.#ranges.keysOf(entry.path)) {
        this.#files.set(key.path, entry);
        yield key;
      }
      yield { source: this.#source, path: entry.path, version: entry.version };
    }
  }

  distance(key: CacheKey): number | undefined {
    if (key.source !== this.#source) return undefined;
    return this.#advice.distance(this.#files.get(key.path) ?? fileOf(key));
  }

  gone(key: CacheKey): void {
    if (key.source !== this.#source) return;
    const file = this.#files.get(key.path);
    if (file === undefined) {
      if (this.#ranges.keysOf(key.path).length === 0) this.#advice.gone(fileOf(key));
      return;
    }
    this.#files.delete(key.path);
    this.#ranges.gone(file.path, key);
  }

  waiting(): void {
    this.#advice.waiting();
  }
}

/** Makes the file that a key is of, as far as the key tells. */
function fileOf({ path, version }: CacheKey): FileEntry {
  return { path, version, size: 0 };
}
