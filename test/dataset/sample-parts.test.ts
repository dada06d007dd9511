import { describe, expect, onTestFinished, test } from 'vitest';
import { CacheManager } from '../../src/cache/cache-manager.ts';
import type { GraphData } from '../../src/core/graph.ts';
import {
  StreamingVascuDataset,
  type StreamingVascuDatasetOptions,
} from '../../src/dataset/streaming-vascu-dataset.ts';
import { Batch } from '../../src/graph/batch.ts';
import { DataLoader } from '../../src/loader/data-loader.ts';
import { byThreads } from '../loader/by-threads.ts';
import { FaultServer } from '../servers/fault-server.ts';
import { MemorySource } from '../streamers/memory-source.ts';
import { resultFile, resultMesh, TWELVE_FIELDS } from '../streamers/result-file.ts';
import { failureOf, makeFolder } from '../temporary-folder.ts';
import { smallPvtu, smallVtu } from './small-mesh.ts';

const CASES = [1, 2, 3, 4];
const SAMPLES = {
  volume: '{case}/internal.vtu',
  wall: '{case}/wall.vtu',
  inlet: { pattern: '{case}/inlet.vtu', optional: true },
  frame: 'frame.vtu',
};

/** Cases of a volume and its wall, all but the last with an inlet, and one frame for all of them. */
const FILES: Readonly<Record<string, string>> = Object.fromEntries([
  ['frame.vtu', smallVtu({ points: 5, pointData: {} })],
  ...CASES.flatMap((at): [string, string][] => [
    [`case_${at}/internal.vtu`, smallVtu({ points: 10 + at, pointData: { pressure: at, age: 2 } })],
    [`case_${at}/wall.vtu`, smallVtu({ points: 20 + at, pointData: { wss: 10 * at, age: 3 } })],
    ...(at === 4
      ? []
      : [[`case_${at}/inlet.vtu`, smallVtu({ pointData: {}, cellData: { flow: at } })] as [string, string]]),
  ]),
]);

async function open(options: Partial<StreamingVascuDatasetOptions> = {}): Promise<StreamingVascuDataset> {
  const samples = SAMPLES;
  const dataset = await StreamingVascuDataset.open({ samples, cacheDir: await makeFolder(), ...options });
  onTestFinished(() => dataset.close());
  return dataset;
}

async function serve(files = FILES): Promise<FaultServer> {
  const server = await FaultServer.start(files, { index: 'size' });
  onTestFinished(() => server.close());
  return server;
}

const gets = ({ requests }: FaultServer): string[] =>
  requests.filter(({ method, path }) => method === 'GET' && path.endsWith('vtu')).map(({ path }) => path);

async function samplesOf(dataset: StreamingVascuDataset, numWorkers: number): Promise<readonly GraphData[]> {
  const collate = (graphs: readonly GraphData[]): readonly GraphData[] => graphs;
  const given = numWorkers === 0 ? dataset : byThreads(dataset);
  await using loader = new DataLoader(given, { numWorkers, batchSize: dataset.length, collate });
  for await (const graphs of loader) return graphs;
  return [];
}

describe.each([0, 1])('samples of parts, with %d workers', (numWorkers) => {
  test('are graphs with the other parts in them, each with arrays of its own', async () => {
    const dataset = await open({ sourceUrl: await makeFolder(FILES) });
    const samples = await samplesOf(dataset, numWorkers);
    expect(samples.map(({ id, numNodes }) => `${id} ${numNodes}`)).toEqual([
      'case_1 11',
      'case_2 12',
      'case_3 13',
      'case_4 14',
    ]);
    for (const [at, { id, node, parts = {} }] of samples.entries()) {
      expect(Object.keys(parts)).toEqual(at === 3 ? ['wall', 'frame'] : ['wall', 'inlet', 'frame']);
      expect(Object.keys(node)).toEqual(['pressure', 'age']);
      expect(parts['wall']?.node['wss']?.data).toEqual(new Float32Array(21 + at).fill(10 * at + 10));
      expect(Object.values(parts).map((part) => part.id)).toEqual(Object.keys(parts).map(() => id));
      expect([Object.getPrototypeOf(parts), Object.getPrototypeOf(parts['wall']?.node)]).toEqual([
        null,
        null,
      ]);
    }
    expect(samples[0]?.parts?.['inlet']?.cell['flow']?.data).toEqual(Float32Array.of(1));
  });

  test('give of each part the wanted arrays that it has', async () => {
    const includeAttributes = ['wss', 'age', 'flow'];
    const dataset = await open({ sourceUrl: await makeFolder(FILES), includeAttributes });
    const [{ node, parts = {} } = {}] = await samplesOf(dataset, numWorkers);
    const names = Object.entries(parts).map(([name, part]) => [
      name,
      ...Object.keys({ ...part.node, ...part.cell }),
    ]);
    expect([Object.keys(node ?? {}), names]).toEqual([
      ['age'],
      [['wall', 'wss', 'age'], ['inlet', 'flow'], ['frame']],
    ]);
  });

  test('fail by a name that no part has, and list what each has', async () => {
    const dataset = await open({ sourceUrl: await makeFolder(FILES), includeAttributes: ['age', 'speed'] });
    const error = await failureOf(samplesOf(dataset, numWorkers));
    expect(error).toMatchObject({ code: 'NOT_FOUND' });
    expect(String(error)).toMatch(
      /No part of the sample case_1 has an array "speed".*volume "pressure", "age"; wall "wss", "age"; inlet "flow"; frame none/,
    );
  });

  test('are normalized by the box of the first part', async () => {
    const dataset = await open({ sourceUrl: await makeFolder(FILES), normalize: true });
    for (const { normalization, parts = {} } of await samplesOf(dataset, numWorkers)) {
      const { scale, offset } = normalization as NonNullable<GraphData['normalization']>;
      for (const { pos, numNodes, normalization: own } of Object.values(parts)) {
        expect(own).toEqual(normalization);
        expect((pos.data[3 * numNodes - 3] as number) * scale + offset[0]).toBeCloseTo(numNodes - 1, 4);
      }
    }
  });

  test('leave nothing behind with deleteAfterUse, the part that all have among it', async () => {
    const server = await serve();
    const cache = await CacheManager.open({ cacheDir: await makeFolder() });
    onTestFinished(() => cache.close());
    const dataset = await open({ sourceUrl: server.url, cache, deleteAfterUse: true });
    expect(await samplesOf(dataset, numWorkers)).toHaveLength(4);
    await dataset.close();
    const sources = await cache.listSources();
    expect(sources.reduce((sum, { files }) => sum + files, 0)).toBe(0);
  });

  test('come through a cache in which two of them have no room', async () => {
    const server = await serve();
    const largest = Math.max(
      ...CASES.map((at) =>
        ['internal', 'wall', 'inlet'].reduce(
          (sum, name) => sum + (FILES[`case_${at}/${name}.vtu`]?.length ?? 0),
          0,
        ),
      ),
    );
    const maxSize = Math.ceil(1.3 * (largest + (FILES['frame.vtu']?.length ?? 0)));
    const cache = await CacheManager.open({ cacheDir: await makeFolder(), maxSize, roomTimeoutMs: 3000 });
    onTestFinished(() => cache.close());
    const dataset = await open({ sourceUrl: server.url, cache });
    const given = numWorkers === 0 ? dataset : byThreads(dataset);
    await using loader = new DataLoader(given, {
      numWorkers,
      shuffle: true,
      seed: 2,
      batchSize: 2,
      arrays: 'common',
    });
    for (let epoch = 0; epoch < 2; epoch++) {
      const ids: string[] = [];
      for await (using batch of loader) ids.push(...batch.ids);
      expect(ids.toSorted()).toEqual(CASES.map((at) => `case_${at}`));
    }
  });

  test('are found again in decoded form, all parts of them', async () => {
    const server = await serve();
    const dataset = await open({ sourceUrl: server.url, cacheDecoded: true });
    const first = await samplesOf(dataset, numWorkers);
    const before = gets(server).length;
    await dataset.streamer.cleanup('lru');
    const again = await samplesOf(dataset, numWorkers);
    expect(again).toEqual(first);
    expect(gets(server)).toHaveLength(before);
    expect(dataset.stats().samplesRead).toBe(8);
  });
});

test('a batch of samples without a part that others have leaves it out where only what is common is wanted', async () => {
  const dataset = await open({ sourceUrl: await makeFolder(FILES) });
  const refused = new DataLoader(dataset, { batchSize: 4 });
  onTestFinished(() => refused.close());
  expect(String(await failureOf(refused[Symbol.asyncIterator]().next()))).toMatch(
    /case_1 has the part "inlet", the sample case_4 of the same batch has not/,
  );
  await using loader = new DataLoader(dataset, { batchSize: 4, arrays: 'common' });
  for await (const batch of loader) {
    expect([Object.keys(batch.parts), batch.leftOut]).toEqual([['wall', 'frame'], ['parts.inlet']]);
    expect(batch.parts['wall']?.ptr.data).toEqual(Int32Array.of(0, 21, 43, 66, 90));
    expect(Batch.fromSafetensors(batch.toSafetensors()).parts['wall']?.get(3).numNodes).toBe(24);
  }
});

test('the files of a sample are asked for at a time, each once', async () => {
  const server = await serve();
  const dataset = await open({ sourceUrl: server.url, prefetch: false });
  const paths = ['case_1/internal.vtu', 'case_1/wall.vtu', 'case_1/inlet.vtu', 'frame.vtu'];
  let answer = (): void => undefined;
  const until = new Promise<void>((resolve) => {
    answer = resolve;
  });
  for (const path of paths) server.script(path, { kind: 'slow-headers', until });
  const sample = dataset.get(0);
  while (gets(server).length < paths.length) await new Promise((resolve) => setTimeout(resolve, 1));
  answer();
  expect(Object.keys((await sample).parts ?? {})).toHaveLength(3);
  expect(gets(server).toSorted()).toEqual(paths.toSorted());
});

test('a part that cannot be fetched fails the sample by its name, and nothing stays held', async () => {
  const source = new MemorySource();
  for (const [path, content] of Object.entries(FILES)) source.put(path, new TextEncoder().encode(content));
  const cache = await CacheManager.open({ cacheDir: await makeFolder() });
  onTestFinished(() => cache.close());
  const dataset = await open({ source, cache, tries: 1 });
  source.onOpen = ({ path }) => {
    if (path === 'case_2/wall.vtu') throw new TypeError('the line is cut');
  };
  expect(String(await failureOf(dataset.get(1)))).toMatch(/the line is cut/);
  expect((await cache.listSources()).reduce((sum, { held }) => sum + held, 0)).toBe(0);
  source.onOpen = undefined;
  expect((await dataset.get(1)).parts?.['wall']?.numNodes).toBe(22);
});

test('of parts only the wanted arrays travel where single arrays are fetched', async () => {
  const source = new MemorySource();
  const [internal, wall] = [
    await resultFile(resultMesh(5000, TWELVE_FIELDS)),
    await resultFile(resultMesh(6000, TWELVE_FIELDS.slice(3))),
  ];
  source.put('a/internal.vtu', internal);
  source.put('a/wall.vtu', wall);
  const samples = { volume: '{case}/internal.vtu', wall: '{case}/wall.vtu' };
  const options = { source, samples, mode: 'partial', includeAttributes: ['pressure', 'osi'] } as const;
  const dataset = await open(options);
  const { node, parts } = await dataset.get(0);
  expect([Object.keys(node), Object.keys(parts?.['wall']?.node ?? {})]).toEqual([
    ['pressure', 'osi'],
    ['osi'],
  ]);
  expect(source.bytes).toBeLessThan(0.6 * (internal.length + wall.length));
  const { bytes } = source;
  await dataset.get(0);
  expect(source.bytes).toBe(bytes);
});

test('parts of one name have the mesh in common that sharedMesh says, also where samples lack others', async () => {
  const source = new MemorySource();
  const wall = await resultFile(resultMesh(6000, TWELVE_FIELDS));
  const inlet = await resultFile(resultMesh(3000, TWELVE_FIELDS));
  for (const at of ['a', 'b', 'c']) {
    source.put(`${at}/internal.vtu`, await resultFile(resultMesh(5000, TWELVE_FIELDS)));
    if (at !== 'b') source.put(`${at}/inlet.vtu`, inlet);
    source.put(`${at}/wall.vtu`, wall);
  }
  const samples = {
    volume: '{case}/internal.vtu',
    inlet: { pattern: '{case}/inlet.vtu', optional: true },
    wall: '{case}/wall.vtu',
  };
  const wish = { mode: 'partial', includeAttributes: ['pressure'], sharedMesh: true } as const;
  const dataset = await open({ source, samples, ...wish, prefetch: false });
  const [first, second] = [await dataset.get(0), await dataset.get(1)];
  expect(second.parts?.['wall']).toEqual({ ...first.parts?.['wall'], id: 'b' });
  const { sharedBytes } = dataset.stats().partial;
  expect(sharedBytes).toBeGreaterThan(0.5 * wall.length * (2 / 12));
  await dataset.get(2);
  expect(dataset.stats().partial.sharedBytes).toBeGreaterThan(2 * sharedBytes);
});

test('a part may be of several pieces', async () => {
  const files = {
    'a/internal.pvtu': smallPvtu(['one.vtu', 'two.vtu']),
    'a/one.vtu': smallVtu({ points: 6 }),
    'a/two.vtu': smallVtu({ points: 4 }),
    'a/wall.pvtu': smallPvtu(['three.vtu']),
    'a/three.vtu': smallVtu({ points: 7 }),
  };
  const samples = { volume: '{case}/internal.pvtu', wall: '{case}/wall.pvtu' };
  const dataset = await open({ sourceUrl: (await serve(files)).url, samples });
  const { numNodes, parts } = await dataset.get(0);
  expect([numNodes, parts?.['wall']?.numNodes]).toEqual([10, 7]);
});

test('other parts of the same files are decoded anew', async () => {
  const sourceUrl = await makeFolder(FILES);
  const cacheDir = await makeFolder();
  const partsOf = async (names: Readonly<Record<string, string>>): Promise<readonly string[]> => {
    const dataset = await open({ sourceUrl, cacheDir, cacheDecoded: true, samples: names });
    await dataset.get(0);
    const { parts = {} } = await dataset.get(0);
    return Object.keys(parts);
  };
  const volume = '{case}/internal.vtu';
  expect(await partsOf({ volume, wall: '{case}/wall.vtu' })).toEqual(['wall']);
  expect(await partsOf({ volume, skin: '{case}/wall.vtu' })).toEqual(['skin']);
});

test('a sample that is larger than the cache fails by its size, with nothing held', async () => {
  const largest = FILES['case_1/wall.vtu']?.length ?? 0;
  const cache = await CacheManager.open({
    cacheDir: await makeFolder(),
    maxSize: Math.ceil(1.5 * largest),
  });
  onTestFinished(() => cache.close());
  const dataset = await open({ sourceUrl: (await serve()).url, cache });
  const error = await failureOf(dataset.get(0));
  expect(error).toMatchObject({ code: 'CACHE' });
  expect((await cache.listSources()).reduce((sum, { held }) => sum + held, 0)).toBe(0);
  expect(String(error)).toMatch(/case_1\/internal\.vtu has \d+ bytes in 4 files.*Raise maxCacheSize/);
});
