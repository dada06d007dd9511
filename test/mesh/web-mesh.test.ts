import { resolve } from 'node:path';
import { build } from 'esbuild';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeResult } from '../../bench/result-mesh.ts';
import { writeVtkXml } from '../../src/formats/vtk-xml/writer.ts';
import { type ReadMeshOptions, readMesh, readMeshHeader } from '../../src/mesh.ts';
import { smallPvtu, smallVtu } from '../dataset/small-mesh.ts';
import { fixtures } from '../fixtures/fixtures.ts';
import { CHROMIUM_FLAGS, chromiumBinary, describeWithChromium } from '../package/chromium.ts';
import { tryRead } from '../package/programs/digest-mesh.mjs';
import { MeshServer } from '../servers/mesh-server.ts';

type Options = Pick<ReadMeshOptions, 'attributes' | 'headers' | 'path'>;
interface Outcome {
  readonly mesh?: unknown;
  readonly error?: Readonly<Record<string, unknown>>;
}

const ONE = { attributes: ['Pressure'] };
const HEAD_BYTES = 64 * 1024;

async function write(step: number, compressor: 'none' | 'zlib'): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array[] = [];
  for await (const part of writeVtkXml(makeResult(8000, 'doubles', step), { compressor }))
    parts.push(Uint8Array.from(part));
  return new Uint8Array(Buffer.concat(parts));
}

let files: MeshServer;
let zlib: Uint8Array<ArrayBuffer>;
let raw: Uint8Array<ArrayBuffer>;
let nextStep: Uint8Array<ArrayBuffer>;

beforeAll(async () => {
  files = await MeshServer.start();
  [zlib, raw, nextStep] = await Promise.all([write(0, 'zlib'), write(0, 'none'), write(1, 'none')]);
});
afterAll(() => files[Symbol.asyncDispose]());

const inNode = (url: string, options: Options = {}): Promise<Outcome> => tryRead(readMesh, url, options);
const ofBytes = (bytes: Uint8Array, options: Options = {}): Promise<Outcome> =>
  tryRead(readMesh, bytes, options);

/** What holds wherever meshes are read; `page` is the origin of the page, where there is one. */
function describeReads(read: (url: string, options?: Options) => Promise<Outcome>, isPage: boolean): void {
  test('of a large file the head and the ranges of one array come, and nothing else', async () => {
    for (const [content, name] of [
      [raw, 'raw.vtu'],
      [zlib, 'zlib.vtu'],
    ] as const) {
      const url = files.serve(name, { content });
      files.forget();
      expect(await read(url, ONE)).toEqual(await ofBytes(content, ONE));
      const requests = files.forget();
      expect(requests.every((each) => /^GET \S+ \d+-\d+$|^HEAD/.test(each))).toBe(true);
      const bytes = requests.reduce((sum, each) => {
        const [, from = '0', to = '-1'] = /^GET \S+ (\d+)-(\d+)$/.exec(each) ?? [];
        return sum + Number(to) + 1 - Number(from);
      }, 0);
      expect(bytes).toBeLessThan(content.byteLength / 2);
      // Nothing came twice.
      expect(requests.length).toBeLessThan(8);
    }
  });

  test('without names all of it comes by one request', async () => {
    const url = files.serve('all.vtu', { content: zlib });
    files.forget();
    expect(await read(url)).toEqual(await ofBytes(zlib));
    expect(files.forget()).toEqual(['GET /all.vtu']);
  });

  test('every encoding is read, also single arrays of it', async () => {
    for (const { name, bytes, mesh } of fixtures) {
      const url = files.serve(`encodings/${name}`, { content: bytes });
      const attributes = Object.keys(mesh.pointData).slice(0, 1);
      expect([name, await read(url)]).toEqual([name, await ofBytes(bytes)]);
      expect([name, await read(url, { attributes })]).toEqual([name, await ofBytes(bytes, { attributes })]);
    }
  });

  test('a server that takes no notice of ranges is asked once', async () => {
    const url = files.serve('whole.vtu', { content: raw, ignoresRanges: true });
    files.forget();
    expect(await read(url, ONE)).toEqual(await ofBytes(raw, ONE));
    expect(files.forget()).toEqual([`GET /whole.vtu 0-${HEAD_BYTES - 1}`]);
  });

  test('where nothing tells one state of a file from another it comes whole', async () => {
    const url = files.serve('stateless.vtu', { content: raw, validators: 'none' });
    files.forget();
    expect(await read(url, ONE)).toEqual(await ofBytes(raw, ONE));
    expect(files.forget()).toEqual([`GET /stateless.vtu 0-${HEAD_BYTES - 1}`, 'GET /stateless.vtu']);
  });

  test('a file that changes between two ranges is read again, and is one state of it', async () => {
    const attributes = ['Pressure', 'WSS', 'Energy_flux', 'Strain'];
    for (const afterRanges of [1, 3]) {
      const next = { afterRanges, content: nextStep };
      const url = files.serve(`changing-${afterRanges}.vtu`, { content: raw, next });
      expect(await read(url, { attributes })).toEqual(await ofBytes(nextStep, { attributes }));
    }
  });

  test('pieces of a .pvtu lie beside its URL, also under odd names', async () => {
    const names = ['p 0#.vtu', 'sub/p%201.vtu', 'p_2.vtu', 'p_3.vtu'];
    for (const [index, name] of names.entries())
      files.serve(`case/${name}`, { content: smallVtu({ points: 5, pointData: { pressure: index } }) });
    const url = files.serve('case/all.pvtu', { content: smallPvtu(names) });
    const whole = await read(url);
    expect(whole).toMatchObject({ mesh: { points: ['Float32Array', [20, 3], '', expect.any(String)] } });
    expect(await read(`${url}?a=b`, { attributes: ['pressure'] })).toEqual(whole);
  });

  test('a piece that is missing is named', async () => {
    const url = files.serve('lone.pvtu', { content: smallPvtu(['not-there.vtu']) });
    expect(await read(url)).toMatchObject({
      error: { code: 'FORMAT', message: expect.stringContaining('names the piece not-there.vtu') },
    });
  });

  test('a busy server is asked again', async () => {
    const url = files.serve('busy.vtu', { content: raw, statuses: [503, 503] });
    expect(await read(url, ONE)).toEqual(await ofBytes(raw, ONE));
  });

  test.each([
    ['that is not there', { statuses: [404] }, { code: 'NOT_FOUND' }],
    ['that is refused', { statuses: [403] }, { code: 'AUTH', reason: 'no-permission' }],
    ['that needs a login', { statuses: [401] }, { code: 'AUTH', reason: 'token-required' }],
    ['of a server that fails', { statuses: [500, 500, 500, 500, 500] }, { code: 'NETWORK', status: 500 }],
    ['of a server that will never do', { statuses: [501] }, { code: 'NETWORK', status: 501 }],
    ['whose ranges are others', { shift: 7, cors: 'exposed' }, { code: 'INTEGRITY' }],
    ['of fewer bytes than announced', { more: 9, ignoresRanges: true }, { code: 'NETWORK' }],
    ['whose ranges are longer', { more: 9 }, { code: 'INTEGRITY' }],
    ['that is an HTML page', { content: '<!doctype html><p>Hello' }, { code: 'FORMAT' }],
    ['that is empty', { content: '' }, { code: 'FORMAT' }],
  ] as const)('a file %s is an error of its kind', async (what, faults, error) => {
    const name = `${what.replaceAll(/\W/g, '-')}.vtu`;
    const url = files.serve(name, { content: raw, ...faults });
    const outcome = await read(`${url}?token=secret`, ONE);
    expect(outcome).toMatchObject({ error });
    const { message } = outcome.error as { readonly message: string };
    expect(message).toContain(name);
    expect(message).not.toContain('secret');
    expect(message.length).toBeLessThan(300);
  });

  test('headers are sent with every request', async () => {
    const url = files.serve('private.vtu', { content: raw });
    files.forget();
    await read(url, { ...ONE, headers: { authorization: 'Bearer x' } });
    const gets = files.seen.filter(({ method }) => method === 'GET');
    expect(gets.length).toBeGreaterThan(1);
    expect(gets.every(({ headers }) => headers.authorization === 'Bearer x')).toBe(true);
  });

  test.each([
    ['a text', 'Authorization: x'],
    ['a name that cannot be', { 'a b': 'c' }],
    ['a range', { Range: 'bytes=0-1' }],
  ])('headers that are %s are refused', async (_, headers) => {
    const url = files.serve('headers.vtu', { content: raw });
    expect(await read(url, { headers: headers as never })).toMatchObject({
      error: { code: 'CONFIG', option: 'headers' },
    });
  });

  test('a URL with a password is refused, and not shown', async () => {
    const { error } = await read(files.url.replace('//', '//me:secret@'));
    expect(error).toMatchObject({ code: 'CONFIG', option: 'file' });
    expect(error?.['message']).not.toContain('secret');
  });

  test('a server that does not answer is an error that says what may be the matter', async () => {
    const { error } = await read('http://127.0.0.1:9/a.vtu', ONE);
    const long = await read(`http://127.0.0.1:9/${'x'.repeat(900)}.vtu`);
    expect(String(long.error?.['message']).length).toBeLessThanOrEqual(300);
    expect(error).toMatchObject({ code: 'NETWORK' });
    expect(error?.['message']).toMatch(
      isPage
        ? /127\.0\.0\.1:9\/a\.vtu: either the server does not let pages of http:\S+ read it/
        : /cannot be reached/,
    );
  });
}

describe('a mesh of a web server in Node', () => {
  describeReads(inNode, false);

  test('its header costs the head and the end', async () => {
    const url = files.serve('header.vtu', { content: raw });
    files.forget();
    expect(await readMeshHeader(url)).toMatchObject({ points: 8000, size: raw.byteLength });
    expect(files.forget()).toHaveLength(2);
  });

  test('an abort in the middle rejects with its reason', async () => {
    const url = new URL(files.serve('endless.vtu', { content: raw, stopsAfter: HEAD_BYTES }));
    const reason = new Error('stop');
    const controller = new AbortController();
    const reading = readMesh(url, { ...ONE, signal: controller.signal }).catch((error: unknown) => error);
    setTimeout(() => controller.abort(reason), 100);
    expect(await reading).toBe(reason);
  });

  test('openSibling opens the pieces of any file', async () => {
    const pieces = new Map([['a.vtu', smallVtu({ points: 5, pointData: { pressure: 4 } })]]);
    const openSibling = (path: string): Blob => new Blob([pieces.get(path) ?? '']);
    const mesh = await readMesh(Buffer.from(smallPvtu(['a.vtu'])), { openSibling });
    expect(mesh.points.shape).toEqual([5, 3]);
    const url = files.serve('elsewhere.pvtu', { content: smallPvtu(['a.vtu']) });
    expect((await readMesh(url, { openSibling })).points.shape).toEqual([5, 3]);
  });
});

describeWithChromium('a mesh of a web server in Chromium', () => {
  let server: MeshServer;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    server = await MeshServer.start();
    const {
      outputFiles: [script],
    } = await build({
      stdin: {
        contents: `import { readMesh } from ${JSON.stringify(resolve('src/mesh.browser.ts'))};
import { tryRead } from ${JSON.stringify(resolve('test/package/programs/digest-mesh.mjs'))};
window.read = (url, options) => tryRead(readMesh, url, options);
window.readMesh = readMesh;`,
        resolveDir: '.',
      },
      bundle: true,
      format: 'esm',
      write: false,
    });
    const content = '<!doctype html><script type="module" src="/page.js"></script>';
    server.serve('', { content });
    server.serve('strict/', {
      content,
      headers: { 'content-type': 'text/html', 'content-security-policy': "script-src 'self'" },
    });
    server.serve('page.js', { content: script?.text ?? '' });
    browser = await chromium.launch({ executablePath: chromiumBinary as string, args: [...CHROMIUM_FLAGS] });
    page = await browser.newPage();
    await page.goto(server.url);
    await page.waitForFunction('window.readMesh');
  });
  afterAll(async () => {
    await browser?.close();
    await server?.[Symbol.asyncDispose]();
  });

  const readIn =
    (where: () => Page) =>
    (url: string, options: Options = {}): Promise<Outcome> =>
      where().evaluate(
        ([given, wish]) =>
          (window as unknown as { read(url: unknown, options: unknown): Promise<Outcome> }).read(given, wish),
        [url, options] as const,
      );
  const read = readIn(() => page);

  describeReads(read, true);

  test('no request of another origin is asked for first, also where its answer shows little', async () => {
    for (const cors of ['plain', 'exposed'] as const) {
      const url = files.serve(`${cors}.vtu`, { content: raw, cors });
      files.forget();
      expect(await read(url, ONE)).toEqual(await ofBytes(raw, ONE));
      const requests = files.forget();
      expect(requests.filter((each) => each.startsWith('OPTIONS'))).toEqual([]);
      expect(requests.filter((each) => each.startsWith('HEAD'))).toHaveLength(cors === 'plain' ? 1 : 0);
    }
  });

  test('a server that lets no page read it is named with the origin that it would have to let', async () => {
    const url = files.serve('closed.vtu', { content: raw, cors: 'none' });
    const { error } = await read(url, ONE);
    expect(error).toMatchObject({
      code: 'NETWORK',
      message: expect.stringContaining(new URL(page.url()).origin),
    });
    expect(error?.['message']).toContain('access-control-allow-origin');
  });

  test('a relative text is relative to the page', async () => {
    server.serve('data/near.vtu', { content: raw });
    expect(await read('data/near.vtu', ONE)).toEqual(await ofBytes(raw, ONE));
    expect(await read('./data/near.vtu#x', ONE)).toEqual(await ofBytes(raw, ONE));
  });

  test.each([
    ['a file: URL', 'file:///a.vtu'],
    ['nothing', ''],
    ['another kind of URL', 'ftp://host/a.vtu'],
    ['a mesh as text', smallVtu()],
    ['odd characters', '\u0001\u2028:'.repeat(5000)],
  ])('%s is refused in a line', async (_, given) => {
    const { error } = await read(given);
    expect(error).toMatchObject({ code: expect.stringMatching(/CONFIG|NETWORK/) });
    const message = String(error?.['message']);
    expect(message.length).toBeLessThanOrEqual(300);
    expect(message).not.toMatch(/[\p{Cc}\p{Zl}]/u);
  });

  test('an abort in the middle rejects with its reason', async () => {
    const url = files.serve('endless-page.vtu', { content: raw, stopsAfter: HEAD_BYTES });
    const outcome = await page.evaluate(async (given) => {
      const { readMesh: reader } = window as unknown as { readMesh: typeof readMesh };
      const controller = new AbortController();
      setTimeout(() => controller.abort('stop'), 100);
      return reader(given, { attributes: ['Pressure'], signal: controller.signal }).catch((error) => error);
    }, url);
    expect(outcome).toBe('stop');
  });

  test('a File is read', async () => {
    const outcome = await page.evaluate(async (bytes) => {
      const { readMesh: reader } = window as unknown as { readMesh: typeof readMesh };
      const file = new File([bytes], 'own.vtu');
      return (await reader(file)).points.shape;
    }, smallVtu());
    expect(outcome).toEqual([4, 3]);
  });

  test('where the policy forbids WebAssembly all but LZMA is read, which names the word that is missing', async () => {
    const strict = await browser.newPage();
    await strict.goto(`${server.url}strict/`);
    await strict.waitForFunction('window.readMesh');
    const readStrictly = readIn(() => strict);
    for (const { name, bytes } of fixtures) {
      server.serve(`strict/${name}`, { content: bytes });
      const outcome = await readStrictly(name);
      if (!name.includes('lzma')) expect([name, outcome]).toEqual([name, await ofBytes(bytes)]);
      else
        expect(outcome).toMatchObject({
          error: { code: 'UNSUPPORTED', message: expect.stringContaining('wasm-unsafe-eval') },
        });
    }
    await strict.close();
  });
});
