import { afterEach, describe, expect, test } from 'vitest';
import type { Dataset } from '../../src/core/dataset.ts';
import { AuthError, DisposedError, isVascuError, NotFoundError } from '../../src/core/errors.ts';
import type { GraphData } from '../../src/core/graph.ts';
import type { Batch } from '../../src/graph/batch.ts';
import { arrayDataset } from '../../src/loader/array-dataset.ts';
import { DataLoader } from '../../src/loader/data-loader.ts';
import type { DataLoaderOptions } from '../../src/loader/loader-options.ts';
import type { BatchEvent, SampleEvent } from '../../src/loader/loader-stats.ts';
import { World } from '../../src/loader/world.ts';
import { failureOf } from '../temporary-folder.ts';
import { HeldDataset, makeGraph } from './graphs.ts';

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each[Symbol.asyncDispose]();
});

function makeLoader<Item = Batch>(dataset: Dataset, options?: DataLoaderOptions<Item>): DataLoader<Item> {
  const loader = new DataLoader<Item>(dataset, options);
  open.push(loader);
  return loader;
}

async function idsOf(loader: DataLoader): Promise<(readonly string[])[]> {
  const ids: (readonly string[])[] = [];
  for await (const batch of loader) ids.push(batch.ids);
  return ids;
}

/** Graphs of 3, 4, 5, … nodes. */
const graphs = (count: number): Dataset =>
  arrayDataset(Array.from({ length: count }, (_, index) => makeGraph(`${index}`, 3 + index, index)));

/** Samples of which those in `bad` cannot be loaded. */
function partly(length: number, bad: readonly number[], error: unknown = new NotFoundError('gone')): Dataset {
  return {
    length,
    samples: Array.from({ length }, (_, index) => ({ id: `case_${index}` })),
    get: (index) =>
      bad.includes(index) ? Promise.reject(error) : Promise.resolve(makeGraph(`case_${index}`)),
  };
}

function optionOf(action: () => unknown): string | undefined {
  try {
    action();
  } catch (error) {
    return isVascuError(error, 'CONFIG') ? error.option : String(error);
  }
  return undefined;
}

describe('batches within a budget', () => {
  test('are made as samples come', async () => {
    const loader = makeLoader(graphs(6), { maxNodesPerBatch: 9 });
    expect(await idsOf(loader)).toEqual([['0', '1'], ['2'], ['3'], ['4'], ['5']]);
    expect(optionOf(() => loader.length)).toBe('sampleSizes');
    expect(loader.progress().of).toBeUndefined();
  });

  test('have at most batchSize samples too', async () => {
    const loader = makeLoader(graphs(4), { maxEdgesPerBatch: 1000, batchSize: 3 });
    expect(await idsOf(loader)).toEqual([['0', '1', '2'], ['3']]);
  });

  test('are the same where sizes are known, and are counted', async () => {
    const sampleSizes = (index: number): { numNodes: number } => ({ numNodes: 3 + index });
    const loader = makeLoader(graphs(6), { maxNodesPerBatch: 9, sampleSizes });
    expect(loader.length).toBe(5);
    expect(await idsOf(loader)).toEqual([['0', '1'], ['2'], ['3'], ['4'], ['5']]);
  });

  test("a sample over the budget is an error of its own with oversize: 'error'", async () => {
    const error = await failureOf(idsOf(makeLoader(graphs(6), { maxNodesPerBatch: 5, oversize: 'error' })));
    expect(isVascuError(error, 'CONFIG') && error.option).toBe('maxNodesPerBatch');
    expect(String(error)).toContain('sample 3');
  });

  test('a size that was stated wrong is found out', async () => {
    const sampleSizes = [{ numNodes: 3 }, { numNodes: 3 }];
    const error = await failureOf(idsOf(makeLoader(graphs(2), { maxNodesPerBatch: 9, sampleSizes })));
    expect(isVascuError(error, 'CONFIG') && error.option).toBe('sampleSizes');
    expect(String(error)).toContain('The sample 1 has 4 nodes');
  });

  test.each<[string, DataLoaderOptions, string]>([
    [
      'several processes that do not know sizes',
      { maxNodesPerBatch: 9, world: new World({ rank: 0, size: 2 }) },
      'sampleSizes',
    ],
    ['any order without sizes', { maxNodesPerBatch: 9, inOrder: false }, 'sampleSizes'],
    ['any order in several processes', { inOrder: false, world: new World({ rank: 0, size: 2 }) }, 'inOrder'],
    ['sizes without a budget', { sampleSizes: [] }, 'sampleSizes'],
    ['too few sizes', { maxNodesPerBatch: 9, sampleSizes: [{ numNodes: 1 }] }, 'sampleSizes'],
    ['a budget of nothing', { maxNodesPerBatch: 0 }, 'maxNodesPerBatch'],
    ['a batch of 0 samples', { maxNodesPerBatch: 5, batchSize: 0 }, 'batchSize'],
  ])('cannot be made for %s', (_, options, option) => {
    expect(optionOf(() => makeLoader(graphs(3), options))).toBe(option);
  });
});

describe('a sampler', () => {
  test('decides which samples come, and in which order', async () => {
    const loader = makeLoader(graphs(4), { sampler: [3, 1, 1], batchSize: 2 });
    expect(loader.length).toBe(2);
    expect(await idsOf(loader)).toEqual([['3', '1'], ['1']]);
    expect(await idsOf(loader)).toEqual([['3', '1'], ['1']]);
  });

  test('of the epoch is asked once for each', async () => {
    const asked: number[] = [];
    function* sampler(epoch: number): Generator<number> {
      asked.push(epoch);
      yield epoch;
      yield 3;
    }
    const loader = makeLoader(graphs(4), { sampler });
    expect([await idsOf(loader), await idsOf(loader)]).toEqual([
      [['0'], ['3']],
      [['1'], ['3']],
    ]);
    expect(asked).toEqual([0, 1]);
  });

  test('is shared out to processes', async () => {
    const world = new World({ rank: 1, size: 2 });
    expect(await idsOf(makeLoader(graphs(4), { sampler: [3, 2, 1, 0], world }))).toEqual([['2'], ['0']]);
  });

  test.each<[string, unknown]>([
    ['an index that does not exist', [0, 4]],
    ['no index', [0.5]],
    ['a negative one', [-1]],
    ['no indices', () => 5],
    ['a promise', async () => [1]],
  ])('that gives %s is refused', async (_, sampler) => {
    const error = await failureOf(idsOf(makeLoader(graphs(4), { sampler: sampler as number[] })));
    expect(isVascuError(error, 'CONFIG') && error.option).toBe('sampler');
  });

  test.each<[string, DataLoaderOptions]>([
    ['a generator', { sampler: [1, 2].values() }],
    ['beside shuffle', { sampler: [1], shuffle: true }],
    ['a number', { sampler: 3 as never }],
  ])('that is %s is refused', (_, options) => {
    expect(optionOf(() => makeLoader(graphs(4), options))).toBe('sampler');
  });
});

describe('samples that cannot be loaded', () => {
  test("are left out with onError: 'skip', counted and named", async () => {
    const loader = makeLoader(partly(6, [1, 4, 5]), { batchSize: 2, onError: 'skip' });
    expect(await idsOf(loader)).toEqual([['case_0'], ['case_2', 'case_3']]);
    expect(loader.stats()).toMatchObject({
      samples: 3,
      batches: 2,
      skipped: 3,
      skippedIds: ['case_1', 'case_4', 'case_5'],
    });
  });

  test('are told to a function', async () => {
    const told: [unknown, number][] = [];
    const error = new NotFoundError('gone');
    const loader = makeLoader(partly(2, [1], error), { onError: (...args) => told.push(args) });
    await idsOf(loader);
    expect(told).toEqual([[error, 1]]);
    expect(loader.stats().skipped).toBe(1);
  });

  test('are named up to a hundred', async () => {
    const bad = Array.from({ length: 150 }, (_, index) => index + 1);
    const loader = makeLoader(partly(151, bad), { onError: 'skip', batchSize: 10 });
    expect(await idsOf(loader)).toEqual([['case_0']]);
    expect(loader.stats().skipped).toBe(150);
    expect(loader.stats().skippedIds).toHaveLength(100);
  });

  test('are not all skipped', async () => {
    const cause = new NotFoundError('the first is gone');
    const error = await failureOf(idsOf(makeLoader(partly(2, [0, 1], cause), { onError: 'skip' })));
    expect(isVascuError(error, 'CONFIG') && error.option).toBe('onError');
    expect(String(error)).toContain('the first is gone');
    const told: number[] = [];
    const onError = (_: unknown, index: number): number => told.push(index);
    expect(await idsOf(makeLoader(partly(2, [0, 1], cause), { onError }))).toEqual([]);
    expect(told).toEqual([0, 1]);
  });

  test.each([
    ['a dataset that was closed', new DisposedError('closed')],
    ['a login that was refused', new AuthError('bad-credentials', 'no')],
  ])('for %s end the iteration all the same', async (_, error) => {
    expect(await failureOf(idsOf(makeLoader(partly(3, [1], error), { onError: 'skip' })))).toBe(error);
  });

  test('may leave a batch of one of several processes smaller, but not empty', async () => {
    const world = new World({ rank: 0, size: 2 });
    expect(await idsOf(makeLoader(partly(4, [1]), { onError: 'skip', batchSize: 2, world }))).toEqual([
      ['case_0'],
    ]);
    const error = await failureOf(
      idsOf(makeLoader(partly(4, [0, 1]), { onError: 'skip', batchSize: 2, world })),
    );
    expect(isVascuError(error, 'CONFIG') && error.option).toBe('onError');
  });
});

describe('what the loop gets', () => {
  test('is what collate makes, perhaps later', async () => {
    const collate = async (samples: readonly GraphData[]): Promise<number> => {
      await new Promise(setImmediate);
      return samples.reduce((sum, { numNodes }) => sum + numNodes, 0);
    };
    const sums: number[] = [];
    for await (const sum of makeLoader(graphs(3), { batchSize: 2, collate })) sums.push(sum);
    expect(sums).toEqual([7, 5]);
  });

  test('is told to hooks, in the order of the epoch', async () => {
    const samples: SampleEvent[] = [];
    const batches: BatchEvent[] = [];
    const loader = makeLoader(graphs(3), {
      batchSize: 2,
      onSample: (event) => samples.push(event),
      onBatch: (event) => batches.push(event),
    });
    for await (const batch of loader) expect(batches.at(-1)?.ids).toEqual(batch.ids);
    expect(samples.map(({ id, index, epoch }) => [id, index, epoch])).toEqual([
      ['0', 0, 0],
      ['1', 1, 0],
      ['2', 2, 0],
    ]);
    expect(samples[0]).toMatchObject({ numNodes: 3, numEdges: 6, bytes: 3 * (12 + 4 + 16), padding: false });
    expect(batches).toMatchObject([
      { epoch: 0, batch: 0, ids: ['0', '1'], numNodes: 7, numEdges: 14, bytes: 7 * 32 },
      { epoch: 0, batch: 1, ids: ['2'], numNodes: 5 },
    ]);
    const [first] = batches;
    expect(first?.waitMs).toBeGreaterThanOrEqual(first?.collateMs ?? Infinity);
  });

  test('is counted as padding where it comes again', async () => {
    const world = new World({ rank: 1, size: 2 });
    const loader = makeLoader(graphs(3), { world });
    expect(await idsOf(loader)).toEqual([['1'], ['0']]);
    expect(loader.stats().padded).toBe(1);
    const dropped = makeLoader(graphs(3), { world, remainder: 'drop' });
    expect(await idsOf(dropped)).toEqual([['1']]);
    expect([dropped.length, dropped.stats().padded]).toEqual([1, 0]);
  });

  test('may be ready before its turn with inOrder: false', async () => {
    const dataset = new HeldDataset(4);
    const iterator = makeLoader(dataset, { inOrder: false, prefetchBatches: 3 })[Symbol.asyncIterator]();
    const first = iterator.next();
    await dataset.end(1);
    expect((await first).value?.ids).toEqual(['1']);
    const second = iterator.next();
    await dataset.end(2, 0);
    expect((await second).value?.ids).toEqual(['2']);
    expect((await iterator.next()).value?.ids).toEqual(['0']);
    await iterator.return();
  });

  test('is the same batch with inOrder: false, whichever sample is ready first', async () => {
    const dataset = new HeldDataset(2);
    const iterator = makeLoader(dataset, { inOrder: false, batchSize: 2 })[Symbol.asyncIterator]();
    const first = iterator.next();
    await dataset.end(1, 0);
    expect((await first).value?.ids).toEqual(['0', '1']);
    await iterator.return();
  });
});

describe('the next batch', () => {
  /** Lets everything run that is due, for some turns. */
  const idle = async (): Promise<void> => {
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
  };

  test('is made while the body of the loop runs, and no more than that', async () => {
    const made: string[] = [];
    const collate = (samples: readonly GraphData[]): string => {
      made.push(samples.map(({ id }) => id).join());
      return made.at(-1) as string;
    };
    const iterator = makeLoader(graphs(8), { batchSize: 2, collate })[Symbol.asyncIterator]();
    expect((await iterator.next()).value).toBe('0,1');
    expect(made).toEqual(['0,1']);
    await idle();
    expect(made).toEqual(['0,1', '2,3']);
    expect((await iterator.next()).value).toBe('2,3');
    await iterator.return();
  });

  test('is made when it is asked for with prefetchBatches: 0', async () => {
    const made: number[] = [];
    const collate = (samples: readonly GraphData[]): number => made.push(samples.length);
    const iterator = makeLoader(graphs(8), { batchSize: 2, prefetchBatches: 0, collate })[
      Symbol.asyncIterator
    ]();
    await iterator.next();
    await idle();
    expect(made).toEqual([2]);
    await iterator.return();
  });

  test('fails when its turn comes', async () => {
    const error = new Error('cannot be joined');
    const collate = (samples: readonly GraphData[]): readonly GraphData[] => {
      if (samples[0]?.id === '1') throw error;
      return samples;
    };
    const loader = makeLoader(graphs(3), { collate });
    const iterator = loader[Symbol.asyncIterator]();
    await iterator.next();
    await idle();
    expect(loader.stateDict()).toMatchObject({ batches: 1 });
    expect(await failureOf(iterator.next())).toBe(error);
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
  });

  test('is given up when the loop is left while it waits for a sample', async () => {
    const dataset = new HeldDataset(6);
    const iterator = makeLoader(dataset, { batchSize: 2 })[Symbol.asyncIterator]();
    const first = iterator.next();
    await dataset.end(0, 1, 2);
    await first;
    await idle();
    expect(dataset.started).toEqual([0, 1, 2, 3]);
    await iterator.return();
    expect(dataset.aborted).toEqual([3]);
  });

  test('has its samples loaded together as soon as the loop waits for it', async () => {
    const dataset = new HeldDataset(8);
    const iterator = makeLoader(dataset, { batchSize: 2, prefetchBatches: 1 })[Symbol.asyncIterator]();
    const first = iterator.next();
    await dataset.end(0, 1);
    await first;
    await dataset.end(2);
    await idle();
    expect(dataset.started).toEqual([0, 1, 2, 3]);
    const second = iterator.next();
    await idle();
    // Without workers two are under way at a time.
    expect(dataset.started).toEqual([0, 1, 2, 3, 4]);
    await dataset.end(4, 3);
    expect((await second).value?.ids).toEqual(['2', '3']);
    await iterator.return();
  });
});

describe('batches that are released in the loop', () => {
  test('hold what batches that are kept hold', async () => {
    const options = { batchSize: 3, shuffle: true, prefetchBatches: 2 };
    const kept: GraphData[][] = [];
    for await (const batch of makeLoader(graphs(20), options)) kept.push(batch.toDataList());
    const released: GraphData[][] = [];
    const seen = new Set<ArrayBuffer>();
    for await (using batch of makeLoader(graphs(20), options)) {
      released.push(batch.toDataList());
      seen.add(batch.pos.data.buffer);
    }
    expect(released).toEqual(kept);
    for (const buffer of seen) expect(buffer.byteLength).toBe(0);
  });
});

describe('progress', () => {
  test('tells how far the epoch is', async () => {
    const loader = makeLoader(graphs(4), { batchSize: 2 });
    expect(loader.progress()).toEqual({
      epoch: 0,
      batches: 0,
      of: 2,
      samples: 0,
      bytes: 0,
      samplesPerSecond: 0,
      etaMs: undefined,
    });
    const seen: unknown[] = [];
    for await (const _ of loader) {
      const { epoch, batches, of, samples, bytes, samplesPerSecond, etaMs } = loader.progress();
      seen.push([
        epoch,
        batches,
        of,
        samples,
        bytes,
        samplesPerSecond > 0,
        etaMs === undefined ? undefined : etaMs > 0,
      ]);
    }
    expect(seen).toEqual([
      [0, 1, 2, 2, 7 * 32, true, true],
      [0, 2, 2, 4, 18 * 32, true, false],
    ]);
  });

  test('counts batches before a state, not their samples', async () => {
    const first = makeLoader(graphs(6), { batchSize: 2 });
    for await (const _ of first) break;
    const loader = makeLoader(graphs(6), { batchSize: 2 });
    loader.loadStateDict(first.stateDict());
    expect(loader.progress()).toMatchObject({ epoch: 0, batches: 1, of: 3 });
    for await (const _ of loader) {
      expect(loader.progress()).toMatchObject({ batches: 2, of: 3, samples: 2 });
      break;
    }
  });

  test('and latencies are told of waits and decoding', async () => {
    const loader = makeLoader(graphs(4), { batchSize: 2 });
    await idsOf(loader);
    const { wait, decode, fetch } = loader.stats().latency;
    expect([wait.count, decode.count, fetch.count]).toEqual([2, 4, 4]);
    expect(wait.p50).toBeGreaterThan(0);
    expect(wait.max).toBeGreaterThanOrEqual(wait.p99);
    expect(loader.stats().collateMs).toBeGreaterThan(0);
  });
});

describe('memory', () => {
  test('is bounded by prefetchBytes beside the batch that is made', async () => {
    const sizes = { one: 3 * 32 };
    const dataset = new HeldDataset(8);
    const loader = makeLoader(dataset, { prefetchBatches: 6, prefetchBytes: 2 * sizes.one });
    const iterator = loader[Symbol.asyncIterator]();
    const first = iterator.next();
    // The size of samples is known only when the first ones are there: until then as many run as may run.
    await dataset.end(0, 1, 2, 3, 4, 5, 6);
    await first;
    const before = dataset.started.length;
    expect(before).toBeLessThanOrEqual(4);
    await iterator.next();
    await new Promise(setImmediate);
    expect(dataset.started).toHaveLength(before + 1);
    await iterator.return();
  });

  test('of 0 bytes ahead still goes on', async () => {
    expect(await idsOf(makeLoader(graphs(4), { prefetchBytes: 0, batchSize: 2 }))).toHaveLength(2);
  });
});

describe('a worker that dies', () => {
  /** Samples whose workers die as often as `lives` says. */
  function deadly(lives: Int32Array, released: number[]): Dataset {
    return {
      length: 3,
      get: () => Promise.reject(new Error('not here')),
      work: (index) =>
        Promise.resolve({
          label: `cases/${index}.vtu`,
          module: new URL('../threads/work/die.ts', import.meta.url).href,
          input: { lives, index },
          finish: (value) => makeGraph(`${(value as { readonly index: number }).index}`),
          release: () => void released.push(index),
        }),
    };
  }

  test.each([1, 2])('is replaced and its sample decoded again, with %d of them', async (numWorkers) => {
    const lives = new Int32Array(new SharedArrayBuffer(4)).fill(1);
    const released: number[] = [];
    const loader = makeLoader(deadly(lives, released), { numWorkers });
    expect(await idsOf(loader)).toEqual([['0'], ['1'], ['2']]);
    expect(loader.stats()).toMatchObject({ workerRestarts: 1, skipped: 0 });
    expect(released.toSorted()).toEqual([0, 1, 2]);
  });

  test('again fails the sample, which may be skipped', async () => {
    const lives = new Int32Array(new SharedArrayBuffer(4)).fill(2);
    const loader = makeLoader(deadly(lives, []), { numWorkers: 1, onError: 'skip' });
    expect(await idsOf(loader)).toEqual([['1'], ['2']]);
    expect(loader.stats()).toMatchObject({ workerRestarts: 2, skipped: 1 });
    const fatal = new Int32Array(new SharedArrayBuffer(4)).fill(2);
    const error = await failureOf(idsOf(makeLoader(deadly(fatal, []), { numWorkers: 1 })));
    expect(isVascuError(error, 'CONFIG')).toBe(true);
    expect(String(error)).toMatch(/cases\/0\.vtu .*exit code 7.*tried again/);
  });

  test('while nobody waits any more is not replaced', async () => {
    const controller = new AbortController();
    const lives = new Int32Array(new SharedArrayBuffer(4)).fill(9);
    const loader = makeLoader(deadly(lives, []), { numWorkers: 1, signal: controller.signal });
    const first = failureOf(loader[Symbol.asyncIterator]().next());
    setImmediate(() => controller.abort('stop'));
    expect(await first).toBe('stop');
  });
});

test.each<[string, unknown]>([
  ['oversize', 'split'],
  ['remainder', 'keep'],
  ['arrays', 'some'],
  ['onError', 'ignore'],
  ['prefetchBytes', -1],
])('%s: %o is a ConfigError that names the option', (option, value) => {
  expect(optionOf(() => makeLoader(graphs(3), { [option]: value }))).toBe(option);
});

test('the options of the documented example are all there', async () => {
  const signal = new AbortController().signal;
  const loader = makeLoader(graphs(6), {
    batchSize: 4,
    shuffle: true,
    numWorkers: 0,
    seed: 42,
    dropLast: false,
    maxNodesPerBatch: 100,
    prefetchBytes: 2 ** 28,
    inOrder: true,
    world: World.single(),
    signal,
  });
  let batches = 0;
  for await (const batch of loader) {
    expect(batch.toDataList()).toHaveLength(batch.numGraphs);
    batches++;
  }
  expect(batches).toBe(2);
});
