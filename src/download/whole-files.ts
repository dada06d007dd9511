import { type CacheKey, objectName } from '../cache/cache-key.ts';
import type { HeldEntry } from '../cache/held-entry.ts';
import type { Reservation } from '../cache/reservation.ts';
import { isVascuError, NotFoundError } from '../core/errors.ts';
import { SharedTask } from '../core/shared-task.ts';
import type { FileEntry } from '../core/source.ts';
import type { Fetcher, FetchOptions } from './fetcher.ts';
import { ProgressListeners } from './progress-listeners.ts';

/** Bytes of a file that are on this machine before it is fetched as a whole. */
export interface Beginning extends AsyncDisposable {
  /** Fills the file's room as far as what is here goes, and fetches what lies between. */
  fill(room: Reservation, signal: AbortSignal): Promise<void>;
}

/** Keeper of bytes of files before they are fetched as wholes. */
export interface Beginnings {
  /** Opens what is here of a file; undefined where that is nothing. */
  open(entry: FileEntry, signal: AbortSignal): Promise<Beginning | undefined>;
  /** Removes what was here of a file, which is needless now that the whole file is here. */
  replace(entry: FileEntry, signal: AbortSignal): Promise<void>;
}

/** Options of {@link WholeFiles.fetch}, as of `DataStreamer.openFile`. */
export interface WholeFileOptions {
  readonly downloadIfMissing?: boolean | undefined;
  readonly onProgress?: ((bytes: number) => void) | undefined;
}

/** Downloads of whole files into the cache, each of them once for all who want it at the time. */
export class WholeFiles {
  readonly #fetcher: Fetcher;
  readonly #beginnings: Beginnings;
  /** Downloads under way, by the name of the object they make. */
  readonly #inFlight = new Map<string, SharedTask<FetchedFile>>();
  /** Files that have come in this turn of the event loop. */
  readonly #fetched = new Set<FetchedFile>();
  readonly #listeners = new ProgressListeners();

  constructor(fetcher: Fetcher, beginnings: Beginnings) {
    this.#fetcher = fetcher;
    this.#beginnings = beginnings;
  }

  /** Settles when no download is under way any more, and no file is held that nobody has taken. */
  async ended(): Promise<void> {
    await Promise.all([...this.#inFlight.values()].map((download) => download.ended()));
    for (const fetched of this.#fetched) fetched.take()?.release();
  }

  /** Holds the cached copy of one version of a file, and makes it where there is none. */
  async fetch(entry: FileEntry, options: WholeFileOptions, signal: AbortSignal): Promise<HeldEntry> {
    const { downloadIfMissing = true, onProgress } = options;
    const { path, size, version } = entry;
    const key: CacheKey = { source: this.#fetcher.source.id, path, version };
    const name = objectName(key);
    using _listening = this.#listeners.add(name, onProgress);
    const cache = await this.#fetcher.cache.open();
    for (let own: SharedTask<FetchedFile> | undefined; ; ) {
      const held = await cache.hold(key, { size, signal });
      if (held !== undefined) {
        // Whoever waited for a download counted as its miss.
        if (own === undefined) this.#fetcher.count('hit');
        return held;
      }
      if (!downloadIfMissing) {
        throw new NotFoundError(
          `${JSON.stringify(path)} of ${this.#fetcher.source.id} is not on this machine, and downloadIfMissing is false.`,
        );
      }
      const download = this.#inFlight.get(name);
      if (download?.abandoned === true) {
        await download.ended();
        continue;
      }
      own = download ?? this.#start(name, key, entry);
      const first = (await own.join(signal)).take();
      if (first !== undefined) return first;
    }
  }

  /** Starts a download that all who want the file can wait for. */
  #start(name: string, key: CacheKey, entry: FileEntry): SharedTask<FetchedFile> {
    const download = new SharedTask(async (signal) => {
      const fetched = new FetchedFile(await this.#download(key, entry, signal));
      // All who wait go on before the next turn of the event loop.
      this.#fetched.add(fetched);
      setImmediate(() => {
        this.#fetched.delete(fetched);
        fetched.take()?.release();
      });
      return fetched;
    });
    this.#inFlight.set(name, download);
    void download.ended().then(() => this.#inFlight.delete(name));
    return download;
  }

  async #download(key: CacheKey, entry: FileEntry, signal: AbortSignal): Promise<HeldEntry> {
    const { size, checksum } = entry;
    const { oversized } = this.#fetcher;
    const cache = await this.#fetcher.cache.open();
    // Before room is made: what is here of the file may have to make it.
    await using beginning = await this.#beginnings.open(entry, signal);
    const room = await cache.acquire(key, { size, checksum, signal, oversized });
    if (!('write' in room)) {
      this.#fetcher.count('hit'); // Another process was faster.
      return room;
    }
    this.#fetcher.count('miss');
    const name = objectName(key);
    const onReceived = (received: number): void => this.#listeners.tell(name, received);
    try {
      await beginning?.fill(room, signal);
      const held = await this.#finish(entry, room, { signal, onReceived });
      // What cannot be removed goes when it was not used for longest.
      if (beginning !== undefined) await this.#beginnings.replace(entry, signal).catch(() => undefined);
      return held;
    } catch (error) {
      await room.abandon({ keep: signal.aborted || isVascuError(error, 'NETWORK') });
      throw error;
    }
  }

  /** Fetches the rest of a file; where it was put together and is not right, all of it. */
  async #finish(entry: FileEntry, room: Reservation, options: FetchOptions): Promise<HeldEntry> {
    if (room.received < entry.size || entry.size === 0) return this.#fetcher.fetch(entry, room, options);
    try {
      return await room.publish();
    } catch (error) {
      if (!isVascuError(error, 'INTEGRITY')) throw error;
      await room.restart();
      return await this.#fetcher.fetch(entry, room, options);
    }
  }
}

/** A downloaded file with its first hold, which goes to one of those who waited. */
class FetchedFile {
  #held: HeldEntry | undefined;

  constructor(held: HeldEntry) {
    this.#held = held;
  }

  take(): HeldEntry | undefined {
    const held = this.#held;
    this.#held = undefined;
    return held;
  }
}
