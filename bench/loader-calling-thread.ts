/*
 * What the calling thread does for a graph that a worker makes of a cached file: processor time, ms, the least of some
 * epochs, and bytes of a graph. In a process of its own, whose heap has nothing else in it to look through.
 *
 *   node bench/loader-calling-thread.ts URL CACHE_DIR
 */
const [sourceUrl = '', cacheDir = ''] = process.argv.slice(2);
const built: string = '../dist/index.js';
const { DataLoader, StreamingVascuDataset } = (await import(built)) as typeof import('../src/index.ts');

const EPOCHS = 12;
const busy: number[] = [];
let bytes = 0;
{
  await using dataset = await StreamingVascuDataset.open({ sourceUrl, cacheDir, maxCacheSize: 2e9 });
  await using loader = new DataLoader(dataset, { numWorkers: 2 });
  for (let epoch = 0; epoch < EPOCHS; epoch++) {
    const before = process.threadCpuUsage();
    for await (using _batch of loader) continue;
    const { user, system } = process.threadCpuUsage(before);
    if (epoch > 0) busy.push((user + system) / 1000 / dataset.length);
  }
  bytes = loader.stats().bytes / loader.stats().samples;
}
const sorted = busy.toSorted((a, b) => a - b);
process.stdout.write(
  JSON.stringify({ least: sorted[0], median: sorted[Math.floor(sorted.length / 2)], bytes }),
);
