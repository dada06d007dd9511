import { setTimeout as wait } from 'node:timers/promises';
import { StreamingVascuDataset } from 'vascusim/data';

// While one sample is used, the next ones are fetched and decoded.
await using dataset = await StreamingVascuDataset.open({
  sourceUrl: process.env['CASES'] ?? '/data/cases',
  prefetch: true,
  prefetchSize: 3, // samples ahead, all of them in memory
});

let used = 0;
for await (const data of dataset) {
  await wait(20); // your training step
  console.log(`${data.id}: ${dataset.stats().samplesRead - ++used} more are ready`);
}
