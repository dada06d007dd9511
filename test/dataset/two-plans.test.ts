import { expect, onTestFinished, test } from 'vitest';
import type { Prefetch } from '../../src/core/dataset.ts';
import { StreamingVascuDataset } from '../../src/dataset/streaming-vascu-dataset.ts';
import { DataLoader } from '../../src/loader/data-loader.ts';
import { MemorySource } from '../streamers/memory-source.ts';
import { makeFolder } from '../temporary-folder.ts';
import { smallVtu } from './small-mesh.ts';

const SAMPLES = 16;
const ROOM_FOR = 8;
const EPOCHS = 4;
/** Most fetches of three epochs in which what is needed last goes first: half of the samples each, and a few at their ends. */
const MAX_FETCHES = 30;

/** How often meshes are fetched in all epochs but the first, by a cache that has room for half of them. */
async function fetchesOfEpochs(
  eachStep: (dataset: StreamingVascuDataset, step: number) => void,
): Promise<number> {
  const source = new MemorySource();
  const mesh = new TextEncoder().encode(smallVtu({ points: 40 }));
  for (let index = 0; index < SAMPLES; index++) source.put(`${index + 10}.vtu`, mesh);
  const dataset = await StreamingVascuDataset.open({
    source,
    cacheDir: await makeFolder(),
    maxCacheSize: ROOM_FOR * mesh.byteLength,
  });
  onTestFinished(() => dataset.close());
  await using loader = new DataLoader(dataset, { batchSize: 1, shuffle: true, seed: 1 });
  let first = 0;
  for (let epoch = 0; epoch < EPOCHS; epoch++) {
    let step = 0;
    for await (const _ of loader) eachStep(dataset, step++);
    first ||= source.requests.length;
  }
  return source.requests.length - first;
}

test('a second plan over one dataset that comes and goes leaves the first one its order', async () => {
  const alone = await fetchesOfEpochs(() => undefined);
  expect(alone).toBeLessThanOrEqual(MAX_FETCHES);
  let other: Prefetch | undefined;
  const beside = await fetchesOfEpochs((dataset, step) => {
    // It fetches nothing ahead, and knows an order for as long as two samples take.
    if (step === 3) other = dataset.prefetch({ order: [], afterwards: [0], concurrency: 1, maxBytes: 0 });
    if (step === 5) other?.close();
  });
  expect(beside - alone).toBeLessThanOrEqual(2 * (EPOCHS - 1));
});
