import { CacheManager } from '../cache/cache-manager.ts';

/** Where a streamer keeps files. */
export interface CacheOptions {
  /** An open cache, which stays open when the streamer is closed. @defaultValue one of its own */
  readonly cache?: CacheManager | undefined;
  /** Folder of its own cache. @defaultValue `VASCUSIM_CACHE_DIR`, else the platform's folder for caches */
  readonly cacheDir?: string | undefined;
  /** Bytes that its own cache may take. @defaultValue 10 GiB */
  readonly maxCacheSize?: number | undefined;
}

export const CACHE_OPTIONS: readonly (keyof CacheOptions)[] = ['cache', 'cacheDir', 'maxCacheSize'];

/** A streamer's cache: opened when it is needed, closed where it is the streamer's own. */
export class CacheAccess implements AsyncDisposable {
  readonly #options: CacheOptions;
  #opened: Promise<CacheManager> | undefined;

  constructor(options: CacheOptions) {
    this.#options = options;
  }

  /** @throws ConfigError when the folder cannot be a cache */
  open(): Promise<CacheManager> {
    const { cache, cacheDir, maxCacheSize } = this.#options;
    if (cache !== undefined) return Promise.resolve(cache);
    this.#opened ??= CacheManager.open({ cacheDir, maxSize: maxCacheSize });
    return this.#opened;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#opened === undefined) return;
    const cache = await this.#opened.catch(() => undefined);
    await cache?.close();
  }
}
