/*
 * Aborts a loader with workers in the middle of an epoch, and prints what is left of threads, sockets and held files.
 *
 *   node test/threads/work/aborted-program.ts URL CACHE_DIR
 */
import { CacheManager, DataLoader, StreamingVascuDataset } from '../../../src/index.ts';

const [sourceUrl = '', cacheDir = ''] = process.argv.slice(2);
let unhandled = 0;
process.on('unhandledRejection', () => unhandled++);
const controller = new AbortController();
const { signal } = controller;
const dataset = await StreamingVascuDataset.open({ sourceUrl, cacheDir, maxCacheSize: 1e8, signal });
// Threads from the first sample on.
Object.defineProperty(dataset, 'worksAnywhere', { value: false });
const loader = new DataLoader(dataset, { numWorkers: 2, batchSize: 2, prefetchBatches: 4, signal });
let failure: unknown;
let batches = 0;
try {
  for await (const _ of loader) {
    // The next one holds a file that never comes.
    if (++batches === 4) setImmediate(() => controller.abort(new Error('stop')));
  }
} catch (error) {
  failure = error;
}
await loader.close();
await dataset.close();
for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
const left = process.getActiveResourcesInfo().filter((each) => /TCP|Message|Worker|Timeout/.test(each));
await using cache = await CacheManager.open({ cacheDir });
await cache.clearAll();
const { fileCount } = await cache.getCacheStats();
const isReason = failure === signal.reason;
process.stdout.write(JSON.stringify({ batches, isReason, left, fileCount, unhandled }));
