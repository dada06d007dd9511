import { describe, expect, onTestFinished, test } from 'vitest';
import { CacheManager } from '../../src/cache/cache-manager.ts';
import { isVascuError } from '../../src/core/errors.ts';
import {
  StreamingVascuDataset,
  type StreamingVascuDatasetOptions,
} from '../../src/dataset/streaming-vascu-dataset.ts';
import { DataLoader } from '../../src/loader/data-loader.ts';
import { byThreads } from '../loader/by-threads.ts';
import { FaultServer } from '../servers/fault-server.ts';
import { failureOf, makeFolder } from '../temporary-folder.ts';
import { smallPvtu, smallVtu } from './small-mesh.ts';

const FILES = {
  'cases/a.vtu': smallVtu({ points: 5, pointData: { pressure: 2 } }),
  'cases/a.json': '{"age": 60}',
  'cases/b.pvtu': smallPvtu(['b_0.vtu', 'b_1.vtu']),
  'cases/b_0.vtu': smallVtu({ points: 6 }),
  'cases/b_1.vtu': smallVtu({ points: 4 }),
  'cases/c.vtu': smallVtu({ points: 12 }),
};

async function stage(options: Partial<StreamingVascuDatasetOptions> = {}) {
  const server = await FaultServer.start(FILES, { index: 'size' });
  onTestFinished(() => server.close());
  const cacheDir = await makeFolder();
  const dataset = await StreamingVascuDataset.open({
    sourceUrl: `${server.url}/`,
    sourceDir: 'cases',
    cacheDir,
    maxCacheSize: 1_000_000,
    retryDelayMs: 1,
    ...options,
  });
  onTestFinished(() => dataset.close());
  const meshRequests = (): number =>
    server.requests.filter(({ method, path }) => method === 'GET' && /\.p?vtu$/.test(path)).length;
  return { server, dataset, cacheDir, meshRequests };
}

describe('a dataset on a web server', () => {
  test('gives its samples with their metadata, each file fetched once in two epochs', async () => {
    const { dataset, meshRequests } = await stage();
    for (let epoch = 0; epoch < 2; epoch++) {
      const seen: string[] = [];
      for await (const data of dataset)
        seen.push(`${data.id} ${data.numNodes} ${String(data.metadata['age'])}`);
      expect(seen).toEqual(['cases/a 5 60', 'cases/b 10 undefined', 'cases/c 12 undefined']);
    }
    expect(meshRequests()).toBe(5);
    expect(dataset.stats()).toMatchObject({ misses: 6, samplesRead: 6 });
  });

  test('comes through worker threads as well', async () => {
    const { dataset } = await stage();
    await using loader = new DataLoader(byThreads(dataset), { batchSize: 3, numWorkers: 2 });
    for await (const batch of loader) expect(batch.ptr.data).toEqual(Int32Array.of(0, 5, 15, 27));
  });

  test.each([0, 2])('with deleteAfterUse leaves no mesh behind, with %i workers', async (numWorkers) => {
    const { dataset, cacheDir, meshRequests } = await stage({ deleteAfterUse: true });
    for (let epoch = 0; epoch < 2; epoch++) {
      await using loader = new DataLoader(byThreads(dataset), { numWorkers });
      let count = 0;
      for await (const batch of loader) count += batch.numGraphs;
      expect(count).toBe(3);
    }
    await dataset.close();
    await using cache = await CacheManager.open({ cacheDir });
    // The sidecar and the .pvtu, which were read when the dataset was opened, are small and stay.
    const { fileCount } = await cache.getCacheStats();
    expect(fileCount).toBe(1);
    expect(meshRequests()).toBeGreaterThanOrEqual(8);
  });

  test('runs in a cache that holds one sample', async () => {
    const sizeOf = (name: keyof typeof FILES): number => FILES[name].length;
    const largest = sizeOf('cases/b.pvtu') + sizeOf('cases/b_0.vtu') + sizeOf('cases/b_1.vtu');
    const { dataset } = await stage({ maxCacheSize: largest + 20, prefetchSize: 3 });
    const ids: string[] = [];
    for await (const { id } of dataset) ids.push(id);
    expect(ids).toEqual(['cases/a', 'cases/b', 'cases/c']);
    expect(dataset.stats().evictions).toBeGreaterThan(0);
  });

  test('filters by metadata without fetching a mesh', async () => {
    const { dataset, meshRequests } = await stage({ filterFn: ({ age }) => Number(age ?? 0) > 50 });
    expect(dataset.samples.map(({ id }) => id)).toEqual(['cases/a']);
    expect(meshRequests()).toBe(1); // Of the .pvtu, which names its pieces.
  });

  test('a sample whose file is gone fails in its turn, named', async () => {
    const { server, dataset } = await stage();
    server.remove('cases/c.vtu');
    const error = await failureOf(dataset.get(2));
    expect(isVascuError(error, 'NOT_FOUND')).toBe(true);
    expect(String(error)).toContain('cases/c.vtu');
    expect((await dataset.get(0)).numNodes).toBe(5);
  });

  test('closing it in the middle ends everything', async () => {
    const { server, dataset } = await stage();
    server.always('cases/c.vtu', { kind: 'stall', afterBytes: 10 });
    const running = failureOf(dataset.get(2));
    while (server.requestsOf('cases/c.vtu').length === 0) await new Promise(setImmediate);
    await dataset.close();
    expect(isVascuError(await running, 'DISPOSED')).toBe(true);
  });
});
