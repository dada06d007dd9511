import { AuthError, NetworkError, NotFoundError, type VascuError } from '../../core/errors.ts';
import type { HeaderReader } from './answer-headers.ts';
import type { HttpResponse } from './exchange-types.ts';

/**
 * Makes the error that an answer's status stands for; `undefined` for 1xx, 2xx and 3xx. The body is left alone: discard
 * it.
 *
 * @param label - what was asked for, as the message names it
 * @param advice - what to do about a refused permission (401, 403)
 */
export function statusError(
  response: Pick<HttpResponse, 'status' | 'url' | 'headers'>,
  label: string,
  advice = 'Check the credentials, and that they give access to it.',
): VascuError | undefined {
  const { status, url, headers } = response;
  if (status < 400) return undefined;
  if (status === 401)
    return new AuthError('token-required', `${label}: ${url.host} wants credentials (401). ${advice}`);
  if (status === 403) return new AuthError('no-permission', `${label}: ${url.host} refuses (403). ${advice}`);
  if (status === 404 || status === 410)
    return new NotFoundError(`${label}: ${url.host} has no such file (${status}).`);
  if (status === 407)
    return new AuthError(
      'bad-credentials',
      `${label}: the proxy wants a name and a password: write them into its URL (http://name:password@host:port).`,
    );
  const retryable =
    status === 408 ||
    status === 425 ||
    status === 429 ||
    (status >= 500 && ![501, 505, 511].includes(status));
  const hint = status === 429 ? ' (too many requests)' : status >= 500 ? ' (the fault is the server’s)' : '';
  return new NetworkError(`${label}: ${url.host} answers with status ${status}${hint}.`, {
    status,
    retryable,
    retryAfterMs: retryable ? retryAfterMs(headers) : undefined,
  });
}

/**
 * Reads how long the server asks to wait, milliseconds: `Retry-After` (RFC 9110, 10.2.3; seconds or a date), else the
 * reset time of a used-up `RateLimit` (IETF draft ratelimit-headers, old and new form).
 */
export function retryAfterMs(headers: HeaderReader, now: number = Date.now()): number | undefined {
  const given = headers.get('retry-after')?.trim();
  if (given !== undefined && /^\d+$/.test(given)) return Number(given) * 1000;
  if (given !== undefined) {
    const date = given.endsWith('GMT') ? Date.parse(given) : Number.NaN;
    if (!Number.isNaN(date)) return Math.max(0, date - now);
  }
  const limit = headers.get('ratelimit') ?? '';
  const left = /\b(?:r|remaining)=(\d+)/.exec(limit)?.[1];
  const seconds = /\b(?:t|reset)=(\d+)/.exec(limit)?.[1];
  return left === '0' && seconds !== undefined ? Number(seconds) * 1000 : undefined;
}
