import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { expect, onTestFinished, test, vi } from 'vitest';
import { isVascuError } from '../../../src/core/errors.ts';
import { DataStreamer } from '../../../src/streamers/data-streamer.ts';
import { S3Server } from '../../servers/s3-server.ts';
import { failureOf, makeFolder } from '../../temporary-folder.ts';
import { list, listAll, read, sourceOf } from './read-source.ts';

const LONG = 'x'.repeat(100_000);

async function failure(promise: Promise<unknown>): Promise<Error> {
  return (await failureOf(promise)) as Error;
}

test('one request a small file, one a page', async () => {
  await using server = await S3Server.start({ pageSize: 2 });
  for (const key of ['a', 'b', 'c', 'd', 'e']) server.put(key, key);
  await using source = sourceOf(server);
  const entries = await list(source);
  expect(entries).toHaveLength(5);
  expect(server.requests).toHaveLength(3);
  for (const { path, version } of entries)
    expect(await read(source, path, { ifVersion: version })).toBe(path);
  expect(server.requests).toHaveLength(8);
  expect(new Set(server.requests.map(({ method }) => method))).toEqual(new Set(['GET']));
});

test('expired keys are asked for anew, once for all that are under way', async () => {
  await using server = await S3Server.start({ token: 'one' });
  for (let index = 0; index < 12; index++) server.put(`f${index}`, `bytes ${index}`);
  let asked = 0;
  const credentials = async () => {
    asked++;
    const refused = (): number => server.requests.filter(({ code }) => code === 'ExpiredToken').length;
    if (asked > 1) await vi.waitUntil(() => refused() === 12, { timeout: 30_000 });
    return server.credentials;
  };
  await using source = sourceOf(server, { credentials });
  await read(source, 'f0');
  server.traits.token = 'two';
  const texts = await Promise.all(Array.from({ length: 12 }, (_, index) => read(source, `f${index}`)));
  expect(texts).toEqual(Array.from({ length: 12 }, (_, index) => `bytes ${index}`));
  expect(asked).toBe(2);
});

test('expired keys that nobody renews are an AuthError', async () => {
  await using server = await S3Server.start({ token: 'new' });
  await using source = sourceOf(server, {
    credentials: { ...server.credentials, sessionToken: 'old-t0ken' },
  });
  const error = await failure(read(source, 'x'));
  expect(error).toMatchObject({ code: 'AUTH', reason: 'bad-credentials' });
  expect(error.message).toMatch(/have expired \(ExpiredToken\): sign in again, or set new ones/);
});

test.each([true, false])(
  'a clock that is wrong is corrected once (the server tells the time: %s)',
  async (tellsTime) => {
    await using server = await S3Server.start({ clockOffsetMs: -3_600_000, tellsTime });
    server.put('x', 'bytes');
    await using source = sourceOf(server);
    expect(await read(source, 'x')).toBe('bytes');
    expect(await read(source, 'x')).toBe('bytes');
    expect(server.requests.map(({ code }) => code)).toEqual(['RequestTimeTooSkewed', undefined, undefined]);
  },
);

test('a clock that cannot be corrected is said', async () => {
  await using server = await S3Server.start();
  server.traits.force = () => ({ status: 403, code: 'RequestTimeTooSkewed' });
  await using source = sourceOf(server);
  await expect(read(source, 'x')).rejects.toThrow(/too far apart.*set the clock/);
  expect(server.requests).toHaveLength(1);
});

test('SlowDown and 5xx are retried by a listing, and by a streamer for files', async () => {
  await using server = await S3Server.start();
  server.put('x.vtu', 'bytes');
  const answers = [
    { status: 503, code: 'SlowDown' },
    { status: 500, code: 'InternalError' },
  ];
  server.traits.force = () => answers.shift();
  const source = sourceOf(server);
  expect(await list(source)).toHaveLength(1);
  expect(server.requests.map(({ status }) => status)).toEqual([503, 500, 200]);
  answers.push({ status: 503, code: 'SlowDown' });
  expect(await failure(read(source, 'x.vtu'))).toMatchObject({
    code: 'NETWORK',
    retryable: true,
    status: 503,
  });
  await using streamer = new DataStreamer(source, { cacheDir: await makeFolder(), retryDelayMs: 1 });
  answers.push({ status: 503, code: 'SlowDown' }, { status: 400, code: 'RequestTimeout' });
  expect(new TextDecoder().decode(await streamer.readWhole('x.vtu'))).toBe('bytes');
  expect(answers).toEqual([]);
});

test('a file that changes between two reads of it is no mixture', async () => {
  await using server = await S3Server.start();
  server.put('x', 'old old old');
  await using source = sourceOf(server);
  const { version } = await source.stat('x');
  expect(await read(source, 'x', { ifVersion: version, range: { start: 0, end: 3 } })).toBe('old');
  server.put('x', 'new new new');
  const error = await failure(read(source, 'x', { ifVersion: version, range: { start: 4, end: 7 } }));
  expect(error).toMatchObject({ code: 'NOT_FOUND', message: expect.stringMatching(/has changed/) });
});

test('a store that does not heed If-Match gives no mixture either', async () => {
  await using server = await S3Server.start();
  server.traits.force = () => ({
    status: 206,
    body: 'new',
    headers: { etag: '"new"', 'content-range': 'bytes 4-6/11' },
  });
  await using source = sourceOf(server);
  const error = await failure(read(source, 'x', { ifVersion: 'old', range: { start: 4, end: 7 } }));
  expect(error).toMatchObject({ code: 'NOT_FOUND', message: expect.stringMatching(/its version is new/) });
});

test('objects that come and go between pages: each once, the later ones as they are', async () => {
  await using server = await S3Server.start({ pageSize: 2 });
  for (const key of ['a', 'b', 'c', 'd']) server.put(key, key);
  server.traits.force = ({ count }) => {
    if (count === 2) {
      server.objects.delete('c');
      server.put('bb', 'came');
      server.put('e', 'came too');
    }
    return undefined;
  };
  await using source = sourceOf(server);
  expect((await list(source)).map(({ path }) => path)).toEqual(['a', 'b', 'bb', 'd', 'e']);
});

/** Page of a listing. */
function page(keys: readonly string[], more: string): string {
  const contents = keys.map(
    (key) =>
      `<Contents><Key>${key}</Key><Size>1</Size><ETag>"e"</ETag><LastModified>2026-01-01T00:00:00Z</LastModified></Contents>`,
  );
  return `<ListBucketResult><EncodingType>url</EncodingType>${contents.join('')}${more}</ListBucketResult>`;
}

function truncated(token: string): string {
  return `<IsTruncated>true</IsTruncated><NextContinuationToken>${token}</NextContinuationToken>`;
}

test('empty pages are passed over, pages that repeat keys give them once, tokens are coded', async () => {
  await using server = await S3Server.start();
  const pages = [
    page([], truncated('a+/=&amp;b')),
    page(['b', 'a'], truncated('second')),
    page(['a', 'b', 'c'], '<IsTruncated>false</IsTruncated>'),
  ];
  server.traits.force = () => ({ status: 200, body: pages.shift() ?? '' });
  await using source = sourceOf(server);
  expect((await list(source)).map(({ path }) => path)).toEqual(['a', 'b', 'c']);
  expect(server.requests[1]?.target).toContain('continuation-token=a%2B%2F%3D%26b&');
});

test.each([
  ['the same token twice', page(['a'], truncated('again')), /the same page again/],
  [
    'more without a token',
    page(['a'], '<IsTruncated>true</IsTruncated>'),
    /there is more, and not how to get it/,
  ],
  [
    'an HTML page',
    '<!doctype html><html></html>',
    /sends an HTML page in place of a listing: check the endpoint/,
  ],
  ['nothing', '', /sends nothing in place of a listing/],
  [
    'an object without a size',
    '<ListBucketResult><Contents><Key>a</Key></Contents></ListBucketResult>',
    /lists an object without/,
  ],
])('%s ends a listing with a NetworkError', async (_, body, message) => {
  await using server = await S3Server.start();
  server.traits.force = () => ({ status: 200, body });
  await using source = sourceOf(server);
  const error = await failure(list(source));
  expect(error).toMatchObject({ code: 'NETWORK', retryable: false });
  expect(error.message).toMatch(message);
});

test('a listing that is cut without a sign is asked for again', async () => {
  await using server = await S3Server.start();
  server.put('a', 'a');
  server.traits.force = ({ count }) =>
    count === 1 ? { status: 200, body: page(['a'], '').slice(0, -30), chunked: true } : undefined;
  await using source = sourceOf(server);
  expect(await list(source)).toHaveLength(1);
});

test('keys that are no UTF-8 are left out and shown as far as they are text', async () => {
  await using server = await S3Server.start();
  server.traits.force = () => ({ status: 200, body: page(['good+one%2B', 'b%FF%2541'], '') });
  await using source = sourceOf(server);
  expect(await listAll(source)).toEqual({
    paths: ['good one+'],
    leftOut: [{ path: 'b\u{fffd}%41', reason: 'name' }],
  });
});

test.each([
  ['crc64nvme', 'ae8b14860a799888'],
  ['crc32', 'cbf43926'],
  ['crc32c', 'e3069283'],
  ['sha1', createHash('sha1').update('123456789').digest('hex')],
  ['sha256', createHash('sha256').update('123456789').digest('hex')],
])('the %s that comes with a whole body is compared at its end', async (name, digest) => {
  const right = Buffer.from(digest, 'hex').toString('base64');
  await using server = await S3Server.start();
  const etag = 'abcdefabcdefabcdefabcdefabcdefab-2';
  server.put('x', '123456789', { etag, headers: { [`x-amz-checksum-${name}`]: right } });
  await using source = sourceOf(server);
  expect(await read(source, 'x')).toBe('123456789');
  server.put('x', '123456780', { etag, headers: { [`x-amz-checksum-${name}`]: right } });
  const error = await failure(read(source, 'x'));
  expect(error).toMatchObject({ code: 'INTEGRITY', message: expect.stringContaining(name) });
  // Of a range there is none.
  expect(await read(source, 'x', { range: { start: 0, end: 9 } })).toBe('123456780');
});

test('without a checksum the ETag is compared where it is an MD5, and only there', async () => {
  await using server = await S3Server.start();
  const md5 = createHash('md5').update('right').digest('hex');
  server.put('wrong', 'wrong', { etag: md5 });
  server.put('kms', 'wrong', { etag: md5, headers: { 'x-amz-server-side-encryption': 'aws:kms' } });
  const customer = { 'x-amz-server-side-encryption-customer-algorithm': 'AES256' };
  server.put('customer', 'wrong', { etag: md5, headers: customer });
  server.put('parts', 'wrong', { etag: `${md5}-1` });
  server.put('of parts', 'wrong', { etag: `${md5}-1`, headers: { 'x-amz-checksum-crc32': 'AAAAAA==-1' } });
  await using source = sourceOf(server);
  expect(await failure(read(source, 'wrong'))).toMatchObject({ code: 'INTEGRITY', expected: md5 });
  for (const key of ['kms', 'customer', 'parts', 'of parts']) expect(await read(source, key)).toBe('wrong');
});

test.each([
  ['123456789', undefined],
  ['12345678!', 'INTEGRITY'],
])('a read that broke off and goes on with %s is checked at its end', async (now, code) => {
  await using server = await S3Server.start();
  const etag = createHash('md5').update('123456789').digest('hex');
  server.put('x', '123456789', { etag });
  await using source = sourceOf(server);
  server.traits.force = () => ({
    status: 200,
    body: '123456789',
    headers: { etag: `"${etag}"` },
    cutAfter: 4,
  });
  const reader = (await source.open('x', { ifVersion: etag })).body.getReader();
  expect((await reader.read()).value).toHaveLength(4);
  expect(await failure(reader.read())).toMatchObject({ code: 'NETWORK', retryable: true });
  server.traits.force = undefined;
  server.put('x', now, { etag });
  const rest = read(source, 'x', { ifVersion: etag, range: { start: 4, end: 9 } });
  if (code === undefined) expect(await rest).toBe('56789');
  else expect(await failure(rest)).toMatchObject({ code });
});

test('an object in an archive is named, with what to do', async () => {
  await using server = await S3Server.start();
  server.put('old.vtu', 'bytes', { storageClass: 'DEEP_ARCHIVE' });
  await using source = sourceOf(server);
  expect(await source.stat('old.vtu')).toMatchObject({ size: 5 });
  const error = await failure(read(source, 'old.vtu'));
  expect(error).toMatchObject({ code: 'UNSUPPORTED', feature: 'archive' });
  expect(error.message).toMatch(/old\.vtu lies in an archive.*DEEP_ARCHIVE\): restore it first/);
});

test('bodies that are cut are retryable, those that are too long an IntegrityError', async () => {
  await using server = await S3Server.start();
  const headers = { etag: '"e"' };
  await using source = sourceOf(server);
  server.traits.force = () => ({ status: 200, body: LONG, headers, cutAfter: 5000 });
  expect(await failure(read(source, 'x'))).toMatchObject({ code: 'NETWORK', retryable: true });
  server.put('x', LONG.slice(0, 1000), { etag: 'e' });
  server.traits.force = ({ target }) =>
    target.includes('list-type') ? undefined : { status: 200, body: LONG, headers, chunked: true };
  expect(await failure(read(source, 'x'))).toMatchObject({ code: 'INTEGRITY' });
  server.traits.force = ({ target }) =>
    target.includes('list-type')
      ? undefined
      : { status: 200, body: LONG.slice(0, 999), headers, chunked: true };
  expect(await failure(read(source, 'x'))).toMatchObject({ code: 'NETWORK', retryable: true });
  const range = { start: 0, end: 10 };
  server.traits.force = () => ({
    status: 206,
    body: 'other bytes',
    headers: { ...headers, 'content-range': 'bytes 5-15/1000' },
  });
  expect(await failure(read(source, 'x', { range }))).toMatchObject({ code: 'NETWORK' });
});

test('an answer without a length is read to the size that the listing says', async () => {
  await using server = await S3Server.start();
  server.put('x', 'bytes');
  const etag = `"${createHash('md5').update('bytes').digest('hex')}"`;
  server.traits.force = ({ target }) =>
    target.includes('list-type')
      ? undefined
      : { status: 200, body: 'bytes', headers: { etag }, chunked: true };
  await using source = sourceOf(server);
  expect(await read(source, 'x')).toBe('bytes');
});

test('a stored Content-Encoding is data', async () => {
  await using server = await S3Server.start();
  const bytes = gzipSync('text');
  server.put('x.gz', bytes, { headers: { 'content-encoding': 'gzip' } });
  await using source = sourceOf(server);
  expect(await new Response((await source.open('x.gz')).body).bytes()).toEqual(new Uint8Array(bytes));
});

test('whoever may not list may still look at a file and read it', async () => {
  await using server = await S3Server.start({ mayList: false });
  server.put('x', 'bytes');
  server.put('empty', '');
  await using source = sourceOf(server);
  expect(await source.stat('x')).toMatchObject({ path: 'x', size: 5 });
  expect(await source.stat('empty')).toMatchObject({ path: 'empty', size: 0 });
  expect(await read(source, 'x')).toBe('bytes');
  await expect(list(source)).rejects.toThrow(/ask for the right s3:ListBucket/);
});

test('a listing without coded keys is read as it stands, with what no text can be left out', async () => {
  await using server = await S3Server.start();
  const body = page(['a+b%20c &amp; d', 'x&#xD800;y'], '').replace('<EncodingType>url</EncodingType>', '');
  server.traits.force = () => ({ status: 200, body });
  await using source = sourceOf(server);
  const { paths, leftOut } = await listAll(source);
  expect(paths).toEqual(['a+b%20c & d']);
  expect(leftOut).toEqual([expect.objectContaining({ reason: 'name' })]);
});

test('the signal of a source ends what runs with its reason', async () => {
  await using server = await S3Server.start();
  server.put('x', LONG);
  const controller = new AbortController();
  await using source = sourceOf(server, { signal: controller.signal });
  server.traits.delayMs = 60_000;
  const reading = failure(read(source, 'x'));
  const reason = new Error('enough');
  controller.abort(reason);
  expect(await reading).toBe(reason);
  expect(await failure(list(source))).toBe(reason);
});

test('requester pays is said in every request, signed, and asked for where it is missing', async () => {
  await using server = await S3Server.start({ requesterPays: true });
  server.put('x', 'bytes');
  await using free = sourceOf(server);
  await expect(list(free)).rejects.toThrow(/set the option "requesterPays"/);
  await using paying = sourceOf(server, { requesterPays: true });
  expect(await list(paying)).toHaveLength(1);
  expect(await read(paying, 'x')).toBe('bytes');
});

test('a bucket that is not public says so to anonymous requests', async () => {
  await using server = await S3Server.start();
  await using source = sourceOf(server, { anonymous: true });
  const error = await failure(list(source));
  expect(error).toMatchObject({ code: 'AUTH', reason: 'token-required' });
  expect(error.message).toMatch(/leave out the option "anonymous"/);
});

test('no message, id or stack holds a secret, whatever the server repeats', async () => {
  await using server = await S3Server.start({ token: 'sess1on-token' });
  const secret = 'wr0ng/secret+key';
  const keys = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: secret, sessionToken: 'sess1on-token' };
  const codes = [
    'SignatureDoesNotMatch',
    'AccessDenied',
    'InvalidToken',
    'InternalError',
    'Weird',
    'NoSuchBucket',
    'InvalidAccessKeyId',
  ];
  for (const code of codes) {
    await using source = sourceOf(server, { credentials: keys });
    const fields = {
      Message: secret,
      StringToSign: secret,
      AWSAccessKeyId: 'AKIDEXAMPLE',
      Token: 'sess1on-token',
    };
    server.traits.force = () => ({ status: code === 'InternalError' ? 500 : 403, code, fields });
    const error = await failure(read(source, 'x'));
    expect(isVascuError(error)).toBe(true);
    const said = `${error.stack} ${JSON.stringify(error)} ${source.id} ${JSON.stringify(source)}`;
    expect(said).not.toMatch(/wr0ng|sess1on|AKIDEXAMPLE/);
  }
});

test('no more requests run at a time than maxConnections says', async () => {
  await using server = await S3Server.start({ delayMs: 5 });
  server.put('x', 'bytes');
  await using source = sourceOf(server, { maxConnections: 3 });
  await Promise.all(Array.from({ length: 12 }, () => read(source, 'x')));
  expect(server.mostAtATime).toBeLessThanOrEqual(3);
});

test('what the server says of a refusal stands, whatever becomes of the keys meanwhile', async () => {
  await using server = await S3Server.start();
  let asked = 0;
  const credentials = async () => {
    if (++asked > 1) throw new Error('asked again');
    return { ...server.credentials, expiration: new Date(Date.now() + 1) };
  };
  await using source = sourceOf(server, { credentials });
  vi.useFakeTimers({ toFake: ['Date', 'performance'] });
  onTestFinished(() => void vi.useRealTimers());
  server.traits.force = () => {
    vi.advanceTimersByTime(60_000);
    return { status: 403, code: 'AccessDenied' };
  };
  expect(await failure(read(source, 'x'))).toMatchObject({ code: 'AUTH', reason: 'no-permission' });
});
