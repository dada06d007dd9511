import { afterEach, describe, expect, test } from 'vitest';
import type { Dataset, Work } from '../../src/core/dataset.ts';
import { isVascuError, NotFoundError } from '../../src/core/errors.ts';
import { arrayDataset } from '../../src/loader/array-dataset.ts';
import { DataLoader } from '../../src/loader/data-loader.ts';
import type { DataLoaderOptions } from '../../src/loader/loader-options.ts';
import type { World } from '../../src/loader/world.ts';
import { failureOf } from '../temporary-folder.ts';
import { HeldDataset, makeGraph } from './graphs.ts';

const loaders: DataLoader[] = [];
afterEach(async () => {
  for (const loader of loaders.splice(0)) await loader.close();
});

function makeLoader(dataset: Dataset, options?: DataLoaderOptions): DataLoader {
  const loader = new DataLoader(dataset, options);
  loaders.push(loader);
  return loader;
}

const graphs = (count: number): Dataset =>
  arrayDataset(Array.from({ length: count }, (_, index) => makeGraph(`${index}`, 3 + index, index)));

/** A dataset that workers decode with `work/count.ts`; sample `index` takes `turns[index]` turns. */
function workDataset(turns: readonly number[], released: number[] = []): Dataset {
  const makeWork = (index: number): Work => ({
    label: `case_${index}`,
    module: new URL('../threads/work/count.ts', import.meta.url).href,
    input: { index, size: 4, turns: turns[index] },
    finish: (value) => makeGraph(`${(value as { readonly index: number }).index}`),
    release: () => void released.push(index),
  });
  return {
    length: turns.length,
    get: (index) => Promise.resolve(makeGraph(`here ${index}`)),
    work: (index) => Promise.resolve(makeWork(index)),
  };
}

async function idsOf(loader: DataLoader): Promise<(readonly string[])[]> {
  const ids: (readonly string[])[] = [];
  for await (const batch of loader) ids.push(batch.ids);
  return ids;
}

describe('DataLoader', () => {
  test('makes batches of the samples in order', async () => {
    const loader = makeLoader(graphs(5), { batchSize: 2 });
    expect(loader.length).toBe(3);
    expect(await idsOf(loader)).toEqual([['0', '1'], ['2', '3'], ['4']]);
  });

  test('a batch holds the samples it was made of', async () => {
    for await (const batch of makeLoader(graphs(2), { batchSize: 2 })) {
      expect(batch.numGraphs).toBe(2);
      expect(batch.toDataList().map(({ numNodes }) => numNodes)).toEqual([3, 4]);
    }
  });

  test('dropLast leaves out the batch that is not full', async () => {
    const loader = makeLoader(graphs(5), { batchSize: 2, dropLast: true });
    expect(loader.length).toBe(2);
    expect(await idsOf(loader)).toEqual([
      ['0', '1'],
      ['2', '3'],
    ]);
  });

  test('by default a batch is one sample', async () => {
    expect(await idsOf(makeLoader(graphs(2)))).toEqual([['0'], ['1']]);
  });

  test('an empty dataset has no batches', async () => {
    const loader = makeLoader(graphs(0), { batchSize: 2 });
    expect([loader.length, await idsOf(loader)]).toEqual([0, []]);
  });

  test('shuffles each epoch anew; two loaders of one seed agree', async () => {
    const options = { shuffle: true, seed: 42, batchSize: 8 };
    const [one, two] = [makeLoader(graphs(30), options), makeLoader(graphs(30), options)];
    const epochs = [await idsOf(one), await idsOf(one)];
    expect(epochs[0]).not.toEqual(epochs[1]);
    expect(epochs[0]?.flat().toSorted()).toEqual(epochs[1]?.flat().toSorted());
    expect([await idsOf(two), await idsOf(two)]).toEqual(epochs);
    expect(await idsOf(makeLoader(graphs(30), { ...options, seed: 43 }))).not.toEqual(epochs[0]);
  });

  test('setEpoch goes to an epoch; iterating to the end goes to the next', async () => {
    const loader = makeLoader(graphs(20), { shuffle: true });
    const [first, second] = [await idsOf(loader), await idsOf(loader)];
    expect(loader.epoch).toBe(2);
    loader.setEpoch(0);
    expect(await idsOf(loader)).toEqual(first);
    expect(loader.epoch).toBe(1);
    expect(await idsOf(loader)).toEqual(second);
  });

  test('an iteration that is left early stays in its epoch', async () => {
    const loader = makeLoader(graphs(20), { shuffle: true });
    const first: string[] = [];
    for await (const { ids } of loader) {
      first.push(...ids);
      if (first.length === 3) break;
    }
    expect(loader.epoch).toBe(0);
    expect((await idsOf(loader)).flat().slice(0, 3)).toEqual(first);
  });

  test('an epoch set during an iteration is the next one', async () => {
    const loader = makeLoader(graphs(3));
    for await (const _ of loader) loader.setEpoch(7);
    expect(loader.epoch).toBe(7);
  });

  test('two iterations at a time do not disturb each other', async () => {
    const loader = makeLoader(graphs(6), { batchSize: 2 });
    const [one, two] = await Promise.all([idsOf(loader), idsOf(loader)]);
    expect(one).toEqual(two);
    expect(loader.epoch).toBe(1);
  });

  test('loads prefetchBatches ahead, and no more', async () => {
    const dataset = new HeldDataset(10);
    const iterator = makeLoader(dataset, { batchSize: 2, prefetchBatches: 1 })[Symbol.asyncIterator]();
    const first = iterator.next();
    await dataset.end(0, 1, 2, 3, 4, 5);
    expect((await first).value?.ids).toEqual(['0', '1']);
    await dataset.end(4, 5);
    expect(dataset.started).toEqual([0, 1, 2, 3]);
    await iterator.return();
  });

  test('with prefetchBatches: 0 loads a sample when the one before is there', async () => {
    const dataset = new HeldDataset(10);
    const iterator = makeLoader(dataset, { batchSize: 2, prefetchBatches: 0 })[Symbol.asyncIterator]();
    const first = iterator.next();
    await dataset.end();
    expect(dataset.started).toEqual([0]);
    await dataset.end(0, 1);
    await first;
    await dataset.end(2);
    expect(dataset.started).toEqual([0, 1]);
    await iterator.return();
  });

  test('a sample that cannot be loaded fails in its turn', async () => {
    const dataset = new HeldDataset(6);
    const iterator = makeLoader(dataset, { batchSize: 1, prefetchBatches: 2 })[Symbol.asyncIterator]();
    const first = iterator.next();
    await dataset.end();
    const error = new NotFoundError('sample 1 is gone');
    await dataset.fail(1, error);
    await dataset.end(0);
    expect((await first).value?.ids).toEqual(['0']);
    expect(await failureOf(iterator.next())).toBe(error);
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
  });

  test('leaving early aborts what is being loaded', async () => {
    const dataset = new HeldDataset(6);
    const iterator = makeLoader(dataset, { prefetchBatches: 3 })[Symbol.asyncIterator]();
    const first = iterator.next();
    await dataset.end(0);
    await first;
    await iterator.return();
    expect(dataset.aborted).toEqual([1, 2]);
  });

  test('its signal ends an iteration with its reason', async () => {
    const dataset = new HeldDataset(6);
    const controller = new AbortController();
    const loader = makeLoader(dataset, { signal: controller.signal });
    const first = failureOf(loader[Symbol.asyncIterator]().next());
    await dataset.end();
    const reason = new Error('stop');
    controller.abort(reason);
    expect(await first).toBe(reason);
    expect(dataset.aborted.toSorted()).toEqual([0, 1]);
    expect(await failureOf(loader[Symbol.asyncIterator]().next())).toBe(reason);
  });

  test('closing ends iterations with a DisposedError', async () => {
    const dataset = new HeldDataset(6);
    const loader = makeLoader(dataset);
    const first = failureOf(loader[Symbol.asyncIterator]().next());
    await dataset.end();
    await loader.close();
    expect(isVascuError(await first, 'DISPOSED')).toBe(true);
    expect(isVascuError(await failureOf(idsOf(loader)), 'DISPOSED')).toBe(true);
  });

  test('counts what it handed out', async () => {
    const loader = makeLoader(graphs(3), { batchSize: 2 });
    expect(loader.stats().boundBy).toBeUndefined();
    await idsOf(loader);
    const stats = loader.stats();
    const nodes = 3 + 4 + 5;
    expect(stats).toMatchObject({ samples: 3, batches: 2, nodes, edges: 2 * nodes, fetchMs: 0 });
    // Positions 12 bytes a node, pressure 4, two edges of two 4-byte indices.
    expect(stats.bytes).toBe(nodes * (12 + 4 + 16));
    expect(stats.waitMs).toBeGreaterThan(0);
    expect(stats.decodeMs).toBeGreaterThan(0);
    expect(['decode', 'consumer']).toContain(stats.boundBy);
  });

  test('a slow loop body is the consumer’s fault', async () => {
    const loader = makeLoader(graphs(3));
    for await (const _ of loader) {
      const end = performance.now() + 30;
      while (performance.now() < end);
    }
    expect(loader.stats().boundBy).toBe('consumer');
  });

  test.each([
    ['batchSize', 0],
    ['batchSize', 1.5],
    ['batchSize', Number.NaN],
    ['seed', 0.5],
    ['seed', 2 ** 53],
    ['numWorkers', -1],
    ['prefetchBatches', -1],
    ['prefetchBatches', Infinity],
    ['numWorkers', 1],
    ['maxNodesPerBatch', Number.NaN],
    ['maxEdgesPerBatch', Number.NaN],
    ['shuffle', 'no'],
    ['dropLast', 1],
    ['inOrder', 'no'],
    ['collate', 5],
    ['onBatch', {}],
    ['onSample', 'x'],
    ['misspelt', true],
  ])('%s: %o is a ConfigError that names the option', (option, value) => {
    let error: unknown;
    try {
      makeLoader(graphs(3), { [option]: value });
    } catch (thrown) {
      error = thrown;
    }
    expect(isVascuError(error, 'CONFIG') && error.option).toBe(option);
  });

  test('a dataset that was not waited for is told apart', () => {
    const open = Promise.resolve(graphs(1));
    expect(() => new DataLoader(open as unknown as Dataset)).toThrow(/a promise: write await/);
    expect(() => new DataLoader({} as Dataset)).toThrow(/needs a dataset/);
  });

  test('a world of other numbers is refused', () => {
    const world = { rank: 2, size: 2 } as World;
    expect(() => makeLoader(graphs(3), { world })).toThrow(/rank/);
  });

  test.each([-1, 0.5, Number.NaN])('there is no epoch %d', (epoch) => {
    expect(() => makeLoader(graphs(1)).setEpoch(epoch)).toThrow(/epoch/);
  });
});

describe('DataLoader with workers', () => {
  test.each([1, 2])('%i of them deliver in order, whatever ends first', async (numWorkers) => {
    const released: number[] = [];
    const loader = makeLoader(workDataset([40, 0, 20, 0, 0, 30, 0], released), { batchSize: 2, numWorkers });
    expect(await idsOf(loader)).toEqual([['0', '1'], ['2', '3'], ['4', '5'], ['6']]);
    expect(released.toSorted()).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });

  test('the threads serve the next epoch too', async () => {
    const loader = makeLoader(workDataset([0, 0, 0]), { numWorkers: 1 });
    await idsOf(loader);
    expect(await idsOf(loader)).toEqual([['0'], ['1'], ['2']]);
  });

  test('keeps no more than two samples a worker, or the batches ahead', async () => {
    for (const [options, expected] of [
      [{ batchSize: 1, prefetchBatches: 0, numWorkers: 2 }, 5],
      [{ batchSize: 3, prefetchBatches: 2, numWorkers: 1 }, 9],
    ] as const) {
      const released: number[] = [];
      const iterator = makeLoader(
        workDataset(
          Array.from({ length: 20 }, () => 0),
          released,
        ),
        options,
      )[Symbol.asyncIterator]();
      await iterator.next();
      while (released.length < expected) await new Promise((resolve) => setTimeout(resolve, 1));
      for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setTimeout(resolve, 1));
      expect(released).toHaveLength(expected);
      await iterator.return();
    }
  });

  test('leaving early lets all work go', async () => {
    const released: number[] = [];
    const turns = [0, Infinity, Infinity, Infinity, 0, 0];
    const loader = makeLoader(workDataset(turns, released), { numWorkers: 2 });
    for await (const { ids } of loader) {
      expect(ids).toEqual(['0']);
      break;
    }
    await loader.close();
    expect(released.toSorted()).toEqual([0, 1, 2, 3, 4]);
  });

  test('an abort ends the iteration with its reason', async () => {
    const controller = new AbortController();
    const released: number[] = [];
    const loader = makeLoader(workDataset([Infinity, Infinity], released), {
      numWorkers: 2,
      signal: controller.signal,
    });
    const first = failureOf(loader[Symbol.asyncIterator]().next());
    const reason = new Error('stop');
    setImmediate(() => controller.abort(reason));
    expect(await first).toBe(reason);
    await loader.close();
    expect(released.toSorted()).toEqual([0, 1]);
  });

  test('a thread that dies fails the iteration and names the sample', async () => {
    const dataset: Dataset = {
      ...workDataset([0, 0]),
      work: (index) =>
        Promise.resolve({
          label: `cases/${index}.vtu`,
          module: new URL('../threads/work/fail.ts', import.meta.url).href,
          input: 'exit',
          finish: () => makeGraph('never'),
        }),
    };
    const error = await failureOf(idsOf(makeLoader(dataset, { numWorkers: 2 })));
    expect(isVascuError(error, 'CONFIG')).toBe(true);
    expect(String(error)).toContain('cases/0.vtu');
  });

  test('counts fetching and decoding apart', async () => {
    const loader = makeLoader(workDataset([3, 3]), { numWorkers: 1 });
    await idsOf(loader);
    expect(loader.stats().decodeMs).toBeGreaterThan(0);
    expect(loader.stats().fetchMs).toBeGreaterThan(0);
  });
});
