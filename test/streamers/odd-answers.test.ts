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
const FILES = { 'a.bin': CONTENT, 'b.bin': CONTENT.subarray(0, 70_000), 'c.bin': CONTENT.subarray(0, 9) };

async function streamerOf(url: string): Promise<DataStreamer> {
  const source = new HttpSource({ url, proxy: false });
  const streamer = new DataStreamer(source, { cacheDir: await makeFolder(), retryDelayMs: 1 });
  onTestFinished(() => streamer.close());
  return streamer;
}

async function stage(odd: Odd) {
  const server = await serveOddly(FILES, odd);
  return { server, streamer: await streamerOf(server.url) };
}

/** Every file is listed with its size and is fetched as it is. */
async function expectAll(streamer: DataStreamer): Promise<void> {
  const entries = await streamer.listFiles();
  expect(entries.map(({ path, size }) => [path, size])).toEqual(
    Object.entries(FILES).map(([path, { byteLength }]) => [path, byteLength]),
  );
  for (const entry of entries) {
    const content = readFileSync(await streamer.getFile(entry.path, { entry }));
    expect(content.equals(FILES[entry.path as keyof typeof FILES])).toBe(true);
  }
}

describe('HEAD', () => {
  test.each([202, 204, 206, 300, 304, 412, 416, 417])(
    'answered with %i: GET says what there is',
    async (status) => {
      const { server, streamer } = await stage(({ method }) => (method === 'HEAD' ? { status } : {}));
      await expectAll(streamer);
      const before = server.requests.length;
      await streamer.source.stat('a.bin');
      expect(server.requests.slice(before)).toEqual(['GET a.bin bytes=0-0']);
    },
  );

  test.each([500, 502, 504])(
    'that always fails with %i: GET is asked the second time, and soon alone',
    async (status) => {
      const { server, streamer } = await stage(({ method }) => (method === 'HEAD' ? { status } : {}));
      await expectAll(streamer);
      const before = server.requests.length;
      await streamer.source.stat('a.bin');
      expect(server.requests.slice(before)).toEqual(['GET a.bin bytes=0-0']);
    },
  );

  test('that is cut without an answer: GET is asked', async () => {
    const { streamer } = await stage(({ method, socket }) => {
      if (method === 'HEAD') socket.destroy();
      return {};
    });
    await expectAll(streamer);
  });

  test('that is never answered: GET is asked', async () => {
    const server = await serveOddly(FILES);
    const url = await serve((request, response) => {
      if (request.method !== 'HEAD')
        response.writeHead(307, { location: server.url + (request.url ?? '').slice(1) }).end();
    });
    const source = new HttpSource({ url, proxy: false, idleTimeoutMs: 200 });
    const streamer = new DataStreamer(source, { cacheDir: await makeFolder(), retryDelayMs: 1 });
    onTestFinished(() => streamer.close());
    await expectAll(streamer);
  });

  test.each([
    ['compressed', { 'content-encoding': 'gzip', 'content-length': '20' }],
    ['a page', { 'content-type': 'text/html', 'content-length': '1234' }],
    ['a length alone', { 'content-length': '200000' }],
  ])('that says %s: GET says what there is', async (_, headers) => {
    const { streamer } = await stage(({ method }) => (method === 'HEAD' ? { status: 200, headers } : {}));
    await expectAll(streamer);
  });

  test('that fails once is asked again for the next file', async () => {
    const { server, streamer } = await stage(({ method, url }) =>
      method === 'HEAD' && url?.includes('a.bin') === true ? { status: 500 } : {},
    );
    await streamer.source.stat('a.bin');
    await streamer.source.stat('b.bin');
    const asked = server.requests.filter((request) => request.includes('.bin'));
    expect(asked).toEqual(['HEAD a.bin', 'GET a.bin bytes=0-0', 'HEAD b.bin']);
  });
});

test('a listed name with a backslash that is not there is told how Windows writes lists', async () => {
  const url = await serve(({ url: asked }, response) =>
    asked === '/files.txt' ? response.end('cases\\a.vtu\n') : response.writeHead(404).end(),
  );
  const error = await failureOf((await streamerOf(url)).listFiles());
  expect(isVascuError(error, 'NOT_FOUND') && error.message).toMatch(/backslash.*write "\/" between folders/);
});

test.each(['TEXT/HTML', 'Text/Html; charset=UTF-8', 'application/xhtml+xml'])(
  'a page of the type %s is no list of files',
  async (type) => {
    const url = await serve((_, response) => response.setHeader('content-type', type).end('<html>'));
    const error = await failureOf((await streamerOf(url)).listFiles());
    expect(isVascuError(error, 'UNSUPPORTED') && error.message).toContain('files.txt (an HTML page)');
  },
);

describe('a precondition', () => {
  test.each([400, 403, 405, 428, 501])(
    'refused with %i is left out, and the next time at once',
    async (status) => {
      const { server, streamer } = await stage(({ headers }) =>
        headers['if-match'] === undefined ? {} : { status },
      );
      await expectAll(streamer);
      const entry = await streamer.source.stat('a.bin');
      const before = server.requests.length;
      const range = { start: 10, end: 20 };
      const file = await streamer.source.open('a.bin', { range, ifVersion: entry.version });
      expect(await new Response(file.body).bytes()).toEqual(CONTENT.slice(10, 20));
      expect(server.requests.slice(before)).toEqual(['GET a.bin bytes=10-19']);
    },
  );

  test.each([400, 403, 501])('refused with %i as parts are: the file is read whole', async (status) => {
    const { streamer } = await stage(({ method, headers }, count) => {
      if (headers['if-match'] !== undefined || headers.range !== undefined) return { status };
      return method === 'GET' && count < 5 ? { cutAfter: 50_000 } : {};
    });
    await expectAll(streamer);
  });
});

test.each(['GET', 'HEAD'])(
  'files whose length %s does not say are fetched, as long as the other says it',
  async (silent) => {
    const url = await serve(({ method, url: asked = '' }, response) => {
      const path = asked.slice(1);
      if (path === 'files.txt') return void response.end(Object.keys(FILES).join('\n'));
      const content = FILES[path as keyof typeof FILES];
      if (content === undefined) return void response.writeHead(404).end();
      response.setHeader('etag', '"1"');
      if (method !== silent) response.setHeader('content-length', content.byteLength);
      if (method === 'GET') response.write(content.subarray(0, 5));
      response.end(method === 'GET' ? content.subarray(5) : undefined);
    });
    await expectAll(await streamerOf(url));
  },
);

describe('a part', () => {
  const whenPart =
    (headers: (start: string, end: string) => Readonly<Record<string, string>>, status?: number): Odd =>
    (request) => {
      const [, start = '', end = ''] = /(\d+)-(\d+)/.exec(request.headers.range ?? '') ?? [];
      return start === '' ? {} : { status, headers: headers(start, end) };
    };
  const open = async (streamer: DataStreamer) => {
    const { version } = await streamer.source.stat('a.bin');
    return streamer.source.open('a.bin', { range: { start: 10, end: 20 }, ifVersion: version });
  };

  test.each([
    ['without the length of the file', (start: string, end: string) => `bytes ${start}-${end}/*`],
    ['with its unit in capitals', (start: string, end: string) => `Bytes ${start}-${end}/200000`],
  ])('%s is one', async (_, contentRange) => {
    const { streamer } = await stage(whenPart((...range) => ({ 'content-range': contentRange(...range) })));
    expect(await new Response((await open(streamer)).body).bytes()).toEqual(CONTENT.slice(10, 20));
  });

  test.each([
    ['416', whenPart(() => ({}), 416)],
    ['several parts', whenPart(() => ({ 'content-type': 'multipart/byteranges; boundary=x' }), 206)],
    ['no Content-Range', whenPart(() => ({}), 206)],
    ['another part', whenPart(() => ({ 'content-range': 'bytes 0-9/200000' }))],
  ])('answered with %s is no part, and the file is read whole', async (_, odd) => {
    const { streamer } = await stage(odd);
    const error = await failureOf(open(streamer));
    expect(isVascuError(error, 'UNSUPPORTED') && error.feature).toBe('range');
    await expectAll(streamer);
  });
});

test('arrays of a mesh whose parts only another of several servers sends come from the whole file', async () => {
  const mesh = resultMesh(5000, TWELVE_FIELDS, 1);
  const files = { 'case.vtu': await resultFile(mesh, { compressor: 'none' }) };
  const { url } = await serveOddly(files, ({ method }) => ({ etag: method === 'HEAD' ? '"a1"' : '"b2"' }));
  const streamer = await streamerOf(url);
  const found = await readMeshFrom(streamer, 'case.vtu', { attributes: ['pressure'], mode: 'partial' });
  expect(found.pointData.get('pressure')).toEqual(mesh.pointData.get('pressure'));
});
