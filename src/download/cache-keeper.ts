import { readFile } from 'node:fs/promises';
import type { CacheKey } from '../cache/cache-key.ts';
import type { CacheManager } from '../cache/cache-manager.ts';
import { isVascuError } from '../core/errors.ts';
import type { Keeper } from '../core/keeper.ts';
import type { ReadOptions } from '../core/source.ts';

/** Cache that is opened when it is needed. */
interface CacheOpener {
  open(): Promise<CacheManager>;
}

/** Keeper in the cache, under its limit: where there is no room nothing is kept. */
export class CacheKeeper implements Keeper {
  readonly #cache: CacheOpener;
  readonly #source: string;

  /** @param source - name in the cache of what is kept, apart from the source's own files */
  constructor(cache: CacheOpener, source: string) {
    this.#cache = cache;
    this.#source = source;
  }

  async keep(
    path: string,
    version: string,
    bytes: Uint8Array<ArrayBuffer>,
    { signal }: ReadOptions = {},
  ): Promise<void> {
    try {
      const cache = await this.#cache.open();
      (await cache.put(this.#key(path, version), bytes, { signal, mayWait: false })).release();
    } catch (error) {
      if (!isVascuError(error, 'CACHE', 'CONFIG', 'DISPOSED')) throw error;
    }
  }

  async recall(
    path: string,
    version: string,
    { signal }: ReadOptions = {},
  ): Promise<Uint8Array<ArrayBuffer> | undefined> {
    try {
      const cache = await this.#cache.open();
      using held = await cache.hold(this.#key(path, version), { signal });
      // It may have been removed by hand a moment ago.
      return (
        held &&
        (await readFile(held.path).then(
          ({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength),
          () => undefined,
        ))
      );
    } catch (error) {
      if (!isVascuError(error, 'CACHE', 'CONFIG', 'DISPOSED')) throw error;
      return undefined;
    }
  }

  async forget(path: string, version: string): Promise<void> {
    try {
      const cache = await this.#cache.open();
      (await cache.hold(this.#key(path, version)))?.release({ remove: true });
    } catch (error) {
      if (!isVascuError(error, 'CACHE', 'CONFIG', 'DISPOSED')) throw error;
    }
  }

  #key(path: string, version: string): CacheKey {
    return { source: this.#source, path, version };
  }
}
