import { readFile } from 'node:fs/promises';
import { isVascuError } from '../core/errors.ts';
import { type HubSnapshot, readSnapshot } from '../sources/hugging-face/hub-snapshot.ts';
import type { HubPlace } from '../sources/hugging-face/source-options.ts';
import type { CacheAccess } from './cache-access.ts';

/** Keeps the listing of a dataset's commit in the cache, so that it can be read without a network. */
export class SnapshotKeeper {
  readonly #cache: CacheAccess;
  readonly #place: HubPlace;
  #saved: string | undefined;

  constructor(cache: CacheAccess, place: HubPlace) {
    this.#cache = cache;
    this.#place = place;
  }

  /** The listing that was kept last; undefined where there is none that can be read. */
  async load(): Promise<HubSnapshot | undefined> {
    const cache = await this.#cache.open();
    const found = await cache.latest(this.#source, this.#place.revision);
    if (found === undefined) return undefined;
    using held = await cache.hold(found.key, { size: found.size });
    if (held === undefined) return undefined;
    // It may have been removed by hand a moment ago.
    const text = await readFile(held.path, 'utf8').catch(() => '');
    const snapshot = readSnapshot(parse(text), this.#place);
    this.#saved = snapshot?.commit;
    return snapshot;
  }

  /** Keeps a listing. Where there is no room for it, reading without a network is what is lost. */
  async save(snapshot: HubSnapshot): Promise<void> {
    if (snapshot.commit === this.#saved) return;
    const bytes = new TextEncoder().encode(JSON.stringify(snapshot));
    const key = { source: this.#source, path: this.#place.revision, version: snapshot.commit };
    try {
      const cache = await this.#cache.open();
      const room = await cache.acquire(key, { size: bytes.byteLength });
      if (!('write' in room)) room.release();
      else {
        try {
          await room.write(bytes);
          (await room.publish()).release();
        } finally {
          await room.abandon({ keep: false });
        }
      }
      this.#saved = snapshot.commit;
    } catch (error) {
      if (!isVascuError(error, 'CACHE')) throw error;
    }
  }

  /** Apart from the dataset's own files. */
  get #source(): string {
    return `${this.#place.id}#listing`;
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
