import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { VascuDatasetOptions } from '../src/dataset/dataset-parts.ts';
import { VascuDataset } from '../src/dataset/vascu-dataset.ts';
import { DataLoader } from '../src/loader/data-loader.ts';
import { sampleOrder } from '../src/loader/sampler.ts';
import { compileFilter } from '../src/metadata/filter-expression.ts';

/*
 * Opening of a dataset in a process of its own, for catalogue.bench.ts: cold, and twice more with what the cache has, the
 * second time with a filter of the filter language; then a loader over it. Arguments: the address of the dataset, that of
 * an empty one, and more options as JSON. Memory is counted from behind the opening of the empty one.
 */
const [url = '', emptyUrl = '', more = '{}'] = process.argv.slice(2);
const cacheDir = mkdtempSync(join(tmpdir(), 'vascusim-bench-catalogue-'));

/** Resident memory after all garbage is gone, MB. */
function residentMb(): number {
  (globalThis as { gc?: () => void }).gc?.();
  return process.memoryUsage.rss() / 1e6;
}

/** Time that this thread has had the processor, milliseconds. */
function threadMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

/** Runs work and measures it: time, processor time, the longest piece in which no event could run, memory. */
async function measure<Result>(work: () => Promise<Result>) {
  const cpu = process.cpuUsage();
  const start = performance.now();
  let [peak, blockMs, before] = [0, 0, threadMs()];
  const watch = setInterval(() => {
    const now = threadMs();
    blockMs = Math.max(blockMs, now - before);
    peak = Math.max(peak, process.memoryUsage.rss() / 1e6);
    before = threadMs();
  }, 1);
  const result = await work();
  const ms = performance.now() - start;
  await new Promise((resolve) => setTimeout(resolve, 5));
  clearInterval(watch);
  const { user, system } = process.cpuUsage(cpu);
  return { result, ms, cpuMs: (user + system) / 1000, blockMs, peak };
}

function open(sourceUrl: string, filterFn?: VascuDatasetOptions['filterFn']) {
  const options = JSON.parse(more) as Partial<VascuDatasetOptions>;
  const own = filterFn ?? (({ patient_age: age }) => Number(age) > 50);
  return measure(() =>
    VascuDataset.open({ ...options, sourceUrl, cacheDir, filterFn: own } as VascuDatasetOptions),
  );
}

/** Digest of what a catalogue says, to compare two versions of this package. */
function digest({ samples }: VascuDataset): string {
  const hash = createHash('sha256');
  for (let index = 0; index < samples.length; index += Math.max(1, Math.floor(samples.length / 5000)))
    hash.update(JSON.stringify(samples[index]));
  return hash.digest('hex').slice(0, 12);
}

/** Measures an epoch's order, the first batch of a loader and what it says of its state. */
async function load(dataset: VascuDataset) {
  const { length } = dataset;
  const before = process.memoryUsage().arrayBuffers;
  const start = threadMs();
  let last = 0;
  const order = sampleOrder({ length, shuffle: true, seed: 1, epoch: 0 });
  for (const index of order) last = index;
  const shuffleMs = threadMs() - start;
  const shuffleMb = (process.memoryUsage().arrayBuffers - before) / 1e6;
  await using loader = new DataLoader(dataset, { batchSize: 4, shuffle: true, seed: 1 });
  const batches = loader[Symbol.asyncIterator]();
  const first = await measure(() => batches.next());
  // Some batches later, as loops do.
  const { blockMs } = await measure(async () => {
    for (let count = 0; count < 20; count++) await batches.next();
  });
  const begin = threadMs();
  loader.stateDict();
  const stateMs = threadMs() - begin;
  await batches.return(undefined);
  return {
    shuffleMs,
    shuffleMb,
    firstMs: first.ms,
    firstCpuMs: first.cpuMs,
    blockMs: Math.max(first.blockMs, blockMs),
    stateMs,
    last,
  };
}

try {
  const empty = await open(emptyUrl);
  await empty.result.close();
  const base = residentMb();
  const cold = await open(url);
  const held = residentMb() - base;
  const { length } = cold.result;
  const print = digest(cold.result);
  await cold.result.close();
  const again = await open(url);
  const isSame = digest(again.result) === print;
  const loading = await load(again.result);
  await again.result.close();
  const byText = await open(url, compileFilter('patient_age > 50'));
  if (!isSame || digest(byText.result) !== print) throw new Error('The openings differ.');
  await byText.result.close();
  const figures = ({ ms, cpuMs, blockMs, peak }: typeof cold) => ({ ms, cpuMs, blockMs, peak: peak - base });
  const openings = { cold: figures(cold), again: figures(again), byText: figures(byText) };
  process.stdout.write(JSON.stringify({ length, print, held, ...openings, loading }));
} finally {
  rmSync(cacheDir, { recursive: true, force: true });
}
