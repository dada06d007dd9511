import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { VascuDataset } from '../src/dataset/vascu-dataset.ts';

/*
 * Opening of a dataset in a process of its own, for catalogue.bench.ts: cold, and once more with what the cache has.
 * Arguments: the URL of the dataset and that of an empty one. Memory is counted from behind the opening of the empty one.
 */
const [url = '', emptyUrl = ''] = process.argv.slice(2);
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

/** Opens a dataset and measures it. */
async function open(sourceUrl: string) {
  const cpu = process.cpuUsage();
  const start = performance.now();
  let [peak, blockMs, before] = [0, 0, threadMs()];
  const watch = setInterval(() => {
    const now = threadMs();
    blockMs = Math.max(blockMs, now - before);
    peak = Math.max(peak, process.memoryUsage.rss() / 1e6);
    before = threadMs();
  }, 1);
  const dataset = await VascuDataset.open({
    sourceUrl,
    cacheDir,
    filterFn: ({ patient_age: age }) => Number(age) > 50,
  });
  const ms = performance.now() - start;
  await new Promise((resolve) => setTimeout(resolve, 5));
  clearInterval(watch);
  const { user, system } = process.cpuUsage(cpu);
  return { dataset, ms, cpuMs: (user + system) / 1000, blockMs, peak };
}

/** Digest of what a catalogue says, to compare two versions of this package. */
function digest({ samples }: VascuDataset): string {
  const hash = createHash('sha256');
  for (let index = 0; index < samples.length; index += Math.max(1, Math.floor(samples.length / 5000)))
    hash.update(JSON.stringify(samples[index]));
  return hash.digest('hex').slice(0, 12);
}

try {
  const empty = await open(emptyUrl);
  await empty.dataset.close();
  const base = residentMb();
  const cold = await open(url);
  const held = residentMb() - base;
  const length = cold.dataset.length;
  const print = digest(cold.dataset);
  await cold.dataset.close();
  const again = await open(url);
  await again.dataset.close();
  const figures = ({ ms, cpuMs, blockMs, peak }: typeof cold) => ({ ms, cpuMs, blockMs, peak: peak - base });
  process.stdout.write(JSON.stringify({ length, print, held, cold: figures(cold), again: figures(again) }));
} finally {
  rmSync(cacheDir, { recursive: true, force: true });
}
