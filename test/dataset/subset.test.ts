import { describe, expect, onTestFinished, test } from 'vitest';
import type { GraphData } from '../../src/core/graph.ts';
import { StreamingVascuDataset } from '../../src/dataset/streaming-vascu-dataset.ts';
import { VascuDataset } from '../../src/dataset/vascu-dataset.ts';
import { DataLoader } from '../../src/loader/data-loader.ts';
import { MemorySource } from '../streamers/memory-source.ts';
import { failureOf, makeFolder } from '../temporary-folder.ts';
import { smallPvtu, smallVtu } from './small-mesh.ts';

const NAMES = ['a', 'b', 'c', 'd', 'e', 'f'];

function sourceOf(names: readonly string[] = NAMES): MemorySource {
  const source = new MemorySource();
  for (const [at, name] of names.entries()) {
    source.put(`${name}.vtu`, new TextEncoder().encode(smallVtu({ points: 4 + at })));
    source.put(`${name}.json`, new TextEncoder().encode(JSON.stringify({ at })));
  }
  return source;
}

async function open(more: object = {}): Promise<StreamingVascuDataset> {
  const dataset = await StreamingVascuDataset.open({
    source: sourceOf(),
    cacheDir: await makeFolder(),
    ...more,
  });
  onTestFinished(() => dataset.close());
  return dataset;
}

const idsOf = ({ samples }: VascuDataset): readonly string[] => samples.map(({ id }) => id);

describe('a subset', () => {
  test('has the samples of its indices, in their order', async () => {
    const dataset = await open();
    const subset = dataset.subset([4, 1]);
    expect(subset).toBeInstanceOf(StreamingVascuDataset);
    expect(subset.length).toBe(2);
    expect(idsOf(subset)).toEqual(['e', 'b']);
    expect([subset.idOf(0), (await subset.get(1)).id, subset.filesOf(0)[0]?.path]).toEqual([
      'e',
      'b',
      'e.vtu',
    ]);
    expect(subset.samples[0]).toBe(dataset.samples[4]);
    const ids: string[] = [];
    for await (const { id } of subset) ids.push(id);
    expect(ids).toEqual(['e', 'b']);
  });

  test('has the samples for which a function says true', async () => {
    const dataset = await open();
    const subset = dataset.subset(({ metadata }, index) => (metadata['at'] as number) % 2 === 1 && index < 5);
    expect(idsOf(subset)).toEqual(['b', 'd']);
    expect((await subset.get(1)).metadata).toEqual({ at: 3 });
  });

  test('of a subset is one of the dataset', async () => {
    const dataset = await open();
    const inner = dataset.subset([5, 3, 1]).subset([2, 0]);
    expect(idsOf(inner)).toEqual(['b', 'f']);
    expect([(await inner.get(0)).numNodes, (await inner.get(1)).numNodes]).toEqual([5, 9]);
  });

  test('is of the class that was opened', async () => {
    await using dataset = await VascuDataset.open({ sourceUrl: await makeFolder({ 'a.vtu': smallVtu() }) });
    const subset = dataset.subset([0]);
    expect(subset).toBeInstanceOf(VascuDataset);
    expect(subset).not.toBeInstanceOf(StreamingVascuDataset);
  });

  test('may be empty', async () => {
    const dataset = await open();
    const subset = dataset.subset(() => false);
    expect(subset.length).toBe(0);
    expect(await subset.measure()).toEqual({ samples: 0, nodes: 0, cells: 0, fields: {} });
  });

  test.each([0, 2])(
    'goes through a loader with %i workers, shuffled and fetched once',
    async (numWorkers) => {
      const source = sourceOf();
      const dataset = await open({ source });
      const subset = dataset.subset([5, 0, 2, 4]);
      await using loader = new DataLoader(subset, { batchSize: 2, shuffle: true, seed: 1, numWorkers });
      const ids: string[] = [];
      for await (const batch of loader) ids.push(...batch.ids);
      expect(ids.toSorted()).toEqual(['a', 'c', 'e', 'f']);
      const meshes = source.requests.filter(({ path }) => path.endsWith('.vtu'));
      expect(meshes.map(({ path }) => path).toSorted()).toEqual(['a.vtu', 'c.vtu', 'e.vtu', 'f.vtu']);
    },
  );

  test('may be shuffled beside a sampler, which a whole dataset may not', async () => {
    const dataset = await open();
    const options = { sampler: [0, 1, 2, 2], shuffle: true, seed: 3 };
    await using loader = new DataLoader(dataset.subset([1, 2, 3]), options);
    const epochs: string[][] = [];
    for (let epoch = 0; epoch < 6; epoch++) {
      const ids: string[] = [];
      for await (const batch of loader) ids.push(...batch.ids);
      epochs.push(ids);
    }
    for (const ids of epochs) expect(ids.toSorted()).toEqual(['b', 'c', 'd', 'd']);
    expect(new Set(epochs.map(String)).size).toBeGreaterThan(1);
    expect(() => new DataLoader(dataset, options)).toThrow(/sampler decides the order/);
  });

  test('keeps pieces', async () => {
    const sourceUrl = await makeFolder({
      'a.vtu': smallVtu(),
      'b.pvtu': smallPvtu(['b/0.vtu', 'b/1.vtu']),
      'b/0.vtu': smallVtu(),
      'b/1.vtu': smallVtu(),
    });
    await using dataset = await VascuDataset.open({ sourceUrl });
    const subset = dataset.subset([1]);
    expect((await subset.get(0)).numNodes).toBe(8);
    expect(subset.filesOf(0).map(({ path }) => path)).toEqual(['b.pvtu', 'b/0.vtu', 'b/1.vtu']);
  });

  test('comes with a cache that holds less than it and its sibling want at a time', async () => {
    const source = sourceOf(Array.from({ length: 12 }, (_, at) => `s${at + 10}`));
    const size = (await source.stat('s21.vtu')).size;
    const dataset = await open({ source, maxCacheSize: 2 * size + 100 });
    const [one, other] = [dataset.subset([0, 1, 2, 3, 4, 5]), dataset.subset([6, 7, 8, 9, 10, 11])];
    await using first = new DataLoader(one);
    await using second = new DataLoader(other);
    const [a, b] = [first[Symbol.asyncIterator](), second[Symbol.asyncIterator]()];
    for (let turn = 0; turn < 6; turn++) {
      const both = await Promise.all([a.next(), b.next()]);
      expect(both.map(({ value }) => value?.ids[0])).toEqual([`s${10 + turn}`, `s${16 + turn}`]);
    }
    expect([(await a.next()).done, (await b.next()).done]).toEqual([true, true]);
  });
});

describe('the end of', () => {
  test('a subset leaves the dataset and its other subsets', async () => {
    const dataset = await open();
    const [one, other] = [dataset.subset([0, 1]), dataset.subset([2])];
    const inner = one.subset([1]);
    await one.close();
    expect(await failureOf(one.get(0))).toMatchObject({ code: 'DISPOSED' });
    expect((await other.get(0)).id).toBe('c');
    expect((await inner.get(0)).id).toBe('b');
    expect((await dataset.get(0)).id).toBe('a');
  });

  test('the dataset is that of all its subsets', async () => {
    const dataset = await open();
    const subset = dataset.subset([0]);
    const inner = subset.subset([0]);
    await dataset.close();
    expect(await failureOf(subset.get(0))).toMatchObject({ code: 'DISPOSED' });
    expect(await failureOf(inner.measure())).toMatchObject({ code: 'DISPOSED' });
    expect(() => dataset.subset([0])).toThrow(/closed/);
    await subset.close();
  });

  test('the dataset waits for what its subsets do', async () => {
    const source = sourceOf();
    const dataset = await open({ source });
    const subset = dataset.subset([0]);
    let answer = (): void => undefined;
    const answered = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const asked = new Promise<void>((resolve) => {
      source.onOpen = ({ path }) => {
        if (!path.endsWith('.vtu')) return;
        resolve();
        return answered;
      };
    });
    const failure = failureOf(subset.get(0));
    await asked;
    const events: string[] = [];
    const closing = dataset.close().then(() => events.push('closed'));
    await new Promise(setImmediate);
    events.push('answered');
    answer();
    await closing;
    expect(events).toEqual(['answered', 'closed']);
    expect(await failure).toMatchObject({ code: 'DISPOSED' });
  });
});

test.each<[string, (dataset: VascuDataset) => VascuDataset]>([
  ['a dataset', (dataset) => dataset],
  ['a subset', (dataset) => dataset.subset([1, 0])],
])('what %s decoded last is kept, although the dataset is closed right behind', async (_, choose) => {
  let transformed = 0;
  const options = {
    sourceUrl: await makeFolder({ 'a.vtu': smallVtu(), 'b.vtu': smallVtu() }),
    cacheDir: await makeFolder(),
    cacheDecoded: 'v1',
    preTransform: (data: GraphData): GraphData => {
      transformed++;
      return data;
    },
  };
  for (let time = 0; time < 2; time++) {
    await using dataset = await VascuDataset.open(options);
    await choose(dataset).get(0);
  }
  expect(transformed).toBe(1);
});

test.each([
  [[6], RangeError, /There is no sample 6/],
  [[-1], RangeError, /There is no sample -1/],
  [[0.5], RangeError, /0\.5/],
])('indices %j are refused', async (indices, kind, message) => {
  const dataset = await open();
  expect(() => dataset.subset(indices)).toThrow(kind);
  expect(() => dataset.subset(indices)).toThrow(message);
});

test.each([
  [[1, 2, 1], /sample 1 is given twice/],
  ['train', /not "train"/],
  [undefined, /indices of samples/],
  [async () => true, /a promise/],
])('%s chooses no samples', async (chosen, message) => {
  const dataset = await open();
  expect(() => dataset.subset(chosen as never)).toThrow(message);
});
