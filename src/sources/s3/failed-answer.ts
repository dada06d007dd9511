import type { HttpResponse } from '../../protocols/http/exchange-types.ts';
import { isRegion } from './address.ts';
import { childText, parseXml, type XmlElement } from './xml.ts';

/** Answer that is no success, as far as it says why. */
export interface S3Failure extends Pick<HttpResponse, 'status' | 'url' | 'headers'> {
  /** Code of the server's XML, such as `NoSuchKey`; undefined where what came is none of S3. */
  readonly code: string | undefined;
  /** Region that the bucket lies in. */
  readonly region: string | undefined;
  /** Host or URL that should be asked in place of this one. */
  readonly elsewhere: string | undefined;
  /** The server's clock, milliseconds since 1970. */
  readonly serverTime: number | undefined;
  /** Class of storage of an object in an archive. */
  readonly storageClass: string | undefined;
}

/** Longest text of an error that is read, bytes; they have some 300. */
const MAX_ERROR_BYTES = 256 * 1024;

/** Reads why a request was refused. What else the answer holds is repeated nowhere: it may quote the request. */
export async function readFailure(
  response: HttpResponse,
  signal: AbortSignal | undefined,
): Promise<S3Failure> {
  const { status, url, headers } = response;
  let error: XmlElement | undefined;
  try {
    error = parseXml(await response.text(MAX_ERROR_BYTES));
  } catch {
    signal?.throwIfAborted();
    // The status alone then says it.
  }
  if (error?.name !== 'Error') error = undefined;
  const code = childText(error, 'Code')?.trim();
  const region = headers.get('x-amz-bucket-region') ?? childText(error, 'Region');
  const serverTime = Date.parse(childText(error, 'ServerTime') ?? headers.get('date') ?? '');
  const storageClass = childText(error, 'StorageClass');
  return {
    status,
    url,
    headers,
    code: code !== undefined && isWord(code) ? code : undefined,
    region: region !== undefined && isRegion(region) ? region : undefined,
    elsewhere: headers.get('location') ?? childText(error, 'Endpoint'),
    serverTime: Number.isNaN(serverTime) ? undefined : serverTime,
    storageClass: storageClass !== undefined && isWord(storageClass) ? storageClass : undefined,
  };
}

function isWord(text: string): boolean {
  return /^[\w.-]{1,60}$/.test(text);
}
