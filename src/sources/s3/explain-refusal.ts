import {
  AuthError,
  ConfigError,
  NetworkError,
  NotFoundError,
  UnsupportedError,
  type VascuError,
} from '../../core/errors.ts';
import { missingFile } from '../../core/source-errors.ts';
import { retryAfterMs, statusError } from '../../protocols/http/status.ts';
import type { S3Failure } from './failed-answer.ts';

/** Request that was refused, as far as messages need it. */
export interface RefusedRequest {
  /** Id of the source. */
  readonly id: string;
  readonly bucket: string;
  /** Key of the object; undefined where the bucket was listed. */
  readonly key?: string | undefined;
  /** Origin of the keys; undefined where the request was not signed. */
  readonly from: string | undefined;
  readonly region: string;
  /** True when the store is one that an endpoint names. */
  readonly hasEndpoint: boolean;
  readonly requesterPays: boolean;
}

/** Codes of a server that has too much to do, or has failed. */
const PASSING_CODES: readonly string[] = [
  'InternalError',
  'OperationAborted',
  'RequestTimeout',
  'ServiceUnavailable',
  'SlowDown',
  'ThrottlingException',
  'Throttling',
  'RequestLimitExceeded',
  'BandwidthLimitExceeded',
];

/** Explains a failure by an error: what was seen, and one thing to do about it. */
export function explainRefusal(failure: S3Failure, request: RefusedRequest): VascuError {
  const { status, code, headers } = failure;
  const ofProxy = status === 407 ? statusError(failure, request.id) : undefined;
  if (ofProxy !== undefined) return ofProxy;
  if (status === 429 || status >= 500 || PASSING_CODES.includes(code ?? ''))
    return explainPassing(failure, request);
  return (
    explainKeys(failure, request) ??
    explainPlace(failure, request) ??
    explainAccess(failure, request) ??
    new NetworkError(
      `${nameOf(request)}: ${failure.url.host} answers with status ${status}${quote(failure)}.${adviceOn(failure, request)}`,
      { status, retryable: status === 408, retryAfterMs: retryAfterMs(headers) },
    )
  );
}

/** Advises on an answer of what is no store; some stores know no requests without a signature. */
function adviceOn(failure: S3Failure, { from }: RefusedRequest): string {
  if (isS3(failure)) return '';
  const keys = 'leave out the option "anonymous" and set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or ';
  return ` What it sends is no answer of S3: ${from === undefined ? keys : ''}check the endpoint, its port above all.`;
}

/** Makes the error for an object that is not there. */
export function missingObject(id: string, key: string): NotFoundError {
  return missingFile(key, `in ${id}`, { more: ' Check its spelling, upper and lower case too.' });
}

function explainPassing(failure: S3Failure, request: RefusedRequest): VascuError {
  const { status, code, headers, url } = failure;
  if (status === 501 || status === 505) {
    return new UnsupportedError(
      's3',
      `${nameOf(request)}: ${url.host} does not know this request (${code ?? status}).${adviceOn(failure, request)}`,
    );
  }
  const isBusy = status === 429 || /SlowDown|Throttl|Limit/.test(code ?? '');
  const hint = isBusy ? ': it has too much to do; ask for fewer files at a time if that goes on' : '';
  return new NetworkError(
    `${nameOf(request)}: ${url.host} answers with status ${status}${quote(failure)}${hint}.`,
    {
      status,
      retryAfterMs: retryAfterMs(headers),
    },
  );
}

/** Explains what is wrong with keys, session or clock. */
function explainKeys(failure: S3Failure, request: RefusedRequest): VascuError | undefined {
  const { code, url } = failure;
  const { id, from = 'nowhere' } = request;
  const wrong = (message: string): AuthError => new AuthError('bad-credentials', `${id}: ${message}`);
  switch (code) {
    case 'SignatureDoesNotMatch':
      return wrong(
        `${url.host} does not accept the signature (${code}), so that the key id or the secret key from ${from} is wrong: copy both anew.`,
      );
    case 'InvalidAccessKeyId':
    case 'InvalidSecurity':
      return wrong(
        `${url.host} does not know the key id from ${from} (${code}): check it, and that the keys are of this store and not of another one.`,
      );
    case 'ExpiredToken':
    case 'TokenRefreshRequired':
      return wrong(`the keys from ${from} have expired (${code}): sign in again, or set new ones.`);
    case 'InvalidToken':
      return wrong(
        `${url.host} does not accept the session token from ${from} (${code}): set it together with the keys that it was made with (AWS_SESSION_TOKEN), or unset it.`,
      );
    case 'RequestTimeTooSkewed':
      return wrong(
        `the clocks of this machine and of ${url.host} are too far apart (${code}): set the clock.`,
      );
    default:
      return undefined;
  }
}

/** Explains what is wrong with bucket, region or endpoint. */
function explainPlace(failure: S3Failure, request: RefusedRequest): VascuError | undefined {
  const { status, code, url, elsewhere } = failure;
  const { id, bucket, region } = request;
  switch (code) {
    case 'NoSuchBucket':
      return new NotFoundError(
        `There is no bucket "${bucket}" at ${url.host} (${code}): check its name${request.hasEndpoint ? ' and the endpoint' : ', and give the endpoint of a store that is not AWS'}.`,
      );
    case 'InvalidBucketName':
      return new ConfigError(
        'bucket',
        `${url.host} takes "${bucket}" for no name of a bucket (${code}): check it.`,
      );
    case 'NoSuchKey':
      if (request.key !== undefined) return missingObject(id, request.key);
      return new NotFoundError(
        `${id}: ${url.host} takes the bucket for an object (${code}): leave the name of the bucket out of the endpoint.`,
      );
    case 'AuthorizationHeaderMalformed':
      return new ConfigError(
        'region',
        `${id}: ${url.host} takes no signature for the region "${region}" (${code}${failure.region === undefined ? '' : `; it says "${failure.region}"`}): give the region and the endpoint that go together.`,
      );
  }
  if (status >= 300 && status < 400) {
    const where = elsewhere === undefined ? 'elsewhere' : `to ${placeIn(elsewhere)}`;
    return new ConfigError(
      'endpoint',
      `${id}: ${url.host} sends requests on ${where}, where nothing signed for it may go: if that is the store, give it as the endpoint, and its region.`,
    );
  }
  if (status === 404 || status === 410 || status === 405) {
    if (isS3(failure) && request.key !== undefined) return missingObject(id, request.key);
    return new NotFoundError(
      `${nameOf(request)}: ${url.host} has nothing there (${code ?? status}).${adviceOn(failure, request)}`,
    );
  }
  return undefined;
}

/** Explains what may not be read. */
function explainAccess(failure: S3Failure, request: RefusedRequest): VascuError | undefined {
  const { status, code, url, storageClass } = failure;
  const { id, key, from, requesterPays } = request;
  if (code === 'InvalidObjectState') {
    const kind = storageClass === undefined ? '' : `, class ${storageClass}`;
    return new UnsupportedError(
      'archive',
      `${nameOf(request)} lies in an archive (${code}${kind}): restore it first, as with "aws s3api restore-object", and wait until that is done.`,
    );
  }
  if (status !== 401 && status !== 403) return undefined;
  if (!isS3(failure)) {
    return new AuthError(
      'no-permission',
      `${nameOf(request)}: ${url.host} refuses (${status}).${adviceOn(failure, request)}`,
    );
  }
  if (from === undefined) {
    return new AuthError(
      'token-required',
      `${nameOf(request)}: ${url.host} shows it to nobody without keys (${code}): leave out the option "anonymous" and set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.`,
    );
  }
  const right = key === undefined ? 's3:ListBucket of the bucket' : 's3:GetObject of the object';
  const missing = key === undefined ? '' : ', or there is no such object and they may not list the bucket';
  const pays = requesterPays ? '' : '; if whoever asks pays there, set the option "requesterPays"';
  return new AuthError(
    'no-permission',
    `${key === undefined ? id : nameOf(request)}: the keys from ${from} may not read it (${code})${missing}: ask for the right ${right}${pays}.`,
  );
}

function nameOf({ id, key }: RefusedRequest): string {
  return key === undefined ? id : `${id}/${key}`;
}

function isS3({ code }: S3Failure): boolean {
  return code !== undefined;
}

function quote({ code }: S3Failure): string {
  return code === undefined ? '' : ` (${code})`;
}

/** Finds the origin of an address, or the host of one without a scheme; never its path and query. */
function placeIn(address: string): string {
  const hasScheme = /^https?:\/\//i.test(address);
  const text = hasScheme ? address : `http://${address}`;
  if (!URL.canParse(text)) return 'what is no address';
  const { origin, host } = new URL(text);
  return hasScheme ? origin : host;
}
