import { describe, expect, test } from 'vitest';
import { StreamingVascuDataset } from '../../src/data.ts';
import { SampleSubset } from '../../src/engine/sample-subset.ts';
import { arrayDataset } from '../../src/loader.ts';
import { smallVtu } from '../dataset/small-mesh.ts';
import { makeFolder } from '../temporary-folder.ts';

describe('samples of a subset that are asked for one after the other', () => {
  /** Orders that are fetched ahead while the first three of four samples are asked for. */
  async function fetchedAhead(looksAhead: boolean): Promise<readonly (readonly number[])[]> {
    const orders: number[][] = [];
    const graphs = Array.from({ length: 8 }, (_, at) => ({ id: String(at) }));
    const whole = {
      ...arrayDataset(graphs as never),
      length: graphs.length,
      get: async (index: number) => graphs[index] as never,
      looksAhead,
      prefetch: ({ order }: { readonly order: Iterable<number> }) => {
        orders.push([...order]);
        return { close: () => undefined };
      },
    };
    const subset = new SampleSubset(whole, [1, 3, 5, 7]);
    for (const index of [0, 1, 2]) await subset.get(index);
    return orders;
  }

  test('have the next ones fetched', async () => {
    expect(await fetchedAhead(true)).toEqual([[1, 3, 5, 7]]);
  });

  test('have nothing fetched where the dataset looks at nothing ahead', async () => {
    expect(await fetchedAhead(false)).toEqual([]);
  });

  test.each([
    [undefined, true],
    [{ prefetch: false }, false],
    [{ prefetchSize: 0 }, false],
  ])('a streaming dataset with %j says whether it does', async (options, looksAhead) => {
    const folder = await makeFolder({ 'a.vtu': smallVtu({ points: 4 }) });
    await using dataset = await StreamingVascuDataset.open({ sourceUrl: folder, ...options });
    expect(dataset.looksAhead).toBe(looksAhead);
  });
});
