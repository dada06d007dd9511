import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { CacheManager } from '../../src/cache/cache-manager.ts';
import { isVascuError } from '../../src/core/errors.ts';
import type { GraphData } from '../../src/core/graph.ts';
import type { VascuDatasetOptions } from '../../src/dataset/dataset-parts.ts';
import { StreamingVascuDataset } from '../../src/dataset/streaming-vascu-dataset.ts';
import { DataLoader } from '../../src/loader/data-loader.ts';
import type { DataLoaderOptions } from '../../src/loader/loader-options.ts';
import { World } from '../../src/loader/world.ts';
import { smallVtu } from '../dataset/small-mesh.ts';
import { failureOf, makeFolder } from '../temporary-folder.ts';

const MODULE = new URL('./transforms/context.ts', import.meta.url);
const url = (fragment = ''): URL => new URL(`${MODULE.href}${fragment}`);
const NAMES = ['a', 'b', 'c', 'd', 'e', 'f'];

async function open(options: Partial<VascuDatasetOptions>): Promise<StreamingVascuDataset> {
  const files = NAMES.map((name, at) => [`${name}.vtu`, smallVtu({ points: 4 + at })] as const);
  const folder = await makeFolder(Object.fromEntries(files));
  const cacheDir = await makeFolder();
  const dataset = await StreamingVascuDataset.open({ sourceUrl: folder, cacheDir, ...options });
  onTestFinished(() => dataset.close());
  return dataset;
}

type Loaded = Pick<DataLoaderOptions, 'batchSize' | 'numWorkers' | 'seed' | 'shuffle' | 'world'>;

/** All batches of two epochs as the bytes of files, with the state behind each. */
async function batchesOf(dataset: StreamingVascuDataset, options: Loaded) {
  await using loader = new DataLoader(dataset, { shuffle: true, seed: 5, batchSize: 2, ...options });
  const batches: { readonly bytes: Uint8Array; readonly state: string }[] = [];
  for (let epoch = 0; epoch < 2; epoch++) {
    for await (using batch of loader)
      batches.push({ bytes: batch.toSafetensors(), state: JSON.stringify(loader.stateDict()) });
  }
  return batches;
}

/** What was noted of each sample, by id and epoch. */
async function notesOf(dataset: StreamingVascuDataset, options: Loaded, name = 'transform', epochs = 2) {
  const collate = (graphs: readonly GraphData[]): readonly GraphData[] => graphs;
  await using loader = new DataLoader(dataset, { shuffle: true, seed: 5, ...options, collate });
  const notes = new Map<string, readonly number[]>();
  for (let epoch = 0; epoch < epochs; epoch++) {
    for await (const graphs of loader) {
      for (const { id, graph } of graphs)
        notes.set(`${id}@${epoch}`, Array.from((graph ?? {})[name]?.data ?? [], Number));
    }
  }
  return notes;
}

const byName = (notes: ReadonlyMap<string, readonly number[]>) => Object.fromEntries(notes);

describe('random numbers of transforms', () => {
  test('are in [0, 1), others for each sample and epoch, and of no few bits', async () => {
    const notes = await notesOf(await open({ transform: url() }), {});
    expect(notes.size).toBe(2 * NAMES.length);
    const drawn = [...notes.values()].flatMap(([, , ...random]) => random);
    for (const each of drawn) expect(each >= 0 && each < 1).toBe(true);
    expect(new Set(drawn).size).toBe(drawn.length);
    expect(drawn.some((each) => (each * 2 ** 32) % 1 !== 0)).toBe(true);
  });

  test('are other ones in preTransform and transform, and with another seed', async () => {
    const dataset = await open({ preTransform: url(), transform: url() });
    const one = await notesOf(dataset, { seed: 1 });
    expect(byName(await notesOf(dataset, { seed: 1 }))).toEqual(byName(one));
    expect(byName(await notesOf(dataset, { seed: 2 }))).not.toEqual(byName(one));
    expect(byName(await notesOf(dataset, { seed: 1 }, 'preTransform'))).not.toEqual(byName(one));
  });

  test.each([1, 2])('make the same batches with %d workers as without', async (numWorkers) => {
    const dataset = await open({ preTransform: url(), transform: url() });
    expect(await batchesOf(dataset, { numWorkers })).toEqual(await batchesOf(dataset, { numWorkers: 0 }));
  });

  test('are the same for a function as for a module', async () => {
    const { transform } = await import('./transforms/context.ts');
    const [here, there] = [await open({ transform }), await open({ transform: url() })];
    expect(await batchesOf(here, {})).toEqual(await batchesOf(there, {}));
  });

  test.each([2, 4])('are the same in a world of %d', async (size) => {
    const dataset = await open({ transform: url() });
    const alone = byName(await notesOf(dataset, {}));
    for (let rank = 0; rank < size; rank++) {
      for (const [sample, note] of await notesOf(dataset, { world: new World({ rank, size }) }))
        expect([sample, note]).toEqual([sample, alone[sample]]);
    }
  });

  test.each([0, 2])('are the same after a resume at every batch, with %d workers', async (numWorkers) => {
    const dataset = await open({ transform: url() });
    const options = { shuffle: true, seed: 5, batchSize: 2, numWorkers };
    const all = await batchesOf(dataset, { numWorkers });
    // Threads take a second to start: with them once is enough, in the second epoch.
    for (const [at, { state }] of all.slice(0, -1).entries()) {
      if (numWorkers > 0 && at !== 3) continue;
      await using loader = new DataLoader(dataset, options);
      loader.loadStateDict(JSON.parse(state));
      for await (using batch of loader) {
        expect(batch.toSafetensors()).toEqual(all[at + 1]?.bytes);
        break;
      }
    }
  });
});

describe.each([0, 1])('what a transform is told, with %d workers', (numWorkers) => {
  test('is the sample, its epoch and the options of a module', async () => {
    const dataset = await open({ transform: { module: url('#named'), options: { k: 1 } } });
    await using loader = new DataLoader(dataset, { numWorkers, batchSize: 6 });
    for await (const { ids, metadata } of loader) {
      const about = { isAborted: false, options: { k: 1 }, isMainThread: numWorkers === 0 };
      expect(metadata).toEqual(ids.map((id) => ({ about: { id, ...about } })));
    }
  });

  test('are options of its own for each sample, whatever it does to them', async () => {
    const options = { factors: [1, 2], by: new Map([['more', Float32Array.of(0.5)]]) };
    const dataset = await open({ transform: { module: url('#scaled').href, options } });
    options.factors.push(100);
    const sums = await notesOf(dataset, { numWorkers }, 'sum', 1);
    expect([...sums.values()]).toEqual(NAMES.map(() => [3.5]));
  });

  test('names an array over edges of another length', async () => {
    const dataset = await open({ transform: url('#shortEdge') });
    await using loader = new DataLoader(dataset, { numWorkers });
    const error = await failureOf(loader[Symbol.asyncIterator]().next());
    expect(error).toMatchObject({ code: 'CONFIG', option: 'transform' });
    expect(String(error)).toMatch(
      /the sample a has 3 values of shape \[3\] in the edge array "weight".*must be 12/,
    );
  });

  test('may be answered by parts', async () => {
    const dataset = await open({ transform: url('#parted') });
    await using loader = new DataLoader(dataset, { numWorkers, batchSize: 6 });
    for await (using batch of loader) {
      expect(batch.parts['coarse']?.numNodes).toBe(batch.numNodes);
      expect(batch.parts['coarse']?.metadata[0]).toEqual({ of: 'a' });
      expect(batch.parts['coarse']?.graph['level']?.data).toEqual(new Float64Array(6).fill(1));
    }
  });

  test.each([
    ['#oddPart', /transform gave the part "coarse" of the sample a the key "y"/],
    ['#partList', /an array of 1 as parts, which must be an object of graphs/],
  ])('is refused where it answers with %s', async (fragment, message) => {
    const dataset = await open({ transform: url(fragment) });
    await using loader = new DataLoader(dataset, { numWorkers });
    const error = await failureOf(loader[Symbol.asyncIterator]().next());
    expect(isVascuError(error, 'CONFIG') && error.message).toMatch(message);
  });
});

test('a dataset without a loader tells epoch 0, or the epoch that is asked for', async () => {
  const dataset = await open({ transform: url() });
  const noteOf = async (options?: Parameters<typeof dataset.get>[1]) =>
    (await dataset.get(1, options)).graph?.['transform']?.data as Float64Array;
  expect((await noteOf()).slice(0, 2)).toEqual(Float64Array.of(1, 0));
  const third = await noteOf({ epoch: 3, seed: 7 });
  expect(third.slice(0, 2)).toEqual(Float64Array.of(1, 3));
  expect((await noteOf({ epoch: 3, seed: 8 })).slice(2)).not.toEqual(third.slice(2));
});

test.each([
  ['a function', { scale: 1, deep: { list: [() => 1] } }, /options\.deep\.list\[0\] is a function/],
  ['a symbol', Symbol('x'), /options is a symbol/],
])('options with %s are refused when the dataset is opened', async (_, options, message) => {
  const error = await failureOf(open({ transform: { module: url(), options } }));
  expect(error).toMatchObject({ code: 'CONFIG', option: 'transform' });
  expect(String(error)).toMatch(message);
});

test.each([
  ['another key', { module: MODULE, option: 1 }, 'option'],
  ['no module', { options: 1 }, 'preTransform'],
  ['a path', { module: './prepare.js' }, 'preTransform'],
])('a module with %s is refused', async (_, preTransform, option) => {
  const error = await failureOf(open({ preTransform: preTransform as never }));
  expect(error).toMatchObject({ code: 'CONFIG', option });
});

describe('a preTransform whose result is kept', () => {
  test.each([0, 2])(
    'has epoch 0 and the same numbers in all of them, with %d workers',
    async (numWorkers) => {
      const dataset = await open({ preTransform: url(), transform: url(), cacheDecoded: true });
      const first = await notesOf(dataset, { numWorkers }, 'preTransform');
      for (const name of NAMES) {
        expect(first.get(`${name}@0`)?.[1]).toBe(0);
        expect(first.get(`${name}@1`)).toEqual(first.get(`${name}@0`));
      }
      const fresh = await open({ preTransform: url(), transform: url() });
      const expected = await notesOf(fresh, { numWorkers: 0 }, 'preTransform', 1);
      for (const name of NAMES) expect(first.get(`${name}@0`)).toEqual(expected.get(`${name}@0`));
      expect(byName(await notesOf(dataset, { numWorkers }))).toEqual(byName(await notesOf(fresh, {})));
    },
  );

  test('is made anew for another seed where it takes random numbers', async () => {
    const dataset = await open({ preTransform: url(), cacheDecoded: true });
    await notesOf(dataset, { seed: 1 }, 'preTransform');
    const fresh = await open({ preTransform: url() });
    expect(byName(await notesOf(dataset, { seed: 2 }, 'preTransform', 1))).toEqual(
      byName(await notesOf(fresh, { seed: 2 }, 'preTransform', 1)),
    );
  });

  test('is of the index that a sample has in the dataset that it is asked of', async () => {
    const preTransform =
      'data:text/javascript,export default (data, { index }) => ({ ...data, graph: { at: { data: Int32Array.of(index), shape: [] } } })';
    const files = NAMES.map((name) => [`${name}.vtu`, smallVtu()] as const);
    const options = { sourceUrl: await makeFolder(Object.fromEntries(files)), cacheDir: await makeFolder() };
    const indicesOf = async (chosen: readonly number[]): Promise<unknown[]> => {
      await using dataset = await StreamingVascuDataset.open({
        ...options,
        preTransform,
        cacheDecoded: true,
      });
      const indices = [];
      for await (const { graph } of dataset.subset(chosen)) indices.push(graph?.['at']?.data[0]);
      return indices;
    };
    for (let epoch = 0; epoch < 2; epoch++) {
      expect(await indicesOf([0, 1, 2, 3, 4, 5])).toEqual([0, 1, 2, 3, 4, 5]);
      expect(await indicesOf([4, 2])).toEqual([0, 1]);
    }
  });

  test('is the same for all seeds where it takes none, and another one for other options', async () => {
    const module = url('#scaled').href;
    const by = new Map();
    const folder = await makeFolder({ 'a.vtu': smallVtu() });
    const cache = await CacheManager.open({ cacheDir: await makeFolder() });
    onTestFinished(() => cache.close());
    const read = async (seed: number, factors: readonly number[]) => {
      const preTransform = { module, options: { factors, by } };
      const options = { sourceUrl: folder, cache, cacheDecoded: true, preTransform };
      await using dataset = await StreamingVascuDataset.open(options);
      const { graph } = await dataset.get(0, { seed });
      const { bytesRead } = dataset.stats();
      // It is kept while the program goes on.
      const isKept = async () => (await cache.listSources()).some(({ files }) => files > 0);
      await vi.waitFor(async () => expect(await isKept()).toBe(true));
      return { sum: graph?.['sum']?.data[0], bytesRead };
    };
    const first = await read(1, [1, 2]);
    const again = await read(2, [1, 2]);
    expect([first.sum, again.sum]).toEqual([3, 3]);
    expect(again.bytesRead).not.toBe(first.bytesRead);
    expect((await read(1, [1, 2, 3])).sum).toBe(6);
  });

  test.each([
    ['a Blob', new Blob(['text']), /hold an object of Blob/],
    ['memory of several threads', { of: [new Float32Array(new SharedArrayBuffer(8))] }, /SharedArrayBuffer/],
  ])('is refused where options hold %s, which no key tells from another', async (_, options, message) => {
    const preTransform = { module: url('#scaled'), options };
    const failure = await failureOf(open({ preTransform, cacheDecoded: true }));
    expect(failure).toMatchObject({ code: 'CONFIG', option: 'cacheDecoded' });
    expect(String(failure)).toMatch(message);
  });
});

test('options are those at the opening, in all that is made of the dataset', async () => {
  const options = { factors: [1, 2], by: new Map() };
  const module = { module: url('#scaled'), options };
  const dataset = await open({ preTransform: module });
  const before = dataset.subset([0]);
  options.factors.push(4);
  const sums = await Promise.all(
    [dataset, before, dataset.subset([0]), dataset.with({})].map(
      async (each) => (await each.get(0)).graph?.['sum']?.data[0],
    ),
  );
  expect(sums).toEqual([3, 3, 3, 3]);
});
