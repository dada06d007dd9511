import { type CacheKey, objectName } from '../cache/cache-key.ts';
import type { HeldEntry } from '../cache/held-entry.ts';
import { isVascuError, NotFoundError } from '../core/errors.ts';
import { SharedTask } from '../core/shared-task.ts';
import type { FileEntry } from '../core/source.ts';
import type { Fetcher } from './fetcher.ts';
import { ProgressListeners } from './progress-listeners.ts';

/** Options of {@link WholeFiles.fetch}, as of `DataStreamer.openFile`. */
export interface WholeFileOptions {
  readonly downloadIfMissing?: boolean | undefined;
  readonly onProgress?: ((bytes: number) => void) | undefined;
}

/** Fetches whole files into the cache, each of them once for all who want it at the time. */
export class WholeFiles {
  readonly #fetcher: Fetcher;
  /** Downloads under way, by the name of the object they make. */
  readonly #flights = new Map<string, SharedTask<Landing>>();
  readonly #listeners = new ProgressListeners();

  constructor(fetcher: Fetcher) {
    this.#fetcher = fetcher;
  }

  /** Settles when no download is under way any more. */
  async ended(): Promise<void> {
    await Promise.all([...this.#flights.values()].map((flight) => flight.ended()));
  }

  /** Holds the cached copy of one version of a file, and makes it where there is none. */
  async fetch(entry: FileEntry, options: WholeFileOptions, signal: AbortSignal): Promise<HeldEntry> {
    const { downloadIfMissing = true, onProgress } = options;
    const { path, size, version } = entry;
    const key: CacheKey = { source: this.#fetcher.source.id, path, version };
    const name = objectName(key);
    using _listening = this.#listeners.add(name, onProgress);
    const cache = await this.#fetcher.cache.open();
    for (let own: SharedTask<Landing> | undefined; ; ) {
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
      const flight = this.#flights.get(name);
      if (flight?.abandoned === true) {
        await flight.ended();
        continue;
      }
      own = flight ?? this.#takeOff(name, key, entry);
      const first = (await own.join(signal)).take();
      if (first !== undefined) return first;
    }
  }

  /** Starts a download that all who want the file can wait for. */
  #takeOff(name: string, key: CacheKey, entry: FileEntry): SharedTask<Landing> {
    const flight = new SharedTask(async (signal) => {
      const landing = new Landing(await this.#download(key, entry, signal));
      // All who wait go on before the next turn of the event loop.
      setImmediate(() => landing.take()?.release());
      return landing;
    });
    this.#flights.set(name, flight);
    void flight.ended().then(() => this.#flights.delete(name));
    return flight;
  }

  async #download(key: CacheKey, entry: FileEntry, signal: AbortSignal): Promise<HeldEntry> {
    const { size, checksum } = entry;
    const { oversized } = this.#fetcher;
    const cache = await this.#fetcher.cache.open();
    const room = await cache.acquire(key, {
      size,
      checksum,
      signal,
      oversized,
    });
    if (!('write' in room)) {
      this.#fetcher.count('hit'); // Another process was faster.
      return room;
    }
    this.#fetcher.count('miss');
    const name = objectName(key);
    try {
      const onReceived = (received: number): void => this.#listeners.tell(name, received);
      return await this.#fetcher.fetch(entry, room, { signal, onReceived });
    } catch (error) {
      await room.abandon({ keep: signal.aborted || isVascuError(error, 'NETWORK') });
      throw error;
    }
  }
}

/** A downloaded file with its first hold, which goes to one of those who waited. */
class Landing {
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
