import type { Checksum, ReadOptions } from '../core/source.ts';

/** Options of `CacheManager.open`. */
export interface CacheManagerOptions {
  /**
   * Folder of the cache: empty, new or a cache already. Several processes may use it together.
   * @defaultValue `VASCUSIM_CACHE_DIR`, else `vascusim` in the platform's folder for caches
   */
  readonly cacheDir?: string | undefined;
  /**
   * Bytes that the files in it may take, also while they are being fetched; 0 keeps nothing. The index, a few
   * hundred bytes a file, comes on top. @defaultValue 10 GiB
   */
  readonly maxSize?: number | undefined;
  /**
   * Longest time for which a file waits for room while everything in the cache is in use, milliseconds.
   *
   * @defaultValue 30 000
   */
  readonly roomTimeoutMs?: number | undefined;
  /**
   * Longest time for which a fetch of another process may bring no byte before the file is fetched here as
   * well, milliseconds.
   *
   * @defaultValue 25 000
   */
  readonly leaseTimeoutMs?: number | undefined;
}

/** Contents of a cache, and what was asked of it by all its users. */
export interface CacheStats {
  /** Bytes, with what is being fetched. */
  readonly totalSize: number;
  /** Complete files. */
  readonly fileCount: number;
  /** Bytes that there may be. */
  readonly maxSize: number;
  /** Percentage of `maxSize` that `totalSize` is. */
  readonly usagePercent: number;
  /** Files that were there when they were asked for. */
  readonly hits: number;
  /** Files that had to be fetched. */
  readonly misses: number;
  /** Files removed to make room. */
  readonly evictions: number;
  /** Beginnings of files whose fetch has ended early; a later fetch goes on from them. */
  readonly unfinished: { readonly files: number; readonly bytes: number };
}

/** Contents of a cache that are of one source. */
export interface CachedSource {
  readonly source: string;
  readonly files: number;
  readonly bytes: number;
  readonly lastUsed: Date;
  /** Files that somebody holds. */
  readonly held: number;
}

/** Options of `CacheManager.acquire`. */
export interface AcquireOptions extends ReadOptions {
  /** Bytes of the file. */
  readonly size: number;
  readonly checksum?: Checksum | undefined;
  /**
   * Treatment of a file that is larger than the whole cache: an error, or a temporary folder as long as it is
   * held.
   */
  readonly oversized?: 'error' | 'temporary' | undefined;
  /**
   * Patience while everything in the cache is in use: room is waited for, and asked of those who hold files ahead of
   * their use. False for what need not be kept. @defaultValue true
   */
  readonly mayWait?: boolean | undefined;
}
