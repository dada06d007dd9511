import { createHash } from 'node:crypto';
import { describe, expect, onTestFinished, test } from 'vitest';
import { isVascuError } from '../../src/core/errors.ts';
import type { GraphData } from '../../src/core/graph.ts';
import type { Tensor } from '../../src/core/mesh.ts';
import {
  StreamingVascuDataset,
  type StreamingVascuDatasetOptions,
} from '../../src/dataset/streaming-vascu-dataset.ts';
import { meshToGraph } from '../../src/graph/mesh-to-graph.ts';
import { DataLoader } from '../../src/loader/data-loader.ts';
import { readMesh } from '../../src/mesh/mesh-files.ts';
import { byThreads } from '../loader/by-threads.ts';
import { FaultServer } from '../servers/fault-server.ts';
import { resultFile, resultMesh, TWELVE_FIELDS } from '../streamers/result-file.ts';
import { failureOf, makeFolder } from '../temporary-folder.ts';
import { smallPvtu, smallVtu } from './small-mesh.ts';

const POINTS = 5000;
const FILE = await resultFile(resultMesh(POINTS, TWELVE_FIELDS, 1), { compressor: 'none' });
const FILES = { 'a.vtu': FILE };
/** Bytes of the nine arrays over points, seven of one component and two of three. */
const POINT_BYTES = 13 * 4 * POINTS;

async function open(options: Partial<StreamingVascuDatasetOptions>): Promise<StreamingVascuDataset> {
  const dataset = await StreamingVascuDataset.open({
    cacheDir: await makeFolder(),
    graphOf: 'cells',
    ...options,
  });
  onTestFinished(() => dataset.close());
  return dataset;
}

async function overHttp(
  files: Readonly<Record<string, string | Uint8Array<ArrayBuffer>>>,
  options: Partial<StreamingVascuDatasetOptions> = {},
): Promise<StreamingVascuDataset> {
  const server = await FaultServer.start(files, { index: 'size' });
  onTestFinished(() => server.close());
  return open({ sourceUrl: `${server.url}/`, mode: 'partial', ...options });
}

const fromFolder = async (
  files: Readonly<Record<string, string | Uint8Array<ArrayBuffer>>>,
  options: Partial<StreamingVascuDatasetOptions> = {},
): Promise<StreamingVascuDataset> => open({ sourceUrl: await makeFolder(files), ...options });

const digest = ({ data, shape }: Tensor): string =>
  `${shape} ${createHash('sha1').update(data).digest('hex')}`;

/** Says all that a graph has, its arrays by their digests: there are many values. */
const essence = ({ node, cell, pos, edgeIndex, numNodes, numCells }: GraphData): object => ({
  node: Object.entries(node).map(([name, array]) => [name, digest(array)]),
  cell: Object.keys(cell),
  pos: digest(pos),
  edgeIndex: digest(edgeIndex),
  numNodes,
  numCells,
});

const expected = async (): Promise<object> =>
  essence(meshToGraph(await readMesh(FILE), { graphOf: 'cells' }));

describe('a dataset of graphs of cells', () => {
  test('is that of meshToGraph from a folder and over HTTP', async () => {
    const wanted = await expected();
    const [local, remote] = [await fromFolder(FILES), await overHttp(FILES)];
    expect(essence(await local.get(0))).toEqual(wanted);
    expect(essence(await remote.get(0))).toEqual(wanted);
  });

  test('fetches no array over points, whether arrays are named or not', async () => {
    const all = await overHttp(FILES);
    await all.get(0);
    expect(all.stats().bytesDownloaded).toBeLessThan(1.02 * (FILE.byteLength - POINT_BYTES) + 64 * 1024);
    const one = await overHttp(FILES, { includeAttributes: ['quality'] });
    expect(Object.keys((await one.get(0)).node)).toEqual(['quality']);
    expect(one.stats().bytesDownloaded).toBeLessThan(all.stats().bytesDownloaded);
  });

  test.each([0, 2])('comes through a loader with %i workers', async (numWorkers) => {
    const dataset = await overHttp({ 'a.vtu': FILE, 'b.vtu': FILE });
    await using loader = new DataLoader(numWorkers === 0 ? dataset : byThreads(dataset), {
      batchSize: 2,
      numWorkers,
    });
    const cells = Math.floor(4.8 * POINTS);
    for await (const batch of loader) {
      expect([...batch.ptr.data]).toEqual([0, cells, 2 * cells]);
      expect([...batch.cellPtr.data]).toEqual([0, 0, 0]);
      expect(batch.node['region']?.shape).toEqual([2 * cells]);
      expect(essence(batch.get(1))).toEqual(await expected());
    }
  });

  test('is kept decoded apart from the graph of the points', async () => {
    const options = { sourceUrl: await makeFolder(FILES), cacheDir: await makeFolder(), cacheDecoded: true };
    for (let round = 0; round < 2; round++) {
      await using ofPoints = await StreamingVascuDataset.open({ ...options, graphOf: 'points' });
      await using ofCells = await StreamingVascuDataset.open({ ...options, graphOf: 'cells' });
      expect((await ofPoints.get(0)).numNodes).toBe(POINTS);
      expect(essence(await ofCells.get(0))).toEqual(await expected());
    }
  });

  test('may be one of points in a part, and the other way round', async () => {
    const files = {
      'c1/volume.vtu': smallVtu({ points: 9, pointData: { p: 1 }, cellData: { q: 2 } }),
      'c1/wall.vtu': smallVtu({ points: 7, pointData: { wss: 3 }, cellData: { r: 4 } }),
    };
    const samples = {
      volume: '{case}/volume.vtu',
      wall: { pattern: '{case}/wall.vtu', graphOf: 'points' },
    } as const;
    const { numNodes, node, parts } = await (await fromFolder(files, { samples, normalize: true })).get(0);
    expect([numNodes, Object.keys(node)]).toEqual([6, ['q']]);
    expect([parts?.['wall']?.numNodes, Object.keys(parts?.['wall']?.node ?? {})]).toEqual([7, ['wss']]);
    const other = {
      volume: '{case}/volume.vtu',
      wall: { pattern: '{case}/wall.vtu', graphOf: 'cells' },
    } as const;
    const options = { samples: other, graphOf: undefined, includeAttributes: ['p', 'r'] };
    for (const dataset of [await fromFolder(files, options), await overHttp(files, options)]) {
      const sample = await dataset.get(0);
      expect([sample.numNodes, Object.keys(sample.node)]).toEqual([9, ['p']]);
      expect([sample.parts?.['wall']?.numNodes, Object.keys(sample.parts?.['wall']?.node ?? {})]).toEqual([
        4,
        ['r'],
      ]);
    }
    const wish = await fromFolder(files, { samples: other, graphOf: undefined, includeAttributes: ['wss'] });
    expect(String(await failureOf(wish.get(0)))).toMatch(/"wss" of c1\/wall.vtu .*points.*graphOf/);
  });
});

const CHAIN = smallVtu({ points: 6, pointData: { pressure: 1, both: 1 }, cellData: { quality: 2, both: 5 } });
const MESHES: Readonly<Record<string, Readonly<Record<string, string | Uint8Array<ArrayBuffer>>>>> = {
  'a file': { 'a.vtu': CHAIN },
  'a file of ranges': { 'a.vtu': FILE },
  'pieces in other files': {
    'a.pvtu': smallPvtu(['a_0.vtu', 'a_1.vtu']).replace(
      '<PPoints>',
      '<PCellData><PDataArray type="Float32" Name="quality"/></PCellData><PPoints>',
    ),
    'a_0.vtu': CHAIN,
    'a_1.vtu': CHAIN,
  },
};

describe.each(Object.entries(MESHES))('an array over points that is named, of %s', (_, files) => {
  test.each([
    ['from a folder', fromFolder],
    ['over HTTP', overHttp],
  ] as const)('is an error that says so, %s', async (_place, openFiles) => {
    const dataset = await openFiles(files, { includeAttributes: ['quality', 'pressure'] });
    const error = await failureOf(dataset.get(0));
    expect(isVascuError(error, 'CONFIG')).toBe(true);
    expect(String(error)).toMatch(/"pressure" of a\.p?vtu has values over its points.*graphOf: 'cells'/);
    expect(String(error)).toMatch(/includeAttributes.*"quality"/);
  });

  test('and one that is not there as well', async () => {
    const dataset = await fromFolder(files, { includeAttributes: ['speed'] });
    expect(isVascuError(await failureOf(dataset.get(0)), 'NOT_FOUND')).toBe(true);
  });
});

test('of a name that points and cells have, a graph of cells has that of the cells', async () => {
  const dataset = await fromFolder({ 'a.vtu': CHAIN }, { includeAttributes: ['both'] });
  const { node } = await dataset.get(0);
  expect(node['both']?.data).toEqual(Float32Array.of(5, 5, 5));
});

test('cells of several pieces have their arrays one after the other, and no edges between pieces', async () => {
  const { numNodes, node, edgeIndex } = await (
    await fromFolder(MESHES['pieces in other files'] as Record<string, string>)
  ).get(0);
  expect([numNodes, Object.keys(node)]).toEqual([6, ['quality']]);
  expect([...edgeIndex.data]).toEqual([0, 1, 1, 2, 3, 4, 4, 5, 1, 0, 2, 1, 4, 3, 5, 4]);
});

test('another word is refused before anything is listed', async () => {
  const wrong = { sourceUrl: '/nowhere', graphOf: 'faces' as 'cells' };
  const error = await failureOf(StreamingVascuDataset.open(wrong));
  expect(String(error)).toMatch(/no graph of "faces": use 'points' or 'cells'/);
});
