import { StreamingVascuDataset } from 'vascusim/data';
import { DataLoader } from 'vascusim/loader';

// What holds the loop up, and what to change.
await using dataset = await StreamingVascuDataset.open({
  sourceUrl: process.env['CASES_URL'] ?? 'https://example.org/cases/',
});
await using loader = new DataLoader(dataset, { batchSize: 2, numWorkers: 2 });

const start = performance.now();
for await (const _batch of loader) {
  const { batches, of, samplesPerSecond, etaMs } = loader.progress();
  console.log(
    `batch ${batches} of ${of}: ${samplesPerSecond.toFixed(1)}/s, ${(etaMs ?? 0).toFixed()} ms left`,
  );
}
const seconds = (performance.now() - start) / 1000;

const { samples, bytes, waitMs, consumerMs, latency, boundBy } = loader.stats();
const { hits, misses, bytesDownloaded } = dataset.stats();
console.log(
  `samples       ${samples}: ${(samples / seconds).toFixed(1)}/s, ${(bytes / 1e6 / seconds).toFixed(1)} MB/s`,
);
console.log(`cache         ${hits} hits, ${misses} misses, ${bytesDownloaded} bytes downloaded`);
console.log(`waiting       ${((100 * waitMs) / (waitMs + consumerMs)).toFixed()} % of the loop's time`);
console.log(`fetch, ms     p50 ${latency.fetch.p50.toFixed(1)}, p95 ${latency.fetch.p95.toFixed(1)}`);
console.log(`decode, ms    p50 ${latency.decode.p50.toFixed(1)}, p95 ${latency.decode.p95.toFixed(1)}`);

const advice = {
  network: 'a larger cache, or samples that lie nearer',
  decode: 'a higher numWorkers, or fewer arrays in includeAttributes',
  consumer: 'nothing here: data come as fast as the loop takes them',
};
console.log(`held up by    ${boundBy}: ${boundBy === undefined ? '' : advice[boundBy]}`);
