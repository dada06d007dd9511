import { describe, expect, onTestFinished, test } from 'vitest';
import { CacheManager } from '../../src/cache/cache-manager.ts';
import { isVascuError } from '../../src/core/errors.ts';
import type { GraphData } from '../../src/core/graph.ts';
import {
  StreamingVascuDataset,
  type StreamingVascuDatasetOptions,
} from '../../src/dataset/streaming-vascu-dataset.ts';
import { DataLoader } from '../../src/loader/data-loader.ts';
import { byThreads } from '../loader/by-threads.ts';
import { FaultServer } from '../servers/fault-server.ts';
import { failureOf, makeFolder } from '../temporary-folder.ts';
import { smallVtu } from './small-mesh.ts';

const COUNT = 24;
const FILES = Object.fromEntries(
  Array.from({ length: COUNT }, (_, index) => [
    `${String(index).padStart(2, '0')}.vtu`,
    smallVtu({ points: 4 + index }),
  ]),
);
const BYTES = Object.values(FILES).reduce((sum, { length }) => sum + length, 0);

async function stage(options: Partial<StreamingVascuDatasetOptions> = {}) {
  const server = await FaultServer.start(FILES, { index: 'size' });
  onTestFinished(() => server.close());
  const cacheDir = await makeFolder();
  const open = async (more: Partial<StreamingVascuDatasetOptions> = {}): Promise<StreamingVascuDataset> => {
    // A busy machine makes any answer seem slow, and requests are counted here.
    const place = { sourceUrl: server.url, cacheDir, maxCacheSize: 1_000_000, retryDelayMs: 1, hedge: false };
    const dataset = await StreamingVascuDataset.open({ ...place, ...options, ...more });
    onTestFinished(() => dataset.close());
    return dataset;
  };
  /** Meshes as they were asked for. */
  const asked = (): string[] =>
    server.requests
      .filter(({ method, path }) => method === 'GET' && path.endsWith('.vtu'))
      .map(({ path }) => path.slice(0, 2));
  return { server, cacheDir, open, dataset: await open(), asked };
}

async function idsOf(loader: DataLoader, limit = Infinity): Promise<string[]> {
  const ids: string[] = [];
  for await (const batch of loader) {
    ids.push(...batch.ids);
    if (ids.length >= limit) break;
  }
  return ids;
}

/** Turns of the event loop until nothing is asked for any more. */
async function settled(asked: () => readonly string[]): Promise<void> {
  for (let quiet = 0, before = -1; quiet < 30; ) {
    await new Promise((resolve) => setTimeout(resolve, 2));
    quiet = asked().length === before ? quiet + 1 : 0;
    before = asked().length;
  }
}

describe('a loader over a remote dataset', () => {
  test.each([0, 2])('has files fetched in its shuffled order, each once (%i workers)', async (numWorkers) => {
    const { dataset, asked } = await stage({ maxConnections: 1 });
    await using loader = new DataLoader(byThreads(dataset), { shuffle: true, seed: 5, numWorkers });
    const ids = await idsOf(loader);
    expect(asked().toSorted()).toEqual(ids.toSorted());
    // Those that are under way at the same time may overtake each other.
    for (const [place, id] of asked().entries())
      expect(Math.abs(ids.indexOf(id) - place), id).toBeLessThanOrEqual(8);
    expect(await idsOf(loader)).not.toEqual(ids);
    expect(asked()).toHaveLength(COUNT);
  });

  test('resumes with what comes next', async () => {
    const { open, asked } = await stage({ maxConnections: 1 });
    const options = { shuffle: true, seed: 5 };
    await using first = new DataLoader(await open({ prefetch: false }), options);
    const seen: string[] = [];
    for await (const batch of first) {
      seen.push(...batch.ids);
      if (seen.length === 10) break;
    }
    const state = first.stateDict();
    const before = asked().length;
    await using second = new DataLoader(await open({ maxConnections: 1 }), options);
    second.loadStateDict(state);
    const rest = await idsOf(second);
    expect(new Set([...seen, ...rest]).size).toBe(COUNT);
    expect(
      asked()
        .slice(before)
        .filter((id) => !rest.includes(id)),
    ).toEqual([]);
  });

  test('with a cache of half the data, keeps what is needed first', async () => {
    const { dataset } = await stage({ maxCacheSize: Math.ceil(BYTES / 2) + 400 });
    await using loader = new DataLoader(dataset, { shuffle: true, seed: 5 });
    await idsOf(loader);
    let hits = 0;
    for (let epoch = 1; epoch < 4; epoch++) {
      const { misses } = dataset.stats();
      await idsOf(loader);
      hits += COUNT - (dataset.stats().misses - misses);
    }
    expect(hits / (3 * COUNT)).toBeGreaterThan(0.33);
  });

  test('that is left lets go of what was fetched ahead', async () => {
    const { dataset, cacheDir, asked } = await stage();
    {
      await using loader = new DataLoader(dataset, { shuffle: true });
      await idsOf(loader, 2);
    }
    await settled(asked);
    expect(asked().length).toBeLessThan(COUNT);
    await using cache = await CacheManager.open({ cacheDir });
    await cache.clearAll();
    expect((await cache.getCacheStats()).fileCount).toBe(0);
  });

  test.each([1, 3])('fetches no more than prefetchSize %i ahead', async (prefetchSize) => {
    const { dataset, asked } = await stage({ prefetchSize });
    await using loader = new DataLoader(dataset, { prefetchBatches: 0 });
    for await (const batch of loader) {
      expect(batch.ids).toHaveLength(1);
      await settled(asked);
      expect(asked().length).toBeLessThanOrEqual(1 + prefetchSize + 1);
      break;
    }
  });

  test('gives every sample right though every tenth request fails', async () => {
    const { server, dataset } = await stage();
    for (const [index, path] of Object.keys(FILES).entries()) {
      if (index % 10 === 3) server.script(path, { kind: 'status', status: 503 });
      if (index % 10 === 7) server.script(path, { kind: 'cut', afterBytes: 50 });
    }
    await using loader = new DataLoader(byThreads(dataset), { shuffle: true, seed: 1, numWorkers: 2 });
    const nodes: number[] = [];
    for await (const batch of loader) nodes.push(batch.get(0).numNodes);
    expect(nodes.toSorted((a, b) => a - b)).toEqual(Array.from({ length: COUNT }, (_, index) => 4 + index));
  });

  test('a file that cannot be had fails in its turn, after those before it', async () => {
    const { server, dataset } = await stage({ tries: 1 });
    server.always('05.vtu', { kind: 'status', status: 503 });
    await using loader = new DataLoader(dataset);
    const ids: string[] = [];
    const error = await failureOf(
      (async () => {
        for await (const batch of loader) ids.push(...batch.ids);
      })(),
    );
    expect(isVascuError(error, 'NETWORK')).toBe(true);
    expect(String(error)).toContain('05.vtu');
    expect(ids).toEqual(['00', '01', '02', '03', '04']);
  });
});

describe('get', () => {
  test('of one sample after the other fetches the next ones meanwhile', async () => {
    const { dataset, asked } = await stage({ prefetchSize: 4 });
    await dataset.get(0);
    await settled(asked);
    expect(asked().toSorted()).toEqual(['00', '01', '02', '03', '04']);
    await dataset.get(1);
    await settled(asked);
    expect(asked().toSorted()).toEqual(['00', '01', '02', '03', '04', '05']);
  });

  test.each([{ prefetch: false }, { prefetchSize: 0 }])('does not with %o', async (options) => {
    const { dataset, asked } = await stage(options);
    await dataset.get(0);
    await settled(asked);
    expect(asked()).toEqual(['00']);
  });

  test('of samples here and there guesses nothing', async () => {
    const { dataset, asked } = await stage();
    for (const index of [7, 3, 20]) await dataset.get(index);
    await settled(asked);
    expect(asked()).toEqual(['07', '03', '20']);
  });
});

describe('cacheDecoded', () => {
  const all = async (dataset: StreamingVascuDataset): Promise<GraphData[]> => {
    const graphs: GraphData[] = [];
    for await (const graph of dataset) graphs.push(graph);
    return graphs;
  };

  test('gives the same samples again without a mesh', async () => {
    const { open, asked } = await stage();
    const options = { cacheDecoded: true, deleteAfterUse: true, normalize: true } as const;
    const first = await open(options);
    const decoded = await all(first);
    await first.close();
    expect(asked()).toHaveLength(COUNT);
    const again = await open(options);
    expect(await all(again)).toEqual(decoded);
    expect(asked()).toHaveLength(COUNT);
  });

  test('serves loaders with workers as well', async () => {
    const { open, asked } = await stage();
    const options = { cacheDecoded: true, deleteAfterUse: true } as const;
    for (let round = 0; round < 2; round++) {
      const dataset = await open(options);
      await using loader = new DataLoader(byThreads(dataset), { numWorkers: 2 });
      expect(await idsOf(loader)).toHaveLength(COUNT);
      await dataset.close();
    }
    expect(asked()).toHaveLength(COUNT);
  });

  test.each([
    ['other arrays', { includeAttributes: ['pressure'] }],
    ['normalize', { normalize: true }],
    ['another label', { cacheDecoded: 'v2' }],
  ])('%s make other samples', async (_, other) => {
    const { open, asked } = await stage();
    const before = await open({ cacheDecoded: true, deleteAfterUse: true });
    await before.get(3);
    await before.close();
    const after = await open({ cacheDecoded: true, ...other });
    await after.get(3);
    expect(asked().filter((path) => path === '03')).toHaveLength(2);
  });

  test('a changed file is decoded anew', async () => {
    const { server, open } = await stage();
    const before = await open({ cacheDecoded: true });
    expect((await before.get(3)).numNodes).toBe(7);
    await before.close();
    server.put('03.vtu', smallVtu({ points: 40 }), { modified: new Date(Date.UTC(2026, 5)) });
    const after = await open({ cacheDecoded: true });
    expect((await after.get(3)).numNodes).toBe(40);
  });

  test('a file that changes between listing and reading is not kept under what it was listed as', async () => {
    const { server, open } = await stage();
    const modified = new Date(Date.UTC(2026, 5));
    server.put('03.vtu', smallVtu({ points: 7 }), { modified });
    const before = await open({ cacheDecoded: true });
    server.put('03.vtu', smallVtu({ points: 40 }), { modified: new Date(Date.UTC(2026, 6)) });
    expect((await before.get(3)).numNodes).toBe(40);
    await before.close();
    server.put('03.vtu', smallVtu({ points: 7 }), { modified });
    expect((await (await open({ cacheDecoded: true })).get(3)).numNodes).toBe(7);
  });

  test('keeps what a preTransform made of a sample, and calls it once', async () => {
    const { open } = await stage();
    let calls = 0;
    const preTransform = (data: GraphData): GraphData => {
      calls++;
      return {
        ...data,
        node: { twice: { data: data.pos.data.map((value) => 2 * value), shape: data.pos.shape } },
      };
    };
    const results: GraphData[] = [];
    for (let round = 0; round < 2; round++) {
      const dataset = await open({
        cacheDecoded: 'v1',
        preTransform,
        transform: (data) => ({ ...data, id: `t-${data.id}` }),
      });
      results.push(await dataset.get(2));
      await dataset.close();
    }
    expect(calls).toBe(1);
    expect(results[1]).toEqual(results[0]);
    expect(results[1]?.id).toBe('t-02');
  });

  test('wants a text where a preTransform is a function', async () => {
    const { open } = await stage();
    const error = await failureOf(open({ cacheDecoded: true, preTransform: (data) => data }));
    expect(isVascuError(error, 'CONFIG') && error.option).toBe('cacheDecoded');
  });

  test('works for a folder of this machine, too, and keeps within the limit', async () => {
    const sourceUrl = await makeFolder(FILES);
    const cacheDir = await makeFolder();
    await using dataset = await StreamingVascuDataset.open({
      sourceUrl,
      cacheDir,
      maxCacheSize: 20_000,
      cacheDecoded: true,
    });
    const first = await all(dataset);
    expect(await all(dataset)).toEqual(first);
    await dataset.close();
    await using cache = await CacheManager.open({ cacheDir });
    const { totalSize } = await cache.getCacheStats();
    expect(totalSize > 0 && totalSize <= 20_000).toBe(true);
  });
});
