import { createHash, createHmac } from 'node:crypto';

/** Keys that a request is signed with. */
export interface SigningKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Token of the session, of temporary keys. */
  readonly sessionToken?: string | undefined;
}

/** Request that is to be signed; it has no body. */
export interface UnsignedRequest {
  /** Path and query are coded as they are sent, the query sorted by name. */
  readonly url: URL;
  /** Names in lower case. Those that begin with `x-amz-` are signed. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Place and time that a signature holds for. */
export interface SigningScope {
  readonly region: string;
  readonly time: Date;
}

const ALGORITHM = 'AWS4-HMAC-SHA256';
/** SHA-256 of a body without bytes. */
const EMPTY_BODY_HASH = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

/** Signs a GET by Signature Version 4 and returns all of its headers. The path counts as it is sent, coded once. */
export function signRequest(
  { url, headers }: UnsignedRequest,
  keys: SigningKeys,
  { region, time }: SigningScope,
): Record<string, string> {
  const stamp = time.toISOString().replaceAll(/[-:]|\.\d+/g, '');
  const day = stamp.slice(0, 8);
  const all: Record<string, string> = {
    ...headers,
    'x-amz-content-sha256': EMPTY_BODY_HASH,
    'x-amz-date': stamp,
    ...(keys.sessionToken === undefined ? {} : { 'x-amz-security-token': keys.sessionToken }),
  };
  const signed = Object.entries({ ...all, host: url.host })
    .filter(([name]) => name === 'host' || name.startsWith('x-amz-'))
    .toSorted(([one], [other]) => (one < other ? -1 : 1));
  const names = signed.map(([name]) => name).join(';');
  const canonical = [
    'GET',
    url.pathname,
    url.search.slice(1),
    ...signed.map(([name, value]) => `${name}:${value.trim().replaceAll(/ +/g, ' ')}`),
    '',
    names,
    EMPTY_BODY_HASH,
  ].join('\n');
  const scope = `${day}/${region}/s3/aws4_request`;
  const toSign = [ALGORITHM, stamp, scope, createHash('sha256').update(canonical).digest('hex')].join('\n');
  const key = [day, region, 's3', 'aws4_request'].reduce<string | Buffer>(
    hmac,
    `AWS4${keys.secretAccessKey}`,
  );
  const signature = hmac(key, toSign).toString('hex');
  return {
    ...all,
    authorization: `${ALGORITHM} Credential=${keys.accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}`,
  };
}

function hmac(key: string | Buffer, data: string): Buffer {
  return createHmac('sha256', key).update(data).digest();
}
