import { StreamingVascuDataset } from '../dist/data.js';
import { DataLoader } from '../dist/loader.js';

/*
 * First sample of a program: URL of a folder, number of worker threads ('auto', 0, 2, or 'plain' for its file by
 * node:http into nothing), folder of the cache. Prints the milliseconds from opening on, modules being there.
 */
const [url, workers, cacheDir] = process.argv.slice(2);

async function plain(from) {
  // A program of ours does not load all of it.
  const { get } = await import('node:http');
  start = performance.now();
  return new Promise((resolve, reject) => {
    get(from, (message) => message.on('data', () => undefined).on('end', resolve)).on('error', reject);
  });
}

let start = performance.now();
let ms;
if (workers === 'plain') {
  await plain(`${url}case_0000.vtu`);
  ms = performance.now() - start;
} else {
  await using dataset = await StreamingVascuDataset.open({ sourceUrl: url, cacheDir });
  const opened = performance.now();
  await using loader = new DataLoader(dataset, {
    batchSize: 1,
    numWorkers: workers === 'auto' ? 'auto' : Number(workers),
  });
  for await (using batch of loader) {
    ms ??= performance.now() - start;
    if (batch.numGraphs > 0) break;
  }
  process.stdout.write(JSON.stringify({ ms, openMs: opened - start }));
  process.exit(0);
}
process.stdout.write(JSON.stringify({ ms, openMs: 0 }));
process.exit(0);
