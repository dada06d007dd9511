import { describe, expect, test } from 'vitest';
import { isVascuError } from '../../src/core/errors.ts';
import type { GraphData } from '../../src/core/graph.ts';
import type { VascuDatasetOptions } from '../../src/dataset/dataset-parts.ts';
import { VascuDataset } from '../../src/dataset/vascu-dataset.ts';
import { Batch } from '../../src/graph/batch.ts';
import { DataLoader } from '../../src/loader/data-loader.ts';
import { smallVtu } from '../dataset/small-mesh.ts';
import { makeGraph } from '../loader/graphs.ts';
import { failureOf, makeFolder } from '../temporary-folder.ts';
import { changeBy, refusals, taken } from './transforms/odd.ts';

type Options = Partial<VascuDatasetOptions>;

const ODD = new URL('./transforms/odd.ts', import.meta.url).href;
const moduleOf = (name: string): string =>
  `data:text/javascript,import { changeBy } from '${ODD}'; export const transform = changeBy('${name}');`;
const FILES = { 'a.vtu': smallVtu(), 'b.vtu': smallVtu(), 'c.vtu': smallVtu() };

async function load(options: Options, numWorkers: number, sourceUrl?: string): Promise<GraphData[]> {
  await using dataset = await VascuDataset.open({
    sourceUrl: sourceUrl ?? (await makeFolder(FILES)),
    ...options,
  });
  await using loader = new DataLoader(dataset, { numWorkers, batchSize: 2 });
  const graphs: GraphData[] = [];
  for await (const batch of loader) {
    graphs.push(...batch.toDataList());
    batch.release();
  }
  return graphs;
}

async function expectRefusal(options: Options, numWorkers: number, message: RegExp): Promise<void> {
  const error = await failureOf(load(options, numWorkers));
  expect([isVascuError(error, 'CONFIG') && error.option, String(error)]).toEqual([
    'transform',
    expect.stringMatching(message),
  ]);
}

describe.each([0, 1])('what a module returns with %i workers', (numWorkers) => {
  test.each(refusals)('is refused, and the sample named: %s', async (name, message) => {
    await expectRefusal({ transform: moduleOf(name) }, numWorkers, message);
  });

  test.each(taken)('is in the batches of all epochs: %s', async (name) => {
    const graphs = await load({ transform: moduleOf(name) }, numWorkers);
    expect(graphs.map(({ graph }) => Array.from(graph?.['odd']?.data as Float32Array))).toEqual(
      graphs.map(() => [1, 2, 3]),
    );
  });
});

describe('what a function returns', () => {
  const alsoByFunctions = refusals.filter(([name]) => !['largeConstant', 'closure'].includes(name));
  test.each(alsoByFunctions)('is refused, and the sample named: %s', async (name, message) => {
    await expectRefusal({ transform: changeBy(name) }, 0, message);
  });

  test.each([...taken, 'largeConstant'])('may be the same for all samples: %s', async (name) => {
    const graphs = await load({ transform: changeBy(name) }, 0);
    expect(graphs).toHaveLength(3);
  });
});

test.each([
  ['positions', { pos: { data: new Float32Array(6), shape: [3, 2] } }, /shape \[3, 2\] as pos/],
  [
    'edges',
    { edgeIndex: { data: new Float64Array(8), shape: [2, 4] }, numEdges: 4 },
    /Float64Array of shape \[2, 4\] as edgeIndex/,
  ],
])('graphs are not joined whose %s are of another form', (_, change, message) => {
  const graph = { ...makeGraph('a'), ...change } as GraphData;
  expect(() => Batch.fromDataList([graph, graph])).toThrow(message);
});

describe('with cacheDecoded', () => {
  const more = { added: { list: [1, Number.NaN, 'x', null] }, flow: 7 };
  const WAYS = ['function', 'module'].flatMap((kind) => [0, 1].map((workers) => [kind, workers] as const));

  test.each(WAYS)(
    'id and metadata that a %s changes are the same again: %i workers',
    async (kind, workers) => {
      const sourceUrl = await makeFolder({ ...FILES, 'metadata.csv': 'file_name,flow,side\na.vtu,1,left\n' });
      const preTransform =
        kind === 'module'
          ? `data:text/javascript,export const preTransform = (data) => ({ ...data, id: data.id + '!', metadata: { ...data.metadata, added: { list: [1, NaN, 'x', null] }, flow: 7 } })`
          : (data: GraphData): GraphData => ({
              ...data,
              id: `${data.id}!`,
              metadata: { ...data.metadata, ...more },
            });
      const options = { preTransform, cacheDecoded: 'v1', cacheDir: await makeFolder() };
      const described = (graphs: GraphData[]): unknown =>
        graphs.map(({ id, metadata }) => ({ id, metadata }));
      const first = described(await load(options, workers, sourceUrl));
      expect(first).toEqual([
        { id: 'a!', metadata: { ...more, side: 'left' } },
        { id: 'b!', metadata: more },
        { id: 'c!', metadata: more },
      ]);
      expect(described(await load(options, workers, sourceUrl))).toEqual(first);
    },
  );

  test.each([
    ['a bigint', 10n],
    ['an object of Date', new Date(0)],
    ['an object of Map', { deep: [new Map()] }],
    ['a function', () => 1],
  ])('metadata that a file cannot hold is refused: %s', async (what, odd) => {
    const preTransform = (data: GraphData): GraphData => ({ ...data, metadata: { odd } });
    const options = { preTransform, cacheDecoded: 'v1', cacheDir: await makeFolder() };
    const error = await failureOf(load(options, 0));
    expect(isVascuError(error, 'CONFIG') && error.option).toBe('preTransform');
    expect(String(error)).toContain(`gave the sample a ${what} in metadata["odd"]`);
  });
});
