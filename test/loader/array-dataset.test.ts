import { expect, test } from 'vitest';
import type { Transform } from '../../src/graph/transform.ts';
import { arrayDataset } from '../../src/loader/array-dataset.ts';
import { DataLoader } from '../../src/loader/data-loader.ts';
import { failureOf } from '../temporary-folder.ts';
import { makeGraph } from './graphs.ts';

test('hands out the graphs themselves', async () => {
  const graph = makeGraph('a');
  const dataset = arrayDataset([graph]);
  expect(dataset.length).toBe(1);
  expect(await dataset.get(0)).toBe(graph);
});

test.each([-1, 1, 0.5])('index %d rejects with a RangeError', async (index) => {
  expect(await failureOf(arrayDataset([makeGraph('a')]).get(index))).toBeInstanceOf(RangeError);
});

test('an aborted signal rejects with its reason', async () => {
  expect(await failureOf(arrayDataset([makeGraph('a')]).get(0, { signal: AbortSignal.abort('why') }))).toBe(
    'why',
  );
});

test('transforms get a copy of the graph, the epoch and the numbers of the loader', async () => {
  const graph = { ...makeGraph('a'), parts: { wall: makeGraph('a') } };
  const before = structuredClone(graph);
  const told: unknown[] = [];
  const transform: Transform = (data, { index, epoch, id, random }) => {
    data.pos.data.fill(7);
    data.parts?.['wall']?.pos.data.fill(7);
    told.push([index, epoch, id, random()]);
    return { ...data, graph: { draw: { data: Float32Array.of(random()), shape: [1] } } };
  };
  const dataset = arrayDataset([makeGraph('b'), graph], { transform });
  const draws = async (): Promise<unknown[]> => {
    await using loader = new DataLoader(dataset, { batchSize: 2, seed: 3, arrays: 'fill' });
    const seen: unknown[] = [];
    for (let epoch = 0; epoch < 2; epoch++)
      for await (const batch of loader) seen.push([...(batch.graph['draw']?.data ?? [])]);
    return seen;
  };
  const first = await draws();
  expect(await draws()).toEqual(first);
  expect(first[0]).not.toEqual(first[1]);
  expect(graph).toEqual(before);
  expect(told.slice(0, 4)).toEqual([
    [0, 0, 'b', expect.any(Number)],
    [1, 0, 'a', expect.any(Number)],
    [0, 1, 'b', expect.any(Number)],
    [1, 1, 'a', expect.any(Number)],
  ]);
});

test('an option that it does not have is refused', () => {
  expect(() => arrayDataset([], { transforms: [] } as never)).toThrow(
    /arrayDataset has no option "transforms"/,
  );
});
