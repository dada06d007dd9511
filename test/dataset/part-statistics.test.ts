import { describe, expect, onTestFinished, test } from 'vitest';
import { VascuDataset } from '../../src/dataset/vascu-dataset.ts';
import { Batch } from '../../src/graph/batch.ts';
import { DataLoader } from '../../src/loader/data-loader.ts';
import { byThreads } from '../loader/by-threads.ts';
import { MemorySource } from '../streamers/memory-source.ts';
import { type Files, failureOf, makeFolder } from '../temporary-folder.ts';
import { smallVtu } from './small-mesh.ts';

const CASES: Files = Object.fromEntries(
  [1, 2, 3].flatMap((at) => [
    [
      `case_${at}/m=0.00${at}/volume.vtu`,
      smallVtu({ points: 5, pointData: { p: at }, cellData: { q: 2 * at } }),
    ],
    [`case_${at}/m=0.00${at}/wall.vtu`, smallVtu({ points: 4, pointData: { p: 10 * at } })],
  ]),
);
const SAMPLES = { volume: '{case}/m={flow:number}/volume.vtu', wall: '{case}/m={flow:number}/wall.vtu' };

async function open(more: object = {}): Promise<VascuDataset> {
  const dataset = await VascuDataset.open({ sourceUrl: await makeFolder(CASES), samples: SAMPLES, ...more });
  onTestFinished(() => dataset.close());
  return dataset;
}

describe('samples of parts', () => {
  test('are measured part by part, the same by ranges', async () => {
    const statistics = await (await open()).measure();
    expect(statistics).toMatchObject({ samples: 3, nodes: 15, cells: 6 });
    expect(Object.entries(statistics.fields).map(([name, { mean, count }]) => [name, mean, count])).toEqual([
      ['node.p', [2], 15],
      ['cell.q', [4], 6],
      ['parts.wall.node.p', [20], 12],
    ]);
    const source = new MemorySource();
    for (const [path, text] of Object.entries(CASES))
      source.put(path, new TextEncoder().encode(String(text)));
    await using remote = await VascuDataset.open({ source, samples: SAMPLES, cacheDir: await makeFolder() });
    expect(await remote.subset([2, 0, 1]).measure({ numWorkers: 1 })).toEqual(statistics);
  });

  test('are standardized by the statistics of each part, which undo it', async () => {
    const dataset = await open();
    const data = await dataset.with({ standardize: await dataset.measure() }).get(0);
    const wall = data.parts?.['wall'];
    const { mean, std } = data.standardization?.['parts.wall.node.p'] ?? { mean: [], std: [] };
    expect(mean).toEqual([20]);
    expect(wall?.standardization).toEqual({ 'node.p': { mean, std } });
    const undone = Array.from(
      (wall?.node['p']?.data ?? []) as Float32Array,
      (each) => Number(each) * (std[0] ?? 0) + (mean[0] ?? 0),
    );
    for (const value of undone) expect(value).toBeCloseTo(10, 4);
    expect(data.node['p']?.data[0]).toBeCloseTo(-Math.sqrt(1.5), 6);
  });

  test('keep it in batches and their files', async () => {
    const dataset = await open();
    const standardized = dataset.with({ standardize: await dataset.measure() });
    const graphs = [await standardized.get(0), await standardized.get(1)];
    const batch = Batch.fromSafetensors(Batch.fromDataList(graphs).toSafetensors());
    expect(batch.get(1).standardization).toEqual(graphs[1]?.standardization);
    expect(batch.get(1).parts?.['wall']?.standardization).toEqual(
      graphs[1]?.parts?.['wall']?.standardization,
    );
  });

  test.each([0, 1])('keep it behind transforms and in what is kept, with %d workers', async (numWorkers) => {
    const standardize = await (await open()).measure();
    const module = (text: string): string => `data:text/javascript,export default ${text}`;
    const dataset = await open({
      standardize,
      cacheDir: await makeFolder(),
      cacheDecoded: true,
      preTransform: module('(data) => ({ ...data, node: { p: data.node.p } })'),
      transform: module('({ parts, ...data }) => ({ ...data, parts: { skin: { ...parts.wall } } })'),
    });
    const plain = await (await open({ standardize })).get(0);
    const loader = new DataLoader(numWorkers === 0 ? dataset : byThreads(dataset), { numWorkers });
    onTestFinished(() => loader.close());
    for (let epoch = 0; epoch < 2; epoch++) {
      for await (const batch of loader) {
        const data = batch.get(0);
        expect(data.standardization).toEqual(plain.standardization);
        expect(data.parts?.['skin']?.standardization).toEqual(plain.parts?.['wall']?.standardization);
      }
    }
  });

  test('are split by a capture, and named by ids in lists', async () => {
    const dataset = await open();
    const { train, rest } = await dataset.split({ train: 0.6, rest: 0.4 }, { by: 'case' });
    expect([train.length, rest.length]).toEqual([2, 1]);
    expect(train.samples[0]?.parts).toEqual(
      expect.objectContaining({ wall: expect.stringContaining('wall') }),
    );
    expect(Object.keys((await train.get(0)).parts ?? {})).toEqual(['wall']);
    const flows = await dataset.split({ a: 0.5, b: 0.5 }, { by: 'flow' });
    expect(flows.a.length + flows.b.length).toBe(3);
  });
});

test('graphs of cells are measured by what is over their nodes', async () => {
  const dataset = await open({ samples: SAMPLES.volume, graphOf: 'cells' });
  const statistics = await dataset.measure();
  expect(statistics).toMatchObject({ nodes: 6, cells: 0 });
  expect(Object.keys(statistics.fields)).toEqual(['node.q']);
  const data = await dataset.with({ standardize: statistics }).get(1);
  expect(Array.from((data.node['q']?.data ?? []) as Float32Array)).toEqual([0, 0]);
});

test.each([
  ['attributes', {}, { attributes: ['p', 'q'] }],
  ['includeAttributes', { includeAttributes: ['p', 'q'] }, {}],
])('an array over points that %s names is refused for graphs of cells', async (option, more, options) => {
  const dataset = await open({ samples: SAMPLES.volume, graphOf: 'cells', ...more });
  for (const numWorkers of [0, 1]) {
    const failure = await failureOf(dataset.measure({ ...options, numWorkers }));
    expect(failure).toMatchObject({ code: 'CONFIG', option });
    expect(String(failure)).toMatch(
      /"p" of case_1.*volume\.vtu has values over its points.*graphOf: 'points'/,
    );
  }
});

test('an array over the points of one part is measured of another one', async () => {
  const volume = { pattern: SAMPLES.volume, graphOf: 'cells' };
  const dataset = await open({ samples: { ...SAMPLES, volume } });
  const { fields } = await dataset.measure({ attributes: ['p'] });
  expect(Object.keys(fields)).toEqual(['parts.wall.node.p']);
});
