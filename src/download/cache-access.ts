import type { CacheKey } from '../cache/cache-key.ts';
import type { CacheManager } from '../cache/cache-manager.ts';
import type { CacheManagerOptions } from '../cache/cache-options.ts';
import type { EvictionAdvice } from '../core/eviction-advice.ts';
import type { Keeper } from '../core/keeper.ts';

/** Place where a streamer keeps files. */
export interface CacheOptions {
  /** An open cache, which stays open when the streamer is closed. @defaultValue one of its own */
  readonly cache?: CacheManager | undefined;
  /** Folder of its own cache. @defaultValue `VASCUSIM_CACHE_DIR`, else the platform's folder for caches */
  readonly cacheDir?: string | undefined;
  /** Bytes that its own cache may take. @defaultValue 10 GiB */
  readonly maxCacheSize?: number | undefined;
}

export const CACHE_OPTIONS: readonly (keyof CacheOptions)[] = ['cache', 'cacheDir', 'maxCacheSize'];

/** Things that are made of a source's files: places in its archives, what whoever reads them makes, and its lists. */
type MadeOfFiles = 'archives' | 'kept' | 'lists';

/** Makes the name under which the cache has what is made of a source's files. */
export function nameOfMade(source: string, what: MadeOfFiles): string {
  return `${source}#${what}`;
}

/** A streamer's cache: opened when it is needed, closed where it is the streamer's own. */
export class CacheAccess implements AsyncDisposable {
  readonly #options: CacheOptions;
  readonly #advice = new Map<EvictionAdvice<CacheKey>, Disposable | undefined>();
  #opened: Promise<CacheManager> | undefined;
  #manager: CacheManager | undefined;

  constructor(options: CacheOptions) {
    this.#options = options;
  }

  /**
   * Opens the cache, once.
   *
   * @throws ConfigError when the folder cannot be a cache
   */
  open(): Promise<CacheManager> {
    this.#opened ??= this.#open();
    return this.#opened;
  }

  /** Makes a keeper in this cache of what is made of a source's files, apart from these. */
  async keeper(source: string, what: MadeOfFiles = 'archives'): Promise<Keeper> {
    const { CacheKeeper } = await import('./cache-keeper.ts');
    return new CacheKeeper(this, nameOfMade(source, what));
  }

  /** Files removed to make room, once the cache is open. */
  get evictions(): number {
    return this.#manager?.evictions ?? 0;
  }

  /** Gives the cache advice as soon as it is open, until what is returned is disposed of. */
  advise(advice: EvictionAdvice<CacheKey>): Disposable {
    this.#advice.set(advice, this.#manager?.advise(advice));
    return {
      [Symbol.dispose]: () => {
        this.#advice.get(advice)?.[Symbol.dispose]();
        this.#advice.delete(advice);
      },
    };
  }

  async #open(): Promise<CacheManager> {
    const { cache, cacheDir, maxCacheSize } = this.#options;
    const manager = cache ?? (await openCache({ cacheDir, maxSize: maxCacheSize }));
    this.#manager = manager;
    for (const advice of this.#advice.keys()) this.#advice.set(advice, manager.advise(advice));
    return manager;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const advising of this.#advice.values()) advising?.[Symbol.dispose]();
    this.#advice.clear();
    if (this.#opened === undefined || this.#options.cache !== undefined) return;
    const cache = await this.#opened.catch(() => undefined);
    await cache?.close();
  }
}

/** Opens a cache, whose code is loaded now: what reads a folder of this machine never needs it. */
async function openCache(options: CacheManagerOptions): Promise<CacheManager> {
  const { CacheManager } = await import('../cache/cache-manager.ts');
  return CacheManager.open(options);
}
