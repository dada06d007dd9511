import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { StreamingVascuDataset } from 'vascusim/data';
import { DataLoader } from 'vascusim/loader';

// A data set that does not fit on the disk: shuffled, decoded by workers, resumed where it stopped.
const checkpoint = process.env['CHECKPOINT'] ?? 'checkpoint.json';
const stopAfter = Number(process.env['STOP_AFTER'] ?? Number.POSITIVE_INFINITY);

await using dataset = await StreamingVascuDataset.open({
  sourceUrl: process.env['CASES_URL'] ?? 'https://example.org/cases/',
  includeAttributes: ['pressure', 'velocity'],
  maxCacheSize: 20 * 1024 ** 3, // the rest is fetched again when its turn comes
});
await using loader = new DataLoader(dataset, {
  batchSize: 4,
  shuffle: true,
  seed: 42,
  numWorkers: 2,
});
if (existsSync(checkpoint)) loader.loadStateDict(JSON.parse(await readFile(checkpoint, 'utf8')));

let steps = 0;
while (loader.epoch < 2 && steps < stopAfter) {
  for await (const batch of loader) {
    console.log(`epoch ${loader.epoch}: ${batch.ids.join(' ')}`); // your training step
    await writeFile(checkpoint, JSON.stringify(loader.stateDict()));
    if (++steps === stopAfter) break;
  }
}
