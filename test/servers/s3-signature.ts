import { createHash, createHmac } from 'node:crypto';

/** Request as it goes over the line. */
export interface PlainRequest {
  readonly method: string;
  /** Path and query as sent. */
  readonly target: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Keys and scope of a signature. */
export interface Signer {
  readonly keyId: string;
  readonly secret: string;
  readonly region: string;
}

/**
 * Signature of a request by AWS's Signature Version 4, written from its description and not from the code under test:
 * from the headers that `names` lists.
 */
export function signatureOf(
  request: PlainRequest,
  names: readonly string[],
  { secret, region }: Signer,
): string {
  const { method, target, headers } = request;
  const [path = '', query = ''] = target.split('?', 2);
  const pairs = query === '' ? [] : query.split('&').map((pair) => (pair.includes('=') ? pair : `${pair}=`));
  let canonical = `${method}\n${path}\n${pairs.toSorted().join('&')}\n`;
  for (const name of names) canonical += `${name}:${(headers[name] ?? '').trim()}\n`;
  canonical += `\n${names.join(';')}\n${headers['x-amz-content-sha256'] ?? ''}`;
  const date = headers['x-amz-date'] ?? '';
  const day = date.slice(0, 8);
  const text = `AWS4-HMAC-SHA256\n${date}\n${day}/${region}/s3/aws4_request\n${sha256(canonical)}`;
  const dayKey = hmac(`AWS4${secret}`, day);
  return hmac(hmac(hmac(hmac(dayKey, region), 's3'), 'aws4_request'), text).toString('hex');
}

/** Headers of a signed request with this body. */
export function signedHeaders(
  method: string,
  url: URL,
  body: string | Uint8Array,
  signer: Signer,
  more: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const headers: Record<string, string> = {
    ...more,
    host: url.host,
    'x-amz-content-sha256': sha256(body),
    'x-amz-date': `${new Date().toISOString().replaceAll(/[-:]|\..*/g, '')}Z`,
  };
  const names = Object.keys(headers).toSorted();
  const signature = signatureOf({ method, target: url.pathname + url.search, headers }, names, signer);
  const scope = `${headers['x-amz-date']?.slice(0, 8)}/${signer.region}/s3/aws4_request`;
  headers['authorization'] =
    `AWS4-HMAC-SHA256 Credential=${signer.keyId}/${scope}, SignedHeaders=${names.join(';')}, Signature=${signature}`;
  return headers;
}

function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

function hmac(key: string | Buffer, data: string): Buffer {
  return createHmac('sha256', key).update(data).digest();
}
