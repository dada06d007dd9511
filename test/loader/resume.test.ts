import { afterEach, describe, expect, test } from 'vitest';
import type { Dataset } from '../../src/core/dataset.ts';
import { isVascuError, NotFoundError } from '../../src/core/errors.ts';
import { VascuDataset } from '../../src/dataset/vascu-dataset.ts';
import { arrayDataset } from '../../src/loader/array-dataset.ts';
import { DataLoader } from '../../src/loader/data-loader.ts';
import type { DataLoaderOptions } from '../../src/loader/loader-options.ts';
import type { LoaderState } from '../../src/loader/loader-state.ts';
import { World } from '../../src/loader/world.ts';
import { smallVtu } from '../dataset/small-mesh.ts';
import { fc, test as property } from '../property.ts';
import { makeFolder } from '../temporary-folder.ts';
import { byThreads } from './by-threads.ts';
import { makeGraph } from './graphs.ts';

const loaders: DataLoader[] = [];
afterEach(async () => {
  for (const loader of loaders.splice(0)) await loader.close();
});

function makeLoader(dataset: Dataset, options: DataLoaderOptions): DataLoader {
  const loader = new DataLoader(dataset, options);
  loaders.push(loader);
  return loader;
}

/** Counts what it reads. */
function countingDataset(length: number): Dataset & { readonly read: number[] } {
  const read: number[] = [];
  const graphs = arrayDataset(Array.from({ length }, (_, index) => makeGraph(`${index}`, 3 + (index % 4))));
  return {
    length,
    read,
    get: (index, options) => {
      read.push(index);
      return graphs.get(index, options);
    },
  };
}

test('the ids of samples are read once for the states of all epochs, and anew when there are others', async () => {
  const named: number[] = [];
  let samples: NonNullable<Dataset['samples']> = [];
  const dataset = {
    length: 3,
    get samples() {
      return samples;
    },
    get: (index: number) => Promise.resolve(makeGraph(`${index}`)),
    idOf: (index: number) => {
      named.push(index);
      return `${samples.length}-${index}`;
    },
  };
  const loader = makeLoader(dataset, { batchSize: 3 });
  const first = loader.stateDict().agreement.ids;
  await idsOf(loader);
  expect(loader.stateDict().agreement.ids).toBe(first);
  expect(named).toEqual([0, 1, 2]);
  samples = [{ id: 'x' }];
  await idsOf(loader);
  expect(loader.stateDict().agreement.ids).not.toBe(first);
});

type Ids = readonly string[];

async function idsOf(loader: DataLoader, at = Infinity): Promise<Ids[]> {
  const ids: Ids[] = [];
  for await (const batch of loader) {
    ids.push(batch.ids);
    if (ids.length === at) break;
  }
  return ids;
}

/** The batches of two epochs, and the state behind each of them. */
async function record(loader: DataLoader): Promise<{ readonly ids: Ids[]; readonly states: string[] }> {
  const ids: Ids[] = [];
  const states = [JSON.stringify(loader.stateDict())];
  for (let epoch = 0; epoch < 2; epoch++) {
    for await (const batch of loader) {
      ids.push(batch.ids);
      states.push(JSON.stringify(loader.stateDict()));
    }
  }
  return { ids, states };
}

/** Batches until those of epoch 2 begin. */
async function rest(loader: DataLoader): Promise<Ids[]> {
  const ids: Ids[] = [];
  while (loader.epoch < 2) ids.push(...(await idsOf(loader)));
  return ids;
}

describe('a state', () => {
  const folder = Object.fromEntries(
    Array.from({ length: 9 }, (_, index) => [`case_${index}.vtu`, smallVtu({ points: 4 + index })]),
  );

  describe.each([1, 2, 4])('in a world of %d', (size) => {
    test.each([
      [0, 1],
      [1, 2],
      [2, 4],
      [4, 0],
    ])(
      'goes on exactly at every step of every process, from %d workers to %d',
      async (numWorkers, afterwards) => {
        await using dataset = byThreads(await VascuDataset.open({ sourceUrl: await makeFolder(folder) }));
        for (let rank = 0; rank < size; rank++) {
          const options = {
            batchSize: 2,
            shuffle: true,
            seed: 7,
            prefetchBatches: 3,
            world: new World({ rank, size }),
          };
          const whole = await record(makeLoader(dataset, { ...options, numWorkers }));
          expect(whole.ids).toHaveLength(2 * Math.ceil(9 / (2 * size)));
          const resumed = makeLoader(dataset, { ...options, numWorkers: afterwards });
          for (const [step, state] of whole.states.entries()) {
            expect(state.length).toBeLessThan(1000);
            resumed.loadStateDict(JSON.parse(state));
            expect(await rest(resumed), `from step ${step} of rank ${rank}`).toEqual(whole.ids.slice(step));
          }
        }
      },
      // Threads start for each process of the world.
      60_000,
    );
  });

  const length = 23;
  const options: DataLoaderOptions = { batchSize: 4, shuffle: true, seed: 3 };

  property(
    'serves worlds of other sizes with the same global batch',
    [fc.constantFrom(1, 2, 4), fc.constantFrom(1, 2, 4), fc.nat(5)],
    async (before, after, step) => {
      const join = async (size: number, run: (loader: DataLoader) => Promise<Ids[]>): Promise<string[][]> => {
        const parts: Ids[][] = [];
        for (let rank = 0; rank < size; rank++) {
          const world = new World({ rank, size });
          parts.push(
            await run(makeLoader(countingDataset(length), { ...options, batchSize: 4 / size, world })),
          );
        }
        const [first = []] = parts;
        return first.map((_, batch) => [...new Set(parts.flatMap((part) => part[batch] ?? []))]);
      };
      const whole = await join(1, rest);
      let state: LoaderState | undefined;
      await join(before, async (loader) => {
        if (step > 0) await idsOf(loader, step);
        state = loader.stateDict();
        return [];
      });
      const resumed = await join(after, (loader) => {
        loader.loadStateDict(state);
        return rest(loader);
      });
      // The last batch of an epoch may hold padding: samples of the epoch's beginning.
      const wanted = whole.slice(step);
      expect(resumed).toHaveLength(wanted.length);
      for (const [batch, ids] of wanted.entries()) expect(resumed[batch]?.slice(0, ids.length)).toEqual(ids);
    },
    { numRuns: 40 },
  );

  test('reads nothing that was handed out before', async () => {
    const first = makeLoader(countingDataset(length), options);
    await idsOf(first, 3);
    const dataset = countingDataset(length);
    const resumed = makeLoader(dataset, options);
    resumed.loadStateDict(first.stateDict());
    expect(dataset.read).toEqual([]);
    await idsOf(resumed);
    expect(dataset.read).toHaveLength(length - 3 * 4);
  });

  test('of batches within a budget of unknown sizes goes on exactly at every step', async () => {
    for (const dropLast of [false, true]) {
      const budget: DataLoaderOptions = { maxNodesPerBatch: 14, shuffle: true, dropLast };
      const whole = await record(makeLoader(countingDataset(length), budget));
      for (const [step, state] of whole.states.entries()) {
        const resumed = makeLoader(countingDataset(length), budget);
        resumed.loadStateDict(JSON.parse(state));
        expect(await rest(resumed), `from step ${step}`).toEqual(whole.ids.slice(step));
      }
    }
  });

  test('of batches within a budget of known sizes does for each process', async () => {
    for (const rank of [0, 1]) {
      const budget: DataLoaderOptions = {
        maxNodesPerBatch: 14,
        shuffle: true,
        world: new World({ rank, size: 2 }),
        sampleSizes: (index) => ({ numNodes: 3 + (index % 4) }),
      };
      const whole = await record(makeLoader(countingDataset(length), budget));
      expect(makeLoader(countingDataset(length), budget).length).toBeGreaterThan(2);
      for (const [step, state] of whole.states.entries()) {
        const resumed = makeLoader(countingDataset(length), budget);
        resumed.loadStateDict(JSON.parse(state));
        expect(await rest(resumed), `from step ${step}`).toEqual(whole.ids.slice(step));
      }
    }
  });

  test('behind the last batch is the beginning of the next epoch', async () => {
    const loader = makeLoader(countingDataset(4), { batchSize: 2 });
    await idsOf(loader, 2);
    expect(loader.stateDict()).toMatchObject({ epoch: 1, batches: 0, samples: 0 });
  });

  test('after an iteration that was left is where it was left; the next one begins anew', async () => {
    const loader = makeLoader(countingDataset(6), { batchSize: 2 });
    await idsOf(loader, 2);
    expect(loader.stateDict()).toMatchObject({ epoch: 0, batches: 2 });
    expect(await idsOf(loader)).toHaveLength(3);
    expect(loader.stateDict()).toMatchObject({ epoch: 1, batches: 0 });
  });

  test('does not count batches that were only loaded ahead', async () => {
    const dataset = countingDataset(8);
    const loader = makeLoader(dataset, { batchSize: 1, prefetchBatches: 4 });
    const iterator = loader[Symbol.asyncIterator]();
    await iterator.next();
    await new Promise(setImmediate);
    expect(dataset.read.length).toBeGreaterThan(2);
    expect(loader.stateDict()).toMatchObject({ batches: 1, samples: 1 });
    await iterator.return();
  });

  test('after an epoch in which another one was set is the beginning of that', async () => {
    const loader = makeLoader(countingDataset(4), { batchSize: 2 });
    for await (const _ of loader) if (loader.epoch === 0) loader.setEpoch(7);
    expect(loader.stateDict()).toMatchObject({ epoch: 7, batches: 0, samples: 0 });
  });

  test('survives setEpoch of its own epoch, and not of another', async () => {
    const loader = makeLoader(countingDataset(6), { batchSize: 2 });
    loader.setEpoch(5);
    await idsOf(loader, 1);
    const state = loader.stateDict();
    loader.loadStateDict(state);
    loader.setEpoch(5);
    expect(await idsOf(loader)).toEqual([
      ['2', '3'],
      ['4', '5'],
    ]);
    loader.loadStateDict(state);
    loader.setEpoch(6);
    expect(await idsOf(loader)).toHaveLength(3);
  });

  test('before samples that are all skipped comes to nothing, and the epochs are counted right', async () => {
    const broken: Dataset = {
      length: 4,
      get: (index) =>
        index < 2 ? Promise.resolve(makeGraph(`${index}`)) : Promise.reject(new NotFoundError('gone')),
    };
    const loader = makeLoader(broken, { onError: 'skip' });
    await idsOf(loader, 2);
    const resumed = makeLoader(broken, { onError: 'skip' });
    resumed.loadStateDict(loader.stateDict());
    expect(await idsOf(resumed)).toEqual([]);
    expect(resumed.epoch).toBe(1);
  });

  test('of a loader that need not keep the order knows what was handed out early', async () => {
    const all = Array.from({ length: 12 }, (_, index) => `${index}`);
    const slow: Dataset = {
      length: 12,
      get: async (index) => {
        for (let turn = 0; turn < (index % 4 === 0 ? 40 : 1); turn++) await new Promise(setImmediate);
        return makeGraph(`${index}`);
      },
    };
    const early: DataLoaderOptions = { inOrder: false, prefetchBatches: 6, batchSize: 1 };
    const first = makeLoader(slow, early);
    const got: string[] = [];
    const states: string[] = [];
    for await (const batch of first) {
      got.push(...batch.ids);
      states.push(JSON.stringify(first.stateDict()));
    }
    expect(got).not.toEqual(all);
    expect(got.toSorted((a, b) => Number(a) - Number(b))).toEqual(all);
    for (const [step, state] of states.slice(0, -1).entries()) {
      const resumed = makeLoader(slow, early);
      resumed.loadStateDict(JSON.parse(state));
      const others = (await idsOf(resumed)).flat();
      expect([...got.slice(0, step + 1), ...others].toSorted((a, b) => Number(a) - Number(b))).toEqual(all);
    }
  });
});

describe('a state that does not fit', () => {
  const dataset = (ids: readonly string[]): Dataset => ({
    ...arrayDataset(ids.map((id) => makeGraph(id))),
    samples: ids.map((id) => ({ id })),
  });
  const abc = dataset(['a', 'b', 'c']);

  test.each<[string, Dataset, DataLoaderOptions, string]>([
    ['seed', abc, { batchSize: 2, seed: 1 }, 'seed was 0 and is 1'],
    ['shuffle', abc, { batchSize: 2, shuffle: true }, 'shuffle was false and is true'],
    ['batch', abc, { batchSize: 1 }, 'was 2 and is 1'],
    ['world', abc, { batchSize: 2, world: new World({ rank: 0, size: 2 }) }, 'was 2 and is 4'],
    ['length', dataset(['a', 'b']), { batchSize: 2 }, 'number of samples was 3 and is 2'],
    ['samples', dataset(['a', 'b', 'd']), { batchSize: 2 }, 'which samples'],
    ['budget', abc, { batchSize: 2, maxNodesPerBatch: 9 }, 'maxNodesPerBatch was not set and is 9'],
    ['sampler', abc, { batchSize: 2, sampler: [2, 1, 0] }, 'sampler'],
  ])('for its %s is refused with what differs', (_, other, options, message) => {
    const state = makeLoader(abc, { batchSize: 2 }).stateDict();
    const loader = makeLoader(other, options);
    expect(() => loader.loadStateDict(state)).toThrow(message);
    expect(loader.stateDict()).toMatchObject({ epoch: 0, batches: 0 });
  });

  test.each([
    undefined,
    null,
    {},
    'state',
    { version: 2 },
    { version: 1, epoch: -1, batches: 0, samples: 0, early: [], agreement: {} },
  ])('because it is none is refused: %o', (state) => {
    let error: unknown;
    try {
      makeLoader(abc, {}).loadStateDict(state);
    } catch (thrown) {
      error = thrown;
    }
    expect(isVascuError(error, 'CONFIG') && error.option).toBe('state');
  });

  test.each([
    { batches: 1e9 },
    { batches: 1e9, samples: 3 },
    { samples: 999 },
    { batches: 2, samples: 2 },
    { early: [0] },
  ])('because it is no place in the epoch is refused: %o', (change) => {
    const loader = makeLoader(abc, { batchSize: 2 });
    const state = { ...loader.stateDict(), ...change };
    expect(() => loader.loadStateDict(state)).toThrow(/damaged/);
    expect(loader.stateDict()).toMatchObject({ epoch: 0, batches: 0 });
  });

  test('a sampler that does not give the same again is found out', async () => {
    let call = 0;
    const sampler = (): number[] => (call++ === 0 ? [2, 0, 1] : [2, 1, 0]);
    const loader = makeLoader(abc, { sampler });
    await idsOf(loader, 1);
    const state = loader.stateDict();
    expect(() => makeLoader(abc, { sampler }).loadStateDict(state)).toThrow(/sampler/);
  });
});
