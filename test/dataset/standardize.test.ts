import { describe, expect, onTestFinished, test } from 'vitest';
import type { GraphData } from '../../src/core/graph.ts';
import type { Mesh, Tensor } from '../../src/core/mesh.ts';
import { StreamingVascuDataset } from '../../src/dataset/streaming-vascu-dataset.ts';
import { VascuDataset } from '../../src/dataset/vascu-dataset.ts';
import { Batch } from '../../src/graph/batch.ts';
import { graphFromSafetensors, graphToSafetensors } from '../../src/graph/graph-safetensors.ts';
import { DataLoader } from '../../src/loader/data-loader.ts';
import { exactMoments } from '../statistics/exact.ts';
import { MemorySource } from '../streamers/memory-source.ts';
import { resultFile, resultMesh, TWELVE_FIELDS } from '../streamers/result-file.ts';
import { type Files, failureOf, makeFolder } from '../temporary-folder.ts';
import { smallVtu } from './small-mesh.ts';

/** Results whose arrays are of several types. */
async function results(count = 2): Promise<Files> {
  const fields = [
    ...TWELVE_FIELDS,
    { name: 'double', over: 'points', components: 2, Type: Float64Array },
    { name: 'short', over: 'cells', components: 1, Type: Int16Array },
  ] as const;
  const files: Record<string, Uint8Array> = {};
  for (let at = 0; at < count; at++) files[`case_${at}.vtu`] = await resultFile(resultMesh(400, fields, at));
  return files;
}

async function open(files: Files, more: object = {}): Promise<VascuDataset> {
  const dataset = await VascuDataset.open({ sourceUrl: await makeFolder(files), ...more });
  onTestFinished(() => dataset.close());
  return dataset;
}

async function graphsOf(dataset: AsyncIterable<GraphData>): Promise<GraphData[]> {
  const graphs: GraphData[] = [];
  for await (const graph of dataset) graphs.push(graph);
  return graphs;
}

function column({ data, shape }: Tensor, component: number): number[] {
  const width = shape[1] ?? 1;
  return Array.from(data as Float32Array, Number).filter((_, at) => at % width === component);
}

test('standardized arrays have a mean of 0 and a deviation of 1, and are undone to the stored values', async () => {
  const dataset = await open(await results());
  const statistics = await dataset.measure();
  const [stored, graphs] = [
    await graphsOf(dataset),
    await graphsOf(dataset.with({ standardize: statistics })),
  ];
  for (const [field, { std, min, max }] of Object.entries(statistics.fields)) {
    const [kind, name] = field.split('.') as ['node' | 'cell', string];
    for (const component of std.keys()) {
      const all = graphs.flatMap((graph) => column(graph[kind][name] as Tensor, component));
      const moments = exactMoments(all);
      expect(Math.abs(moments.mean)).toBeLessThan(1e-6);
      expect(Math.abs(moments.std - 1)).toBeLessThan(1e-6);
      const range = (max[component] as number) - (min[component] as number);
      const scale = graphs[0]?.standardization?.[field];
      const undone = all.map((value) => value * (scale?.std[component] ?? 0) + (scale?.mean[component] ?? 0));
      const before = stored.flatMap((graph) => column(graph[kind][name] as Tensor, component));
      const worst = Math.max(...undone.map((value, at) => Math.abs(value - (before[at] as number))));
      expect(worst).toBeLessThan(1e-6 * range);
    }
  }
});

test('floats keep their type, integers become Float32, and what the statistics do not name stays', async () => {
  const dataset = await open(await results(1));
  const { fields, ...rest } = await dataset.measure();
  const { 'node.wss': _, ...others } = fields;
  const [stored] = await graphsOf(dataset);
  const [graph] = await graphsOf(dataset.with({ standardize: { ...rest, fields: others } }));
  expect(graph?.node['double']?.data).toBeInstanceOf(Float64Array);
  expect(graph?.node['pressure']?.data).toBeInstanceOf(Float32Array);
  expect(graph?.cell['short']?.data).toBeInstanceOf(Float32Array);
  expect(graph?.node['wss']).toEqual(stored?.node['wss']);
  expect(Object.keys(graph?.standardization ?? {})).not.toContain('node.wss');
  expect(graph?.pos).toEqual(stored?.pos);
});

test('64-bit integers become Float32 however they are held', async () => {
  const mesh = (values: readonly bigint[]): Mesh => ({
    ...resultMesh(4, []),
    pointData: new Map([['id', { data: BigInt64Array.from(values), shape: [4], storedAs: 'Int64' }]]),
  });
  const dataset = await open({
    'large.vtu': await resultFile(mesh([2n ** 60n, 2n ** 61n, -(2n ** 60n), 0n])),
    'small.vtu': await resultFile(mesh([1n, 2n, 3n, 4n])),
  });
  const standardize = await dataset.measure();
  await using loader = new DataLoader(dataset.with({ standardize }), { batchSize: 2 });
  for await (const batch of loader) {
    expect(batch.node['id']?.data).toBeInstanceOf(Float32Array);
    expect(batch.node['id']?.storedAs).toBeUndefined();
  }
});

test('constant arrays become 0, and their mean when it is undone', async () => {
  const dataset = await open({ 'a.vtu': smallVtu({ pointData: { p: 0.3 } }) });
  const [graph] = await graphsOf(dataset.with({ standardize: await dataset.measure() }));
  expect(graph?.node['p']?.data).toEqual(new Float32Array(4));
  expect(graph?.standardization).toEqual({ 'node.p': { mean: [Math.fround(0.3)], std: [0] } });
});

test('values that are not finite stay so', async () => {
  const mesh: Mesh = {
    ...resultMesh(4, []),
    pointData: new Map([
      ['p', { data: Float32Array.of(1, Number.NaN, 3, Infinity), shape: [4] }],
      ['q', { data: new Float32Array(4).fill(Number.NaN), shape: [4] }],
    ]),
  };
  const dataset = await open({ 'a.vtu': await resultFile(mesh) });
  const [graph] = await graphsOf(dataset.with({ standardize: await dataset.measure() }));
  expect(graph?.node['p']?.data).toEqual(Float32Array.of(-1, Number.NaN, 1, Infinity));
  expect(graph?.node['q']?.data).toEqual(new Float32Array(4).fill(Number.NaN));
  expect(graph?.standardization?.['node.q']).toEqual({ mean: [0], std: [1] });
});

test('statistics of some samples serve all splits, without listing again', async () => {
  const source = new MemorySource();
  for (const [path, content] of Object.entries(await results(4))) source.put(path, content as Uint8Array);
  let listings = 0;
  const list = source.list.bind(source);
  source.list = (options) => {
    listings++;
    return list(options);
  };
  await using dataset = await StreamingVascuDataset.open({ source, cacheDir: await makeFolder() });
  const { train, test: rest } = await dataset.split({ train: 0.5, test: 0.5 });
  const standardize = await train.measure();
  const standardized = rest.with({ standardize });
  expect(standardized).toBeInstanceOf(StreamingVascuDataset);
  expect(standardized.samples).toBe(rest.samples);
  const [one] = await graphsOf(standardized);
  expect(one?.standardization?.['node.pressure']?.mean).toEqual(standardize.fields['node.pressure']?.mean);
  expect((await rest.get(0)).standardization).toBeUndefined();
  expect((await standardized.with({}).get(0)).standardization).toBeDefined();
  expect((await standardized.with({ standardize: undefined }).get(0)).standardization).toBeUndefined();
  expect(listings).toBe(1);
});

test('measuring a standardized dataset measures what is stored', async () => {
  const dataset = await open(await results(2));
  const standardize = await dataset.measure();
  expect(await dataset.with({ standardize }).measure()).toEqual(standardize);
});

test.each([0, 2])(
  'transforms with %i workers see what is standardized, and keep what undoes it',
  async (numWorkers) => {
    const files = await results(2);
    const standardize = await (await open(files)).measure();
    const seen: unknown[] = [];
    const dataset = await open(files, {
      standardize,
      normalize: true,
      transform: (data: GraphData) => {
        seen.push(data.standardization?.['node.pressure']?.mean);
        return { ...data };
      },
    });
    await using loader = new DataLoader(dataset, { batchSize: 2, numWorkers });
    for await (const batch of loader) {
      const { mean, std } = standardize.fields['node.pressure'] ?? {};
      expect(batch.standardization.map((each) => each?.['node.pressure'])).toEqual([
        { mean, std },
        { mean, std },
      ]);
      expect(batch.get(1).standardization).toEqual((await dataset.get(1)).standardization);
      const kept = Batch.fromSafetensors(batch.toSafetensors());
      expect(kept.standardization).toEqual(batch.standardization);
    }
    expect(seen.every((mean) => mean !== undefined)).toBe(true);
  },
);

test('files keep what undoes it; those without it are as they were', async () => {
  const dataset = await open(await results(1));
  const graph = await dataset.with({ standardize: await dataset.measure() }).get(0);
  expect(graphFromSafetensors(graphToSafetensors(graph)).standardization).toEqual(graph.standardization);
  const plain = graphToSafetensors(await dataset.get(0));
  expect(new TextDecoder().decode(plain.subarray(0, 4000))).not.toContain('standardization');
});

test('what cacheDecoded keeps is of the statistics it was made with', async () => {
  const files = await results(1);
  const sourceUrl = await makeFolder(files);
  const cacheDir = await makeFolder();
  const standardize = await (await open(files)).measure();
  const first = await VascuDataset.open({ sourceUrl, cacheDir, cacheDecoded: true, standardize });
  const made = await first.get(0);
  await first.close();
  await using again = await VascuDataset.open({ sourceUrl, cacheDir, cacheDecoded: true, standardize });
  const kept = await again.get(0);
  expect(kept.standardization).toEqual(made.standardization);
  expect(kept.node['pressure']).toEqual(made.node['pressure']);
  expect((await again.with({ standardize: undefined }).get(0)).node['pressure']).not.toEqual(
    made.node['pressure'],
  );
});

describe('statistics', () => {
  test.each([
    [7, /not 7/],
    [{}, /with their fields/],
    [{ fields: { 'node.p': { mean: [1], std: [] } } }, /"node\.p" are none/],
    [{ fields: { 'node.p': { mean: [1], std: [-1] } } }, /"node\.p" are none/],
    [{ fields: { 'node.p': { mean: ['1'], std: [1] } } }, /"node\.p" are none/],
    [{ fields: { 'node.p': { mean: [1, 2], std: [1, 2], shape: [3] } } }, /"node\.p" are none/],
  ])('%j are refused when the dataset is opened', async (standardize, message) => {
    const failure = await failureOf(open({ 'a.vtu': smallVtu() }, { standardize }));
    expect(failure).toMatchObject({ code: 'CONFIG', option: 'standardize' });
    expect(String(failure)).toMatch(message);
  });

  test('of another shape are refused with the sample and both shapes', async () => {
    const dataset = await open({ 'a.vtu': smallVtu({ pointData: { p: 1 } }) });
    const standardize = { fields: { 'node.p': { mean: [1, 2], std: [1, 2], shape: [2] } } } as never;
    const failure = await failureOf(dataset.with({ standardize }).get(0));
    expect(failure).toMatchObject({ code: 'CONFIG', option: 'standardize' });
    expect(String(failure)).toMatch(
      /node\.p have the shape \[\] in the sample a, and \[2\] in the statistics/,
    );
  });

  test('are all that with takes', async () => {
    const dataset = await open({ 'a.vtu': smallVtu() });
    expect(() => dataset.with({ normalize: true } as never)).toThrow(/with has no option "normalize"/);
  });
});
