import { describe, expect, test } from 'vitest';
import { isVascuError } from '../../src/core/errors.ts';
import type { GraphData } from '../../src/core/graph.ts';
import type { VascuDatasetOptions } from '../../src/dataset/dataset-parts.ts';
import { VascuDataset } from '../../src/dataset/vascu-dataset.ts';
import { DataLoader } from '../../src/loader/data-loader.ts';
import { smallVtu } from '../dataset/small-mesh.ts';
import { failureOf, makeFolder } from '../temporary-folder.ts';

const MODULE = new URL('./transforms/prepare.ts', import.meta.url);
const url = (fragment = ''): URL => new URL(`${MODULE.href}${fragment}`);

async function open(options: Partial<VascuDatasetOptions>): Promise<VascuDataset> {
  const files = { 'a.vtu': smallVtu({ pointData: { pressure: 500 } }), 'a.json': '{"age": 60}' };
  return VascuDataset.open({ sourceUrl: await makeFolder(files), ...options });
}

/** The only sample, decoded by a worker or on the calling thread. */
async function load(dataset: VascuDataset, numWorkers: number): Promise<GraphData | undefined> {
  const collate = (graphs: readonly GraphData[]): readonly GraphData[] => graphs;
  await using loader = new DataLoader(dataset, { numWorkers, collate });
  for await (const [graph] of loader) return graph;
  return undefined;
}

describe.each([0, 1])('transforms of a module, with %d workers', (numWorkers) => {
  const place = numWorkers === 0 ? 'calling thread' : 'worker';

  test('run where the sample is decoded, and see its metadata', async () => {
    await using dataset = await open({ preTransform: url(), transform: url().href });
    const sample = await load(dataset, numWorkers);
    expect(sample?.metadata).toEqual({ age: 60, preTransform: place, transform: place });
    expect(Object.getPrototypeOf(sample?.node)).toBeNull();
  });

  test('may be named by the fragment, and change arrays', async () => {
    await using dataset = await open({ transform: url('#scaled') });
    expect((await load(dataset, numWorkers))?.node['pressure']?.data).toEqual(new Float32Array(4).fill(0.5));
  });

  test('come before a function', async () => {
    const transform = (data: GraphData): GraphData => ({
      ...data,
      id: `${String(data.metadata['preTransform'])}, then here`,
    });
    await using dataset = await open({ preTransform: url(), transform });
    expect((await load(dataset, numWorkers))?.id).toBe(`${place}, then here`);
  });

  test('run on the calling thread after a function', async () => {
    const preTransform = (data: GraphData): GraphData => ({ ...data, metadata: { first: true } });
    await using dataset = await open({ preTransform, transform: url() });
    expect((await load(dataset, numWorkers))?.metadata).toEqual({ first: true, transform: 'calling thread' });
  });

  test.each([
    ['#broken', /transform failed for the sample a: no such layer/],
    ['#forgetful', /transform gave no graph for the sample a/],
    ['#missing', /exports no function "missing"/],
    ['#partial', /transform gave no graph for the sample a/],
    ['/nothing', /cannot be imported: .*nothing: Cannot find module/],
  ])('that end in %s fail with what is wrong', async (fragment, message) => {
    await using dataset = await open({ transform: url(fragment) });
    const error = await failureOf(load(dataset, numWorkers));
    expect(isVascuError(error, 'CONFIG') && error.option).toBe('transform');
    expect(String(error)).toMatch(message);
  });
});

test('a function that fails names option and sample', async () => {
  const cause = new TypeError('no such layer');
  const preTransform = (): GraphData => {
    throw cause;
  };
  await using dataset = await open({ preTransform });
  const error = await failureOf(dataset.get(0));
  expect(isVascuError(error, 'CONFIG') && error.option).toBe('preTransform');
  expect((error as Error).message).toBe('preTransform failed for the sample a: no such layer');
  expect((error as Error).cause).toBe(cause);
});

test('a path that is no URL is refused, with what to write instead', async () => {
  const error = await failureOf(open({ transform: './transforms/prepare.ts' }));
  expect(isVascuError(error, 'CONFIG') && error.option).toBe('transform');
  expect(String(error)).toContain('import.meta.url');
});

test('a transform that an abort ends rejects with its reason', async () => {
  const controller = new AbortController();
  const transform = (): GraphData => {
    controller.abort('stop');
    throw new Error('aborted');
  };
  await using dataset = await open({ transform });
  expect(await failureOf(dataset.get(0, { signal: controller.signal }))).toBe('stop');
});
