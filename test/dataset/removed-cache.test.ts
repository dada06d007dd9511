import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { WorkModule } from '../../src/core/dataset.ts';
import {
  StreamingVascuDataset,
  type StreamingVascuDatasetOptions,
} from '../../src/dataset/streaming-vascu-dataset.ts';
import { DataLoader } from '../../src/loader/data-loader.ts';
import { MemorySource } from '../streamers/memory-source.ts';
import { makeFolder } from '../temporary-folder.ts';
import { smallPvtu, smallVtu } from './small-mesh.ts';

const COUNT = 12;

/** Requests at which the cache is removed: more often than a sample is tried again nobody removes it. */
const MOST = 24;
const text = new TextEncoder();

type Options = Partial<StreamingVascuDatasetOptions>;

async function open(options: Options) {
  const source = new MemorySource();
  for (let index = 0; index < COUNT; index++) {
    const pressure = { pointData: { pressure: index } };
    const name = `case_${String(index).padStart(2, '0')}`;
    source.put(`${name}/0.vtu`, text.encode(smallVtu(pressure)));
    source.put(`${name}.pvtu`, text.encode(smallPvtu([`${name}/0.vtu`])));
  }
  const cacheDir = join(await makeFolder(), 'cache');
  const dataset = await StreamingVascuDataset.open({ source, cacheDir, ...options });
  onTestFinished(() => dataset.close());
  const removeCache = (): void => rmSync(cacheDir, { recursive: true, force: true });
  return { source, dataset, removeCache };
}

const KINDS: readonly (readonly [string, Options])[] = [
  ['files that stay', {}],
  ['files that go after use', { deleteAfterUse: true }],
  ['decoded samples', { cacheDecoded: true }],
  ['a small cache', { maxCacheSize: 20_000 }],
  ['nothing read ahead', { prefetchSize: 0 }],
];

test.each(KINDS)(
  'with %s all samples come though the cache is removed again and again',
  async (_, options) => {
    const { source, dataset, removeCache } = await open(options);
    let requests = 0;
    source.onOpen = () => {
      if (requests++ % 7 === 6 && requests < MOST) removeCache();
    };
    for (let epoch = 0; epoch < 2; epoch++) {
      const values: unknown[] = [];
      for await (const { node } of dataset) {
        values.push(node['pressure']?.data[0]);
        removeCache();
      }
      expect(values).toEqual(Array.from({ length: COUNT }, (_each, index) => index));
    }
  },
);

test.each(KINDS)('with %s and threads all samples come though the cache is removed', async (_, options) => {
  const { source, dataset, removeCache } = await open(options);
  let requests = 0;
  source.onOpen = () => {
    if (requests++ % 7 === 6 && requests < MOST) removeCache();
  };
  await using loader = new DataLoader(dataset, { batchSize: 3, numWorkers: 2 });
  let count = 0;
  for await (const { node } of loader) {
    count += new Set(Array.from(node['pressure']?.data ?? [], Number)).size;
    removeCache();
  }
  expect(count).toBe(COUNT);
});

test.each(KINDS)(
  'with %s a sample whose files go before they are decoded is brought anew',
  async (_, options) => {
    const { dataset, removeCache } = await open(options);
    for (let epoch = 0; epoch < 2; epoch++) {
      const work = await dataset.work(5);
      removeCache();
      const { run } = (await import(work.module)) as WorkModule;
      const { value } = await run(work.input, new AbortController().signal);
      const graph = await work.finish(value);
      work.release?.();
      expect(graph.node['pressure']?.data[0]).toBe(5);
    }
  },
);
