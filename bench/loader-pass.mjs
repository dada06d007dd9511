import { setTimeout as pause } from 'node:timers/promises';
import { StreamingVascuDataset } from '../dist/data.js';
import { DataLoader } from '../dist/loader.js';

/* An epoch over a folder by a program of its own, whose code is new as a user's is: FOLDER WORKERS BODY_MS. */
const [folder, workers, bodyMs] = process.argv.slice(2);
const before = process.cpuUsage();
await using dataset = await StreamingVascuDataset.open({ sourceUrl: folder });
await using loader = new DataLoader(dataset, {
  batchSize: 4,
  numWorkers: workers === 'auto' ? 'auto' : Number(workers),
});
const start = performance.now();
let firstMs = 0;
for await (using batch of loader) {
  firstMs ||= performance.now() - start;
  if (Number(bodyMs) > 0 && batch.numGraphs > 0) await pause(Number(bodyMs));
}
const ms = performance.now() - start;
const threads = loader.stats().workers;
const { user, system } = process.cpuUsage(before);
process.stdout.write(JSON.stringify({ ms, firstMs, cpuMs: (user + system) / 1000, threads }));
