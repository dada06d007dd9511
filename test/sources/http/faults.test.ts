import { describe, expect, onTestFinished, test } from 'vitest';
import { isVascuError } from '../../../src/core/errors.ts';
import type { FileEntry } from '../../../src/core/source.ts';
import { HttpSource } from '../../../src/sources/http/http-source.ts';
import type { HttpSourceOptions } from '../../../src/sources/http/options.ts';
import { fc, test as property } from '../../property.ts';
import { FaultServer, type FaultServerOptions } from '../../servers/fault-server.ts';
import { failureOf } from '../../temporary-folder.ts';

const PATH = 'case.vtu';
const CONTENT = Buffer.from(Uint8Array.from({ length: 5000 }, (_, index) => (index * 7919) >> 5));

/** A server with one file and a source over it, both closed when the test has ended. */
async function start(
  options: FaultServerOptions = {},
  sourceOptions: Partial<HttpSourceOptions> = {},
): Promise<{ server: FaultServer; source: HttpSource }> {
  const server = await FaultServer.start({ [PATH]: CONTENT }, options);
  const source = new HttpSource({ url: server.url, proxy: false, ...sourceOptions });
  onTestFinished(async () => {
    await source.close();
    await server.close();
  });
  return { server, source };
}

async function bytes(source: HttpSource, ...options: Parameters<HttpSource['open']>): Promise<Buffer> {
  return Buffer.from(await new Response((await source.open(...options)).body).bytes());
}

async function collect(source: HttpSource): Promise<FileEntry[]> {
  const entries: FileEntry[] = [];
  for await (const entry of source.list()) entries.push(entry);
  return entries;
}

describe.each(['sha256', 'size', undefined] as const)('with the index %s', (index) => {
  test('a range is asked for with a precondition and is what was asked for', async () => {
    const { server, source } = await start({ index });
    const { version } = await source.stat(PATH);
    await bytes(source, PATH, { ifVersion: version });
    const found = await bytes(source, PATH, { range: { start: 1000, end: 5000 }, ifVersion: version });
    expect(found.equals(CONTENT.subarray(1000))).toBe(true);
    expect(server.requestsOf(PATH).at(-1)?.headers).toMatchObject({
      range: 'bytes=1000-4999',
      'if-match': expect.stringMatching(/^"/),
    });
  });

  test('a file that changes before a resume is not joined to its old beginning', async () => {
    const { server, source } = await start({ index });
    const { version } = await source.stat(PATH);
    await bytes(source, PATH, { ifVersion: version });
    server.put(PATH, Buffer.from(CONTENT).reverse());
    const error = await failureOf(
      bytes(source, PATH, { range: { start: 1000, end: 5000 }, ifVersion: version }),
    );
    expect(isVascuError(error, 'NOT_FOUND')).toBe(true);
    expect(String(error)).toContain('has changed');
  });

  test('the same where the server knows no preconditions', async () => {
    const { server, source } = await start({ index });
    const { version } = await source.stat(PATH);
    await bytes(source, PATH, { ifVersion: version });
    server.put(PATH, Buffer.from(CONTENT).reverse(), { etag: '"new"' });
    // What a server does that passes over If-Match: the part of the new file, with its ETag.
    server.always(PATH, {
      kind: 'status',
      status: 206,
      headers: { 'content-range': 'bytes 1000-4999/5000', 'content-length': '4000', etag: '"new"' },
      body: 'x'.repeat(4000),
    });
    const error = await failureOf(
      bytes(source, PATH, { range: { start: 1000, end: 5000 }, ifVersion: version }),
    );
    expect(isVascuError(error, 'NOT_FOUND')).toBe(true);
  });

  test('an ignored range gives no wrong bytes: refused in the middle, cut at the start', async () => {
    const { server, source } = await start({ index });
    server.always(PATH, { kind: 'ignore-range' });
    const error = await failureOf(source.open(PATH, { range: { start: 1000, end: 5000 } }));
    expect(isVascuError(error, 'UNSUPPORTED') && error.feature).toBe('range');
    expect(String(error)).toContain('from its start');
    expect((await bytes(source, PATH, { range: { start: 0, end: 5000 } })).equals(CONTENT)).toBe(true);
    const first = await bytes(source, PATH, { range: { start: 0, end: 100 } });
    expect(first.equals(CONTENT.subarray(0, 100))).toBe(true);
  });

  test.each([
    'bytes 0-3999/5000',
    'bytes 1001-4999/5000',
    'bytes 1000-4998/5000',
    'bytes 1000-5000/5000',
    'items 1000-4999/5000',
    'nonsense',
    'bytes 1000-4999/4999',
  ])('a wrong Content-Range "%s" gives no bytes', async (value) => {
    const { server, source } = await start({ index });
    server.always(PATH, { kind: 'content-range', value });
    const error = await failureOf(source.open(PATH, { range: { start: 1000, end: 5000 } }));
    expect(isVascuError(error, 'UNSUPPORTED', 'INTEGRITY') || error instanceof RangeError).toBe(true);
  });

  test('a cut body is a retryable failure, and the rest can be had', async () => {
    const { server, source } = await start({ index });
    const { version } = await source.stat(PATH);
    server.script(PATH, { kind: 'cut', afterBytes: 2000 });
    const { body } = await source.open(PATH, { ifVersion: version });
    const got: Uint8Array[] = [];
    const error = await failureOf(
      (async () => {
        for await (const chunk of body) got.push(chunk);
      })(),
    );
    expect(isVascuError(error, 'NETWORK') && error.retryable).toBe(true);
    const start0 = Buffer.concat(got).byteLength;
    const rest = await bytes(source, PATH, { range: { start: start0, end: 5000 }, ifVersion: version });
    expect(Buffer.concat([...got, rest]).equals(CONTENT)).toBe(true);
  });

  test('a range behind the end is a RangeError', async () => {
    const { source } = await start({ index });
    for (const range of [
      { start: 5000, end: 5001 },
      { start: 6000, end: 7000 },
      { start: 4000, end: 5001 },
    ]) {
      expect(await failureOf(source.open(PATH, { range }))).toBeInstanceOf(RangeError);
    }
  });

  test('a compressed answer is refused', async () => {
    const { server, source } = await start({ index });
    server.always(PATH, { kind: 'gzip' });
    const error = await failureOf(source.open(PATH));
    expect(isVascuError(error, 'UNSUPPORTED') && error.feature).toBe('compression');
  });

  test('refused credentials, a missing file, a failing server', async () => {
    const { server, source } = await start({ index });
    server.script(PATH, { kind: 'status', status: 403 });
    expect(await failureOf(source.open(PATH))).toMatchObject({ code: 'AUTH', reason: 'no-permission' });
    server.script(PATH, { kind: 'status', status: 503, headers: { 'retry-after': '3' } });
    expect(await failureOf(source.open(PATH))).toMatchObject({
      code: 'NETWORK',
      retryable: true,
      retryAfterMs: 3000,
    });
    server.script(PATH, { kind: 'status', status: 404 });
    expect(await failureOf(source.open(PATH))).toMatchObject({ code: 'NOT_FOUND' });
  });

  test('a redirect to another server brings the file, and the token stays here', async () => {
    const { server, source } = await start({ index }, { token: 'secret-word' });
    const other = await FaultServer.start({ elsewhere: CONTENT });
    onTestFinished(() => other.close());
    server.always(PATH, { kind: 'redirect', to: `${other.url}/elsewhere?signature=secret-word` });
    const found = await bytes(source, PATH, { range: { start: 10, end: 20 } });
    expect(found.equals(CONTENT.subarray(10, 20))).toBe(true);
    expect(server.requestsOf(PATH)[0]?.headers['authorization']).toBe('Bearer secret-word');
    expect(other.requests[0]?.headers).not.toHaveProperty('authorization');
    other.always('elsewhere', { kind: 'status', status: 500 });
    expect(String(await failureOf(source.open(PATH)))).not.toContain('secret-word');
  });

  property(
    'any range is exactly that part',
    [fc.nat(5000), fc.nat(5000)],
    async (one, two) => {
      const { source } = await start({ index });
      const [start0, end] = [Math.min(one, two), Math.max(one, two)];
      const found = await bytes(source, PATH, { range: { start: start0, end } });
      expect(found.equals(CONTENT.subarray(start0, end))).toBe(true);
    },
    { numRuns: 15 },
  );
});

describe('a list that says more than the server', () => {
  test('an HTML page with status 200 is told by its size', async () => {
    const { server, source } = await start({ index: 'sha256' });
    server.always(PATH, {
      kind: 'status',
      status: 200,
      headers: { 'content-length': '14' },
      body: '<h1>Login</h1>',
    });
    const error = await failureOf(source.open(PATH));
    expect(isVascuError(error, 'INTEGRITY') && [error.expected, error.actual]).toEqual([
      '5000 bytes',
      '14 bytes',
    ]);
    expect(String(error)).toContain('HTML page');
  });

  test('the list is read again before a file of another size is refused', async () => {
    const { server, source } = await start({ index: 'sha256' });
    await source.stat(PATH);
    server.put(PATH, 'another');
    expect((await source.open(PATH)).size).toBe(7);
  });

  test('a body without length is taken when it has the listed size, not when it is shorter or longer', async () => {
    const { server, source } = await start({ index: 'sha256' });
    server.script(PATH, { kind: 'no-length' }, { kind: 'no-length', bytes: 4000 });
    expect((await bytes(source, PATH)).equals(CONTENT)).toBe(true);
    const short = await failureOf(bytes(source, PATH));
    expect(isVascuError(short, 'NETWORK') && short.retryable).toBe(true);
    server.script(PATH, {
      kind: 'status',
      status: 200,
      headers: { 'transfer-encoding': 'chunked' },
      body: 'x'.repeat(5001),
    });
    expect(isVascuError(await failureOf(bytes(source, PATH)), 'INTEGRITY')).toBe(true);
  });

  test('a file that is announced shorter than listed is refused', async () => {
    const { server, source } = await start({ index: 'sha256' });
    server.always(PATH, { kind: 'truncate', bytes: 100 });
    expect(isVascuError(await failureOf(source.open(PATH)), 'INTEGRITY')).toBe(true);
  });

  test('gives the digest', async () => {
    const { source } = await start({ index: 'sha256' });
    const [entry] = await collect(source);
    expect(entry?.checksum).toEqual({ algorithm: 'sha256', value: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect((await source.open(PATH)).checksum).toEqual(entry?.checksum);
  });
});

describe('a list of paths only', () => {
  test('asks for each file by HEAD, a few at a time', async () => {
    const { server, source } = await start({}, { maxConnections: 3 });
    const paths = Array.from({ length: 50 }, (_, index) => `f${String(index).padStart(2, '0')}`);
    for (const path of paths) server.put(path, path);
    server.put('files.txt', paths.join('\r\n'));
    expect((await collect(source)).map(({ path, size }) => [path, size])).toEqual(
      paths.map((path) => [path, 3]),
    );
    expect(server.requests.filter(({ method }) => method === 'HEAD')).toHaveLength(50);
    expect(server.connections).toBeLessThanOrEqual(3);
  });

  test('asks by GET, and takes no bytes, where there is no HEAD', async () => {
    const { server, source } = await start({ noHead: true });
    server.put('files.txt', PATH);
    expect((await collect(source))[0]?.size).toBe(5000);
    expect((await source.stat(PATH)).size).toBe(5000);
  });

  test('a file without a length is UNSUPPORTED and says what is missing', async () => {
    const { server, source } = await start();
    server.always(PATH, { kind: 'no-length' });
    for (const failure of [source.stat(PATH), source.open(PATH)]) {
      const error = await failureOf(failure);
      expect(isVascuError(error, 'UNSUPPORTED') && error.feature).toBe('size');
      expect(String(error)).toContain('Content-Length');
    }
  });

  test('a file without ETag and date is UNSUPPORTED and says what is missing', async () => {
    const { server, source } = await start();
    server.put(PATH, CONTENT, { etag: null, modified: null });
    const error = await failureOf(source.stat(PATH));
    expect(isVascuError(error, 'UNSUPPORTED') && error.feature).toBe('version');
  });

  test.each([
    ['a strong ETag', { etag: '"one"' }, { etag: '"two"' }],
    [
      'a weak ETag and a date',
      { etag: 'W/"1"', modified: new Date(1e12) },
      { etag: 'W/"1"', modified: new Date(1e12 + 1000) },
    ],
    ['a date', { etag: null, modified: new Date(1e12) }, { etag: null, modified: new Date(1e12 + 1000) }],
    ['a weak ETag', { etag: 'W/"1"', modified: null }, { etag: 'W/"2"', modified: null }],
  ])('a changed file is told by %s, also when it is resumed', async (_, before, after) => {
    const { server, source } = await start();
    server.put(PATH, CONTENT, before);
    const { version } = await source.stat(PATH);
    const range = { start: 10, end: 5000 };
    expect((await bytes(source, PATH, { range, ifVersion: version })).byteLength).toBe(4990);
    server.put(PATH, Buffer.from(CONTENT).reverse(), after);
    expect((await source.stat(PATH)).version).not.toBe(version);
    const error = await failureOf(source.open(PATH, { range, ifVersion: version }));
    expect(isVascuError(error, 'NOT_FOUND')).toBe(true);
  });
});

describe('its own small requests', () => {
  test('are tried again when the server fails, and given up when it does not help', async () => {
    const { server, source } = await start();
    const busy = { kind: 'status', status: 503, headers: { 'retry-after': '0' } } as const;
    server.put('files.txt', PATH);
    server.script('files.jsonl', busy, { kind: 'hang-up' });
    server.script(PATH, busy, busy);
    expect((await source.stat(PATH)).size).toBe(5000);
    server.always(PATH, busy);
    expect(await failureOf(source.stat(PATH))).toMatchObject({ code: 'NETWORK', status: 503 });
  });

  test('a list that is cut is read again from its start', async () => {
    const { server, source } = await start({ index: 'size' });
    server.script('files.jsonl', { kind: 'cut', afterBytes: 10 });
    expect((await collect(source)).map(({ path }) => path)).toEqual([PATH]);
  });

  test('an abort of one caller leaves the reading of the list to the others', async () => {
    const { server, source } = await start({ index: 'size' });
    let go: (() => void) | undefined;
    server.script('files.jsonl', {
      kind: 'slow-headers',
      until: new Promise<void>((resolve) => {
        go = resolve;
      }),
    });
    const controller = new AbortController();
    const first = failureOf(source.stat(PATH, { signal: controller.signal }));
    const second = source.open(PATH);
    while (server.requests.length === 0) await new Promise((resolve) => setImmediate(resolve));
    const reason = new Error('stop');
    controller.abort(reason);
    expect(await first).toBe(reason);
    go?.();
    expect((await second).size).toBe(5000);
  });

  test('the signal of the source ends everything with its reason', async () => {
    const controller = new AbortController();
    const { server, source } = await start({ index: 'size' }, { signal: controller.signal });
    server.always(PATH, { kind: 'stall', afterBytes: 10 });
    const { body } = await source.open(PATH);
    const read = failureOf(new Response(body).bytes());
    const reason = new Error('stop');
    controller.abort(reason);
    expect(await read).toBe(reason);
    expect(await failureOf(source.stat(PATH))).toBe(reason);
  });
});

describe('options', () => {
  test.each([
    [{ url: 'nonsense' }, 'url'],
    [{ url: 'ftp://host/' }, 'url'],
    [{ url: 'http://u:secret-word@host/' }, 'url'],
    [{ url: 'http://host/?sig=secret-word' }, 'url'],
    [{ url: 'http://host/', token: 'secret-word' }, 'token'],
    [{ url: 'https://host/', token: 'secret-word\r\nX: y' }, 'token'],
    [{ url: 'https://host/', headers: { Range: 'bytes=0-1' } }, 'headers'],
    [{ url: 'https://host/', headers: { 'a b': 'secret-word' } }, 'headers'],
    [{ url: 'https://host/', headers: { a: 'secret-word\nx' } }, 'headers'],
    [{ url: 'https://host/', token: ['secret-word'] }, 'token'],
    [{ url: 'https://host/', index: '../files.txt' }, 'index'],
    [{ url: 'https://host/', index: true }, 'index'],
    [{ url: 'https://host/', maxConnections: 0 }, 'maxConnections'],
    [{ url: 'https://host/', tokn: 'x' }, 'tokn'],
  ])('%j are refused', (options, option) => {
    const make = (): HttpSource => new HttpSource(options as HttpSourceOptions);
    expect(make).toThrow(expect.objectContaining({ code: 'CONFIG', option }));
    expect(make).not.toThrow(/secret-word/);
  });

  test('the id is the folder, with a slash at its end', () => {
    expect(new HttpSource({ url: 'HTTP://Host:80/a b' }).id).toBe('http://host/a%20b/');
  });

  test.each(['http://host/a?', 'http://host/a/?', 'http://host/a#', 'http://host/a/?#'])(
    '%s ends in an empty query or fragment, which stands before no name',
    (url) => {
      expect(new HttpSource({ url }).id).toBe('http://host/a/');
    },
  );
});
