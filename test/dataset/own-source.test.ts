import { expect, onTestFinished, test } from 'vitest';
import { isVascuError } from '../../src/core/errors.ts';
import type { VascuDatasetOptions } from '../../src/dataset/dataset-parts.ts';
import { StreamingVascuDataset } from '../../src/dataset/streaming-vascu-dataset.ts';
import type { Batch } from '../../src/graph/batch.ts';
import { DataLoader } from '../../src/loader/data-loader.ts';
import { MemorySource } from '../streamers/memory-source.ts';
import { failureOf, makeFolder } from '../temporary-folder.ts';
import { smallVtu } from './small-mesh.ts';

/** A source that is no part of the library, with three samples of which two have an age. */
function makeSource(): MemorySource & { isClosed: boolean } {
  const source = Object.assign(new MemorySource(), { isClosed: false });
  const put = (path: string, text: string): void => source.put(path, new TextEncoder().encode(text));
  for (const [index, name] of ['a', 'b', 'c'].entries()) {
    put(`cases/${name}.vtu`, smallVtu({ points: 5 + index, pointData: { pressure: index, flow: 7 } }));
  }
  put('cases/a.json', '{"age": 60}');
  put('cases/c.json', '{"age": 70}');
  source[Symbol.asyncDispose] = () => {
    source.isClosed = true;
    return Promise.resolve();
  };
  return source;
}

async function openOver(source: MemorySource, options: Partial<VascuDatasetOptions> = {}) {
  const dataset = await StreamingVascuDataset.open({ source, cacheDir: await makeFolder(), ...options });
  onTestFinished(() => dataset.close());
  return dataset;
}

test.each([0, 1])('batches come from a source of the user with %d workers', async (numWorkers) => {
  const dataset = await openOver(makeSource(), {
    sourceDir: 'cases',
    filterFn: ({ age }) => Number(age) > 50,
    includeAttributes: ['pressure'],
  });
  await using loader = new DataLoader(dataset, { batchSize: 2, numWorkers });
  const batches: Batch[] = [];
  for await (const each of loader) batches.push(each);
  expect(batches).toHaveLength(1);
  const [batch] = batches;
  expect(batch?.ids).toEqual(['cases/a', 'cases/c']);
  expect(batch?.metadata).toEqual([{ age: 60 }, { age: 70 }]);
  expect([...(batch?.ptr.data ?? [])]).toEqual([0, 5, 12]);
  expect([...(batch?.node['pressure']?.data ?? [])]).toEqual([0, 0, 0, 0, 0, 2, 2, 2, 2, 2, 2, 2]);
  expect(Object.keys(batch?.node ?? {})).toEqual(['pressure']);
  expect(dataset.place).toEqual({ source: 'memory://test', why: 'it was given' });
});

test.each([0, -1, 0.5, 1, Number.NaN, Infinity])(
  'a source that says to take %d files at a time gives all of them',
  async (maxConcurrency) => {
    const dataset = await openOver(Object.assign(makeSource(), { maxConcurrency }));
    const ids: string[] = [];
    for await (const { id } of dataset) ids.push(id);
    expect(ids).toEqual(['cases/a', 'cases/b', 'cases/c']);
  },
);

test('what a source gave is kept in the cache', async () => {
  const source = makeSource();
  const cacheDir = await makeFolder();
  for (const expected of [1, 0]) {
    source.bytes = 0;
    await using dataset = await StreamingVascuDataset.open({ source, cacheDir });
    await dataset.get(1);
    expect(Math.min(1, source.bytes)).toBe(expected);
  }
});

test('the source is closed with the dataset', async () => {
  const source = makeSource();
  const dataset = await openOver(source);
  expect(source.isClosed).toBe(false);
  await dataset.close();
  expect(source.isClosed).toBe(true);
});

test.each<[string, Partial<VascuDatasetOptions>]>([
  ['sourceUrl', { sourceUrl: '/data' }],
  ['username', { username: 'ada' }],
  ['streamingType', { streamingType: 'nas' }],
])('%s beside a source is a mistake', async (option, options) => {
  const error = await failureOf(openOver(makeSource(), options));
  expect(isVascuError(error, 'CONFIG') && error.option).toBe(option);
  expect(String(error)).toMatch(/has no meaning beside source/);
});

test('neither a URL nor a source is an error that names both', async () => {
  const error = await failureOf(StreamingVascuDataset.open({}));
  expect(String(error)).toMatch(/needs sourceUrl, .* or source, a source of your own/);
});
