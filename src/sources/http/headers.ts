import { NetworkError, UnsupportedError } from '../../core/errors.ts';
import type { ByteRange } from '../../core/source.ts';
import type { HeaderReader } from '../../protocols/http/answer-headers.ts';
import type { HttpResponse } from '../../protocols/http/exchange-types.ts';

/** Facts of the whole file by the headers of an answer. */
export interface FileFacts {
  /** Bytes; undefined when the server does not say. */
  readonly size: number | undefined;
  /** ETag without weak mark and with its quotes; undefined when there is none that promises the same bytes. */
  readonly strongEtag: string | undefined;
  readonly weakEtag: string | undefined;
  /** Whole seconds. */
  readonly modified: Date | undefined;
}

/**
 * Reads them.
 *
 * @throws UnsupportedError when the bytes are compressed: neither length nor range would be those of the file
 */
export function fileFacts({ status, headers, url }: HttpResponse, label: string): FileFacts {
  const encoding = headers.get('content-encoding')?.trim().toLowerCase() ?? '';
  if (encoding !== '' && encoding !== 'identity') {
    throw new UnsupportedError(
      'compression',
      `${label}: ${url.host} compresses (${encoding}) although "identity" was asked for. Turn it off for these files (nginx: gzip off; gzip_static off;).`,
    );
  }
  const etag = headers.get('etag')?.trim();
  const modified = new Date(headers.get('last-modified') ?? Number.NaN);
  return {
    size: status === 206 ? contentRange(headers)?.size : lengthOf(headers),
    // RFC 9110, 8.8.3: an entity tag is quoted, and strong unless it begins with W/.
    strongEtag: etag !== undefined && /^"[^"]*"$/.test(etag) ? etag : undefined,
    weakEtag: etag?.startsWith('W/') === true ? etag : undefined,
    modified: Number.isNaN(modified.getTime()) ? undefined : modified,
  };
}

/** Reads the number of bytes that follow. */
export function lengthOf(headers: HeaderReader): number | undefined {
  const text = headers.get('content-length') ?? '';
  return /^\d+$/.test(text) ? Number(text) : undefined;
}

/** Reads `Content-Range` (RFC 9110, 14.4). */
function contentRange(
  headers: HeaderReader,
): (ByteRange & { readonly size: number | undefined }) | undefined {
  const match = /^bytes (\d+)-(\d+)\/(\d+|\*)$/i.exec(headers.get('content-range')?.trim() ?? '');
  if (match === null) return undefined;
  return {
    start: Number(match[1]),
    end: Number(match[2]) + 1,
    size: match[3] === '*' ? undefined : Number(match[3]),
  };
}

/**
 * Checks that a 206 holds the bytes of `range`, cut only by the end of the file.
 *
 * @throws UnsupportedError `range` when it holds others
 */
export function assertPartial(
  { headers, url }: HttpResponse,
  range: ByteRange,
  size: number | undefined,
  label: string,
): void {
  const found = contentRange(headers);
  const end = Math.min(range.end, size ?? range.end);
  const length = lengthOf(headers);
  if (
    found?.start === range.start &&
    found.end === end &&
    (length === undefined || length === end - range.start)
  )
    return;
  throw new UnsupportedError(
    'range',
    `${label}: ${url.host} was asked for bytes ${range.start} to ${range.end} and sends "${headers.get('content-range') ?? 'no Content-Range'}" (${length ?? 'unknown'} bytes). Read the file from its start; a proxy on the way may be at fault.`,
  );
}

/**
 * Makes a version of headers: what tells one state of a file from another; see `HttpSource` for the rule.
 *
 * @param etags - whether entity tags count
 * @returns undefined when the headers hold nothing of the kind
 */
export function headerVersion(facts: FileFacts, size: number, etags: boolean): string | undefined {
  if (etags && facts.strongEtag !== undefined) return facts.strongEtag;
  if (facts.modified !== undefined) return timeVersion(size, facts.modified);
  return etags && facts.weakEtag !== undefined ? `${size}-${facts.weakEtag}` : undefined;
}

/** Makes a version of size and time of last change in whole seconds, which is all that HTTP dates hold. */
export function timeVersion(size: number, modified: Date): string {
  return `${size}-${Math.floor(modified.getTime() / 1000)}`;
}

/** Makes the request header that makes a server refuse (412) when the file is no longer of this version. */
export function precondition(version: string | undefined): Record<string, string> {
  if (version?.startsWith('"') === true) return { 'If-Match': version };
  const seconds = /^\d+-(\d+)$/.exec(version ?? '')?.[1];
  return seconds === undefined
    ? {}
    : { 'If-Unmodified-Since': new Date(Number(seconds) * 1000).toUTCString() };
}

/** Tells whether what comes is an HTML page. */
export function isPage(headers: HeaderReader): boolean {
  return /^\s*(text\/html|application\/xhtml\+xml)\b/i.test(headers.get('content-type') ?? '');
}

/** Describes what came instead of a file, where the answer's type gives it away. */
export function htmlHint({ headers }: HttpResponse, path: string): string {
  const html = isPage(headers) && !/\.html?$/i.test(path);
  return html ? ' What came is an HTML page: probably an error or a login page.' : '';
}

/** Makes the error for an answer that is neither a file nor an error. */
export function unexpectedStatus({ status, url }: HttpResponse, label: string): NetworkError {
  return new NetworkError(`${label}: ${url.host} answers with the unexpected status ${status}.`, {
    status,
    retryable: false,
  });
}

/** Statuses by which a server or a proxy says how it is, not that it does not take a request of this kind. */
const OF_THE_SERVER = [407, 408, 425, 429];

/**
 * Tells whether a server may refuse HEAD alone, or answers it with what says nothing of the file (204, 206, 304): what
 * it says by GET counts.
 */
export function refusesHead(status: number): boolean {
  return status !== 200 && (status < 500 || status === 501) && !OF_THE_SERVER.includes(status);
}

/** Tells whether a server, or a filter before it, may refuse a request for its range or its precondition alone. */
export function refusesKind(status: number): boolean {
  const isOfFile = status === 404 || status === 410 || status === 412 || status === 416;
  return status >= 400 && refusesHead(status) && !isOfFile;
}
