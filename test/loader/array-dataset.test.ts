import { expect, test } from 'vitest';
import { arrayDataset } from '../../src/loader/array-dataset.ts';
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
