import type { Victims } from '../cache/admission.ts';
import { type CacheKey, objectName } from '../cache/cache-key.ts';
import type { CacheManager } from '../cache/cache-manager.ts';
import type { HeldEntry } from '../cache/held-entry.ts';
import { isVascuError, NotFoundError } from '../core/errors.ts';
import { SharedTask } from '../core/shared-task.ts';
import type { ByteRange, FileEntry } from '../core/source.ts';
import type { DownloadTarget } from './download.ts';
import { ProgressListeners } from './progress-listeners.ts';

/** What those who fetch files need of their streamer. */
export interface FetchContext {
  /** `Source.id`. */
  readonly source: string;
  readonly oversized: 'error' | 'temporary' | undefined;
  openCache(): Promise<CacheManager>;
  /** What may go first where the cache needs room. */
  victims(): Victims | undefined;
  /** A file waits for room, and all in the cache is in use. */
  readonly onFull: () => void;
  /** Fetches a file, or a range of it, with the streamer's patience, and counts its bytes. */
  download<Result>(
    entry: FileEntry,
    target: DownloadTarget<Result>,
    range: ByteRange | undefined,
    signal: AbortSignal,
    onReceived?: (received: number) => void,
  ): Promise<Result>;
  count(what: 'hits' | 'misses'): void;
}

/** Options of {@link WholeFiles.fetch}, as of `DataStreamer.openFile`. */
export interface FetchOptions {
  readonly downloadIfMissing?: boolean | undefined;
  readonly onProgress?: ((bytes: number) => void) | undefined;
}

/** Fetches whole files into the cache, each of them once for all who want it at the time. */
export class WholeFiles {
  readonly #context: FetchContext;
  /** Downloads under way, by the name of the object they make. */
  readonly #flights = new Map<string, SharedTask<Landing>>();
  readonly #listeners = new ProgressListeners();

  constructor(context: FetchContext) {
    this.#context = context;
  }

  /** Settles when no download is under way any more. */
  async ended(): Promise<void> {
    await Promise.all([...this.#flights.values()].map((flight) => flight.ended()));
  }

  /** Holds the cached copy of one version of a file, and makes it where there is none. */
  async fetch(entry: FileEntry, options: FetchOptions, signal: AbortSignal): Promise<HeldEntry> {
    const { downloadIfMissing = true, onProgress } = options;
    const { path, size, version } = entry;
    const key: CacheKey = { source: this.#context.source, path, version };
    const name = objectName(key);
    using _listening = this.#listeners.add(name, onProgress);
    const cache = await this.#context.openCache();
    for (let own: SharedTask<Landing> | undefined; ; ) {
      const held = await cache.hold(key, { size, signal });
      if (held !== undefined) {
        // Whoever waited for a download counted as its miss.
        if (own === undefined) this.#context.count('hits');
        return held;
      }
      if (!downloadIfMissing) {
        throw new NotFoundError(
          `${JSON.stringify(path)} of ${this.#context.source} is not on this machine, and downloadIfMissing is false.`,
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
    const { oversized } = this.#context;
    const cache = await this.#context.openCache();
    const room = await cache.acquire(key, {
      size,
      checksum,
      signal,
      oversized,
      victims: this.#context.victims(),
      onFull: this.#context.onFull,
    });
    if (!('write' in room)) {
      this.#context.count('hits'); // Another process was faster.
      return room;
    }
    this.#context.count('misses');
    const name = objectName(key);
    try {
      return await this.#context.download(entry, room, undefined, signal, (received) => {
        this.#listeners.tell(name, received);
      });
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
