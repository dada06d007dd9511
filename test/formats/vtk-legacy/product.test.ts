import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openPlace } from '../../../src/files/ranged-file.ts';
import { openMesh } from '../../../src/formats/registry.ts';
import {
  DataLoader,
  DataStreamer,
  readMesh,
  readMeshFrom,
  readMeshHeader,
  VascuDataset,
  writeVtkXml,
} from '../../../src/index.ts';
import { partsRequest } from '../../../src/mesh/read-mesh.ts';
import { MemorySource } from '../../streamers/memory-source.ts';
import { makeFolder } from '../../temporary-folder.ts';
import { plainMesh } from './as-vtk-reads.ts';
import { type LegacyStyle, PLAIN_STYLE, writeLegacy } from './legacy-writer.ts';
import { RESULT_FIELDS, resultContent } from './result-content.ts';
import { sampleGrid, samplePoly } from './sample-files.ts';

const execute = promisify(execFile);

const POINTS = 20_000;
const content = resultContent(POINTS);
const binary: LegacyStyle = { ...PLAIN_STYLE, encoding: 'binary' };
const listed: LegacyStyle = { ...binary, cells: 'listed', version: '4.2' };
const PATH = 'case.vtk';

async function bytesOf(parts: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const all: Uint8Array[] = [];
  for await (const part of parts) all.push(part);
  return Buffer.concat(all);
}

async function stage(file: Uint8Array) {
  const source = new MemorySource();
  source.put(PATH, file);
  const streamer = new DataStreamer(source, { cacheDir: await makeFolder(), retryDelayMs: 1 });
  onTestFinished(() => streamer.close());
  return { source, streamer };
}

describe.each([
  ['new', binary, 8 * (2 * POINTS + 1) + 8 * 8 * POINTS],
  ['old', listed, 4 * 5 * 2 * POINTS],
] as const)('a BINARY file with %s cells, over a line', (_, style, cellBytes) => {
  const file = writeLegacy(content, style);
  const meshBytes = 3 * 4 * POINTS + cellBytes + 4 * 2 * POINTS;

  test('one field of twelve takes the mesh, the field and little more', async () => {
    const { source, streamer } = await stage(file);
    const mesh = await readMeshFrom(streamer, PATH, { attributes: ['field 2'], mode: 'partial' });
    expect([...mesh.pointData.keys()]).toEqual(['field 2']);
    expect(plainMesh(mesh)).toEqual(plainMesh(await readMesh(file, { attributes: ['field 2'] })));
    const arrays = RESULT_FIELDS.length + 5;
    expect(source.bytes).toBeLessThanOrEqual(1.02 * (meshBytes + 4 * POINTS) + 64 * 1024 * arrays);
    expect(source.bytes).toBeLessThan(0.9 * file.byteLength);
    expect(streamer.stats().partial).toMatchObject({ files: 1 });
  });

  test('a further field takes its own bytes alone, everything else only what is missing', async () => {
    const { source, streamer } = await stage(file);
    await readMeshFrom(streamer, PATH, { attributes: ['field 2'], mode: 'partial' });
    source.bytes = 0;
    await readMeshFrom(streamer, PATH, { attributes: ['field 9'], mode: 'partial' });
    expect(source.bytes).toBeLessThanOrEqual(4 * POINTS + 16 * 1024);
    const whole = await readMeshFrom(streamer, PATH);
    expect(plainMesh(whole)).toEqual(plainMesh(await readMesh(file)));
    expect(source.bytes).toBeLessThanOrEqual(file.byteLength + 64 * 1024);
  });
});

test('steps of one layout are asked for with their pages at once, and are right', async () => {
  const { source, streamer } = await stage(writeLegacy(content, binary));
  const steps = [2, 3, 4].map((seed) => writeLegacy(resultContent(POINTS, seed), binary));
  for (const [index, step] of steps.entries()) source.put(`step_${index}.vtk`, step);
  const options = { attributes: ['field 2'], mode: 'partial' } as const;
  await readMeshFrom(streamer, PATH, options);
  for (const [index, step] of steps.entries()) {
    const mesh = await readMeshFrom(streamer, `step_${index}.vtk`, options);
    expect(plainMesh(mesh)).toEqual(plainMesh(await readMesh(step, options)));
  }
  const requestsOf = (asked: string): number => source.requests.filter(({ path }) => path === asked).length;
  expect(requestsOf('step_2.vtk')).toBeLessThanOrEqual(requestsOf(PATH));
  expect(streamer.stats().partial).toMatchObject({ files: 4 });
});

test('files of the same mesh share it: the second takes its field alone; another mesh is refused', async () => {
  const { source, streamer } = await stage(writeLegacy(content, binary));
  const second = { ...content, pointData: content.pointData?.toReversed() };
  const points = content.points.map((value) => value + 1);
  source.put('second.vtk', writeLegacy(second, binary));
  source.put('moved.vtk', writeLegacy({ ...second, points }, binary));
  const read = async (path: string) => {
    const sameMeshAs = await source.stat(PATH);
    const request = partsRequest(path, { attributes: ['field 2'], mode: 'partial', sameMeshAs });
    if (request === undefined) throw new Error('all of it is wanted');
    using held = await streamer.openParts(path, request);
    await using file = await openPlace(held.place);
    const opened = await openMesh(file, { path, parsed: held.parsed });
    return await opened.read({ attributes: ['field 2'] });
  };
  await read(PATH);
  source.bytes = 0;
  const whole = await readMesh(writeLegacy(second, binary), { attributes: ['field 2'] });
  expect(plainMesh(await read('second.vtk'))).toEqual(plainMesh(whole));
  expect(source.bytes).toBeLessThanOrEqual(4 * POINTS + 64 * 1024 * 4);
  await expect(read('moved.vtk')).rejects.toMatchObject({ code: 'CONFIG', option: 'sharedMesh' });
});

test('a text file is fetched whole, as its data stand inline', async () => {
  const { source, streamer } = await stage(writeLegacy(resultContent(8000), PLAIN_STYLE));
  const mesh = await readMeshFrom(streamer, PATH, { attributes: ['field 2'], mode: 'partial' });
  expect([...mesh.pointData.keys()]).toEqual(['field 2']);
  expect(streamer.stats().partial.whole).toMatchObject({ inline: 1 });
  expect(source.bytes).toBeGreaterThan(0);
});

test('content tells, whatever the name', async () => {
  const legacy = writeLegacy(samplePoly, PLAIN_STYLE);
  const folder = await makeFolder({ 'legacy.vtp': legacy, none: legacy });
  const asXml = await readMesh(join(folder, 'legacy.vtp'));
  expect(asXml.kind).toBe('PolyData');
  expect(plainMesh(await readMesh(join(folder, 'none')))).toEqual(plainMesh(asXml));
  const xml = await makeFolder({ 'xml.vtk': await bytesOf(writeVtkXml(asXml)) });
  expect(plainMesh(await readMesh(join(xml, 'xml.vtk')))).toEqual(plainMesh(asXml));
});

test('a legacy file behind an empty line or a byte order mark is said to be one, and what to remove', async () => {
  const legacy = writeLegacy(samplePoly, PLAIN_STYLE);
  const folder = await makeFolder({
    'empty-line.vtk': Buffer.concat([Buffer.from('\n'), legacy]),
    'mark.vtk': Buffer.concat([Buffer.from('\uFEFF'), legacy]),
  });
  for (const name of ['empty-line.vtk', 'mark.vtk'])
    await expect(readMesh(join(folder, name))).rejects.toThrow(
      'with something before its "# vtk DataFile", such as an empty line or a byte order mark; remove that',
    );
});

test('a header says the kind, the version and the encoding', async () => {
  expect(await readMeshHeader(writeLegacy(samplePoly, binary))).toMatchObject({
    format: 'VTK legacy',
    type: 'PolyData',
    version: '5.1',
    encodings: ['binary'],
    points: 5,
    cells: 4,
    pointArrays: ['u'],
  });
  expect(
    await readMeshHeader(writeLegacy(sampleGrid, { ...PLAIN_STYLE, cells: 'listed', version: '3.0' })),
  ).toMatchObject({
    type: 'UnstructuredGrid',
    version: '3.0',
    encodings: ['ascii'],
    cellArrays: ['colour'],
  });
});

test('files are samples of a data set, decoded on worker threads as on the calling one', async () => {
  const folder = await makeFolder({
    'a.vtk': writeLegacy(resultContent(2000, 1), binary),
    'b.vtk': writeLegacy(resultContent(2000, 2), listed),
    'c.vtk': writeLegacy(resultContent(2000, 3), PLAIN_STYLE),
  });
  await using dataset = await VascuDataset.open({ sourceUrl: folder, includeAttributes: ['field 3'] });
  await using loader = new DataLoader(dataset, { batchSize: 1, numWorkers: 2, shuffle: false });
  const seen: string[] = [];
  for await (const { ids, node, edgeIndex } of loader) {
    const here = await dataset.get(seen.length);
    seen.push(...ids);
    expect(node['field 3']?.data).toEqual(here.node['field 3']?.data);
    expect(edgeIndex.data).toEqual(here.edgeIndex.data);
  }
  expect(seen).toEqual(['a', 'b', 'c']);
});

test('the command lists, shows, draws, converts and streams them', async () => {
  const folder = await makeFolder({
    'a.vtk': writeLegacy(resultContent(2000, 1), binary),
    'b.vtk': writeLegacy(resultContent(2000, 2), PLAIN_STYLE),
  });
  const run = async (...given: readonly string[]): Promise<string> => {
    const env = { ...process.env, VASCUSIM_CACHE_DIR: await makeFolder() };
    return (await execute(process.execPath, ['src/cli/main.ts', ...given], { env })).stdout;
  };
  const file = join(folder, 'a.vtk');
  expect(await run('ls', folder)).toMatch(/a\.vtk|\ba\b/);
  expect(await run('info', file)).toMatch(/VTK legacy 5\.1, binary/);
  expect(await run('render', file, '-o', join(folder, 'a.png'), '-a', 'field 2')).toContain('a.png');
  const target = join(await makeFolder(), 'a.vtu');
  await run('convert', file, target, '-a', 'field 2');
  const copy = await readMesh(target);
  expect(plainMesh(copy)).toEqual(plainMesh(await readMesh(file, { attributes: ['field 2'] })));
  expect(await run('stream', folder, '--json', '-a', 'field 2')).toContain('"numNodes":4000');
});
