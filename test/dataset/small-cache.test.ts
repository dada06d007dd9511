import { expect, onTestFinished, test } from 'vitest';
import { CacheManager } from '../../src/cache/cache-manager.ts';
import type { FileEntry } from '../../src/core/source.ts';
import { StreamingVascuDataset } from '../../src/dataset/streaming-vascu-dataset.ts';
import { DataLoader } from '../../src/loader/data-loader.ts';
import { byThreads } from '../loader/by-threads.ts';
import { FaultServer } from '../servers/fault-server.ts';
import { failureOf, makeFolder } from '../temporary-folder.ts';
import { smallPvtu, smallVtu } from './small-mesh.ts';

const SMALL = smallVtu({ points: 10 });
const LARGE = smallVtu({ points: 2000 });

/** Large files among small ones, and a cache in which a large one has room only where few others are held. */
async function stage(files: Readonly<Record<string, string>>, spare: number, largest = LARGE) {
  const server = await FaultServer.start(files, { index: 'size' });
  onTestFinished(() => server.close());
  const cache = await CacheManager.open({
    cacheDir: await makeFolder(),
    maxSize: Math.ceil(largest.length + spare),
    roomTimeoutMs: 3000,
  });
  onTestFinished(() => cache.close());
  const dataset = await StreamingVascuDataset.open({ sourceUrl: server.url, cache });
  onTestFinished(() => dataset.close());
  return { dataset, server };
}

async function idsOf(loader: DataLoader): Promise<string[]> {
  const ids: string[] = [];
  for await (const batch of loader) ids.push(...batch.ids);
  return ids;
}

test('what is fetched ahead gives way to a sample that is asked for and has no room beside it', async () => {
  const files = { '0.vtu': SMALL, '1.vtu': SMALL, '2.vtu': SMALL, '3.vtu': LARGE };
  const { dataset } = await stage(files, SMALL.length / 2);
  const plan = dataset.prefetch({ order: [0, 1, 2, 3], concurrency: 1 });
  onTestFinished(() => plan.close());
  expect((await dataset.get(0)).id).toBe('0');
  // 1 and 2 are held for later.
  expect((await dataset.get(3)).numNodes).toBe(2000);
  expect((await dataset.get(1)).id).toBe('1');
  expect((await dataset.get(2)).id).toBe('2');
});

test('two loaders share a dataset and a cache smaller than what both would hold', async () => {
  const files = Object.fromEntries(
    Array.from({ length: 12 }, (_, index) => [`${index}.vtu`, index % 3 === 0 ? LARGE : SMALL]),
  );
  const { dataset } = await stage(files, 10);
  const all = dataset.samples.map(({ id }) => id).toSorted();
  const loaders = [1, 2].map((seed) => new DataLoader(dataset, { batchSize: 2, shuffle: true, seed }));
  for (const loader of loaders) onTestFinished(() => loader.close());
  const seen = await Promise.all(loaders.map(idsOf));
  expect(seen.map((ids) => ids.toSorted())).toEqual([all, all]);
});

test('the end of one iteration takes nothing from another one over the same dataset', async () => {
  const { dataset, server } = await stage({ '0.vtu': SMALL, '1.vtu': LARGE }, 1_000_000);
  const plan = dataset.prefetch({ order: [1, 0], concurrency: 1 });
  let answer = (): void => undefined;
  const answered = new Promise<void>((resolve) => {
    answer = resolve;
  });
  server.script('1.vtu', { kind: 'slow-headers', until: answered });
  const asked = dataset.get(1);
  while (!server.requests.some(({ method, path }) => method === 'GET' && path === '1.vtu')) {
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  plan.close();
  answer();
  expect((await asked).numNodes).toBe(2000);
});

test.each([0, 1, 2])(
  'samples of several pieces do not wait for each other in a cache of one of them, %i workers',
  async (numWorkers) => {
    const piece = smallVtu({ points: 500 });
    const files: Record<string, string> = {};
    for (const name of ['a', 'b', 'c', 'd']) {
      files[`${name}.pvtu`] = smallPvtu([`${name}_0.vtu`, `${name}_1.vtu`, `${name}_2.vtu`]);
      for (const part of [0, 1, 2]) files[`${name}_${part}.vtu`] = piece;
    }
    const { dataset } = await stage(files, 2.2 * piece.length + (files['a.pvtu'] as string).length, piece);
    await using loader = new DataLoader(byThreads(dataset), { numWorkers });
    expect(await idsOf(loader)).toEqual(['a', 'b', 'c', 'd']);
  },
);

test('a mesh that samples share stays while they come, in any order', async () => {
  const mesh = smallVtu({ points: 1000 });
  const step = smallVtu({ points: 500 });
  const files: Record<string, string> = {};
  for (const name of ['a', 'b']) {
    files[`${name}/mesh.vtu`] = mesh;
    for (let at = 0; at < 6; at++) files[`${name}/step_${at}.vtu`] = step;
  }
  const server = await FaultServer.start(files, { index: 'size' });
  onTestFinished(() => server.close());
  const options = {
    cacheDir: await makeFolder(),
    maxCacheSize: Math.ceil(2 * mesh.length + 2.5 * step.length),
  };
  const samples = { step: '{case}/step_{step}.vtu', mesh: '{case}/mesh.vtu' };
  await using dataset = await StreamingVascuDataset.open({ sourceUrl: server.url, samples, ...options });
  await using loader = new DataLoader(dataset, { batchSize: 1, shuffle: true });
  expect(await idsOf(loader)).toHaveLength(12);
  const fetched = server.requests.filter(({ method, path }) => method === 'GET' && path.endsWith('mesh.vtu'));
  expect(fetched.map(({ path }) => path).toSorted()).toEqual(['a/mesh.vtu', 'b/mesh.vtu']);
});

test('a sample that is given up while one of its parts comes holds no room for the others', async () => {
  const mesh = smallVtu({ points: 500 });
  const names = ['a/volume.vtu', 'a/wall.vtu', 'b/volume.vtu', 'b/wall.vtu'];
  await using server = await FaultServer.start(Object.fromEntries(names.map((name) => [name, mesh])), {
    index: 'size',
  });
  await using cache = await CacheManager.open({
    cacheDir: await makeFolder(),
    maxSize: Math.ceil(2.5 * mesh.length),
    roomTimeoutMs: 3000,
  });
  const samples = { volume: '{case}/volume.vtu', wall: '{case}/wall.vtu' };
  await using dataset = await StreamingVascuDataset.open({ sourceUrl: server.url, samples, cache });
  server.script('a/wall.vtu', { kind: 'stall', afterBytes: 3 });
  const controller = new AbortController();
  const reason = new Error('enough');
  const given = failureOf(dataset.get(0, { signal: controller.signal }));
  const [volume] = dataset.filesOf(0) as [FileEntry];
  await expect.poll(() => dataset.streamer.bytesHere(volume)).toBe(volume.size);
  controller.abort(reason);
  expect(await given).toBe(reason);
  expect((await dataset.get(1)).id).toBe('b');
});
