import { expect, onTestFinished, test } from 'vitest';
import { CacheManager } from '../../src/cache/cache-manager.ts';
import { isVascuError, NetworkError } from '../../src/core/errors.ts';
import { Demand } from '../../src/dataset/demand.ts';
import { PrefetchedFiles } from '../../src/dataset/prefetched-files.ts';
import {
  checkIndex,
  type HeldSample,
  type SampleEntries,
  type SampleFiles,
  toHeldSample,
} from '../../src/dataset/sample-files.ts';
import { StreamedFiles } from '../../src/dataset/streamed-files.ts';
import { StreamingVascuDataset } from '../../src/dataset/streaming-vascu-dataset.ts';
import { DataLoader } from '../../src/loader/data-loader.ts';
import { DataStreamer } from '../../src/streamers/data-streamer.ts';
import { MemorySource } from '../streamers/memory-source.ts';
import { failureOf, makeFolder } from '../temporary-folder.ts';
import { smallVtu } from './small-mesh.ts';

const BYTES = 100;

async function openCache(maxSize = 2 ** 20): Promise<CacheManager> {
  const cache = await CacheManager.open({ cacheDir: await makeFolder(), maxSize });
  onTestFinished(() => cache.close());
  return cache;
}

async function heldIn(cache: CacheManager): Promise<number> {
  return (await cache.listSources()).reduce((sum, { held }) => sum + held, 0);
}

/** Samples whose files are named so, streamed from memory. */
async function stage(...paths: readonly (readonly string[])[]) {
  const source = new MemorySource();
  for (const path of paths.flat()) source.put(path, new Uint8Array(BYTES));
  const cache = await openCache();
  const streamer = new DataStreamer(source, { cache, tries: 1 });
  onTestFinished(() => streamer.close());
  const groups = await Promise.all(paths.map((group) => Promise.all(group.map((path) => source.stat(path)))));
  const samples: SampleEntries = {
    filesAt: (index) => {
      checkIndex(index, groups.length);
      return groups[index] ?? [];
    },
    partsAt: () => undefined,
    bytesAt: (index) => BYTES * (groups[index]?.length ?? 0),
    mostBytesOfSeveral: () => BYTES * Math.max(0, ...groups.map(({ length }) => (length < 2 ? 0 : length))),
  };
  const wish = { attributes: undefined, mode: undefined, meshOwners: { ownerOf: () => undefined } };
  return { source, cache, streamer, files: new StreamedFiles(streamer, samples, wish) };
}

test('a sample of several files is held in the order of its entries, and let go of as one', async () => {
  const { source, cache, files } = await stage(['a.pvtu', 'a_1.vtu', 'a_0.vtu']);
  const held = await files.hold(0);
  expect(held.files.map(({ bytes }) => bytes)).toEqual([BYTES, BYTES, BYTES]);
  expect(source.requests.map(({ path }) => path)).toEqual(files.entries(0).map(({ path }) => path));
  expect(await heldIn(cache)).toBe(3);
  held.release();
  expect(await heldIn(cache)).toBe(0);
});

test('a sample of which a file fails lets go of the files that were held before', async () => {
  const { source, cache, files } = await stage(['a.pvtu', 'a_0.vtu', 'a_1.vtu']);
  let heldBefore = 0;
  source.onOpen = async ({ path }) => {
    if (path !== 'a_1.vtu') return;
    heldBefore = await heldIn(cache);
    throw new NetworkError('the line is cut', { retryable: false });
  };
  expect(isVascuError(await failureOf(files.hold(0)), 'NETWORK')).toBe(true);
  expect(heldBefore).toBeGreaterThanOrEqual(2);
  expect(await heldIn(cache)).toBe(0);
});

test('progress counts the bytes of all files of a sample', async () => {
  const { files } = await stage(['a.pvtu', 'a_0.vtu']);
  const seen: number[] = [];
  (await files.hold(0, { onProgress: (bytes) => seen.push(bytes) })).release();
  expect(seen.at(-1)).toBe(2 * BYTES);
  expect(seen).toEqual(seen.toSorted((a, b) => a - b));
});

test('a sample is cached when all its files are', async () => {
  const { streamer, files } = await stage(['a.pvtu', 'a_0.vtu']);
  const seen = [await files.isCached(0)];
  for (const { path } of files.entries(0)) {
    await streamer.getFile(path);
    seen.push(await files.isCached(0));
  }
  expect(seen).toEqual([false, false, true]);
});

test('an index beyond the samples is a RangeError', async () => {
  const { files } = await stage(['a.vtu']);
  expect(() => files.entries(1)).toThrow(RangeError);
  expect(await failureOf(files.hold(1))).toBeInstanceOf(RangeError);
});

/** Files of samples that are there at once, and which of them are held. */
class CountedFiles implements SampleFiles {
  readonly held = new Set<number>();
  readonly asked: number[] = [];

  entries(index: number) {
    return [{ path: `${index}.vtu`, size: BYTES, version: '1' }];
  }

  bytes(): number {
    return BYTES;
  }

  hold(index: number): Promise<HeldSample> {
    this.asked.push(index);
    this.held.add(index);
    const release = (): void => void this.held.delete(index);
    const file = { place: `${index}.vtu`, bytes: BYTES, release, [Symbol.dispose]: release };
    return Promise.resolve(toHeldSample([file]));
  }

  isCached(): Promise<boolean> {
    return Promise.resolve(false);
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

async function stagePrefetch() {
  const { streamer } = await stage(['a.vtu']);
  const inner = new CountedFiles();
  const { signal } = new AbortController();
  const demand = new Demand();
  const options = { streamer, decoded: undefined, length: 10, prefetchSize: 2, demand, signal };
  return { inner, files: new PrefetchedFiles(inner, options) };
}

test('a sample that came ahead is handed over, not fetched again', async () => {
  const { inner, files } = await stagePrefetch();
  const plan = files.prefetch({ order: [3, 1, 2], concurrency: 1 });
  await expect.poll(() => inner.asked).toEqual([3, 1]);
  (await files.hold(3)).release();
  await expect.poll(() => inner.asked).toEqual([3, 1, 2]);
  plan.close();
});

test('a sample that is skipped lets go of the files that came ahead, and the next ones follow', async () => {
  const { inner, files } = await stagePrefetch();
  const plan = files.prefetch({ order: [3, 1, 2], concurrency: 1 });
  await expect.poll(() => [...inner.held]).toEqual([3, 1]);
  files.skip(3);
  await expect.poll(() => [...inner.held]).toEqual([1, 2]);
  plan.close();
});

test('what came ahead and was not asked for is let go of with the plan', async () => {
  const { inner, files } = await stagePrefetch();
  const plan = files.prefetch({ order: [3, 1, 2], concurrency: 1 });
  await expect.poll(() => [...inner.held]).toEqual([3, 1]);
  plan.close();
  await expect.poll(() => [...inner.held]).toEqual([]);
});

test('closing a dataset ends its loader with a DisposedError and leaves no file held', async () => {
  const source = new MemorySource();
  const mesh = new TextEncoder().encode(smallVtu());
  for (let index = 0; index < 8; index++) source.put(`${index}.vtu`, mesh);
  source.onOpen = async ({ path }) => {
    if (path === '3.vtu') await new Promise<never>(() => undefined);
  };
  const cache = await openCache();
  const dataset = await StreamingVascuDataset.open({ source, cache });
  await using loader = new DataLoader(dataset, { batchSize: 1 });
  const iterator = loader[Symbol.asyncIterator]();
  for (let step = 0; step < 3; step++) await iterator.next();
  const waiting = failureOf(iterator.next());
  // Those behind the one that does not come.
  await expect.poll(() => heldIn(cache)).toBeGreaterThanOrEqual(1);
  await dataset.close();
  expect(isVascuError(await waiting, 'DISPOSED')).toBe(true);
  expect(await heldIn(cache)).toBe(0);
});
