import { expect, onTestFinished, test } from 'vitest';
import { Demand } from '../../src/dataset/demand.ts';
import { Prefetcher } from '../../src/dataset/prefetcher.ts';
import { type HeldSample, type SampleFiles, toHeldSample } from '../../src/dataset/sample-files.ts';
import { DataStreamer } from '../../src/streamers/data-streamer.ts';
import { MemorySource } from '../streamers/memory-source.ts';
import { makeFolder } from '../temporary-folder.ts';

/** A plan of a hundred samples, from the last one on, of whose files none arrives before `arrive` is called. */
async function stage(isCached: (index: number) => boolean, maxSamples?: number) {
  const source = new MemorySource();
  const told: string[] = [];
  Object.assign(source, { anticipate: (paths: readonly string[]) => told.push(...paths) });
  const streamer = new DataStreamer(source, { cacheDir: await makeFolder(), maxCacheSize: 2 ** 30 });
  onTestFinished(() => streamer.close());
  const order = Array.from({ length: 100 }, (_, index) => 99 - index);
  const arriving: ((held: HeldSample) => void)[] = [];
  const files: SampleFiles = {
    entries: (index) => [{ path: `${index}.vtu`, size: 1000, version: '1' }],
    bytes: () => 1000,
    hold: () => new Promise((resolve) => void arriving.push(resolve)),
    isCached: (index) => Promise.resolve(isCached(index)),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  const { signal } = new AbortController();
  const options = {
    streamer,
    decoded: undefined,
    demand: new Demand(),
    length: 100,
    maxSamples,
    signal,
  };
  const prefetcher = new Prefetcher(files, { order, concurrency: 1 }, options);
  onTestFinished(async () => {
    const ended = prefetcher.close();
    for (const resolve of arriving) resolve(toHeldSample([]));
    await ended;
  });
  return { told, arrive: () => arriving.shift()?.(toHeldSample([])) };
}

const paths = (from: number, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${from - index}.vtu`);

test('a source is told what comes next, in the order of the plan, while the first file comes', async () => {
  const { told } = await stage(() => false);
  await expect.poll(() => told.length).toBe(16);
  expect(told).toEqual(paths(98, 16));
});

test('a source is told of each file once as the plan goes on', async () => {
  const { told, arrive } = await stage(() => false);
  await expect.poll(() => told.length).toBe(16);
  arrive();
  await expect.poll(() => told.length).toBeGreaterThan(16);
  expect(told).toEqual(paths(98, told.length));
});

test('a source is told of no more samples than may be ahead', async () => {
  const { told } = await stage(() => false, 5);
  await expect.poll(() => told.length).toBe(4);
  expect(told).toEqual(paths(98, 4));
});

test('a source is told nothing of what is cached', async () => {
  const { told } = await stage((index) => index % 2 === 0);
  await expect.poll(() => told.length).toBe(8);
  expect(told).toEqual([97, 95, 93, 91, 89, 87, 85, 83].map((index) => `${index}.vtu`));
});
