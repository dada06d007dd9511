import { linkSignals } from '../core/abort.ts';
import { IntegrityError, isVascuError, NetworkError, UnsupportedError } from '../core/errors.ts';
import { backoff, wait } from '../core/retry.ts';
import type { ByteRange, FileEntry, Source, SourceFile } from '../core/source.ts';
import { CrawlWatch } from './crawl-watch.ts';
import type { HedgeBudget } from './hedge-budget.ts';
import { type Hedge, openHedged } from './hedged-open.ts';
import type { DownloadPace } from './pace.ts';

/** Target of the bytes of a download: the `Reservation` of a file, or of parts of it. */
export interface DownloadTarget<Result> {
  /** Bytes that are there: where to go on. */
  readonly received: number;
  /** Takes the next bytes; calls `recycle` with them when they are no longer needed. */
  write(bytes: Uint8Array<ArrayBuffer>, recycle?: (bytes: Uint8Array<ArrayBuffer>) => void): Promise<void>;
  /** Takes them as `write` does, with a promise only where it has to be waited for. @defaultValue `write` is used */
  append?(
    bytes: Uint8Array<ArrayBuffer>,
    recycle?: (bytes: Uint8Array<ArrayBuffer>) => void,
  ): Promise<void> | undefined;
  /** Forgets the bytes that are there. */
  restart(): Promise<void>;
  /** Publishes what has come, which is all. */
  publish(): Promise<Result>;
}

/** Patience of a download with its server. */
export interface DownloadOptions {
  /** Range of the file that is fetched. @defaultValue all */
  readonly range?: ByteRange | undefined;
  /** Tries without progress before it is given up, 1 or more. */
  readonly tries: number;
  /** Longest wait before the second try, milliseconds; undefined for the usual. */
  readonly retryDelayMs: number | undefined;
  /** Longest time without a byte, milliseconds. */
  readonly idleTimeoutMs: number;
  /** Longest time in all, milliseconds; undefined for none. */
  readonly totalTimeoutMs: number | undefined;
  /** Budget of second requests for files whose first byte takes long; undefined for never. */
  readonly hedges: HedgeBudget | undefined;
  /** Record of how fast the source is. */
  readonly pace: DownloadPace;
  readonly signal: AbortSignal;
  /** Listener that is called with the number of bytes that arrived. */
  readonly onBytes: (count: number) => void;
  /** Listener that is called when all bytes have come, with the milliseconds in which none of them did. */
  readonly onIdled: (ms: number) => void;
  /** Listener that is called before another try. */
  readonly onRetry: (error: unknown) => void;
}

/** Bytes that count as progress: a server that cuts every connection still gives a large file in the end. */
const PROGRESS_BYTES = 64 * 1024;

/** Share of the longest silence after which a rate is judged: together with a look now and then less than all of it. */
const CRAWL_WINDOW_SHARE = 2 / 3;

/** Number of times that a transfer at a crawl is begun anew: if it does not help, the line is slow. */
const MAX_CRAWLS = 3;

/** Factor by which a rate is looked at longer each time. */
const CRAWL_WINDOW_FACTOR = 4;

/** Number of times that a file whose digest is wrong is fetched from its beginning. */
const MAX_RESTARTS = 2;

/**
 * Fetches a file into the room that was set aside for it and publishes it. What a connection gave before it broke is
 * not fetched again where the source serves ranges of the same version.
 *
 * @throws NotFoundError when the file is gone or has another version by now
 * @throws IntegrityError when it arrives damaged again and again
 * @throws NetworkError when the server fails again and again
 */
export async function download<Result>(
  source: Source,
  entry: FileEntry,
  reservation: DownloadTarget<Result>,
  options: DownloadOptions,
): Promise<Result> {
  const { tries, totalTimeoutMs } = options;
  const deadline = totalTimeoutMs === undefined ? undefined : new AbortController();
  const timer = deadline && setTimeout(() => deadline.abort(), totalTimeoutMs);
  const { signal, unlink } =
    deadline === undefined
      ? { signal: options.signal, unlink: undefined }
      : linkSignals(options.signal, deadline.signal);
  let failures = 0;
  let restarts = 0;
  let crawls = 0;
  const start = performance.now();
  try {
    for (;;) {
      const before = reservation.received;
      // What was begun from its start again, because no part of it can be had, has only so much to lose.
      const isPatient = crawls === MAX_CRAWLS || (crawls > 0 && restarts > 0);
      const crawlMs = isPatient
        ? Infinity
        : options.idleTimeoutMs * CRAWL_WINDOW_SHARE * CRAWL_WINDOW_FACTOR ** crawls;
      const state: ReceiveState = { doubtful: false, transferMs: 0, crawlMs, crawled: false };
      try {
        await receive(source, entry, reservation, { ...options, signal }, state);
        options.onIdled(performance.now() - start - state.transferMs);
        const held = await reservation.publish();
        options.hedges?.earn();
        return held;
      } catch (error) {
        if (state.doubtful) await reservation.restart();
        signal.throwIfAborted();
        if (state.crawled) {
          crawls = state.doubtful ? MAX_CRAWLS : crawls + 1;
          options.onRetry(error);
          continue;
        }
        const damaged = isVascuError(error, 'INTEGRITY');
        const ranged = before > 0 && (error instanceof RangeError || isVascuError(error, 'UNSUPPORTED'));
        if (damaged || ranged) {
          // What is there, or what the source makes of a range, cannot be trusted: once more from the beginning.
          if (restarts++ === MAX_RESTARTS) throw error;
          options.onRetry(error);
          await reservation.restart();
          continue;
        }
        if (!isVascuError(error, 'NETWORK') || !error.retryable) throw error;
        options.hedges?.failed(error);
        if (reservation.received - before >= PROGRESS_BYTES && !state.doubtful) failures = 0;
        if (++failures >= tries) throw error;
        options.onRetry(error);
        await wait(
          error.retryAfterMs ?? backoff(failures - 1, { baseDelayMs: options.retryDelayMs }),
          signal,
        );
      }
    }
  } catch (error) {
    if (options.signal.aborted || deadline?.signal.aborted !== true) throw error;
    throw tooLong(source, entry, totalTimeoutMs, error);
  } finally {
    clearTimeout(timer);
    unlink?.();
  }
}

/** State of a connection while it brings bytes. */
interface ReceiveState {
  /** True when nothing says that the bytes that come are the file's. */
  doubtful: boolean;
  /** Time in which bytes came, milliseconds. */
  transferMs: number;
  /** Time for which bytes are waited for until their rate is judged, milliseconds. */
  readonly crawlMs: number;
  /** True when it was given up because bytes came at a crawl. */
  crawled: boolean;
}

/** Reads what is missing by one connection. */
async function receive(
  source: Source,
  entry: FileEntry,
  reservation: DownloadTarget<unknown>,
  options: DownloadOptions,
  state: ReceiveState,
): Promise<void> {
  const { path, size, version } = entry;
  const { idleTimeoutMs, onBytes, pace } = options;
  const link = linkSignals(options.signal);
  const crawl = new CrawlWatch(state.crawlMs);
  // Timers run before sockets are read, immediates after.
  const lookAtRate = (): void => {
    const found = crawl.judge(performance.now());
    if (found === undefined || link.signal.aborted) return;
    state.crawled = true;
    link.abort(
      new NetworkError(
        `${source.id}/${path}: only ${found.bytes} bytes came in ${found.seconds} s: it is asked for anew.`,
      ),
    );
  };
  let last = performance.now();
  let isOpen = false;
  const watch = setInterval(
    () => {
      // Whoever waits for its turn has its own time-out once it is asked for.
      if (!isOpen && source.isBusy === true) last = performance.now();
      if (isOpen) setImmediate(lookAtRate);
      if (performance.now() - last <= idleTimeoutMs) return;
      link.abort(new NetworkError(`${source.id}/${path}: no byte arrived for ${idleTimeoutMs / 1000} s.`));
    },
    Math.max(10, idleTimeoutMs / 4),
  );
  try {
    const whole = options.range ?? { start: 0, end: size };
    const start = whole.start + reservation.received;
    const range = start > 0 || whole.end < size ? { start, end: whole.end } : undefined;
    const begun = performance.now();
    const request = { source, path, range, version };
    const arriving = await openHedged(request, hedgeOf(source, options), link.signal);
    const arrived = performance.now();
    last = arrived;
    isOpen = true;
    pace.waited(arrived - begun);
    const { file, reader } = arriving;
    // It ends a read that waits, without a promise for each.
    const stop = (): void => reader.cancel(link.signal.reason);
    link.signal.addEventListener('abort', stop);
    try {
      link.signal.throwIfAborted();
      checkSame(source, entry, file);
      if (options.range !== undefined && file.fromStart === true) {
        throw new UnsupportedError(
          'range',
          `${source.id}/${path}: the source sends no parts of files; it was asked for bytes ${start} to ${whole.end}.`,
        );
      }
      state.doubtful = file.resumable === false;
      for (let value = arriving.first; value !== undefined; ) {
        last = performance.now();
        crawl.came(value.byteLength, last);
        onBytes(value.byteLength);
        const writing =
          reservation.append === undefined
            ? reservation.write(value, file.recycle)
            : reservation.append(value, file.recycle);
        if (writing !== undefined) await writing;
        last = performance.now();
        crawl.waits(last);
        const next = reader.read();
        value = next instanceof Promise ? await next : next;
        link.signal.throwIfAborted();
      }
      state.transferMs += last - arrived;
    } catch (error) {
      reader.cancel(error);
      throw error;
    } finally {
      link.signal.removeEventListener('abort', stop);
    }
    const length = whole.end - whole.start;
    if (reservation.received < length) {
      throw new NetworkError(
        `${source.id}/${path} was cut: ${reservation.received} of ${length} bytes arrived.`,
      );
    }
  } finally {
    clearInterval(watch);
    link.unlink();
  }
}

/**
 * Makes the rules of a second request; undefined where nothing tells yet what is slow, or the source is never asked
 * twice.
 */
function hedgeOf(source: Source, { hedges, pace }: DownloadOptions): Hedge | undefined {
  const { slowMs } = pace;
  if (hedges === undefined || slowMs === undefined || source.mayAskTwice !== true) return undefined;
  return {
    slowMs,
    mayAsk: () => source.mayAskTwice === true && hedges.take(),
    failed: (error) => hedges.failed(error),
    won: () => hedges.win(),
  };
}

function tooLong(
  source: Source,
  { path }: FileEntry,
  totalTimeoutMs: number | undefined,
  cause: unknown,
): NetworkError {
  return new NetworkError(
    `${source.id}/${path} did not arrive within ${(totalTimeoutMs ?? 0) / 1000} s (totalTimeoutMs).`,
    { retryable: false },
    { cause },
  );
}

function checkSame(source: Source, entry: FileEntry, file: SourceFile): void {
  if (file.size === entry.size) return;
  throw new IntegrityError(
    `${source.id}/${entry.path} has ${file.size} bytes where ${entry.size} were announced.`,
    String(entry.size),
    String(file.size),
  );
}
