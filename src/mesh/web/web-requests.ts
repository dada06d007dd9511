import { IntegrityError, isVascuError, NetworkError } from '../../core/errors.ts';
import { withRetry } from '../../core/retry.ts';
import type { ByteRange } from '../../core/source.ts';
import { TimeSlice } from '../../core/time-slice.ts';
import { ChangedMeanwhile, NoRanges, noAnswer, statusFailure } from './web-errors.ts';

type Bytes = Uint8Array<ArrayBuffer>;

/** Tries of a request in all, and of one to a server that has not answered yet: most of these will not. */
const MAX_TRIES = 4;
const MAX_FIRST_TRIES = 2;
/** Longest wait before the second try, milliseconds. */
const RETRY_DELAY_MS = 300;
/** Longest wait that a server may ask for, milliseconds. */
const MAX_RETRY_DELAY_MS = 30_000;

/** Beginning of a file, and what its answer tells of all of it. */
export interface WebHead {
  readonly bytes: Bytes;
  /** Bytes of the whole file; undefined where nothing tells. */
  readonly size: number | undefined;
}

/** Whole of a file, in the chunks in which it came. */
export type WebBody = readonly Bytes[];

/**
 * Requests for one file of a web server, by `fetch`: whole or in ranges, all of one state of the file. What a page of
 * another origin may ask for without a preflight and read of an answer is made do with.
 */
export class WebRequests {
  readonly #url: URL;
  readonly #label: string;
  readonly #headers: Readonly<Record<string, string>>;
  /** Text that tells the state of the file of which ranges came. */
  #version: string | undefined;
  #wasReached = false;

  /** @param label - how messages name the file */
  constructor(url: URL, label: string, headers: Readonly<Record<string, string>>) {
    this.#url = url;
    this.#label = label;
    this.#headers = headers;
  }

  /**
   * Fetches all of the file.
   *
   * @param isFresh - whether it must not come out of the browser's cache
   */
  whole(signal: AbortSignal | undefined, isFresh: boolean): Promise<WebBody> {
    return this.#retry(signal, async () => {
      const response = await this.#send('GET', undefined, isFresh ? 'no-store' : 'default', signal);
      return this.#readAll(response, signal);
    });
  }

  /**
   * Fetches the beginning of the file, from whose answer on all ranges must be of one state.
   *
   * @returns all of it where the server takes no notice of ranges
   * @throws NoRanges where answers do not tell one state of the file from another
   */
  head(length: number, signal: AbortSignal | undefined): Promise<WebHead | WebBody> {
    return this.#retry(signal, async () => {
      const range = { start: 0, end: length };
      const response = await this.#send('GET', range, 'no-store', signal);
      if (response.status === 200) return this.#readAll(response, signal);
      this.#version = versionOf(response);
      // A part of what is packed is no part of the file.
      if (this.#version === undefined || isPacked(response)) return this.#noRanges(response);
      const told = contentRange(response);
      const expected = Math.min(length, told?.size ?? contentLength(response) ?? length);
      this.#checkRange(response, { start: 0, end: expected });
      const bytes = await this.#readExactly(response, new Uint8Array(expected), signal);
      const size = told?.size ?? (expected < length ? expected : await this.#sizeByHead(signal));
      return { bytes, size };
    });
  }

  /**
   * Fetches a range.
   *
   * @throws ChangedMeanwhile when the answer is not of the same state of the file as the head
   * @throws IntegrityError when it has not what was asked for
   */
  range(range: ByteRange, size: number, signal: AbortSignal | undefined): Promise<Bytes> {
    return this.#retry(signal, async () => {
      const response = await this.#send('GET', range, 'no-store', signal);
      const told = contentRange(response);
      const isSame = versionOf(response) === this.#version && (told?.size ?? size) === size;
      if (response.status === 200 || !isSame) {
        await discard(response);
        throw isSame ? new NoRanges() : new ChangedMeanwhile();
      }
      this.#checkRange(response, range);
      return this.#readExactly(response, new Uint8Array(range.end - range.start), signal);
    });
  }

  #retry<Result>(signal: AbortSignal | undefined, task: () => Promise<Result>): Promise<Result> {
    const options = { baseDelayMs: RETRY_DELAY_MS, maxDelayMs: MAX_RETRY_DELAY_MS, signal };
    const isHopeless = (attempt: number): boolean => !this.#wasReached && attempt + 1 >= MAX_FIRST_TRIES;
    return withRetry(
      (attempt) =>
        task().catch((error: unknown) => {
          if (!isVascuError(error, 'NETWORK') || !error.retryable || !isHopeless(attempt)) throw error;
          throw new NetworkError(error.message, { retryable: false }, { cause: error.cause });
        }),
      { ...options, tries: MAX_TRIES },
    );
  }

  /** Sends a request; what it comes to is an answer that has something of the file, or an error. */
  async #send(
    method: 'GET' | 'HEAD',
    range: ByteRange | undefined,
    cache: RequestCache,
    signal: AbortSignal | undefined,
  ): Promise<Response> {
    const headers = new Headers(this.#headers);
    if (range !== undefined) headers.set('range', `bytes=${range.start}-${range.end - 1}`);
    // With a range no server packs what it sends, nor tells how long that would be.
    if (method === 'HEAD') headers.set('range', 'bytes=0-');
    let response: Response;
    try {
      response = await fetch(this.#url, {
        method,
        headers,
        cache,
        ...(signal === undefined ? {} : { signal }),
      });
    } catch (cause) {
      signal?.throwIfAborted();
      throw noAnswer(cause, this.#url, this.#label, this.#wasReached);
    }
    this.#wasReached = true;
    if (method === 'HEAD') return response;
    if (range !== undefined && response.status === 416) {
      await discard(response);
      // An empty file has no first byte.
      throw range.start === 0 ? new NoRanges() : new ChangedMeanwhile();
    }
    const failure = statusFailure(response, this.#label);
    if (failure === undefined && !(range === undefined && response.status === 206)) return response;
    await discard(response);
    throw failure ?? this.#lie('all of it', contentRange(response)?.text ?? 'a part of it');
  }

  /** Asks for the size of the file, where the answer for a part of it may not be read. */
  async #sizeByHead(signal: AbortSignal | undefined): Promise<number | undefined> {
    const response = await this.#send('HEAD', undefined, 'no-store', signal);
    await discard(response);
    if (response.status !== 200 && response.status !== 206) return undefined;
    if (versionOf(response) !== this.#version) throw new ChangedMeanwhile();
    return contentLength(response);
  }

  /** @throws IntegrityError when an answer is not that of a range, as far as it tells */
  #checkRange(response: Response, { start, end }: ByteRange): void {
    const told = contentRange(response);
    const asked = `bytes ${start}-${end - 1}`;
    if (told !== undefined && (told.start !== start || told.end !== end)) {
      discard(response);
      throw this.#lie(asked, told.text);
    }
    const length = contentLength(response);
    if (length === undefined || length === end - start) return;
    discard(response);
    throw this.#lie(asked, `${length} bytes`);
  }

  #lie(expected: string, actual: string): IntegrityError {
    const message = `${this.#label}: the server was asked for ${expected} and sends ${actual}. A proxy on the way may be at fault.`;
    return new IntegrityError(message, expected, actual);
  }

  async #noRanges(response: Response): Promise<never> {
    await discard(response);
    throw new NoRanges();
  }

  async #readAll(response: Response, signal: AbortSignal | undefined): Promise<WebBody> {
    const chunks: Bytes[] = [];
    await this.#read(response, signal, (chunk) => void chunks.push(chunk));
    return chunks;
  }

  /** Fills `target` with a body that must have as many bytes. */
  async #readExactly(response: Response, target: Bytes, signal: AbortSignal | undefined): Promise<Bytes> {
    let received = 0;
    await this.#read(response, signal, (chunk) => {
      const end = received + chunk.byteLength;
      if (end > target.byteLength) throw this.#lie(`${target.byteLength} bytes`, `at least ${end} bytes`);
      target.set(chunk, received);
      received = end;
    });
    if (received === target.byteLength) return target;
    throw new NetworkError(`${this.#label} ended after ${received} of ${target.byteLength} bytes of a part.`);
  }

  async #read(
    response: Response,
    signal: AbortSignal | undefined,
    take: (chunk: Bytes) => void,
  ): Promise<void> {
    const reader = response.body?.getReader();
    const slice = new TimeSlice(signal);
    let received = 0;
    try {
      for (;;) {
        await slice.pause();
        const next = await reader?.read();
        if (next?.value === undefined) return;
        received += next.value.byteLength;
        take(next.value);
      }
    } catch (cause) {
      signal?.throwIfAborted();
      reader?.cancel().catch(() => undefined);
      if (isVascuError(cause)) throw cause;
      throw new NetworkError(
        `${this.#label}: the connection broke off after ${received} bytes, or fewer came than were announced.`,
        {},
        { cause },
      );
    }
  }
}

/** Lets go of an answer whose body nobody reads. */
async function discard({ body }: Response): Promise<void> {
  await body?.cancel().catch(() => undefined);
}

/** Makes a text of what tells one state of a file from another, as far as a page may read it. */
function versionOf({ headers }: Response): string | undefined {
  const etag = headers.get('etag');
  const modified = headers.get('last-modified');
  return etag === null && modified === null ? undefined : `${etag ?? ''} ${modified ?? ''}`;
}

function isPacked({ headers }: Response): boolean {
  return !/^(?:identity)?$/i.test(headers.get('content-encoding')?.trim() ?? '');
}

function contentLength({ headers }: Response): number | undefined {
  const text = headers.get('content-length') ?? '';
  return /^\d+$/.test(text) ? Number(text) : undefined;
}

/** Reads `Content-Range`, which pages of another origin may mostly not see. */
function contentRange({
  headers,
}: Response): (ByteRange & { readonly size: number | undefined; readonly text: string }) | undefined {
  const text = headers.get('content-range')?.trim();
  if (text === undefined || text === '') return undefined;
  const [, start = 'NaN', last = 'NaN', size] = /^bytes (\d+)-(\d+)\/(\d+|\*)$/i.exec(text) ?? [];
  return {
    start: Number(start),
    end: Number(last) + 1,
    size: size === undefined || size === '*' ? undefined : Number(size),
    text: `"${text.slice(0, 80)}"`,
  };
}
