import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type GraphData, VascuDataset, type VascuDatasetOptions } from '../../src/data.ts';
import { DataStreamer, LocalSource, withArchives } from '../../src/io.ts';
import { buildTar } from '../archives/build-tar.ts';
import { buildZip } from '../archives/build-zip.ts';
import { describeWithNginx, startNginx } from '../servers/nginx.ts';
import { makeFolder } from '../temporary-folder.ts';

const MESHES = ['raw-zlib.vtu', 'inline.vtu', 'raw-zlib.vtp'];

async function filesOf(): Promise<Record<string, Buffer>> {
  const files: Record<string, Buffer> = { 'case/raw-zlib.json': Buffer.from('{"age": 50}') };
  for (const name of MESHES) files[`case/${name}`] = await readFile(join('test/fixtures', name));
  return files;
}

async function read(options: VascuDatasetOptions): Promise<Record<string, GraphData>> {
  const cacheDir = join(await makeFolder(), 'cache');
  await using dataset = await VascuDataset.open({ cacheDir, ...options });
  const graphs: Record<string, GraphData> = {};
  for await (const graph of dataset) graphs[graph.id] = graph;
  return graphs;
}

function members(files: Readonly<Record<string, Buffer>>): { name: string; data: Buffer }[] {
  return Object.entries(files).map(([name, data]) => ({ name, data }));
}

const archives: readonly (readonly [string, (files: Readonly<Record<string, Buffer>>) => Uint8Array])[] = [
  ['x.zip', (files) => buildZip(members(files))],
  ['x.tar', (files) => buildTar(members(files))],
  ['x.tgz', (files) => gzipSync(buildTar(members(files)))],
];

describe.each(archives)('a data set in %s', (name, build) => {
  test('is that of the folder, where the archive is named', async () => {
    const files = await filesOf();
    const folder = await makeFolder(files);
    const packed = await makeFolder({ [name]: build(files) });
    expect(await read({ sourceUrl: join(packed, name) })).toEqual(await read({ sourceUrl: folder }));
  });

  test('is a part of the folder that it lies in, with archives', async () => {
    const files = await filesOf();
    const folder = await makeFolder({
      [name]: build(files),
      'alone.vtu': files['case/inline.vtu'] as Buffer,
    });
    const graphs = await read({ sourceUrl: folder, archives: true });
    expect(Object.keys(graphs)).toEqual([
      'alone',
      `${name}/case/inline`,
      `${name}/case/raw-zlib.vtp`,
      `${name}/case/raw-zlib.vtu`,
    ]);
    expect(Object.keys(await read({ sourceUrl: folder }))).toEqual(['alone']);
    expect(Object.keys(await read({ sourceUrl: folder, archives: 'none/**' }))).toEqual(['alone']);
  });
});

test('packed and cut files are the files, with their sidecars', async () => {
  const mesh = await readFile('test/fixtures/inline.vtu');
  const plain = await makeFolder({ 'a.vtu': mesh, 'a.json': '{"age": 1}', 'b.vtu': mesh });
  const folder = await makeFolder({
    'a.vtu.gz': gzipSync(mesh),
    'a.json': '{"age": 1}',
    'b.vtu.00.part': mesh.subarray(0, 1000),
    'b.vtu.01.part': mesh.subarray(1000),
  });
  expect(await read({ sourceUrl: folder, archives: true })).toEqual(await read({ sourceUrl: plain }));
});

test('a folder of archives alone says which there are, and what opens them', async () => {
  const files = await filesOf();
  const folder = await makeFolder({
    'a.zip': buildZip(members(files)),
    'b.zip': buildZip([]),
    'c.vtu.gz': gzipSync('x'),
  });
  await expect(VascuDataset.open({ sourceUrl: folder })).rejects.toMatchObject({
    code: 'NOT_FOUND',
    message: expect.stringContaining('2 .zip, 1 .gz (open them with archives: true, or --archives)'),
  });
});

test('an archive that cannot be listed fails the opening by its name', async () => {
  const folder = await makeFolder({
    'good.vtu': await readFile('test/fixtures/inline.vtu'),
    'bad.zip': '<html>',
  });
  await expect(VascuDataset.open({ sourceUrl: folder, archives: true })).rejects.toMatchObject({
    code: 'FORMAT',
    path: 'bad.zip',
  });
});

test.each([
  [{ archives: 7 as never }, 'archives'],
  [{ maxExpansion: 0 }, 'maxExpansion'],
])('%j is refused by name', async (options, option) => {
  const folder = await makeFolder({ 'a.vtu': await readFile('test/fixtures/inline.vtu') });
  await expect(VascuDataset.open({ sourceUrl: folder, ...options })).rejects.toMatchObject({
    code: 'CONFIG',
    option,
  });
});

test("a source of one's own opens its archives", async () => {
  const folder = await makeFolder({ 'x.zip': buildZip(members(await filesOf())) });
  const source = withArchives(new LocalSource({ sourceUrl: folder }));
  expect(Object.keys(await read({ source }))).toHaveLength(3);
});

test('what an archive holds is kept in the cache, and the next streamer need not list it again', async () => {
  const folder = await makeFolder({ 'x.zip': buildZip(members(await filesOf())) });
  const cacheDir = join(await makeFolder(), 'cache');
  const open = (): DataStreamer =>
    new DataStreamer(new LocalSource({ sourceUrl: folder }), { archives: true, cacheDir });
  const first = open();
  onTestFinished(() => first.close());
  await first.listFiles();
  using file = await first.openFile('x.zip/case/inline.vtu');
  expect(await readFile(file.path)).toEqual(await readFile('test/fixtures/inline.vtu'));
  expect(first.stats()).toMatchObject({ misses: 1, archives: { opened: 1, restarts: 0 } });
  await using second = open();
  await second.openFile('x.zip/case/inline.vtu');
  expect(second.stats()).toMatchObject({ hits: 1, misses: 0 });
  expect(await first.getFile('x.zip')).toBe(join(folder, 'x.zip'));
});

describeWithNginx('on a web server', () => {
  test('an archive is named by its address, and no list is looked for', async () => {
    const files = await filesOf();
    const folder = await makeFolder();
    await mkdir(join(folder, 'sub'));
    await writeFile(join(folder, 'sub/my results.zip'), buildZip(members(files)));
    await using server = await startNginx({ folder });
    const graphs = await read({ sourceUrl: `${server.url}/sub/my%20results.zip` });
    expect(graphs).toEqual(await read({ sourceUrl: await makeFolder(files) }));
  });

  test('a table of files that lies in a folder is the list, bad rows passed over, and its archives are data', async () => {
    const files = await filesOf();
    const folder = await makeFolder({
      'dataset/file_sizes.csv': 'Name,Size\nres/a/x.zip,3\n../evil.zip,5\nres/…/.zip,\nres/b/y.zip,1 GB\n',
      'res/a/x.zip': buildZip(members(files)),
      'res/b/y.zip': buildZip(members(files)),
    });
    const size = (await readFile(join(folder, 'res/a/x.zip'))).length;
    await writeFile(
      join(folder, 'dataset/file_sizes.csv'),
      `Name,Size\nres/a/x.zip,${size}\n../evil.zip,5\nres/…/.zip,\nres/b/y.zip,1 GB\n`,
    );
    await using server = await startNginx({ folder });
    const warnings: string[] = [];
    const note = (warning: Error): void => void warnings.push(warning.message);
    process.on('warning', note);
    const graphs = await read({
      sourceUrl: `${server.url}/`,
      index: 'dataset/file_sizes.csv',
      archives: true,
    });
    process.off('warning', note);
    expect(Object.keys(graphs).map((id) => id.split('/').slice(0, 3).join('/'))).toEqual([
      ...Array(3).fill('res/a/x.zip'),
      ...Array(3).fill('res/b/y.zip'),
    ]);
    expect(warnings).toContainEqual(
      expect.stringContaining('1 row gives no path of a file and is passed over (line 3)'),
    );
  });
});
