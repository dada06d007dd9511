import { offerChunks } from '../../core/chunk-reader.ts';
import { exactBody } from '../../core/exact-body.ts';
import type { ByteRange, SourceFile } from '../../core/source.ts';
import type { HttpResponse } from '../../protocols/http/exchange-types.ts';
import { withoutParts } from './file-errors.ts';
import { lengthOf } from './headers.ts';

/**
 * Gives a file its body: a range of it, out of an answer that holds the range or the whole file.
 *
 * @throws UnsupportedError `range` where the whole comes and the range does not begin with it
 */
export function withFileBody(
  file: Omit<SourceFile, 'body'>,
  response: HttpResponse,
  { start, end }: ByteRange,
  size: number,
  label: string,
): SourceFile {
  const { status, url, headers } = response;
  if (status !== 206 && start > 0) throw withoutParts(label, url.host, { start, end });
  const length = end - start;
  if (lengthOf(headers) !== length) {
    const leaveRest = status === 200 && end < size;
    return { ...file, body: exactBody(response.body, { length, label, leaveRest }) };
  }
  // A body of exactly the announced length is seen to by the HTTP client; most need no stream of it.
  const opened: SourceFile = {
    ...file,
    get body() {
      return response.body;
    },
  };
  return offerChunks(opened, response.chunks);
}
