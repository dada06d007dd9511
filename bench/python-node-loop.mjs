import { createInterface } from 'node:readline';
import { StreamingVascuDataset } from '../dist/data.js';
import { DataLoader } from '../dist/loader.js';

/* The loop of Node.js beside which python.bench.ts measures: FOLDER BATCH WORKERS. */
const [folder, size, workers] = process.argv.slice(2);
const dataset = await StreamingVascuDataset.open({ sourceUrl: folder });
const loader = new DataLoader(dataset, { batchSize: Number(size), numWorkers: Number(workers) });

/** Reads a number of every page. */
function touch({ pos, edgeIndex, batch, node, cell }) {
  let sum = 0;
  for (const { data } of [pos, edgeIndex, batch, ...Object.values(node), ...Object.values(cell)])
    for (let at = 0; at < data.length; at += 1024) sum += Number(data[at]);
  return sum;
}

for await (const _line of createInterface({ input: process.stdin })) {
  const cpu = process.cpuUsage();
  const start = performance.now();
  let samples = 0;
  for await (using batch of loader) {
    touch(batch);
    samples += batch.numGraphs;
  }
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  process.stdout.write(`${seconds} ${samples} ${(user + system) / 1e6}\n`);
}
process.exit(0);
