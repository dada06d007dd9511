import type { ByteRange, FileEntry, ReadOptions, Source } from '../core/source.ts';
import type { CacheAccess } from './cache-access.ts';
import { type DownloadTarget, download } from './download.ts';
import { HedgeBudget } from './hedge-budget.ts';
import { DownloadPace, type DownloadTimes } from './pace.ts';

/** Patience of a {@link Fetcher}, and what it may do. */
export interface FetcherOptions {
  /** Longest time without a byte of a download, milliseconds. @defaultValue 30 000 */
  readonly idleTimeoutMs?: number | undefined;
  /** Longest time for one file in all, milliseconds. @defaultValue none */
  readonly totalTimeoutMs?: number | undefined;
  /** Tries of a download without progress before it is given up, 1 or more. @defaultValue 5 */
  readonly tries?: number | undefined;
  /** Longest wait before the second of these tries, milliseconds; it doubles with each further one. @defaultValue 500 */
  readonly retryDelayMs?: number | undefined;
  /**
   * Treatment of a file that is larger than the whole cache: an error, or a temporary file that is removed when it is
   * let go.
   *
   * @defaultValue `'error'`
   */
  readonly oversized?: 'error' | 'temporary' | undefined;
  /**
   * True when what takes longer to come than nearly all else is to be asked for a second time, where the source allows
   * it (`Source.mayAskTwice`): at most a tenth more requests.
   *
   * @defaultValue true
   */
  readonly hedge?: boolean | undefined;
}

/** Options of {@link Fetcher.fetch}. */
export interface FetchOptions extends ReadOptions {
  readonly signal: AbortSignal;
  /** Bytes of the file that are fetched. @defaultValue all */
  readonly range?: ByteRange | undefined;
  /** Listener that is called with the number of bytes that are there by now. @defaultValue nothing */
  readonly onReceived?: ((received: number) => void) | undefined;
}

/** Counts of what a {@link Fetcher} did. */
export interface FetchStats {
  readonly hits: number;
  readonly misses: number;
  readonly bytesDownloaded: number;
  readonly retries: number;
  readonly hedges: { readonly made: number; readonly won: number };
}

const DEFAULT_TRIES = 5;
const DEFAULT_IDLE_TIMEOUT_MS = 30_000;

/** Line to one source: brings bytes of its files, with the streamer's patience, and remembers how fast they came. */
export class Fetcher {
  readonly source: Source;
  readonly cache: CacheAccess;
  readonly pace: DownloadPace = new DownloadPace();
  readonly oversized: 'error' | 'temporary' | undefined;
  readonly #options: FetcherOptions;
  readonly #hedges = new HedgeBudget();
  readonly #counts = { hits: 0, misses: 0, bytesDownloaded: 0, retries: 0 };

  constructor(source: Source, cache: CacheAccess, options: FetcherOptions) {
    this.source = source;
    this.cache = cache;
    this.oversized = options.oversized;
    this.#options = options;
  }

  /**
   * Fetches a file, or a range of it, into what takes its bytes.
   *
   * @throws NotFoundError, IntegrityError, NetworkError as `download` does
   */
  async fetch<Result>(
    entry: FileEntry,
    target: DownloadTarget<Result>,
    { range, signal, onReceived }: FetchOptions,
  ): Promise<Result> {
    const { tries, retryDelayMs, idleTimeoutMs, totalTimeoutMs, hedge = true } = this.#options;
    const before = target.received;
    const start = this.pace.begin();
    const begun = performance.now();
    let arrived: DownloadTimes | undefined;
    let times: DownloadTimes | undefined;
    try {
      const result = await download(this.source, entry, target, {
        range,
        hedges: hedge ? this.#hedges : undefined,
        pace: this.pace,
        tries: tries ?? DEFAULT_TRIES,
        retryDelayMs,
        idleTimeoutMs: idleTimeoutMs ?? DEFAULT_IDLE_TIMEOUT_MS,
        totalTimeoutMs,
        signal,
        onBytes: (count) => {
          this.#counts.bytesDownloaded += count;
          onReceived?.(target.received + count);
        },
        onIdled: (idleMs) => {
          arrived = { ms: performance.now() - begun, idleMs };
          this.pace.idled(idleMs, start);
        },
        onRetry: () => void this.#counts.retries++,
      });
      times = arrived;
      return result;
    } finally {
      this.pace.end(Math.max(0, target.received - before), start, times);
    }
  }

  /** Counts whether what was asked for was on this machine. */
  count(outcome: 'hit' | 'miss'): void {
    this.#counts[outcome === 'hit' ? 'hits' : 'misses']++;
  }

  stats(): FetchStats {
    return { ...this.#counts, hedges: this.#hedges.stats() };
  }
}
