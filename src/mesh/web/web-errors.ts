import { AuthError, NetworkError, NotFoundError, type VascuError } from '../../core/errors.ts';
import { onOneLine, shorten } from '../../core/show-value.ts';

/** Most characters of a page's origin that a message shows. */
const MAX_ORIGIN_CHARACTERS = 60;

/** Statuses of servers that will not do better when they are asked again. */
const LASTING: readonly number[] = [501, 505, 511];

/** Sign that the answers for one file are not of one state of it: it is read again. */
export class ChangedMeanwhile extends Error {
  override readonly name = 'ChangedMeanwhile';
}

/** Sign that a file cannot be read by ranges: it comes whole. */
export class NoRanges extends Error {
  override readonly name = 'NoRanges';
}

/** Makes the error that an answer's status stands for; undefined for an answer that has the file or a part of it. */
export function statusFailure(response: Response, label: string): VascuError | undefined {
  const { status } = response;
  if (status === 200 || status === 206) return undefined;
  if (status === 404 || status === 410)
    return new NotFoundError(`There is no file ${label}: the server answers ${status}.`);
  if (status === 401 || status === 403) {
    const reason = status === 401 ? 'token-required' : 'no-permission';
    return new AuthError(
      reason,
      `${label}: the server refuses to give it (${status}). Pass the option headers with what gives access.`,
    );
  }
  const retryable =
    status === 408 || status === 425 || status === 429 || (status >= 500 && !LASTING.includes(status));
  const seconds = /^\d+$/.exec(response.headers.get('retry-after')?.trim() ?? '')?.[0];
  return new NetworkError(`${label}: the server answers with status ${status}.`, {
    status,
    retryable,
    retryAfterMs: retryable && seconds !== undefined ? Number(seconds) * 1000 : undefined,
  });
}

/**
 * Makes the error for a request that came to no answer. Pages are told nothing but that: what may be the matter is named.
 *
 * @param wasReached - whether the server has answered before
 */
export function noAnswer(cause: unknown, url: URL, label: string, wasReached: boolean): NetworkError {
  const page = (globalThis as { readonly location?: { readonly origin?: unknown } }).location?.origin;
  const why =
    typeof page !== 'string'
      ? `the server cannot be reached (${onOneLine(shorten(reasonOf(cause)))})`
      : wasReached || page === url.origin
        ? 'the connection failed, or was refused'
        : `either the server does not let pages of ${shorten(page, MAX_ORIGIN_CHARACTERS)} read it (it has to send access-control-allow-origin), there is no such server, or it refuses connections`;
  return new NetworkError(`${label}: ${why}.`, { retryable: true }, { cause });
}

/** Finds the innermost message: what Node.js says of a request is in the cause of its error. */
function reasonOf(error: unknown): string {
  let inner = error;
  while (inner instanceof Error && inner.cause instanceof Error) inner = inner.cause;
  if (!(inner instanceof Error)) return String(inner);
  const { code } = inner as { readonly code?: unknown };
  return inner.message === '' ? String(code ?? inner.name) : inner.message;
}
