import type { ArchiveOptions, ArchiveStats } from '../archives/archive-options.ts';
import { archiveStats, madeFor, withArchivesOf } from '../archives/lazy-archives.ts';
import type { CacheKey } from '../cache/cache-key.ts';
import type { HeldEntry } from '../cache/held-entry.ts';
import { BatchedEntries } from '../core/batched-entries.ts';
import type { ConnectionReport } from '../core/connection.ts';
import { ConfigError, FormatError, isVascuError } from '../core/errors.ts';
import type { EvictionAdvice } from '../core/eviction-advice.ts';
import { compileGlob } from '../core/glob.ts';
import type { Metadata } from '../core/graph.ts';
import type {
  HeldFile,
  HeldParts,
  OpenFileOptions,
  OpenPartsOptions,
  PartsRequest,
} from '../core/held-file.ts';
import type { Keeper } from '../core/keeper.ts';
import { Lifetime } from '../core/lifetime.ts';
import { showValue } from '../core/show-value.ts';
import type { FileEntry, ListOptions, ReadOptions, Source } from '../core/source.ts';
import { TabledEntries } from '../core/tabled-entries.ts';
import { TimeSlice } from '../core/time-slice.ts';
import { CACHE_OPTIONS, CacheAccess, type CacheOptions, nameOfMade } from '../download/cache-access.ts';
import { Fetcher, type FetcherOptions } from '../download/fetcher.ts';
import { FileAdvice } from '../download/file-advice.ts';
import { WholeFiles } from '../download/whole-files.ts';
import { openFileAccess } from '../files/file-access.ts';
import { retryGone } from '../files/gone-file.ts';
import { asParts } from '../files/held.ts';
import { decodeText, parseMetadata, sidecarOf } from '../metadata/sidecar.ts';
import { type PartialStats, RangeFiles } from '../partial/range-files.ts';
import { RangeStore } from '../partial/range-store.ts';
import { CurrentFiles } from './current-version.ts';

/** Counts of what a streamer did so far. */
export interface StreamerStats {
  /** Files that were on this machine when they were asked for; every file of a local folder is. */
  readonly hits: number;
  /** Files that had to be brought here; one whose fetch was given up counts again when it is begun anew. */
  readonly misses: number;
  readonly bytesDownloaded: number;
  /** Tries after a failure. */
  readonly retries: number;
  /** Second requests for what was slow to come (`hedge`), and how many of them answered first. */
  readonly hedges: { readonly made: number; readonly won: number };
  /** Files removed from the cache to make room. */
  readonly evictions: number;
  /** Counts of what was fetched of files of which not all was wanted. */
  readonly partial: PartialStats;
  /** Counts of what reading archives did. */
  readonly archives: ArchiveStats;
}

/** Options that all streamers take. */
export interface StreamerOptions
  extends CacheOptions,
    FetcherOptions,
    Omit<ArchiveOptions, 'archives' | 'keeper'> {
  /**
   * Archives that are folders: `true` for all, or those whose paths match a pattern (as `compileGlob` reads it). Their
   * files have paths such as `a/b.zip/inside/c.vtu`; files that are packed (`.gz`) or cut (`.00.part`) appear as what
   * they are. @defaultValue false
   */
  readonly archives?: ArchiveOptions['archives'];
  /** Longest time to connect to a server, milliseconds. @defaultValue 10 000 */
  readonly connectTimeoutMs?: number | undefined;
  /** Ends every call when aborted, for as long as the streamer lives. @defaultValue none */
  readonly signal?: AbortSignal | undefined;
}

export const STREAMER_OPTIONS: readonly (keyof StreamerOptions)[] = [
  ...CACHE_OPTIONS,
  'connectTimeoutMs',
  'idleTimeoutMs',
  'totalTimeoutMs',
  'tries',
  'retryDelayMs',
  'oversized',
  'hedge',
  'signal',
  'archives',
  'maxExpansion',
];

/** Options of {@link DataStreamer.listFiles}. */
export interface ListFilesOptions extends ListOptions {
  /**
   * Pattern of the paths, see `compileGlob`: `*.vtu` matches base names at any depth, `a/**` everything below `a`.
   * @defaultValue all
   */
  readonly pattern?: string | undefined;
}

/** Place of a file on this machine. */
interface LocatedFile {
  readonly path: string;
  readonly size: number;
}

/** Files that are listed between two looks at the time: a source may have many of them at hand. */
const FILES_PER_STEP = 32;

/** Downloads at a time where the source does not say what its server takes. */
const DEFAULT_MAX_CONCURRENCY = 64;

/** The largest metadata or index file that is read whole, bytes. */
const MAX_WHOLE_BYTES = 256 * 1024 ** 2;

/**
 * Streamer of the files of a {@link Source} to where programs can open them: a source and a cache joined. A file is
 * fetched once, however many threads and processes ask for it; it is checked while it comes, and seen by nobody before
 * it is complete. A source of your own becomes a streamer with `new DataStreamer(source)`.
 *
 * @example
 * await using streamer = new DataStreamer(new HttpSource({ url: 'https://example.org/cases/' }));
 * using file = await streamer.openFile('case_1.vtu');
 */
export class DataStreamer implements AsyncDisposable {
  readonly source: Source;
  readonly #fetcher: Fetcher;
  readonly #lifetime: Lifetime;
  readonly #current: CurrentFiles;
  readonly #ranges: RangeStore;
  readonly #whole: WholeFiles;
  readonly #parts: RangeFiles;

  /**
   * @param cache - where files are kept; of the options where it is left out
   * @throws ConfigError for an option that cannot be used
   */
  constructor(source: Source, options: StreamerOptions = {}, cache: CacheAccess = new CacheAccess(options)) {
    requireAtLeast('tries', options.tries, 1);
    requireAtLeast('idleTimeoutMs', options.idleTimeoutMs, 1);
    requireAtLeast('totalTimeoutMs', options.totalTimeoutMs, 1);
    this.source = withArchivesOf({ source }, options, cache).source;
    this.#lifetime = new Lifetime(`The streamer of ${source.id}`, options.signal);
    this.#current = new CurrentFiles(this.source);
    this.#fetcher = new Fetcher(this.source, cache, options);
    this.#ranges = new RangeStore(this.#fetcher);
    this.#whole = new WholeFiles(this.#fetcher, this.#ranges);
    this.#parts = new RangeFiles(this.#fetcher, this.#ranges, this.#whole);
  }

  /** Tells whether a file was of another version than it was listed with when it was fetched. */
  hasChanged(path: string): boolean {
    return this.#current.changed.has(path);
  }

  /** Lists every file, sorted by path. @throws ConfigError when the pattern makes no sense */
  async listFiles(options: ListFilesOptions = {}): Promise<FileEntry[]> {
    const matches = options.pattern === undefined ? undefined : compileGlob(options.pattern);
    const entries: FileEntry[] = [];
    await this.listEach((entry) => {
      if (matches?.(entry.path) !== false) entries.push(entry);
    }, options);
    return entries;
  }

  /**
   * Hands every file over, sorted by path, so that a listing need not be held as objects.
   *
   * @param takeTable - takes the table of all of them, where the source has one; false where it cannot
   */
  listEach(
    take: (entry: FileEntry) => void,
    options: ListOptions = {},
    takeTable?: (table: object) => boolean,
  ): Promise<void> {
    return this.use(options.signal, async (signal) => {
      const { prefix, onLeftOut } = options;
      const slice = new TimeSlice(signal);
      let count = 0;
      const takeNext = (entry: FileEntry): Promise<void> | undefined => {
        take(entry);
        return count++ % FILES_PER_STEP === 0 ? slice.pause() : undefined;
      };
      const listed = this.source.list({ prefix, onLeftOut, signal });
      const begun = listed instanceof TabledEntries ? await listed.begin() : undefined;
      if (begun?.table !== undefined && takeTable?.(begun.table) === true) return;
      const listing = begun?.entries() ?? listed;
      if (listing instanceof BatchedEntries) {
        for await (const batch of listing.batches()) {
          for (const entry of batch) {
            const pause = takeNext(entry);
            if (pause !== undefined) await pause;
          }
        }
      } else for await (const entry of listing) await takeNext(entry);
    });
  }

  /**
   * Makes a file available on this machine and holds it: it is not removed before it is let go.
   *
   * @throws NotFoundError when there is no such file
   * @throws NetworkError, AuthError, IntegrityError when it cannot be fetched
   * @throws CacheError when there is no room for it
   */
  openFile(path: string, options: OpenFileOptions = {}): Promise<HeldFile> {
    return this.use(options.signal, async (signal) => {
      const here = await this.#locate(path, signal);
      if (here !== undefined) {
        this.#fetcher.count('hit');
        return { ...here, release: () => undefined, [Symbol.dispose]: () => undefined };
      }
      const mayDownload = options.downloadIfMissing ?? true;
      const fetch = (entry: FileEntry): Promise<HeldEntry> => this.#whole.fetch(entry, options, signal);
      return mayDownload
        ? this.#current.use(path, options.entry, signal, fetch)
        : fetch(options.entry ?? (await this.source.stat(path, { signal })));
    });
  }

  /**
   * Makes the wanted parts of a file available on this machine and holds them: those that are not here are fetched
   * alone, where the source and the file allow it, else the whole file is.
   *
   * @throws what {@link DataStreamer.openFile} throws
   */
  openParts(path: string, options: OpenPartsOptions): Promise<HeldParts> {
    return this.use(options.signal, async (signal) => {
      const here = await this.#locate(path, signal);
      if (here !== undefined) {
        this.#fetcher.count('hit');
        return asParts({ ...here, release: () => undefined });
      }
      return this.#current.use(path, options.entry, signal, (entry) =>
        this.#parts.open(entry, options, signal),
      );
    });
  }

  /**
   * Counts the bytes of a file, as a listing gave it, that need not be fetched: all, the beginning that a fetch has
   * left, or 0.
   */
  bytesHere(entry: FileEntry, options: ReadOptions = {}): Promise<number> {
    return this.use(options.signal, async (signal) => {
      const here = await this.#locate(entry.path, signal);
      if (here !== undefined) return here.size;
      const cache = await this.#fetcher.cache.open();
      return cache.bytesOf({ source: this.source.id, path: entry.path, version: entry.version });
    });
  }

  /**
   * Gives the absolute path of a file on this machine. Of a remote file it is a copy in the cache, which may be removed
   * later to make room: {@link DataStreamer.openFile} holds it.
   *
   * @throws what {@link DataStreamer.openFile} throws
   */
  async getFile(path: string, options: OpenFileOptions = {}): Promise<string> {
    using held = await this.openFile(path, options);
    return held.path;
  }

  /**
   * Reads the whole content of a small file.
   *
   * @throws FormatError when it is larger than 256 MiB
   */
  async readWhole(path: string, options: OpenFileOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
    return retryGone(async () => {
      using held = await this.openFile(path, options);
      if (held.size > MAX_WHOLE_BYTES) {
        throw new FormatError(`${held.size} bytes are too many for a file of this kind`, { path });
      }
      await using file = await openFileAccess(held.path);
      return await file.read(0, file.size, options.signal);
    });
  }

  /**
   * Reads what the sidecar says: of a mesh, `case_1.json` beside `case_1.vtu`, and `{}` where there is none; or of the
   * `.json` file itself. A dataset's root metadata file is not looked at.
   *
   * @throws NotFoundError when `path` does not exist
   * @throws FormatError when the sidecar is not a JSON object
   */
  getMetadata(path: string, options: ReadOptions = {}): Promise<Metadata> {
    return this.use(options.signal, async (signal) => {
      const sidecar = path.toLowerCase().endsWith('.json') ? path : sidecarOf(path);
      if (sidecar !== path) await this.source.stat(path, { signal });
      try {
        return parseMetadata(decodeText(await this.readWhole(sidecar, { signal }), sidecar), sidecar);
      } catch (error) {
        if (sidecar !== path && isVascuError(error, 'NOT_FOUND')) return {};
        throw error;
      }
    });
  }

  /**
   * Looks, step by step, whether the files can be reached and kept: what works, what does not, and what to do.
   * It does not reject for what it finds.
   *
   * @param options.path - a folder or file to look at as well
   */
  checkConnection(
    options: ReadOptions & { readonly path?: string | undefined } = {},
  ): Promise<ConnectionReport> {
    return this.use(options.signal, async (signal) => {
      const { checkConnection } = await import('./check-connection.ts');
      return checkConnection(this.source, this.#fetcher.cache, { signal, path: options.path });
    });
  }

  /**
   * Removes cached files: with `'lru'` the least recently used ones until the cache keeps its limit, with `'all'`
   * every file of this source, and what was made of them. What is held goes when it is let go; a source's own files are
   * never touched.
   */
  cleanup(what: 'lru' | 'all' = 'lru', options: ReadOptions = {}): Promise<void> {
    return this.use(options.signal, async (signal) => {
      if (!this.#caches) return;
      const cache = await this.#fetcher.cache.open();
      if (what === 'lru') return cache.cleanup({ signal });
      const { id } = this.source;
      const below = madeFor(this.source);
      const made = [nameOfMade(id, 'kept'), nameOfMade(below, 'archives'), nameOfMade(below, 'lists')];
      for (const source of [id, ...made]) await cache.clearAll({ signal, source });
    });
  }

  /**
   * Keeps a file that was made of this source's files in the cache, under the same limit. Where there is no room for
   * it, it is not kept.
   *
   * @param version - changes whenever the content would
   */
  keep(
    path: string,
    version: string,
    bytes: Uint8Array<ArrayBuffer>,
    options: ReadOptions = {},
  ): Promise<void> {
    return this.use(options.signal, async (signal) => {
      const cache = await this.#fetcher.cache.open();
      try {
        (await cache.put(this.#keptKey(path, version), bytes, { signal, mayWait: false })).release();
      } catch (error) {
        if (!isVascuError(error, 'CACHE')) throw error;
      }
    });
  }

  /** Opens a file that {@link DataStreamer.keep} kept, held; undefined where it is not there. */
  openKept(path: string, version: string, options: ReadOptions = {}): Promise<HeldFile | undefined> {
    return this.use(options.signal, async (signal) => {
      const cache = await this.#fetcher.cache.open();
      return cache.hold(this.#keptKey(path, version), { signal });
    });
  }

  /**
   * Makes a keeper of what is made of this source's files, beside what {@link DataStreamer.keep} keeps; undefined where
   * these are read in place.
   *
   * @internal
   */
  keeper(): Promise<Keeper | undefined> {
    if (!this.#caches) return Promise.resolve(undefined);
    return this.#fetcher.cache.keeper(this.source.id, 'kept');
  }

  /**
   * Keeps account of work that goes on, whose failure is none of the streamer's: the end waits for it.
   *
   * @internal
   */
  track(work: Promise<void>): void {
    void this.#lifetime.track(work.catch(() => undefined));
  }

  /** Tells how many downloads of so many bytes each should run together, by what downloads have shown so far. */
  concurrencyFor(bytes: number): number {
    return this.#fetcher.pace.concurrencyFor(bytes, this.maxConcurrency);
  }

  /** True when the source likes to know which files are going to be opened. */
  get anticipates(): boolean {
    return this.source.anticipate !== undefined;
  }

  /** Says which files are going to be opened soon, in this order. */
  anticipate(entries: readonly FileEntry[]): void {
    if (!this.#lifetime.signal.aborted) this.source.anticipate?.(entries.map(({ path }) => path));
  }

  /** Number of downloads that may run at a time at the most; one at the least, or whoever waits would do so forever. */
  get maxConcurrency(): number {
    const { maxConcurrency = DEFAULT_MAX_CONCURRENCY } = this.source;
    return maxConcurrency >= 1 ? maxConcurrency : 1;
  }

  /**
   * Says to the cache, for as long as what is returned is not disposed of, in which order it can do without files of
   * this source.
   */
  advise(advice: EvictionAdvice<FileEntry>): Disposable {
    return this.#fetcher.cache.advise(new FileAdvice(advice, this.source.id, this.#ranges));
  }

  /** Tells how many bytes the cache may hold; undefined where files are read in place. */
  async capacity(): Promise<number | undefined> {
    return this.#caches ? (await this.#fetcher.cache.open()).maxSize : undefined;
  }

  /**
   * Tells whether the cached copy of a file as it was listed is there, or all that is wanted of it; files that are read
   * in place are.
   */
  isHere(entry: FileEntry, options: ReadOptions & Partial<PartsRequest> = {}): Promise<boolean> {
    return this.use(options.signal, async (signal) => {
      if (!this.#caches) return true;
      const { path, version } = entry;
      const cache = await this.#fetcher.cache.open();
      if ((await cache.find({ source: this.source.id, path, version })) !== undefined) return true;
      const { plan } = options;
      return plan !== undefined && this.#parts.isHere(entry, { ...options, plan }, signal);
    });
  }

  stats(): StreamerStats {
    const { evictions } = this.#fetcher.cache;
    return {
      ...this.#fetcher.stats(),
      evictions,
      partial: this.#parts.stats(),
      archives: archiveStats(this.source),
    };
  }

  /** Ends downloads under way and the use of the source. Files already handed out stay until they are let go. */
  close(): Promise<void> {
    return this.#lifetime.close(async () => {
      await this.#whole.ended();
      await this.source[Symbol.asyncDispose]();
      await this.#fetcher.cache[Symbol.asyncDispose]();
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /**
   * Runs one call under the streamer's signal and its own.
   *
   * @throws DisposedError after {@link DataStreamer.close}
   */
  protected use<Result>(
    own: AbortSignal | undefined,
    action: (signal: AbortSignal) => Promise<Result>,
  ): Promise<Result> {
    return this.#lifetime.run(own, action);
  }

  /** True when files of this source are kept in the cache. */
  get #caches(): boolean {
    return this.source.inPlace !== true;
  }

  /** Finds a file that is on this machine already, outside of the cache, and is used where it lies. */
  async #locate(path: string, signal: AbortSignal): Promise<LocatedFile | undefined> {
    if (this.source.inPlace === false) return undefined;
    const found = await this.source.locate?.(path, { signal });
    return found === undefined
      ? undefined
      : { path: found, size: (await this.source.stat(path, { signal })).size };
  }

  /** Makes the key of a kept file, apart from the source's own files. */
  #keptKey(path: string, version: string): CacheKey {
    return { source: nameOfMade(this.source.id, 'kept'), path, version };
  }
}

function requireAtLeast(option: string, value: number | undefined, least: number): void {
  if (value === undefined || value >= least) return;
  throw new ConfigError(option, `${option} must be ${least} or more, not ${showValue(value)}.`);
}
