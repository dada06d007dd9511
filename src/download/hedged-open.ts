import { abortable } from '../core/abort.ts';
import { type ChunkReader, chunksOf } from '../core/chunk-reader.ts';
import { isVascuError } from '../core/errors.ts';
import type { ByteRange, Source, SourceFile } from '../core/source.ts';

/** An opened file whose first bytes are here. */
export interface Arriving {
  readonly file: SourceFile;
  readonly reader: ChunkReader;
  /** The first chunk; undefined where the file has no bytes. */
  readonly first: Uint8Array<ArrayBuffer> | undefined;
}

/** Bytes of a file as its source is asked for them. */
export interface OpenRequest {
  readonly source: Pick<Source, 'open'>;
  readonly path: string;
  /** Range that is read; undefined for all bytes. */
  readonly range: ByteRange | undefined;
  /** Version that the file must have. */
  readonly version: string;
}

/** Rules of a second request for a file: when it may be made, and what is counted. */
export interface Hedge {
  /** Time that the first request has, milliseconds. */
  readonly slowMs: number;
  /** Tells whether the second request is to be made now. */
  mayAsk(): boolean;
  /** Notes that a request failed by itself. */
  failed(error: unknown): void;
  /** Notes that the second request answered first. */
  won(): void;
}

/**
 * Opens a file and waits for its first bytes. Where they take longer than `slowMs` the file is asked for a second
 * time, if it may be, and whichever answers first is used; the other is given up before its body is read (a hedged
 * request: Dean and Barroso, The Tail at Scale, 2013).
 *
 * @param hedge - undefined: it is asked for once
 */
export async function openHedged(
  request: OpenRequest,
  hedge: Hedge | undefined,
  signal: AbortSignal,
): Promise<Arriving> {
  if (hedge === undefined) return begin(request, signal);
  const first = new Attempt(request, hedge, signal);
  const early = first.run();
  try {
    if (!(await isSlower(early, hedge.slowMs)) || !hedge.mayAsk()) return await early;
  } catch (error) {
    first.abort();
    discard(early);
    throw error;
  }
  return openTwice(first, early, new Attempt(request, hedge, signal), hedge, signal);
}

/** Waits for a request that has been under way for long and for a second one, whichever answers first. */
async function openTwice(
  first: Attempt,
  early: Promise<Arriving>,
  second: Attempt,
  hedge: Hedge,
  signal: AbortSignal,
): Promise<Arriving> {
  const late = second.run();
  // The first failure is the answer, unless the other request may do better.
  const failed = early.catch((error: unknown) => {
    if (!first.signal.aborted && !mayPass(error)) second.abort();
    throw error;
  });
  try {
    const winner = await abortable(Promise.any([failed.then(() => first), late.then(() => second)]), signal);
    const loser = winner === first ? second : first;
    loser.abort();
    discard(winner === first ? late : early);
    if (winner === second) hedge.won();
    return await (winner === first ? early : late);
  } catch (error) {
    for (const attempt of [first, second]) attempt.abort();
    discard(early);
    discard(late);
    throw error instanceof AggregateError ? mostPatient(error.errors) : error;
  }
}

/** Tells whether a request has not been answered after so many milliseconds, and did not fail either. */
function isSlower(request: Promise<unknown>, ms: number): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms, true);
    const settle = (): void => {
      clearTimeout(timer);
      resolve(false);
    };
    // It ends when its signal aborts as well.
    request.then(settle, settle);
  });
}

const UNNEEDED = new Error('The other of two requests was faster, or is the only one.');

/** One of the requests for a file, which ends when the call does, or alone. */
class Attempt {
  readonly #request: OpenRequest;
  readonly #hedge: Hedge;
  readonly #own = new AbortController();
  readonly #outer: AbortSignal;
  readonly #follow = (): void => this.#own.abort(this.#outer.reason);

  constructor(request: OpenRequest, hedge: Hedge, outer: AbortSignal) {
    this.#request = request;
    this.#hedge = hedge;
    this.#outer = outer;
    // Followed while the body comes.
    if (outer.aborted) this.#follow();
    else outer.addEventListener('abort', this.#follow);
  }

  get signal(): AbortSignal {
    return this.#own.signal;
  }

  async run(): Promise<Arriving> {
    try {
      return await begin(this.#request, this.signal);
    } catch (error) {
      if (!this.signal.aborted) this.#hedge.failed(error);
      throw error;
    }
  }

  abort(): void {
    this.#own.abort(UNNEEDED);
    this.#outer.removeEventListener('abort', this.#follow);
  }
}

function mayPass(error: unknown): boolean {
  return isVascuError(error, 'NETWORK') && error.retryable;
}

/** Chooses of the failures of two requests the first one's, unless the server asked the second one to wait longer. */
function mostPatient([first, second]: readonly unknown[]): unknown {
  const waitOf = (error: unknown): number => (isVascuError(error, 'NETWORK') ? (error.retryAfterMs ?? 0) : 0);
  return mayPass(first) && waitOf(second) > waitOf(first) ? second : first;
}

async function begin({ source, path, range, version }: OpenRequest, signal: AbortSignal): Promise<Arriving> {
  const opening = source.open(path, { signal, range, ifVersion: version });
  const file = await abortable(opening, signal).catch((error: unknown) => {
    // It may still open, after nobody waits for it any more.
    opening.then(({ body }) => body.cancel()).catch(() => undefined);
    throw error;
  });
  const reader = chunksOf(file);
  try {
    const first = reader.read();
    return { file, reader, first: first instanceof Promise ? await abortable(first, signal) : first };
  } catch (error) {
    reader.cancel(error);
    throw error;
  }
}

/** Gives up an attempt that nobody waits for, also when it comes through after all. */
function discard(attempt: Promise<Arriving>): void {
  attempt.then(({ reader }) => reader.cancel()).catch(() => undefined);
}
