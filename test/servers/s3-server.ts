import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { signatureOf } from './s3-signature.ts';

/** Object of the store. */
export interface StoredObject {
  readonly body: Uint8Array;
  /** Without quotes. @defaultValue the MD5 of the body */
  readonly etag?: string | undefined;
  /** Sent with the object, checksums only where they are asked for. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** `GLACIER` and the like may not be read. @defaultValue 'STANDARD' */
  readonly storageClass?: string | undefined;
}

/** Request as it came, and how it was answered. */
export interface S3Record {
  readonly method: string;
  readonly target: string;
  readonly headers: IncomingMessage['headers'];
  status: number;
  code: string | undefined;
}

/** Answer in place of the usual one. */
export interface ForcedAnswer {
  readonly status: number;
  /** Of an `<Error>`, with `fields` beside it. */
  readonly code?: string | undefined;
  readonly fields?: Readonly<Record<string, string>> | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** In place of an error. */
  readonly body?: string | Uint8Array | undefined;
  /** Bytes of the body after which the connection is cut. */
  readonly cutAfter?: number | undefined;
  /** Whether the body comes in chunks, without a length. */
  readonly chunked?: boolean | undefined;
}

/** What a server is like. All of it may be changed while it runs. */
export interface S3Traits {
  /** Secrets by key id. */
  keys: Record<string, string>;
  region: string;
  /** Session token that is good; undefined where none is wanted. */
  token: string | undefined;
  /** Difference of its clock to ours, milliseconds. */
  clockOffsetMs: number;
  /** Whether it says what time it is where a clock is wrong. */
  tellsTime: boolean;
  isPublic: boolean;
  requesterPays: boolean;
  mayList: boolean;
  pageSize: number;
  /** Time until it answers, milliseconds. */
  delayMs: number;
  /** Answers in place of its own; undefined for its own. */
  force:
    | ((request: { readonly target: string; readonly count: number }) => ForcedAnswer | undefined)
    | undefined;
}

/** Error of S3 that ends the handling of a request. */
class S3Error extends Error {
  readonly status: number;
  readonly code: string;
  readonly fields: Readonly<Record<string, string>>;

  constructor(status: number, code: string, fields: Readonly<Record<string, string>> = {}) {
    super(code);
    this.status = status;
    this.code = code;
    this.fields = fields;
  }
}

const MAX_SKEW_MS = 15 * 60_000;

/**
 * S3 on loopback with one bucket, `sims`, whose objects live in memory: it checks signatures, and gives what Swift has
 * not: expired keys, checksums, archives, requester pays, clocks that tell the time, and answers as a test says.
 */
export class S3Server implements AsyncDisposable {
  readonly traits: S3Traits;
  readonly objects = new Map<string, StoredObject>();
  readonly requests: S3Record[] = [];
  /** Most requests that were answered at a time. */
  mostAtATime = 0;
  readonly #server: Server;
  #atATime = 0;

  private constructor(traits: S3Traits) {
    this.traits = traits;
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  static async start(traits: Partial<S3Traits> = {}): Promise<S3Server> {
    const server = new S3Server({
      keys: { AKIDEXAMPLE: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' },
      region: 'us-east-1',
      token: undefined,
      clockOffsetMs: 0,
      tellsTime: true,
      isPublic: false,
      requesterPays: false,
      mayList: true,
      pageSize: 1000,
      delayMs: 0,
      force: undefined,
      ...traits,
    });
    await once(server.#server.listen(0, '127.0.0.1'), 'listening');
    return server;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Keys that are good. */
  get credentials(): {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  } {
    const [[accessKeyId, secretAccessKey] = ['', '']] = Object.entries(this.traits.keys);
    const { token } = this.traits;
    return { accessKeyId, secretAccessKey, ...(token === undefined ? {} : { sessionToken: token }) };
  }

  put(key: string, body: string | Uint8Array, more: Omit<StoredObject, 'body'> = {}): void {
    this.objects.set(key, { body: Buffer.from(body), ...more });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await once(this.#server.close(), 'close');
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url: target = '', headers } = request;
    const record: S3Record = { method, target, headers, status: 0, code: undefined };
    this.requests.push(record);
    this.mostAtATime = Math.max(this.mostAtATime, ++this.#atATime);
    response.once('close', () => this.#atATime--);
    if (this.traits.delayMs > 0)
      await new Promise((resolve) => setTimeout(resolve, this.traits.delayMs).unref());
    response.setHeader('date', new Date(this.#now()).toUTCString());
    const forced = this.traits.force?.({ target, count: this.requests.length });
    try {
      if (forced === undefined) this.#serve(request, response);
      else this.#force(forced, response);
    } catch (error) {
      if (!(error instanceof S3Error)) throw error;
      this.#force(error, response);
      record.code = error.code;
    }
    record.status = response.statusCode;
  }

  #now(): number {
    return Date.now() + this.traits.clockOffsetMs;
  }

  #force(answer: ForcedAnswer, response: ServerResponse): void {
    const { status, code, fields = {}, headers = {}, cutAfter, chunked = false } = answer;
    const all = { Code: code, Message: 'as it was told', ...fields, RequestId: 'R1' };
    const xml = Object.entries(all).map(([name, value]) => `<${name}>${escapeXml(value ?? '')}</${name}>`);
    const error = `<?xml version="1.0" encoding="UTF-8"?>\n<Error>${xml.join('')}</Error>`;
    const body = Buffer.from(answer.body ?? (code === undefined ? '' : error));
    response.writeHead(status, { ...(chunked ? {} : { 'content-length': body.byteLength }), ...headers });
    if (cutAfter === undefined) response.end(body);
    else response.write(body.subarray(0, cutAfter), () => setTimeout(() => response.destroy(), 20));
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    if (request.method !== 'GET') throw new S3Error(405, 'MethodNotAllowed');
    this.#authorize(request);
    const [path = '', search = ''] = (request.url ?? '').split('?');
    const isVirtual = request.headers.host?.startsWith('sims.') === true;
    const [, bucket, coded = ''] = isVirtual
      ? ['', 'sims', path.slice(1)]
      : (/^\/([^/]*)\/?(.*)$/.exec(path) ?? []);
    if (bucket !== 'sims') throw new S3Error(404, 'NoSuchBucket');
    if (this.traits.requesterPays && request.headers['x-amz-request-payer'] !== 'requester')
      throw new S3Error(403, 'AccessDenied');
    if (coded === '') this.#list(new URLSearchParams(search), response);
    else this.#read(decodeURIComponent(coded), request.headers, response);
  }

  #authorize({ method = '', url: target = '', headers }: IncomingMessage): void {
    const { keys, region, token, isPublic, tellsTime } = this.traits;
    const given = headers.authorization;
    if (given === undefined) {
      if (isPublic) return;
      throw new S3Error(403, 'AccessDenied');
    }
    const [, keyId = '', day, at, names = '', signature] =
      /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=(\w+)$/.exec(
        given,
      ) ?? [];
    const date = String(headers['x-amz-date']);
    if (at !== region) {
      throw new S3Error(400, 'AuthorizationHeaderMalformed', { Region: region });
    }
    const secret = keys[keyId];
    if (secret === undefined) throw new S3Error(403, 'InvalidAccessKeyId', { AWSAccessKeyId: keyId });
    const time = Date.parse(date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
    if (Number.isNaN(time) || !date.startsWith(String(day)) || Math.abs(time - this.#now()) > MAX_SKEW_MS) {
      const fields = tellsTime ? { ServerTime: new Date(this.#now()).toISOString() } : {};
      throw new S3Error(403, 'RequestTimeTooSkewed', fields);
    }
    const signed = names.split(';');
    const mustSign = Object.keys(headers).filter((name) => name.startsWith('x-amz-') || name === 'host');
    const plain = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
    const expected = signatureOf({ method, target, headers: plain }, signed, { keyId, secret, region });
    if (mustSign.some((name) => !signed.includes(name)) || expected !== signature)
      throw new S3Error(403, 'SignatureDoesNotMatch', {
        StringToSign: 'secret-looking',
        SignatureProvided: signature ?? '',
      });
    if (token !== undefined && headers['x-amz-security-token'] !== token)
      throw new S3Error(400, 'ExpiredToken');
  }

  #list(query: URLSearchParams, response: ServerResponse): void {
    if (!this.traits.mayList) throw new S3Error(403, 'AccessDenied');
    if (query.get('list-type') !== '2') throw new S3Error(501, 'NotImplemented');
    const prefix = query.get('prefix') ?? '';
    const token = query.get('continuation-token');
    const after = token === null ? undefined : Buffer.from(token, 'base64').toString();
    const keys = [...this.objects.keys()]
      .filter((key) => key.startsWith(prefix) && (after === undefined || compareBytes(key, after) > 0))
      .toSorted(compareBytes);
    const count = Math.min(Number(query.get('max-keys') ?? 1000), this.traits.pageSize);
    const page = keys.slice(0, count);
    const isUrl = query.get('encoding-type') === 'url';
    const contents = page.map((key) => {
      const object = this.objects.get(key) as StoredObject;
      const shown = isUrl
        ? encodeURIComponent(key).replaceAll('%20', '+').replaceAll('%2F', '/')
        : escapeXml(key);
      return `<Contents><Key>${shown}</Key><LastModified>2026-01-02T03:04:05.678Z</LastModified><ETag>&quot;${etagOf(object)}&quot;</ETag><Size>${object.body.byteLength}</Size><StorageClass>${object.storageClass ?? 'STANDARD'}</StorageClass></Contents>`;
    });
    const isTruncated = keys.length > count;
    const next = isTruncated
      ? `<NextContinuationToken>${Buffer.from(page.at(-1) ?? '').toString('base64')}</NextContinuationToken>`
      : '';
    response.setHeader('content-type', 'application/xml');
    response.end(
      `<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>sims</Name>${isUrl ? '<EncodingType>url</EncodingType>' : ''}<KeyCount>${page.length}</KeyCount><IsTruncated>${isTruncated}</IsTruncated>${contents.join('')}${next}</ListBucketResult>`,
    );
  }

  #read(key: string, headers: IncomingMessage['headers'], response: ServerResponse): void {
    const object = this.objects.get(key);
    if (object === undefined) throw new S3Error(404, 'NoSuchKey', { Key: key });
    const { body, storageClass = 'STANDARD' } = object;
    if (['GLACIER', 'DEEP_ARCHIVE'].includes(storageClass))
      throw new S3Error(403, 'InvalidObjectState', { StorageClass: storageClass });
    const etag = `"${etagOf(object)}"`;
    if (headers['if-match'] !== undefined && headers['if-match'] !== etag)
      throw new S3Error(412, 'PreconditionFailed');
    const isChecked = headers['x-amz-checksum-mode'] === 'ENABLED' && headers.range === undefined;
    for (const [name, value] of Object.entries(object.headers ?? {}))
      if (isChecked || !name.startsWith('x-amz-checksum-')) response.setHeader(name, value);
    response.setHeader('etag', etag);
    response.setHeader('last-modified', 'Fri, 02 Jan 2026 03:04:05 GMT');
    const range = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? '');
    if (range === null) {
      response.setHeader('content-length', body.byteLength);
      response.end(body);
      return;
    }
    const [start, end] = [Number(range[1]), Math.min(Number(range[2]) + 1, body.byteLength)];
    if (start >= body.byteLength) throw new S3Error(416, 'InvalidRange');
    response.statusCode = 206;
    response.setHeader('content-range', `bytes ${start}-${end - 1}/${body.byteLength}`);
    response.setHeader('content-length', end - start);
    response.end(body.subarray(start, end));
  }
}

function etagOf({ etag, body }: StoredObject): string {
  return etag ?? createHash('md5').update(body).digest('hex');
}

function compareBytes(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other));
}

function escapeXml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
