import { describe, expect, onTestFinished, test } from 'vitest';
import type { GraphData } from '../../src/core/graph.ts';
import type { Mesh, Tensor } from '../../src/core/mesh.ts';
import type { MeasureProgress } from '../../src/dataset/measure-dataset.ts';
import { StreamingVascuDataset } from '../../src/dataset/streaming-vascu-dataset.ts';
import { VascuDataset } from '../../src/dataset/vascu-dataset.ts';
import { FaultServer } from '../servers/fault-server.ts';
import { exactMoments } from '../statistics/exact.ts';
import { MemorySource } from '../streamers/memory-source.ts';
import { resultFile, resultMesh, TWELVE_FIELDS } from '../streamers/result-file.ts';
import { type Files, failureOf, makeFolder } from '../temporary-folder.ts';
import { smallPvtu, smallVtu } from './small-mesh.ts';

async function open(files: Files, more: object = {}): Promise<VascuDataset> {
  const dataset = await VascuDataset.open({ sourceUrl: await makeFolder(files), ...more });
  onTestFinished(() => dataset.close());
  return dataset;
}

const results = async (count: number): Promise<Record<string, Uint8Array<ArrayBuffer>>> =>
  Object.fromEntries(
    await Promise.all(
      Array.from({ length: count }, async (_, at) => {
        const file = await resultFile(resultMesh(1000, TWELVE_FIELDS, at), {
          compressor: at % 2 === 0 ? 'zlib' : 'none',
          encoding: at === 2 ? 'ascii' : 'raw',
        });
        return [`case_${at}.vtu`, file] as const;
      }),
    ),
  );

/** Every value of one component of an array in all graphs. */
function valuesOf(
  graphs: readonly GraphData[],
  kind: 'node' | 'cell',
  name: string,
  component: number,
): number[] {
  return graphs.flatMap((graph) => {
    const { data, shape } = graph[kind][name] as Tensor;
    const width = shape[1] ?? 1;
    return Array.from(data as Float32Array, Number).filter((_, at) => at % width === component);
  });
}

test('the statistics of every array are those of the values of all samples', async () => {
  const dataset = await open(await results(3));
  const statistics = await dataset.measure();
  const graphs: GraphData[] = [];
  for await (const graph of dataset) graphs.push(graph);
  const sum = (of: (graph: GraphData) => number): number =>
    graphs.reduce((total, graph) => total + of(graph), 0);
  expect(statistics).toMatchObject({
    samples: 3,
    nodes: sum(({ numNodes }) => numNodes),
    cells: sum(({ numCells }) => numCells),
  });
  const names = graphs.flatMap(({ node, cell }) => [
    ...Object.keys(node).map((name) => `node.${name}`),
    ...Object.keys(cell).map((name) => `cell.${name}`),
  ]);
  expect(Object.keys(statistics.fields)).toEqual([...new Set(names)]);
  for (const [field, found] of Object.entries(statistics.fields)) {
    const [kind, name] = field.split('.') as ['node' | 'cell', string];
    expect(found).toMatchObject({ missing: 0, count: kind === 'node' ? statistics.nodes : statistics.cells });
    for (const component of found.mean.keys()) {
      const values = valuesOf(graphs, kind, name, component);
      const { mean, std } = exactMoments(values);
      expect(found.mean[component]).toBeCloseTo(mean, 12);
      expect(found.std[component]).toBeCloseTo(std, 12);
      expect(found.min[component]).toBe(values.reduce((a, b) => Math.min(a, b)));
      expect(found.max[component]).toBe(values.reduce((a, b) => Math.max(a, b)));
    }
  }
  expect(statistics.fields['node.velocity']?.shape).toEqual([3]);
  expect(statistics.fields['node.pressure']?.shape).toEqual([]);
  expect(JSON.parse(JSON.stringify(statistics))).toEqual(statistics);
});

test('they are bit-equal for any number of workers, any order, and by ranges', async () => {
  const files = await results(5);
  const dataset = await open(files);
  const alone = JSON.stringify(await dataset.measure());
  expect(JSON.stringify(await dataset.measure({ numWorkers: 2 }))).toBe(alone);
  expect(JSON.stringify(await dataset.subset([3, 0, 4, 2, 1]).measure())).toBe(alone);
  const source = new MemorySource();
  for (const [path, content] of Object.entries(files)) source.put(path, content);
  await using remote = await VascuDataset.open({ source, cacheDir: await makeFolder() });
  expect(JSON.stringify(await remote.measure({ numWorkers: 1 }))).toBe(alone);
});

test('arrays of includeAttributes are measured, or those that are named', async () => {
  const dataset = await open(await results(1), { includeAttributes: ['pressure'] });
  expect(Object.keys((await dataset.measure()).fields)).toEqual(['node.pressure']);
  const named = await dataset.measure({ attributes: ['quality', 'wss'] });
  expect(Object.keys(named.fields)).toEqual(['node.wss', 'cell.quality']);
});

test('over HTTP one field of twelve costs its bytes and little more', async () => {
  const mesh = resultMesh(20_000, TWELVE_FIELDS);
  const file = await resultFile(mesh);
  const server = await FaultServer.start({ 'a.vtu': file, 'b.vtu': file }, { index: 'size' });
  onTestFinished(() => server.close());
  await using dataset = await StreamingVascuDataset.open({
    sourceUrl: `${server.url}/`,
    cacheDir: await makeFolder(),
  });
  const before = dataset.stats().bytesDownloaded;
  await dataset.measure({ attributes: ['velocity'] });
  const bytes = 3 * 4 * 20_000;
  expect(dataset.stats().bytesDownloaded - before).toBeLessThan(2 * (1.02 * bytes + 64 * 1024));
});

test('files come whole where the dataset says so', async () => {
  const source = new MemorySource();
  source.put('a.vtu', await resultFile(resultMesh(20_000, TWELVE_FIELDS)));
  const { size } = await source.stat('a.vtu');
  await using dataset = await VascuDataset.open({ source, mode: 'whole', cacheDir: await makeFolder() });
  await dataset.measure({ attributes: ['velocity'] });
  expect(source.requests).toEqual([{ path: 'a.vtu', start: 0, end: size }]);
});

test('pieces are measured as the mesh that they are joined to', async () => {
  const piece = (value: number, extra: object = {}): string =>
    smallVtu({ points: 5, pointData: { pressure: value, ...extra } });
  const dataset = await open({
    'whole.pvtu': smallPvtu(['whole/0.vtu', 'whole/1.vtu']),
    'whole/0.vtu': piece(1, { undeclared: 3 }),
    'whole/1.vtu': piece(3, { undeclared: 4 }),
  });
  const { nodes, cells, fields } = await dataset.measure();
  const { numNodes, numCells } = await dataset.get(0);
  expect({ nodes, cells }).toEqual({ nodes: numNodes, cells: numCells });
  expect(fields).toEqual({
    'node.pressure': {
      count: 10,
      missing: 0,
      nonFinite: [0],
      min: [1],
      max: [3],
      mean: [2],
      std: [1],
      shape: [],
    },
  });
});

test('values that are not finite are counted a component, and samples that lack an array', async () => {
  const mesh = (data: readonly number[], name: string): Mesh => ({
    ...resultMesh(4, []),
    pointData: new Map([[name, { data: Float32Array.from(data), shape: [4, 2] }]]),
  });
  const dataset = await open({
    'a.vtu': await resultFile(mesh([1, Number.NaN, 2, 0, 3, Infinity, 4, 0], 'flow')),
    'b.vtu': await resultFile(mesh([0, 0, 0, 0, 0, 0, 0, 0], 'other')),
  });
  const { fields } = await dataset.measure();
  expect(fields['node.flow']).toEqual({
    count: 4,
    missing: 1,
    nonFinite: [0, 2],
    min: [1, 0],
    max: [4, 0],
    mean: [2.5, 0],
    std: [Math.sqrt(1.25), 0],
    shape: [2],
  });
});

test('an array without a finite value has null, so that it is JSON', async () => {
  const mesh: Mesh = {
    ...resultMesh(4, []),
    pointData: new Map([['p', { data: new Float32Array(4).fill(Number.NaN), shape: [4] }]]),
  };
  const dataset = await open({ 'a.vtu': await resultFile(mesh) });
  expect((await dataset.measure()).fields['node.p']).toMatchObject({
    mean: [null],
    std: [null],
    nonFinite: [4],
  });
});

test('values whose sum is larger than a double have no mean, and are not standardized', async () => {
  const mesh: Mesh = {
    ...resultMesh(4, []),
    pointData: new Map([
      ['p', { data: Float64Array.of(1, Number.MAX_VALUE, Number.MAX_VALUE, 1), shape: [4] }],
      ['q', { data: Float64Array.of(0, 1e200, 1e200, 0), shape: [4] }],
    ]),
  };
  const dataset = await open({ 'a.vtu': await resultFile(mesh) });
  const statistics = await dataset.measure();
  expect(JSON.parse(JSON.stringify(statistics))).toEqual(statistics);
  expect(statistics.fields['node.p']).toMatchObject({
    min: [1],
    max: [Number.MAX_VALUE],
    mean: [null],
    std: [null],
  });
  expect(statistics.fields['node.q']).toMatchObject({ mean: [5e199], std: [null] });
  const { node } = await dataset.with({ standardize: statistics }).get(0);
  expect(Array.from(node['q']?.data as Float64Array)).toEqual([0, 1e200, 1e200, 0]);
});

test('a constant array has its value as mean, and a deviation of 0', async () => {
  const dataset = await open({ 'a.vtu': smallVtu({ points: 7, pointData: { p: 0.1 } }) });
  const { mean, std, min } = (await dataset.measure()).fields['node.p'] ?? {};
  expect(std).toEqual([0]);
  expect(mean).toEqual(min);
});

test('marks of ghosts are measured only where they are named', async () => {
  const dataset = await open({ 'a.vtu': smallVtu({ pointData: { vtkGhostType: 1, p: 2 } }) });
  expect(Object.keys((await dataset.measure()).fields)).toEqual(['node.p']);
  const named = await dataset.measure({ attributes: ['vtkGhostType'] });
  expect(Object.keys(named.fields)).toEqual(['node.vtkGhostType']);
});

test('progress is told after each sample, in the order of the ids', async () => {
  const dataset = await open({ 'b.vtu': smallVtu(), 'a.vtu': smallVtu(), 'c.vtu': smallVtu() });
  const told: MeasureProgress[] = [];
  await dataset.measure({ onProgress: (progress) => void told.push(progress) });
  expect(told.map(({ id, done, total }) => [id, done, total])).toEqual([
    ['a', 1, 3],
    ['b', 2, 3],
    ['c', 3, 3],
  ]);
});

test('cached copies are removed where the dataset removes them after their use', async () => {
  const source = new MemorySource();
  for (const name of ['a.vtu', 'b.vtu']) source.put(name, new TextEncoder().encode(smallVtu()));
  await using dataset = await StreamingVascuDataset.open({
    source,
    cacheDir: await makeFolder(),
    deleteAfterUse: true,
  });
  await dataset.measure();
  for (const index of [0, 1]) {
    for (const entry of dataset.filesOf(index)) expect(await dataset.streamer.bytesHere(entry)).toBe(0);
  }
});

describe('errors', () => {
  test('an array of another shape names both samples', async () => {
    const mesh = (width: number): Mesh => ({
      ...resultMesh(4, []),
      pointData: new Map([
        ['flow', { data: new Float32Array(4 * width), shape: width === 1 ? [4] : [4, width] }],
      ]),
    });
    const dataset = await open({ 'a.vtu': await resultFile(mesh(1)), 'b.vtu': await resultFile(mesh(3)) });
    const failure = await failureOf(dataset.measure());
    expect(failure).toMatchObject({ code: 'CONFIG', option: 'attributes' });
    expect(String(failure)).toMatch(/node\.flow .*\[\] in the sample a and \[3\] in the sample b/);
  });

  test('a name that no sample has lists those of the first', async () => {
    const dataset = await open({ 'a.vtu': smallVtu(), 'b.vtu': smallVtu() });
    const failure = await failureOf(dataset.measure({ attributes: ['pressure', 'presure'] }));
    expect(failure).toMatchObject({ code: 'NOT_FOUND' });
    expect(String(failure)).toMatch(/"presure".*"pressure"/);
  });

  test.each([
    [{ numWorkers: -1 }, 'numWorkers'],
    [{ attributes: 'pressure' as never }, 'attributes'],
    [{ workers: 2 } as never, 'workers'],
  ])('options %j are refused', async (options, option) => {
    const dataset = await open({ 'a.vtu': smallVtu() });
    expect(await failureOf(dataset.measure(options))).toMatchObject({ code: 'CONFIG', option });
  });

  test('a broken file fails by its name, also on a thread', async () => {
    const dataset = await open({ 'a.vtu': smallVtu(), 'b.vtu': smallVtu().slice(0, 400) });
    for (const numWorkers of [0, 1]) {
      expect(await failureOf(dataset.measure({ numWorkers }))).toMatchObject({
        code: 'FORMAT',
        path: 'b.vtu',
      });
    }
  });

  test('an abort rejects with its reason', async () => {
    const dataset = await open(await results(2));
    const controller = new AbortController();
    const onProgress = (): void => controller.abort(new Error('enough'));
    await expect(dataset.measure({ signal: controller.signal, onProgress })).rejects.toThrow('enough');
  });

  test('a range whose bytes are wrong is fetched once more', async () => {
    const file = await resultFile(resultMesh(20_000, TWELVE_FIELDS), { compressor: 'zlib' });
    const source = new MemorySource();
    source.put('a.vtu', file);
    await using dataset = await VascuDataset.open({ source, cacheDir: await makeFolder() });
    let forged = 0;
    source.forge = (bytes, { start }) => {
      if (start < 100_000 || forged++ > 0) return bytes;
      return bytes.map((byte, at) => (at < 4000 && at > 64 ? byte ^ 0xff : byte));
    };
    const { fields } = await dataset.measure({ attributes: ['wss'] });
    expect(forged).toBeGreaterThan(1);
    source.forge = undefined;
    const local = await open({ 'a.vtu': file });
    expect(fields).toEqual((await local.measure({ attributes: ['wss'] })).fields);
  });
});
