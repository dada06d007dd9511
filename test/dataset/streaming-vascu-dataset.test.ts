import { describe, expect, test } from 'vitest';
import { isVascuError } from '../../src/core/errors.ts';
import type { GraphData } from '../../src/core/graph.ts';
import {
  StreamingVascuDataset,
  type StreamingVascuDatasetOptions,
} from '../../src/dataset/streaming-vascu-dataset.ts';
import { VascuDataset } from '../../src/dataset/vascu-dataset.ts';
import { failureOf, makeFolder } from '../temporary-folder.ts';
import { smallVtu } from './small-mesh.ts';

const COUNT = 8;
const IDS = Array.from({ length: COUNT }, (_, index) => `case_${index}`);

/** A dataset that records when samples are done, and lets the test hold them up. */
async function open(options: Partial<StreamingVascuDatasetOptions> = {}, broken?: number) {
  const files = Object.fromEntries(
    IDS.map((id, index) => [`${id}.vtu`, index === broken ? 'broken' : smallVtu({ points: 4 + index })]),
  );
  const done: string[] = [];
  const waiting: { readonly count: number; readonly resolve: () => void }[] = [];
  const transform = (data: GraphData): GraphData => {
    done.push(data.id);
    for (const { count, resolve } of waiting) if (done.length >= count) resolve();
    return data;
  };
  const dataset = await StreamingVascuDataset.open({
    sourceUrl: await makeFolder(files),
    transform,
    ...options,
  });
  /** Resolves when so many samples are done. */
  const doneAtLeast = (count: number): Promise<void> =>
    new Promise((resolve) => {
      waiting.push({ count, resolve });
      if (done.length >= count) resolve();
    });
  return { dataset, done, doneAtLeast };
}

/** Lets the event loop turn often enough for any sample to be read that is going to be. */
async function idle(): Promise<void> {
  for (let turn = 0; turn < 200; turn++) await new Promise((resolve) => setTimeout(resolve, 0));
}

describe('StreamingVascuDataset', () => {
  test('is a VascuDataset', async () => {
    const { dataset } = await open();
    expect(dataset).toBeInstanceOf(VascuDataset);
    expect((await dataset.get(3)).numNodes).toBe(7);
    await dataset.close();
  });

  test('iterates in order', async () => {
    const { dataset } = await open();
    const ids: string[] = [];
    for await (const { id } of dataset) ids.push(id);
    expect(ids).toEqual(IDS);
    await dataset.close();
  });

  test('reads prefetchSize samples ahead while one is used, and no more', async () => {
    const { dataset, done, doneAtLeast } = await open({ prefetchSize: 3 });
    const iterator = dataset[Symbol.asyncIterator]();
    await iterator.next();
    await doneAtLeast(4);
    await idle();
    expect(done.toSorted()).toEqual(IDS.slice(0, 4));
    await iterator.next();
    await doneAtLeast(5);
    await idle();
    expect(done.toSorted()).toEqual(IDS.slice(0, 5));
    await iterator.return();
    await dataset.close();
  });

  test.each([{ prefetch: false }, { prefetchSize: 0 }])('with %j reads nothing ahead', async (options) => {
    const { dataset, done } = await open(options);
    const iterator = dataset[Symbol.asyncIterator]();
    await iterator.next();
    await idle();
    expect(done).toEqual(IDS.slice(0, 1));
    await iterator.return();
    await dataset.close();
  });

  test('break stops the work in the background', async () => {
    const { dataset, done } = await open({ prefetchSize: 2 });
    for await (const { id } of dataset) if (id === 'case_1') break;
    const count = done.length;
    expect(count).toBeLessThanOrEqual(4);
    await idle();
    expect(done).toHaveLength(count);
    await dataset.close();
  });

  test('a broken sample fails in its turn', async () => {
    const { dataset } = await open({ prefetchSize: 5 }, 3);
    const ids: string[] = [];
    const iterate = async (): Promise<void> => {
      for await (const { id } of dataset) {
        ids.push(id);
        await idle();
      }
    };
    expect(await failureOf(iterate())).toMatchObject({ code: 'FORMAT', path: 'case_3.vtu' });
    expect(ids).toEqual(IDS.slice(0, 3));
    await dataset.close();
  });

  test('an abort ends the iteration with its reason', async () => {
    const controller = new AbortController();
    const { dataset, done } = await open({ signal: controller.signal });
    const iterator = dataset[Symbol.asyncIterator]();
    await iterator.next();
    const reason = new Error('stop');
    controller.abort(reason);
    expect(await failureOf(iterator.next())).toBe(reason);
    const count = done.length;
    await idle();
    expect(done).toHaveLength(count);
    await dataset.close();
  });

  test('closing ends the iteration with a DisposedError', async () => {
    const { dataset } = await open();
    const iterator = dataset[Symbol.asyncIterator]();
    await iterator.next();
    await dataset.close();
    expect(isVascuError(await failureOf(iterator.next()), 'DISPOSED')).toBe(true);
  });

  test.each([-1, 1.5, Number.NaN])('prefetchSize %d is a ConfigError', async (prefetchSize) => {
    const error = await failureOf(open({ prefetchSize }));
    expect(isVascuError(error, 'CONFIG') && error.option).toBe('prefetchSize');
  });

  test('takes every option of the guide that has no effect on a folder', async () => {
    const { dataset } = await open({ deleteAfterUse: true, cacheDir: '/nowhere', maxCacheSize: 1 });
    await dataset.get(0);
    await dataset.get(0);
    await dataset.close();
  });
});
