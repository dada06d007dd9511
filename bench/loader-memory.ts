/*
 * Ten epochs of a loader: the peak of the process's memory in each, MB over what it had before the first one.
 *
 *   node bench/loader-memory.ts URL CACHE_DIR
 */
const [sourceUrl = '', cacheDir = ''] = process.argv.slice(2);
const built: string = '../dist/index.js';
const { DataLoader, StreamingVascuDataset } = (await import(built)) as typeof import('../src/index.ts');

const MB = 1024 ** 2;
const prefetchBytes = 64 * MB;
const peaks: number[] = [];
let batchBytes = 0;
{
  await using dataset = await StreamingVascuDataset.open({ sourceUrl, cacheDir, maxCacheSize: 2e9 });
  const before = process.memoryUsage.rss();
  await using loader = new DataLoader(dataset, {
    batchSize: 8,
    shuffle: true,
    prefetchBytes,
    prefetchBatches: 4,
    onBatch: ({ bytes }) => {
      batchBytes = Math.max(batchBytes, bytes);
    },
  });
  for (let epoch = 0; epoch < 10; epoch++) {
    let peak = 0;
    const look = (): void => {
      peak = Math.max(peak, process.memoryUsage.rss());
    };
    const timer = setInterval(look, 5);
    for await (using _batch of loader) {
      look();
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    clearInterval(timer);
    peaks.push((peak - before) / MB);
  }
}
process.stdout.write(JSON.stringify({ peaks, batch: batchBytes / MB, prefetch: prefetchBytes / MB }));
