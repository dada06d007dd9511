import { describe, expect, onTestFinished, test } from 'vitest';
import {
  StreamingVascuDataset,
  type StreamingVascuDatasetOptions,
} from '../../src/dataset/streaming-vascu-dataset.ts';
import { DataLoader } from '../../src/loader/data-loader.ts';
import { FaultServer } from '../servers/fault-server.ts';
import { makeFolder } from '../temporary-folder.ts';
import { smallVtu } from './small-mesh.ts';

const COUNT = 30;
const nameOf = (index: number): string => `${String(index).padStart(2, '0')}.vtu`;
/** Files of one size. */
const FILES = Object.fromEntries(
  Array.from({ length: COUNT }, (_, index) => [nameOf(index), smallVtu({ points: 40 })]),
);
const SIZE = FILES[nameOf(0)]?.length ?? 0;

async function stage(options: Partial<StreamingVascuDatasetOptions> = {}) {
  const server = await FaultServer.start(FILES, { index: 'size' });
  onTestFinished(() => server.close());
  const place = { sourceUrl: server.url, cacheDir: await makeFolder(), hedge: false };
  const dataset = await StreamingVascuDataset.open({ ...place, ...options });
  onTestFinished(() => dataset.close());
  const fetched = (): number =>
    server.requests.filter(({ method, path }) => method === 'GET' && path.endsWith('.vtu')).length;
  return { dataset, fetched };
}

/** Meshes that were asked for once nothing more is. */
async function settled(fetched: () => number): Promise<number> {
  for (let quiet = 0, before = -1; quiet < 30; ) {
    await new Promise((resolve) => setTimeout(resolve, 2));
    quiet = fetched() === before ? quiet + 1 : 0;
    before = fetched();
  }
  return fetched();
}

describe.each([1, 2, 4])('for await with prefetchSize %i', (prefetchSize) => {
  test('fetches so many meshes beside the one in use', async () => {
    const { dataset, fetched } = await stage({ prefetchSize });
    let used = 0;
    for await (const _ of dataset) {
      used++;
      expect(await settled(fetched)).toBe(used + prefetchSize);
      if (used === 3) break;
    }
  });
});

test('for await gives all samples in order within its limit', async () => {
  const { dataset } = await stage({ prefetchSize: 2 });
  const ids: string[] = [];
  for await (const { id } of dataset) ids.push(`${id}.vtu`);
  expect(ids).toEqual(Object.keys(FILES));
});

test.each([
  { batchSize: 1, prefetchBatches: 0 },
  { batchSize: 2, prefetchBatches: 1 },
  { batchSize: 3, prefetchBatches: 0 },
])('a loader with %j fetches prefetchSize samples ahead of its batch', async (options) => {
  const { dataset, fetched } = await stage({ prefetchSize: 4 });
  await using loader = new DataLoader(dataset, options);
  let used = 0;
  for await (const batch of loader) {
    used += batch.numGraphs;
    expect(await settled(fetched)).toBe(used + 4);
    if (used >= 6) break;
  }
});

test.each([
  { batchSize: 1, prefetchBatches: 1 },
  { batchSize: 1, prefetchBatches: 4 },
  { batchSize: 4, prefetchBatches: 1 },
  { batchSize: 2, prefetchBatches: 0, shuffle: true },
])('a loader with %j fetches no more than prefetchBytes ahead of its batch', async (options) => {
  const { dataset, fetched } = await stage();
  const room = 6;
  await using loader = new DataLoader(dataset, { ...options, prefetchBytes: room * SIZE + SIZE / 2 });
  let used = 0;
  for await (const batch of loader) {
    used += batch.numGraphs;
    expect(await settled(fetched)).toBeLessThanOrEqual(used + room);
    if (used >= 8) break;
  }
});

test('samples that are left out do not hold up those that come', async () => {
  const { dataset } = await stage({
    prefetchSize: 1,
    transform: (data) => {
      if (Number(data.id) % 3 === 0) throw new Error('not this one');
      return data;
    },
  });
  await using loader = new DataLoader(dataset, { onError: 'skip', batchSize: 2, prefetchBytes: SIZE });
  let graphs = 0;
  for await (const batch of loader) graphs += batch.numGraphs;
  expect(graphs).toBe(20);
});
