import { gzipSync } from 'node:zlib';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { ArchiveSource } from '../../src/archives/archive-source.ts';
import { withArchives } from '../../src/archives/with-archives.ts';
import { LocalSource } from '../../src/sources/local/local-source.ts';
import { makeFolder } from '../temporary-folder.ts';
import { buildZip } from './build-zip.ts';
import { CountingSource, listAll, meshLike, readAll } from './counting-source.ts';

const text = (value: string): Uint8Array => Buffer.from(value);
const packed = (value: string | Buffer): Uint8Array => new Uint8Array(gzipSync(value));

function open(
  files: Readonly<Record<string, Uint8Array>>,
  archives?: string | readonly string[],
): { readonly inner: CountingSource; readonly source: ArchiveSource } {
  const inner = new CountingSource();
  for (const [path, content] of Object.entries(files)) inner.put(path, content);
  const source = withArchives(inner, { archives });
  onTestFinished(() => source[Symbol.asyncDispose]());
  return { inner, source };
}

describe.each<[string, Readonly<Record<string, Uint8Array>>]>([
  ['packed', { 'x.vtu.gz': packed('packed') }],
  ['cut', { 'x.vtu.00.part': text('cu'), 'x.vtu.01.part': text('t') }],
])('a real file beside one of its name that is %s', (_, twin) => {
  test.each(['cold', 'listed'])('goes first, %s', async (state) => {
    const { source } = open({ 'x.vtu': text('real file'), ...twin });
    if (state === 'listed') {
      const found = (await listAll(source)).find(({ path }) => path === 'x.vtu');
      expect(found).toEqual(await source.stat('x.vtu'));
      const given = await readAll(source, 'x.vtu', { ifVersion: found?.version ?? '' });
      expect(String(given)).toBe('real file');
    }
    expect(String(await readAll(source, 'x.vtu'))).toBe('real file');
  });

  test('has its place on this machine', async () => {
    const folder = await makeFolder({ 'x.vtu': 'real file', ...twin });
    const source = withArchives(new LocalSource({ sourceUrl: folder }));
    await listAll(source);
    expect(await source.locate('x.vtu')).toBe(await new LocalSource({ sourceUrl: folder }).locate('x.vtu'));
  });

  test('that comes later goes first from then on', async () => {
    const { inner, source } = open(twin);
    await listAll(source);
    inner.put('x.vtu', text('real file'), '2');
    expect(await source.stat('x.vtu')).toMatchObject({ version: '2' });
    expect(String(await readAll(source, 'x.vtu', { ifVersion: '2' }))).toBe('real file');
  });

  test('is all that is fetched for a listing, and what is in an archive too', async () => {
    const members = Object.entries({ 'x.vtu': text('real file'), ...twin });
    const { inner, source } = open({ 'x.vtu': text('real file'), ...twin });
    await listAll(source);
    expect(inner.taken).toBe(0);
    const inside = open({ 'a.zip': buildZip(members.map(([name, data]) => ({ name, data }))) }).source;
    expect((await listAll(inside)).filter(({ path }) => path === 'a.zip/x.vtu')).toEqual([
      await inside.stat('a.zip/x.vtu'),
    ]);
    expect(String(await readAll(inside, 'a.zip/x.vtu'))).toBe('real file');
  });
});

describe.each<[string, Readonly<Record<string, Uint8Array>>, string]>([
  ['A.VTU.GZ', { 'A.VTU.GZ': packed('content') }, 'A.VTU'],
  ['b.vtu.000.part', { 'b.vtu.000.part': text('con'), 'b.vtu.001.part': text('tent') }, 'b.vtu'],
  ['c.vtu.00.PART', { 'c.vtu.00.PART': text('con'), 'c.vtu.01.PART': text('tent') }, 'c.vtu'],
])('a file that %s is', (_, files, path) => {
  test.each(['cold', 'listed', 'replaced'])(
    'is read by the name that listings give it, %s',
    async (state) => {
      const { inner, source } = open(files);
      if (state !== 'cold') expect((await listAll(source)).map((entry) => entry.path)).toContain(path);
      if (state === 'replaced')
        for (const [name, content] of Object.entries(files)) inner.put(name, content, '2');
      expect(String(await readAll(source, path))).toBe('content');
      expect(await source.stat(path)).toMatchObject({ path, size: 7 });
    },
  );

  test('is read in an archive as well', async () => {
    const members = Object.entries(files).map(([name, data]) => ({ name, data }));
    const { source } = open({ 'a.zip': buildZip(members) });
    expect(String(await readAll(source, `a.zip/${path}`))).toBe('content');
  });
});

describe('volumes', () => {
  const files = { 'a/x.vtu.00.part': text('one'), 'a/x.vtu.01.part': text('two') };

  test.each([
    ['the first', '**/*.00.part', true],
    ['the whole', '**/*.vtu', true],
    ['a later one', '**/*.01.part', false],
  ])('of which a pattern chooses %s', async (_, pattern, isChosen) => {
    const { source } = open(files, pattern);
    const paths = (await listAll(source)).map(({ path }) => path);
    expect(paths.includes('a/x.vtu')).toBe(isChosen);
    if (isChosen) expect(String(await readAll(source, 'a/x.vtu'))).toBe('onetwo');
    else await expect(source.open('a/x.vtu')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('are listed alone by a prefix that is longer than the name of the whole', async () => {
    const { source } = open(files);
    expect((await listAll(source, 'a/x.vtu.01')).map(({ path }) => path)).toEqual(['a/x.vtu.01.part']);
  });

  test('are listed once for any number of reads', async () => {
    const { inner, source } = open(files);
    let listings = 0;
    const list = inner.list.bind(inner);
    inner.list = (options) => {
      listings++;
      return list(options);
    };
    for (let count = 0; count < 5; count++) await readAll(source, 'a/x.vtu');
    expect(listings).toBe(1);
  });
});

test('a source that cannot list gives packed and cut files of the usual names, and is asked once', async () => {
  const { inner, source } = open({ 'x.vtu.gz': packed('content') });
  const { UnsupportedError } = await import('../../src/core/errors.ts');
  let listings = 0;
  inner.list = () => {
    listings++;
    throw new UnsupportedError('list', 'no listing');
  };
  await expect(source.open('y.vtu')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await expect(source.open('z.vtu')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  expect(listings).toBe(1);
  expect(String(await readAll(source, 'x.vtu'))).toBe('content');
});

test('a packed file is measured once, however often it is looked up', async () => {
  const content = meshLike(300_000);
  const { inner, source } = open({ 'x.vtu.gz': packed(content) });
  await Promise.all([source.stat('x.vtu'), source.stat('x.vtu'), source.stat('x.vtu')]);
  expect(inner.taken).toBe(gzipSync(content).length);
});
