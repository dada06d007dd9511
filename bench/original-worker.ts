import { parentPort, workerData } from 'node:worker_threads';
import { buffersOf } from '../src/core/graph-buffers.ts';
import { type OriginalOptions, OriginalPrefetch } from './original-prefetch.ts';

/* One of the processes of `OriginalLoader`: a thread here, which hands its arrays over as PyTorch's shared memory does. */
const dataset = new OriginalPrefetch(workerData as OriginalOptions);
let before: Promise<unknown> = Promise.resolve();

parentPort?.on('message', (index: number) => {
  before = before.then(async () => {
    const graph = await dataset.get(index);
    parentPort?.postMessage({ graph, halfRead: dataset.halfRead }, [...new Set(buffersOf(graph))]);
  });
});
parentPort?.postMessage('ready');
