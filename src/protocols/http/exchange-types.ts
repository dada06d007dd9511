import type { ChunkReader } from '../../core/chunk-reader.ts';
import type { HeaderReader } from './answer-headers.ts';
import type { TlsOptions } from './tls.ts';

/** Options of {@link HttpClient}. */
export interface HttpClientOptions {
  readonly tls?: TlsOptions | undefined;
  /** Longest time for each of: connection with its name lookup, proxy, TLS; milliseconds. @defaultValue 10 000 */
  readonly connectTimeoutMs?: number | undefined;
  /** Longest time without a byte, and until the headers have come, milliseconds. @defaultValue 30 000 */
  readonly idleTimeoutMs?: number | undefined;
  /** Most requests at a time per origin, and so most connections; further ones wait. @defaultValue 8 */
  readonly maxConnections?: number | undefined;
  /**
   * URL of an `http:` or `https:` proxy for every request, or `false` for none.
   * @defaultValue what the variables HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY say
   */
  readonly proxy?: string | false | undefined;
}

/** Request of an {@link HttpClient}. */
export interface HttpRequest {
  /** Address without a user name and password: credentials go into headers. */
  readonly url: string | URL;
  /** @defaultValue 'GET' */
  readonly method?: 'GET' | 'HEAD' | 'POST' | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: string | Uint8Array | undefined;
  /** Signal that makes the request reject with `signal.reason`, or fails its body with it, and closes the connection. */
  readonly signal?: AbortSignal | undefined;
  /**
   * True where it is a GET of a stored file: what answers such requests plainly once is read by less than all that
   * node:http does. An answer that then is not plain is asked for once more, and so are all later ones of the origin.
   *
   * @defaultValue false
   */
  readonly isFile?: boolean | undefined;
  /** Most redirects to follow; with 0 the 3xx is the answer. @defaultValue 5 */
  readonly redirects?: number | undefined;
  /**
   * True when an answer of 429 or 503 with a `RateLimit` is waited for here, as one with `Retry-After` is; else it is
   * left to whoever asks.
   *
   * @defaultValue false
   */
  readonly awaitsRateLimit?: boolean | undefined;
  /** Name in messages of what is asked for. @defaultValue host and path; never the query */
  readonly label?: string | undefined;
}

/** A redirect that was followed. */
export interface HttpRedirect {
  readonly status: number;
  /** The URL that answered with the redirect. */
  readonly url: URL;
  readonly headers: HeaderReader;
}

/** An answer. Its body must be read to its end, cancelled or {@link HttpResponse.discard | discarded}. */
export interface HttpResponse {
  readonly status: number;
  /** Address that the answer came from, after all redirects. */
  readonly url: URL;
  readonly headers: HeaderReader;
  /** The bytes as sent: not decompressed. An end before the announced one is a retryable `NetworkError`. */
  readonly body: ReadableStream<Uint8Array<ArrayBuffer>>;
  /** The same bytes for whoever needs no stream: one of both is read. */
  readonly chunks: ChunkReader;
  /** Function that takes back a chunk of `body`, or what of it was wanted, whose bytes are no longer needed. */
  readonly recycle: ((chunk: Uint8Array<ArrayBuffer>) => void) | undefined;
  readonly redirects: readonly HttpRedirect[];
  /**
   * Reads the whole body as UTF-8, decompressed if a server compresses unasked.
   *
   * @param maxBytes - most bytes that are taken. @defaultValue 64 MiB
   * @throws NetworkError when it is longer
   */
  text(maxBytes?: number): Promise<string>;
  /**
   * Reads the whole body as JSON.
   *
   * @param decode - makes text of bytes that may be no UTF-8
   * @throws NetworkError when it is longer than `maxBytes`, or no JSON
   */
  json(maxBytes?: number, decode?: (bytes: Uint8Array) => string): Promise<unknown>;
  /** Gives up the body; the connection is kept if little is left to read. Never rejects. */
  discard(): Promise<void>;
}
