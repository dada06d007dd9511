import { describe, expect, test, vi } from 'vitest';
import { isVascuError } from '../../src/core/errors.ts';
import type { GraphData } from '../../src/core/graph.ts';
import type { VascuDatasetOptions } from '../../src/dataset/dataset-parts.ts';
import { StreamingVascuDataset } from '../../src/dataset/streaming-vascu-dataset.ts';
import { VascuDataset } from '../../src/dataset/vascu-dataset.ts';
import type { Batch } from '../../src/graph/batch.ts';
import { arrayDataset } from '../../src/loader/array-dataset.ts';
import { DataLoader } from '../../src/loader/data-loader.ts';
import { smallVtu } from '../dataset/small-mesh.ts';
import { makeGraph } from '../loader/graphs.ts';
import { failureOf, makeFolder } from '../temporary-folder.ts';
import { described, surplus } from './transforms/prepare.ts';

type Options = Partial<VascuDatasetOptions>;

const moduleOf = (name: string): URL => new URL(`./transforms/prepare.ts#${name}`, import.meta.url);
const optionsOf = (
  option: 'preTransform' | 'transform',
  transform: VascuDatasetOptions['transform'],
): Options => ({ [option]: transform });

async function open(options: Options, sourceUrl?: string): Promise<VascuDataset> {
  const files = { 'a.vtu': smallVtu(), 'b.vtu': smallVtu() };
  return VascuDataset.open({ sourceUrl: sourceUrl ?? (await makeFolder(files)), ...options });
}

async function loadBatch(dataset: VascuDataset, numWorkers = 0, batchSize = 2): Promise<Batch> {
  await using loader = new DataLoader(dataset, { numWorkers, batchSize });
  for await (const batch of loader) return batch;
  throw new Error('there is no batch');
}

const WAYS = [0, 2].flatMap((numWorkers) =>
  (['preTransform', 'transform'] as const).flatMap((option) => [
    { numWorkers, option, kind: 'module' as const },
    { numWorkers, option, kind: 'function' as const },
  ]),
);

describe.each(WAYS)('a $kind as $option with $numWorkers workers', ({ numWorkers, option, kind }) => {
  test('may add edge and graph values, which batches keep', async () => {
    await using dataset = await open(
      optionsOf(option, kind === 'module' ? moduleOf('described') : described),
    );
    const batch = await loadBatch(dataset, numWorkers);
    const own = Array.from({ length: batch.numEdges / 2 }, (_, at) => at);
    expect(batch.edge['weight']).toEqual({
      data: Float32Array.from([...own, ...own]),
      shape: [batch.numEdges],
    });
    expect(batch.graph['target']).toEqual({ data: Float32Array.of(97, 98), shape: [2] });
    expect(batch.graph['inflow']).toEqual({ data: Float64Array.of(1, 2, 3, 1, 2, 3), shape: [2, 3] });
    expect(batch.get(1).graph?.['inflow']).toEqual({ data: Float64Array.of(1, 2, 3), shape: [3] });
  });

  test('that adds a key which graphs do not have is refused, and the key named', async () => {
    await using dataset = await open(optionsOf(option, kind === 'module' ? moduleOf('surplus') : surplus));
    const error = await failureOf(loadBatch(dataset, numWorkers));
    expect(isVascuError(error, 'CONFIG') && error.option).toBe(option);
    expect(String(error)).toMatch(/gave the sample a the key "y".*edge.*graph.*metadata/);
  });
});

test('a batch of one graph that takes over its memory keeps edge and graph values', async () => {
  await using dataset = await open({ transform: moduleOf('described') });
  const batch = await loadBatch(dataset, 0, 1);
  expect(batch.graph['inflow']).toEqual({ data: Float64Array.of(1, 2, 3), shape: [1, 3] });
  expect(batch.edge['weight']?.shape).toEqual([batch.numEdges]);
  batch.release();
  expect(batch.edge['weight']?.data).toHaveLength(0);
});

test.each(['module', 'function'])('cacheDecoded keeps what a preTransform, a %s, adds', async (kind) => {
  const sourceUrl = await makeFolder({ 'a.vtu': smallVtu() });
  const preTransform = kind === 'module' ? moduleOf('described') : described;
  const options = { preTransform, cacheDecoded: 'v1', cacheDir: await makeFolder() };
  await using dataset = await open(options, sourceUrl);
  const made = await dataset.get(0);
  const first = dataset.stats().bytesRead;
  const kept = await vi.waitFor(async () => {
    const before = dataset.stats().bytesRead;
    const again = await dataset.get(0);
    expect(dataset.stats().bytesRead - before).not.toBe(first);
    return again;
  });
  expect(kept).toEqual(made);
  expect(Object.getPrototypeOf(kept.edge)).toBeNull();
});

test('a custom collate gets edge and graph values, and no sample with another key', async () => {
  const ids: (readonly string[])[] = [];
  const collate = (graphs: readonly GraphData[]): void => {
    ids.push(graphs.flatMap(({ edge, graph }) => Object.keys({ ...edge, ...graph })));
  };
  await using good = await open({ transform: described });
  await using loader = new DataLoader(good, { collate });
  for await (const _ of loader) break;
  expect(ids[0]).toEqual(['weight', 'target', 'inflow']);
  await using bad = await open({ transform: surplus });
  await using refused = new DataLoader(bad, { collate });
  expect(String(await failureOf(refused[Symbol.asyncIterator]().next()))).toContain('"y"');
});

test('plain iteration over a streaming dataset refuses an unknown key too', async () => {
  const sourceUrl = await makeFolder({ 'a.vtu': smallVtu() });
  await using dataset = await StreamingVascuDataset.open({ sourceUrl, transform: surplus });
  expect(String(await failureOf(dataset[Symbol.asyncIterator]().next()))).toContain('the key "y"');
});

test('graphs in memory with an unknown key are not batched', async () => {
  await using loader = new DataLoader(arrayDataset([surplus(makeGraph('a'))]), { batchSize: 1 });
  const error = await failureOf(loader[Symbol.asyncIterator]().next());
  expect(isVascuError(error, 'CONFIG') && error.option).toBe('graphs');
  expect(String(error)).toMatch(/sample a has the key "y"/);
});

test('a key set to undefined is none', async () => {
  await using dataset = await open({ transform: (data) => ({ ...data, y: undefined }) as GraphData });
  expect((await loadBatch(dataset)).numGraphs).toBe(2);
});

test.each([
  [{ edge: { weight: [1, 2] } }, /an array of 2 as edge\["weight"\]/],
  [{ graph: { target: 5 } }, /5 as graph\["target"\], which must be an array with its shape/],
  [{ graph: 'much' }, /"much" as graph, which must be an object of arrays/],
])('what is no array by its name is refused: %j', async (added, message) => {
  await using dataset = await open({ transform: (data) => ({ ...data, ...added }) as unknown as GraphData });
  const error = await failureOf(dataset.get(0));
  expect(isVascuError(error, 'CONFIG') && error.option).toBe('transform');
  expect(String(error)).toMatch(message);
});
