import { crc32, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { withArchives } from '../../src/archives/with-archives.ts';
import { isVascuError } from '../../src/core/errors.ts';
import { buildTar } from './build-tar.ts';
import { type BuiltMember, buildZip } from './build-zip.ts';
import { CountingSource, listAll, meshLike, readAll } from './counting-source.ts';

const MIB = 1024 ** 2;
const good: BuiltMember = { name: 'good.vtu', data: 'good' };

function sourceOf(
  files: Readonly<Record<string, Uint8Array>>,
  maxExpansion?: number,
): ReturnType<typeof withArchives> {
  const inner = new CountingSource();
  for (const [path, content] of Object.entries(files)) inner.put(path, content);
  return withArchives(inner, { maxExpansion });
}

describe('a member that cannot be read', () => {
  test.each<[string, BuiltMember, object]>([
    ['encrypted', { name: 'x', data: 'x', flags: 1 }, { code: 'UNSUPPORTED', feature: 'encryption' }],
    ['packed by zstd', { name: 'x', data: 'x', method: 93 }, { code: 'UNSUPPORTED', feature: 'zstd' }],
    ['with a lying size', { name: 'x', data: 'xxx', size: 2 }, { code: 'INTEGRITY', expected: '2' }],
    [
      'with a size that is too large',
      { name: 'x', data: 'xxx', size: 4 },
      { code: 'INTEGRITY', expected: '4', actual: '3' },
    ],
    ['with another checksum', { name: 'x', data: 'x', crc: 1 }, { code: 'INTEGRITY', expected: '00000001' }],
    ['stored, with another checksum', { name: 'x', data: 'x', method: 0, crc: 1 }, { code: 'INTEGRITY' }],
    [
      'without a local header',
      { name: 'x', data: 'x', localSignature: 7 },
      { code: 'FORMAT', path: 'a.zip', offset: 44 },
    ],
    ['whose header is longer than told', { name: 'x', data: 'x', localExtra: Buffer.alloc(9000) }, {}],
    [
      'that is no deflated data',
      { name: 'x', data: Buffer.alloc(400), method: 8, packedSize: 3 },
      { code: /FORMAT|INTEGRITY/ },
    ],
  ])('%s is a typed error of its own, the others stay readable', async (_, bad, expected) => {
    const source = sourceOf({ 'a.zip': buildZip([good, bad, { name: 'last', data: 'last' }]) });
    expect((await listAll(source)).map(({ path }) => path)).toEqual([
      'a.zip',
      'a.zip/good.vtu',
      'a.zip/last',
      'a.zip/x',
    ]);
    const outcome = await readAll(source, 'a.zip/x').catch((error: unknown) => error);
    if (Object.keys(expected).length === 0) expect(String(outcome)).toBe('x');
    else expect(outcome).toMatchObject(withPatterns(expected));
    expect(String(await readAll(source, 'a.zip/good.vtu'))).toBe('good');
    expect(String(await readAll(source, 'a.zip/last'))).toBe('last');
  });

  test('sparse, in a tar archive', async () => {
    const source = sourceOf({
      'a.tar': buildTar([
        { name: 'x', type: 'S' },
        { name: 'good', data: 'good' },
      ]),
    });
    await expect(source.open('a.tar/x')).rejects.toMatchObject({ code: 'UNSUPPORTED', feature: 'sparse' });
    expect(String(await readAll(source, 'a.tar/good'))).toBe('good');
  });

  test('cut off with its tar archive', async () => {
    const source = sourceOf({
      'a.tar': buildTar([
        { name: 'good', data: 'good' },
        { name: 'x', data: meshLike(5000) },
      ]).slice(0, 3000),
    });
    await expect(source.open('a.tar/x')).rejects.toMatchObject({
      code: 'FORMAT',
      path: 'a.tar',
      offset: 1536,
    });
    expect(String(await readAll(source, 'a.tar/good'))).toBe('good');
  });
});

function withPatterns(expected: object): object {
  return Object.fromEntries(
    Object.entries(expected).map(([key, value]) => [
      key,
      value instanceof RegExp ? expect.stringMatching(value) : value,
    ]),
  );
}

describe('bombs', () => {
  test('that say what they are stay closed', async () => {
    const source = sourceOf({ 'a.zip': buildZip([{ name: 'x', data: Buffer.alloc(100 * MIB) }]) });
    await expect(source.open('a.zip/x')).rejects.toMatchObject({ code: 'FORMAT', path: 'a.zip', offset: 0 });
    const trusting = sourceOf({ 'a.zip': buildZip([{ name: 'x', data: Buffer.alloc(100 * MIB) }]) }, 1032);
    const { size, body } = await trusting.open('a.zip/x');
    await body.cancel();
    expect(size).toBe(100 * MIB);
  });

  test('that hide it in a gzip file end when they have grown too large', async () => {
    const source = sourceOf({ 'x.vtu.gz': new Uint8Array(gzipSync(Buffer.alloc(100 * MIB))) }, 1);
    await expect(listAll(source)).rejects.toMatchObject({ code: 'FORMAT', path: 'x.vtu.gz' });
    expect(source.stats().inflatedBytes).toBeLessThan(66 * MIB);
  });

  test('in an archive in an archive may not grow by each', async () => {
    const inner = buildZip([{ name: 'x', data: Buffer.alloc(66 * MIB) }]);
    const outer = buildZip([{ name: 'b.zip', data: inner }]);
    // By its own packed bytes it would be allowed.
    expect(inner.length * 40 + 64 * MIB).toBeGreaterThan(66 * MIB);
    expect(outer.length * 40 + 64 * MIB).toBeLessThan(66 * MIB);
    const source = sourceOf({ 'a.zip': outer }, 40);
    await expect(source.open('a.zip/b.zip/x')).rejects.toMatchObject({ code: 'FORMAT', path: 'a.zip/b.zip' });
  });
});

describe('an archive that cannot be listed', () => {
  test.each<[string, Readonly<Record<string, Uint8Array>>, object]>([
    [
      'a page of HTML',
      { 'a.zip': Buffer.from('<!DOCTYPE html><html>') },
      { code: 'FORMAT', path: 'a.zip', offset: 0 },
    ],
    ['an empty file', { 'a.zip': new Uint8Array(0) }, { code: 'FORMAT', path: 'a.zip' }],
    ['cut', { 'a.zip': buildZip([good]).slice(0, 60) }, { code: 'FORMAT', path: 'a.zip' }],
    ['split', { 'a.zip': buildZip([good], { disk: 1 }) }, { code: 'UNSUPPORTED', feature: 'multi-disk' }],
    ['no tar archive', { 'a.tar': Buffer.alloc(600, 'x') }, { code: 'FORMAT', path: 'a.tar', offset: 0 }],
    ['no gzip data', { 'a.tgz': Buffer.alloc(600, 'x') }, { code: 'FORMAT', path: 'a.tgz' }],
    [
      'gzip data with rubbish behind',
      { 'a.vtu.gz': Buffer.concat([gzipSync('x'), Buffer.from('rubbish')]) },
      { code: 'FORMAT' },
    ],
    ['gzip data that are cut', { 'a.vtu.gz': gzipSync(meshLike(5000)).subarray(0, 900) }, { code: 'FORMAT' }],
    ['gzip data of another checksum', { 'a.vtu.gz': spoilt(gzipSync('x'), -8) }, { code: 'INTEGRITY' }],
    [
      'volumes with a gap',
      { 'a.00.part': Buffer.from('x'), 'a.02.part': Buffer.from('x') },
      { code: 'NOT_FOUND' },
    ],
  ])('%s is an error of listing', async (_, files, expected) => {
    const source = sourceOf({ ...files, 'b.zip': buildZip([good]) });
    await expect(listAll(source)).rejects.toMatchObject(expected);
    expect(String(await readAll(source, 'b.zip/good.vtu'))).toBe('good');
  });
});

function spoilt(bytes: Uint8Array, at: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  const place = at < 0 ? copy.length + at : at;
  copy[place] = (copy[place] as number) ^ 255;
  return copy;
}

test('an archive of which parts are not given is refused as that, and not fetched whole', async () => {
  const inner = new CountingSource();
  inner.put('a.zip', buildZip([{ name: 'x', data: meshLike(MIB) }]));
  inner.ranges = false;
  await expect(listAll(withArchives(inner))).rejects.toMatchObject({ code: 'UNSUPPORTED', feature: 'range' });
  expect(inner.taken).toBe(0);
});

test('an archive that is replaced after it was listed is another one', async () => {
  const inner = new CountingSource();
  inner.put('a.zip', buildZip([{ name: 'x', data: meshLike(8 * MIB) }]), '1');
  const source = withArchives(inner);
  const [, entry] = await listAll(source);
  inner.put('a.zip', buildZip([{ name: 'x', data: meshLike(8 * MIB, 2) }]), '2');
  await expect(source.open('a.zip/x', { ifVersion: entry?.version ?? '' })).rejects.toMatchObject({
    code: 'NOT_FOUND',
  });
  expect((await readAll(source, 'a.zip/x')).equals(meshLike(8 * MIB, 2))).toBe(true);
});

/** Files whose bodies give what is there when it is read, as those of a disk that are written over. */
class LiveSource extends CountingSource {
  override async open(...[path, options = {}]: Parameters<CountingSource['open']>) {
    const file = await super.open(path, options);
    await file.body.cancel();
    let { start, end } = options.range ?? { start: 0, end: file.size };
    const body = new ReadableStream<Uint8Array<ArrayBuffer>>(
      {
        pull: async (controller) => {
          if (start === end) return controller.close();
          const range = { start, end: Math.min(end, start + 64 * 1024) };
          const now = await super.open(path, { range });
          controller.enqueue(new Uint8Array(await new Response(now.body).arrayBuffer()));
          start = range.end;
        },
      },
      { highWaterMark: 0 },
    );
    return { ...file, body };
  }
}

test.each([
  ['stored', 0],
  ['deflated', 8],
])('an archive that is replaced while a %s member is read never gives bytes of both', async (_, method) => {
  const inner = new LiveSource();
  const put = (seed: number, version: string): void => {
    const members = [1, 2].map((more) => ({ name: `${more}`, data: meshLike(3 * MIB, seed * more), method }));
    inner.put('a.zip', buildZip(members), version);
  };
  put(1, '1');
  const source = withArchives(inner);
  const { body } = await source.open('a.zip/1');
  const reader = body.getReader();
  for (let bytes = 0; bytes < MIB; ) bytes += (await reader.read()).value?.length ?? 0;
  put(5, '2');
  const drain = async (): Promise<void> => {
    while (!(await reader.read()).done);
  };
  await expect(drain()).rejects.toMatchObject({
    code: expect.stringMatching(/^(NOT_FOUND|INTEGRITY|FORMAT)$/),
  });
  expect((await readAll(source, 'a.zip/1')).equals(meshLike(3 * MIB, 5))).toBe(true);
});

const MUTATIONS = process.env['VASCUSIM_TORTURE'] === 'long' ? 5000 : 800;

/** Reads where the directory of a ZIP archive lies. */
function directoryOf(zip: Uint8Array): { readonly start: number; readonly end: number } {
  const bytes = Buffer.from(zip);
  const at = bytes.lastIndexOf('PK\x05\x06', undefined, 'latin1');
  const [size, start] = [bytes.readUInt32LE(at + 12), bytes.readUInt32LE(at + 16)];
  if (start !== 0xffffffff) return { start, end: start + size };
  const wide = bytes.lastIndexOf('PK\x06\x06', undefined, 'latin1');
  const wideStart = Number(bytes.readBigUInt64LE(wide + 48));
  return { start: wideStart, end: wideStart + Number(bytes.readBigUInt64LE(wide + 40)) };
}

test('mutated archives end in right bytes or in typed errors', async () => {
  const mesh = meshLike(9000);
  const texts: Record<string, Buffer> = {
    'a/1.vtu': mesh,
    'b.json': Buffer.from('{}'),
    'größe.vtu': mesh.subarray(0, 300),
  };
  const members = Object.entries(texts).map(([name, data]) => ({ name, data }));
  const zips = [0, 8].flatMap((method) =>
    [false, true].flatMap((descriptor) =>
      [false, true].flatMap((zip64) =>
        ['', 'a comment'].map((comment): [string, Uint8Array] => [
          'x.zip',
          buildZip(
            members.map((member) => ({ ...member, method, descriptor, zip64 })),
            { zip64, comment },
          ),
        ]),
      ),
    ),
  );
  const tar = buildTar(members);
  const outer = buildZip([{ name: 'y.zip', data: buildZip(members) }]);
  const seeds: [string, Uint8Array][] = [
    ...zips,
    ...zips,
    ['x.tar', tar],
    ['x.tgz', gzipSync(tar)],
    ['x.zip', outer],
    ['x.vtu.gz', gzipSync(mesh)],
  ];
  const pathsOf = async (source: ReturnType<typeof withArchives>): Promise<string[]> =>
    (await listAll(source)).map(({ path }) => path);
  let state = 1;
  const random = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const outcomes = new Map<string, number>();
  for (let round = 0; round < MUTATIONS; round++) {
    const [name, original] = seeds[round % seeds.length] as [string, Uint8Array];
    const bytes = Uint8Array.from(original);
    const tail = random(2) === 0 ? 400 : bytes.length;
    for (let change = random(4); change >= 0; change--) {
      const at = bytes.length - 1 - random(Math.min(tail, bytes.length));
      bytes[at] = random(3) === 0 ? 255 : random(256);
    }
    // Names and checksums that are as they were: of a ZIP archive its directory's, of gzip data all.
    const { start, end } = name === 'x.zip' ? directoryOf(original) : { start: 0, end: 0 };
    const isKnown =
      name !== 'x.tar' && bytes.every((byte, at) => at < start || at >= end || byte === original[at]);
    const source = sourceOf({ [name]: random(8) === 0 ? bytes.slice(0, random(bytes.length)) : bytes });
    const entries = await listAll(source).catch((error: unknown) => note(outcomes, error));
    if (entries !== undefined && isKnown) {
      const paths = entries.map(({ path }) => path);
      expect(paths, `round ${round}`).toEqual(await pathsOf(sourceOf({ [name]: original })));
    }
    for (const { path, version } of entries ?? []) {
      if (path === name) continue;
      const got = await readAll(source, path).catch((error: unknown) => note(outcomes, error));
      if (got === undefined) continue;
      const inside = path.replace(/^x\.(?:zip|tar|tgz)\/(?:y\.zip\/)?/, '');
      const meant = texts[inside] ?? (path === 'x.vtu' ? mesh : undefined);
      if (isKnown && !path.endsWith('y.zip'))
        expect(meant?.equals(got), `round ${round}: ${path}`).toBe(true);
      // Whatever a directory says: these are the bytes of its checksum.
      if (name === 'x.zip')
        expect(crc32(got).toString(16), `round ${round}: ${path}`).toBe(version.split('-').at(-2));
    }
    await source[Symbol.asyncDispose]();
  }
  expect(outcomes.size).toBeGreaterThan(1);
}, 300_000);

function note(outcomes: Map<string, number>, error: unknown): undefined {
  if (!isVascuError(error)) throw error;
  outcomes.set(error.code, (outcomes.get(error.code) ?? 0) + 1);
  return undefined;
}
