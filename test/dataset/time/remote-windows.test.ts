import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import {
  StreamingVascuDataset,
  type StreamingVascuDatasetOptions,
} from '../../../src/dataset/streaming-vascu-dataset.ts';
import { DataLoader } from '../../../src/loader/data-loader.ts';
import { FaultServer } from '../../servers/fault-server.ts';
import { resultFile } from '../../streamers/result-file.ts';
import { makeFolder } from '../../temporary-folder.ts';
import { manySteps, oneStep, stackedValues } from './made-series.ts';

const POINTS = 5000;
const STEPS = Array.from({ length: 40 }, (_, at) => 100 + 5 * at);
/** Bytes of an array of one number a node. */
const ARRAY_BYTES = 4 * POINTS;

let server: FaultServer;
let meshBytes: number;
/** Bytes of all files of a step each. */
let numberedBytes: number;
beforeAll(async () => {
  const numbered = await Promise.all(
    STEPS.map(
      async (step) =>
        [`numbered/r_${step}.vtu`, await resultFile(oneStep(POINTS, step), { compressor: 'none' })] as const,
    ),
  );
  numberedBytes = numbered.reduce((sum, [, content]) => sum + content.byteLength, 0);
  server = await FaultServer.start(
    {
      'one/case.vtu': await resultFile(manySteps(POINTS, STEPS), { compressor: 'none' }),
      ...Object.fromEntries(numbered),
    },
    { index: 'size' },
  );
  const { points, cells } = oneStep(POINTS, 0);
  meshBytes = points.data.byteLength + 4 * cells.connectivity.length + 5 * cells.types.length;
});
afterAll(() => server.close());

async function open(options: Partial<StreamingVascuDatasetOptions> = {}): Promise<StreamingVascuDataset> {
  const dataset = await StreamingVascuDataset.open({
    sourceUrl: `${server.url}/`,
    sourceDir: 'one',
    cacheDir: await makeFolder(),
    includeAttributes: ['pressure'],
    mode: 'partial',
    time: { window: { length: 2 } },
    ...options,
  });
  onTestFinished(() => dataset.close());
  return dataset;
}

/** Bytes that were asked for in ranges since a number of requests. */
function asked(since: number): { readonly bytes: number; readonly requests: number } {
  const ranges = server.requests.slice(since).flatMap(({ method, headers }) => {
    const [, from, to] = /bytes=(\d+)-(\d+)/.exec(String(headers['range'] ?? '')) ?? [];
    return method === 'GET' && to !== undefined ? [Number(to) - Number(from) + 1] : [];
  });
  return {
    bytes: ranges.reduce((sum, each) => sum + each, 0),
    requests: ranges.filter((each) => each > 4096).length,
  };
}

describe('of one file with all steps', () => {
  test('a window costs head, mesh and its arrays, the next one an array', async () => {
    const dataset = await open({ prefetch: false });
    const begin = server.requests.length;
    const first = await dataset.get(0);
    expect(first.node['pressure']).toEqual(stackedValues('pressure', [100, 105], POINTS));
    const { bytes, requests } = asked(begin);
    expect(requests).toBeLessThanOrEqual(7);
    expect(bytes).toBeLessThanOrEqual(1.02 * (meshBytes + 2 * ARRAY_BYTES) + 128 * 1024);
    const next = server.requests.length;
    await dataset.get(1);
    expect(asked(next).requests).toBe(1);
    expect(asked(next).bytes).toBeLessThanOrEqual(ARRAY_BYTES + 4096);
  });

  test('all windows cost mesh and arrays once, an epoch and a process later nothing', async () => {
    const cacheDir = await makeFolder();
    const before = server.requests.length;
    {
      await using dataset = await open({ cacheDir });
      for (const epoch of [0, 1]) {
        const begin = server.requests.length;
        await using loader = new DataLoader(dataset, { batchSize: 2, shuffle: epoch === 1, seed: 3 });
        for await (const batch of loader) batch.release();
        if (epoch === 1) expect(asked(begin).bytes).toBe(0);
      }
    }
    const { bytes, requests } = asked(before);
    expect(bytes).toBeLessThanOrEqual(1.02 * (meshBytes + 40 * ARRAY_BYTES) + 128 * 1024);
    expect(requests).toBeLessThanOrEqual(1.1 * STEPS.length + 6);
    const again = server.requests.length;
    await using dataset = await open({ cacheDir });
    for await (const data of dataset) expect(data.node['pressure']?.shape).toEqual([POINTS, 2]);
    expect(asked(again).bytes).toBe(0);
  });

  test('deleteAfterUse keeps the mesh, and each step until the last window that needs it', async () => {
    const cacheDir = await makeFolder();
    const prefetchSize = 3;
    await using dataset = await open({ cacheDir, deleteAfterUse: true, prefetchSize });
    const begin = server.requests.length;
    await using loader = new DataLoader(dataset, { batchSize: 1 });
    let most = 0;
    for await (const batch of loader) {
      batch.release();
      most = Math.max(most, bytesBelow(cacheDir));
    }
    const head = 128 * 1024;
    expect(most).toBeLessThanOrEqual(meshBytes + head + (2 + prefetchSize + 2) * ARRAY_BYTES);
    expect(asked(begin).bytes).toBeLessThanOrEqual(1.02 * (meshBytes + 40 * ARRAY_BYTES) + 128 * 1024);
    await dataset.close();
    expect(bytesBelow(cacheDir)).toBeLessThan(ARRAY_BYTES);
  });
});

describe('of a file a step', () => {
  test('with one mesh it comes once, and each file is asked once', async () => {
    const dataset = await open({ sourceDir: 'numbered', sharedMesh: 'series' });
    const begin = server.requests.length;
    await using loader = new DataLoader(dataset, { batchSize: 1 });
    let count = 0;
    for await (const batch of loader) {
      expect(batch.get(0).node['pressure']).toEqual(
        stackedValues('pressure', STEPS.slice(count, count + 2), POINTS),
      );
      count++;
      batch.release();
    }
    expect(count).toBe(39);
    expect(asked(begin).bytes).toBeLessThanOrEqual(1.02 * (meshBytes + 40 * (ARRAY_BYTES + 80 * 1024)));
  });

  test('with one mesh deleteAfterUse keeps that until the last window', async () => {
    const cacheDir = await makeFolder();
    await using dataset = await open({
      sourceDir: 'numbered',
      sharedMesh: 'series',
      cacheDir,
      deleteAfterUse: true,
      prefetchSize: 3,
    });
    const begin = server.requests.length;
    await using loader = new DataLoader(dataset, { batchSize: 1 });
    let most = 0;
    for await (const batch of loader) {
      batch.release();
      most = Math.max(most, bytesBelow(cacheDir));
    }
    const stepBytes = ARRAY_BYTES + 64 * 1024;
    expect(most).toBeLessThanOrEqual(meshBytes + (2 + 3 + 2) * stepBytes + 64 * 1024);
    expect(asked(begin).bytes).toBeLessThanOrEqual(1.02 * (meshBytes + 40 * (ARRAY_BYTES + 80 * 1024)));
    await dataset.close();
    expect(bytesBelow(cacheDir)).toBeLessThan(ARRAY_BYTES);
  });

  test('deleteAfterUse fetches no file twice, also in another order', async () => {
    const cacheDir = await makeFolder();
    await using dataset = await open({
      sourceDir: 'numbered',
      mode: 'whole',
      cacheDir,
      deleteAfterUse: true,
    });
    await using loader = new DataLoader(dataset, { batchSize: 1, shuffle: true, seed: 5 });
    for await (const batch of loader) batch.release();
    expect(dataset.stats().bytesDownloaded).toBeLessThan(numberedBytes + 100_000);
    await dataset.close();
    expect(bytesBelow(cacheDir)).toBeLessThan(100_000);
  });
});

/** Bytes of the objects of a cache. */
function bytesBelow(folder: string): number {
  let bytes = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile() || /sqlite|\.db|lock/.test(entry.name)) continue;
    try {
      bytes += statSync(join(entry.parentPath, entry.name)).size;
    } catch {
      // It was removed meanwhile.
    }
  }
  return bytes;
}
