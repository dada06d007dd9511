import { exactBody } from '../../core/exact-body.ts';
import type { ByteRange, SourceFile } from '../../core/source.ts';
import type { HttpResponse } from '../../protocols/http/exchange-types.ts';
import { withoutParts } from './file-errors.ts';
import { lengthOf } from './headers.ts';

/**
 * Makes the body of a range of a file, out of an answer that holds the range or the whole file.
 *
 * @throws UnsupportedError `range` where the whole comes and the range does not begin with it
 */
export function fileBody(
  response: HttpResponse,
  { start, end }: ByteRange,
  size: number,
  label: string,
): SourceFile['body'] {
  const { status, url, headers, body } = response;
  if (status !== 206 && start > 0) throw withoutParts(label, url.host, { start, end });
  const length = end - start;
  if (lengthOf(headers) === length) return body;
  return exactBody(body, { length, label, leaveRest: status === 200 && end < size });
}
