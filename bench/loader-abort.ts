/*
 * Aborts a loader with two workers in the middle of an epoch, three times: how long until all is closed, and what is
 * left of sockets, threads and held files.
 *
 *   node bench/loader-abort.ts URL CACHE_DIR
 */
const [sourceUrl = '', cacheDir = ''] = process.argv.slice(2);
const built: string = '../dist/index.js';
const { CacheManager, DataLoader, StreamingVascuDataset } = (await import(
  built
)) as typeof import('../src/index.ts');

let unhandled = 0;
process.on('unhandledRejection', () => unhandled++);
const ms: number[] = [];
const left: string[] = [];
for (let round = 0; round < 3; round++) {
  const controller = new AbortController();
  const { signal } = controller;
  const dataset = await StreamingVascuDataset.open({ sourceUrl, cacheDir, maxCacheSize: 2e9, signal });
  const loader = new DataLoader(dataset, { numWorkers: 2, batchSize: 2, signal });
  let start = 0;
  try {
    let count = 0;
    for await (const batch of loader) {
      batch.release();
      if (++count < 5 + round) continue;
      setTimeout(() => {
        start = performance.now();
        controller.abort(new Error('stop'));
      }, 15);
    }
  } catch (error) {
    if (error !== signal.reason) throw error;
  }
  await loader.close();
  await dataset.close();
  ms.push(performance.now() - start);
  await new Promise(setImmediate);
  left.push(...process.getActiveResourcesInfo().filter((each) => /TCP|Message|Worker|TLS/.test(each)));
  await using cache = await CacheManager.open({ cacheDir });
  await cache.clearAll();
  const { fileCount } = await cache.getCacheStats();
  if (fileCount > 0) left.push(`${fileCount} held files`);
}
process.stdout.write(JSON.stringify({ ms, left, unhandled }));
