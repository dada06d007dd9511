import { NetworkError } from '../../core/errors.ts';
import { type Body, type BodyCheck, exactBody } from '../../core/exact-body.ts';
import type { ByteRange } from '../../core/source.ts';
import type { HttpResponse } from './exchange-types.ts';

/** Options of {@link takeBody}. */
export interface TakeBodyOptions {
  /** Check that gets the bytes as they go by. @defaultValue none */
  readonly check?: BodyCheck | undefined;
  /** True when a `Content-Encoding` is a trait of the stored file, whose bytes come as they are. @defaultValue false */
  readonly storesEncoded?: boolean | undefined;
}

/**
 * Takes the bytes of `range` out of an answer to a request for them. An answer that cannot hold them — another range, a
 * length other than the file's, a page in its place — is a retryable `NetworkError`, before a byte is given out.
 *
 * @param size - bytes of the whole file
 * @param label - how messages name the file
 */
export async function takeBody(
  response: HttpResponse,
  range: ByteRange,
  size: number,
  label: string,
  { check, storesEncoded = false }: TakeBodyOptions = {},
): Promise<Body> {
  const problem = findProblem(response, range, size, storesEncoded);
  if (problem !== undefined) {
    await response.discard();
    throw new NetworkError(`${label}: the answer of ${response.url.host} ${problem}.`, {
      status: response.status,
    });
  }
  const isWhole = response.status === 200;
  const skip = isWhole ? range.start : 0;
  const length = range.end - range.start;
  const announced = response.headers.get('Content-Length');
  // A body of exactly the announced length is seen to by the HTTP client.
  if (check === undefined && skip === 0 && announced === String(length)) return response.body;
  return exactBody(response.body, {
    length,
    label: `${label}: the answer`,
    skip,
    leaveRest: isWhole && range.end < size,
    check,
  });
}

function findProblem(
  { status, headers }: HttpResponse,
  { start, end }: ByteRange,
  size: number,
  storesEncoded: boolean,
): string | undefined {
  const encoding = headers.get('Content-Encoding') ?? 'identity';
  if (encoding !== 'identity' && !storesEncoded)
    return `is compressed (${encoding}), which was not asked for`;
  const announced = headers.get('Content-Length');
  const expected = status === 206 ? end - start : size;
  if (announced !== null && announced !== String(expected)) {
    return `has ${announced} bytes instead of ${expected}; it may be a page of a proxy`;
  }
  const given = headers.get('Content-Range');
  if (status === 206 && given !== `bytes ${start}-${end - 1}/${size}`) {
    return `holds ${given ?? 'an unknown range'} instead of bytes ${start}-${end - 1}/${size}`;
  }
  return undefined;
}
