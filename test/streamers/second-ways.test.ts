import { readFileSync } from 'node:fs';
import { describe, expect, onTestFinished, test } from 'vitest';
import { isVascuError } from '../../src/core/errors.ts';
import { readMeshFrom } from '../../src/mesh/read-mesh.ts';
import { HttpSource } from '../../src/sources/http/http-source.ts';
import { DataStreamer } from '../../src/streamers/data-streamer.ts';
import { type Odd, serve, serveOddly } from '../servers/odd-server.ts';
import { failureOf, makeFolder } from '../temporary-folder.ts';
import { resultFile, resultMesh, TWELVE_FIELDS } from './result-file.ts';

const CONTENT = Uint8Array.from({ length: 200_000 }, (_, index) => (index * 7919) >> 5);
const OTHER = Uint8Array.from(CONTENT).reverse();
const FILES = { 'a.bin': CONTENT, 'sub/b.bin': CONTENT.subarray(0, 70_000), 'empty.bin': new Uint8Array(0) };

async function streamerOf(url: string): Promise<DataStreamer> {
  const source = new HttpSource({ url, proxy: false });
  const streamer = new DataStreamer(source, { cacheDir: await makeFolder(), retryDelayMs: 1 });
  onTestFinished(() => streamer.close());
  return streamer;
}

async function stage(odd: Odd, files: Parameters<typeof serveOddly>[0] = FILES) {
  const server = await serveOddly(files, odd);
  return { server, streamer: await streamerOf(server.url) };
}

/** Every file is listed with its size and is fetched as it is. */
async function expectAll(streamer: DataStreamer): Promise<void> {
  const entries = await streamer.listFiles();
  expect(entries.map(({ path, size }) => [path, size])).toEqual([
    ['a.bin', 200_000],
    ['empty.bin', 0],
    ['sub/b.bin', 70_000],
  ]);
  for (const entry of entries) {
    const content = readFileSync(await streamer.getFile(entry.path, { entry }));
    expect(content.equals(FILES[entry.path as keyof typeof FILES])).toBe(true);
  }
}

const whenHead =
  (oddity: ReturnType<Odd>): Odd =>
  ({ method }) =>
    method === 'HEAD' ? oddity : {};
const whenRange =
  (status: number): Odd =>
  ({ headers }) =>
    headers.range === undefined ? {} : { status };

describe('HEAD', () => {
  test.each([400, 401, 403, 404, 405, 406, 410, 418, 451, 501])(
    'refused with %i: GET says what there is, and HEAD is not asked again',
    async (status) => {
      const { server, streamer } = await stage(whenHead({ status }));
      await expectAll(streamer);
      const before = server.requests.length;
      await streamer.source.stat('a.bin');
      expect(server.requests.slice(before)).toEqual(['GET a.bin bytes=0-0']);
    },
  );

  test.each([400, 403, 501])('refused with %i as parts are: the whole file says it', async (status) => {
    const odd: Odd = ({ method, headers }) =>
      method === 'HEAD' || headers.range !== undefined ? { status } : {};
    await expectAll((await stage(odd)).streamer);
  });

  test('of addresses that are signed for GET', async () => {
    const store = await serveOddly(FILES, ({ method, url = '' }) =>
      method === 'HEAD' || !url.includes('signature=of-get') ? { status: 403 } : {},
    );
    const url = await serve((request, response) => {
      const path = (request.url ?? '').slice(1);
      if (path === 'files.txt') return void response.end(Object.keys(FILES).join('\n'));
      if (!(path in FILES)) return void response.writeHead(404).end();
      response.writeHead(302, { location: `${store.url}${path}?signature=of-get` }).end();
    });
    await expectAll(await streamerOf(url));
  });

  test.each([
    ['a length of 0', { length: 0 }],
    ['a length that is too small', { length: 99 }],
    ['a length that is too large', { length: 1_000_000 }],
    ['another length, without ETags', { length: 99, etag: null }],
  ])('with %s: what GET brings counts', async (_, oddity) => {
    const odd: Odd = ({ method }) =>
      method === 'HEAD' ? oddity : { etag: 'etag' in oddity ? null : undefined };
    const { streamer } = await stage(odd, { 'a.bin': CONTENT, 'b.bin': CONTENT });
    for (const entry of await streamer.listFiles()) {
      expect(readFileSync(await streamer.getFile(entry.path, { entry })).equals(CONTENT)).toBe(true);
    }
    expect((await streamer.source.stat('b.bin')).size).toBe(200_000);
  });

  test('a length of 0 is not listed', async () => {
    await expectAll((await stage(whenHead({ length: 0 }))).streamer);
  });

  test.each([
    [404, 'NOT_FOUND'],
    [403, 'AUTH'],
    [401, 'AUTH'],
  ] as const)('and GET refused with %i is the error of GET', async (status, code) => {
    const { streamer } = await stage(({ method }) => ({ status: method === 'HEAD' ? 400 : status }));
    expect(isVascuError(await failureOf(streamer.source.stat('a.bin')), code)).toBe(true);
  });

  test('that works is all that is asked', async () => {
    const { server, streamer } = await stage(() => ({}));
    await streamer.source.stat('a.bin');
    expect(server.requests.filter((request) => request.includes('.bin'))).toEqual(['HEAD a.bin']);
  });
});

describe('a part', () => {
  const STATUSES = [400, 401, 403, 405, 406, 451, 501];

  test.each(STATUSES)('refused with %i: the file is read whole, also where it was cut', async (status) => {
    const odd: Odd = (request, count) =>
      request.headers.range === undefined && request.method === 'GET' && count < 4
        ? { cutAfter: 100_000 }
        : whenRange(status)(request, count);
    const { streamer } = await stage(odd);
    await expectAll(streamer);
  });

  test.each(STATUSES)('refused with %i: a mesh of which arrays are wanted is read whole', async (status) => {
    const mesh = resultMesh(5000, TWELVE_FIELDS, 1);
    const bytes = await resultFile(mesh, { compressor: 'none' });
    const { streamer } = await stage(whenRange(status), { 'case.vtu': bytes });
    const found = await readMeshFrom(streamer, 'case.vtu', { attributes: ['pressure'], mode: 'partial' });
    expect(found.pointData.get('pressure')).toEqual(mesh.pointData.get('pressure'));
    expect(streamer.stats().partial.whole.noRanges).toBe(1);
  });

  test('of a file that is refused as a whole is the error of the whole', async () => {
    const { streamer } = await stage(({ method }) => (method === 'HEAD' ? {} : { status: 403 }));
    const error = await failureOf(streamer.source.open('a.bin', { range: { start: 10, end: 20 } }));
    expect(isVascuError(error, 'AUTH') && error.reason).toBe('no-permission');
  });
});

describe('a precondition', () => {
  test.each(['if-match', 'if-unmodified-since'])('%s that is always refused is left out', async (name) => {
    const odd: Odd = ({ headers }) => ({
      ...(headers[name] === undefined ? {} : { status: 412 }),
      etag: name === 'if-match' ? undefined : null,
    });
    const { server, streamer } = await stage(odd);
    await expectAll(streamer);
    const before = server.requests.length;
    const { version } = await streamer.source.stat('a.bin');
    await (await streamer.source.open('a.bin', { ifVersion: version })).body.cancel();
    expect(server.requests.length - before).toBe(2);
  });

  test('that is always refused does not hide a change', async () => {
    let content: Uint8Array = CONTENT;
    const odd: Odd = ({ headers }) =>
      headers['if-match'] === undefined
        ? { etag: content === CONTENT ? '"old"' : '"new"', headers: dateOf(content) }
        : { status: 412 };
    const { streamer } = await stage(odd, { 'a.bin': () => content });
    const { version } = await streamer.source.stat('a.bin');
    content = OTHER;
    for (const range of [undefined, { start: 10, end: 20 }]) {
      const error = await failureOf(streamer.source.open('a.bin', { ifVersion: version, range }));
      expect(isVascuError(error, 'NOT_FOUND') && error.message).toContain('has changed');
    }
  });
});

/** The old content has another date than the new one. */
function dateOf(content: Uint8Array): Record<string, string> {
  return { 'last-modified': new Date(Date.UTC(2026, 0, content === CONTENT ? 1 : 2)).toUTCString() };
}

describe('several servers behind one name', () => {
  /** Which of them answers, by the number of the request. */
  const TURNS: Readonly<Record<string, (count: number) => number>> = {
    'in turns': (count) => count % 2,
    'three in turns': (count) => count % 3,
    'in pairs': (count) => (count >> 1) % 2,
    'first one, then the other': (count) => (count < 3 ? 0 : 1),
  };
  const etags: readonly (string | null)[] = ['"a1"', '"b2"', 'W/"c"', null];

  test.each(Object.keys(TURNS))('%s: files are read whole', async (name) => {
    const turn = TURNS[name] as (count: number) => number;
    const { streamer } = await stage((_, count) => ({ etag: etags[turn(count)] }));
    await expectAll(streamer);
  });

  test('one of which has no ETag', async () => {
    for (const order of [
      ['"a1"', null],
      [null, '"a1"'],
    ]) {
      const { streamer } = await stage((_, count) => ({ etag: order[count % 2] }));
      await expectAll(streamer);
    }
  });

  test.each(Object.keys(TURNS))('%s: also files that are cut, and arrays of meshes', async (name) => {
    const turn = TURNS[name] as (count: number) => number;
    const mesh = resultMesh(5000, TWELVE_FIELDS, 1);
    const bytes = await resultFile(mesh, { compressor: 'none' });
    const files = { 'case.vtu': bytes, 'cut.bin': CONTENT };
    let cut = 0;
    const odd: Odd = ({ url, method }, count) => ({
      etag: etags[turn(count)],
      cutAfter: url === '/cut.bin' && method === 'GET' && cut++ < 2 ? 90_000 : undefined,
    });
    const { streamer } = await stage(odd, files);
    const found = await readMeshFrom(streamer, 'case.vtu', { attributes: ['pressure'], mode: 'partial' });
    expect(found.pointData.get('pressure')).toEqual(mesh.pointData.get('pressure'));
    expect(readFileSync(await streamer.getFile('cut.bin')).equals(CONTENT)).toBe(true);
  });

  test('a part that only another one would send is an error that names the cause and the cure', async () => {
    const { streamer } = await stage(({ method }) => ({ etag: method === 'HEAD' ? '"a1"' : '"b2"' }));
    const { version } = await streamer.source.stat('a.bin');
    const open = (): Promise<unknown> =>
      failureOf(streamer.source.open('a.bin', { ifVersion: version, range: { start: 10, end: 20 } }));
    expect(String(await open())).toMatch(/has changed.*several servers.*files\.jsonl/);
  });

  test('a file that changes is an error', async () => {
    let content: Uint8Array = CONTENT;
    const odd: Odd = (_, count) => ({
      etag: `"${content === CONTENT ? 'old' : 'new'}${count % 2}"`,
      headers: dateOf(content),
    });
    const { streamer } = await stage(odd, { 'a.bin': () => content });
    const { version } = await streamer.source.stat('a.bin');
    content = OTHER;
    const error = await failureOf(streamer.source.open('a.bin', { ifVersion: version }));
    expect(isVascuError(error, 'NOT_FOUND') && error.message).toContain('has changed');
  });
});
