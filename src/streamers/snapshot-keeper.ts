import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { CacheManager } from '../cache/cache-manager.ts';
import { isVascuError } from '../core/errors.ts';
import { TimeSlice } from '../core/time-slice.ts';
import type { CacheAccess } from '../download/cache-access.ts';
import { type HubSnapshot, joinSnapshots } from '../sources/hugging-face/hub-snapshot.ts';
import type { HubPlace } from '../sources/hugging-face/options.ts';
import { parseSnapshot, writeSnapshot } from '../sources/hugging-face/snapshot-text.ts';

/** Files that are looked at between two looks at the time. */
const FILES_PER_STEP = 512;

/** Keeper of what is known of a dataset's commit: in the cache, so that it can be read without a network. */
export class SnapshotKeeper {
  readonly #cache: CacheAccess;
  readonly #place: HubPlace;
  #saved: string | undefined;

  constructor(cache: CacheAccess, place: HubPlace) {
    this.#cache = cache;
    this.#place = place;
  }

  /** Loads what was kept last; undefined where there is nothing that can be read. */
  async load(): Promise<HubSnapshot | undefined> {
    const cache = await this.#cache.open();
    const found = await this.#find(cache);
    if (found !== undefined) this.#saved = await versionOf(found.snapshot);
    return found?.snapshot;
  }

  /**
   * Keeps what is known. Where there is no room for it, reading without a network is what is lost.
   *
   * @param complete - lists the commit: what is known of a part of it must not take the place of an earlier commit's
   *   listing
   */
  async save(snapshot: HubSnapshot, complete?: () => Promise<HubSnapshot | undefined>): Promise<void> {
    if ((await versionOf(snapshot)) === this.#saved) return;
    try {
      const cache = await this.#cache.open();
      const before = await this.#find(cache);
      const replaces = before !== undefined && before.snapshot.commit !== snapshot.commit;
      const isLoss = replaces && before.snapshot.partial === undefined && snapshot.partial !== undefined;
      const known = isLoss ? ((await complete?.()) ?? snapshot) : snapshot;
      const joined =
        before === undefined ? known : await joinSnapshots(known, before.snapshot, new TimeSlice());
      const version = await versionOf(joined);
      if (version !== before?.version) {
        await this.#write(cache, version, joined);
        if (before !== undefined && !replaces) await this.#remove(cache, before.version);
      }
      this.#saved = version;
    } catch (error) {
      if (!isVascuError(error, 'CACHE')) throw error;
    }
  }

  async #find(
    cache: CacheManager,
  ): Promise<{ readonly version: string; readonly snapshot: HubSnapshot } | undefined> {
    const found = await cache.latest(this.#source, this.#place.revision);
    if (found === undefined) return undefined;
    using held = await cache.hold(found.key, { size: found.size });
    if (held === undefined) return undefined;
    // It may have been removed by hand a moment ago.
    const bytes = await readFile(held.path).catch(() => Buffer.alloc(0));
    const snapshot = await parseSnapshot(bytes, this.#place, new TimeSlice());
    if (snapshot !== undefined) return { version: found.key.version, snapshot };
    // What is damaged would stand where the next one is kept.
    held.release({ remove: true });
    return undefined;
  }

  async #write(cache: CacheManager, version: string, snapshot: HubSnapshot): Promise<void> {
    const bytes = await writeSnapshot(snapshot, new TimeSlice());
    (await cache.put(this.#key(version), bytes)).release();
  }

  async #remove(cache: CacheManager, version: string): Promise<void> {
    (await cache.hold(this.#key(version)))?.release({ remove: true });
  }

  #key(version: string): { readonly source: string; readonly path: string; readonly version: string } {
    return { source: this.#source, path: this.#place.revision, version };
  }

  /** Apart from the dataset's own files. */
  get #source(): string {
    return `${this.#place.id}#listing`;
  }
}

/** Makes the version of a snapshot: the commit; where not all its files are known, with what is. */
async function versionOf({ commit, files, partial }: HubSnapshot): Promise<string> {
  if (partial === undefined) return commit;
  const slice = new TimeSlice();
  const known = createHash('sha256').update(JSON.stringify(partial));
  for (let from = 0; from < files.length; from += FILES_PER_STEP) {
    known.update(JSON.stringify(files.slice(from, from + FILES_PER_STEP)));
    await slice.pause();
  }
  return `${commit}+${known.digest('hex').slice(0, 16)}`;
}
