import { expect, test } from 'vitest';
import type { Dataset } from '../../src/core/dataset.ts';
import { DataLoader } from '../../src/loader/data-loader.ts';
import { makeGraph } from './graphs.ts';

/** Dataset of many samples that counts how often it is asked for an id. */
function manySamples(length: number): Dataset & { asked: number } {
  const dataset = {
    length,
    samples: Array.from({ length }, (_, index) => ({ id: `sample ${index}` })),
    asked: 0,
    idOf(index: number): string {
      dataset.asked++;
      return `sample ${index}`;
    },
    get: (index: number) => Promise.resolve(makeGraph(`sample ${index}`)),
  };
  return dataset;
}

test('the state of many samples is made ready between batches, and is the same', async () => {
  const dataset = manySamples(40_000);
  await using loader = new DataLoader(dataset, { batchSize: 1 });
  const batches = loader[Symbol.asyncIterator]();
  await batches.next();
  // As long as a loop takes; the ids go on by themselves.
  while (dataset.asked < dataset.length) await new Promise((resolve) => setImmediate(resolve));
  const { agreement } = loader.stateDict();
  expect(dataset.asked).toBe(dataset.length);
  await using other = new DataLoader(manySamples(40_000), { batchSize: 1 });
  expect(other.stateDict().agreement).toEqual(agreement);
  // As versions before this one wrote it.
  expect(agreement.ids).toBe('40066fb34619ee35');
  await batches.return(undefined);
});

test('a state that is asked for meanwhile is whole, and an iteration that ends takes its work with it', async () => {
  const dataset = manySamples(40_000);
  await using loader = new DataLoader(dataset, { batchSize: 1 });
  for await (const _ of loader) break;
  await new Promise((resolve) => setTimeout(resolve));
  expect(dataset.asked).toBeLessThan(dataset.length);
  expect(loader.stateDict().agreement.ids).toBe('40066fb34619ee35');
  expect(dataset.asked).toBe(dataset.length);
});
