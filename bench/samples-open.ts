import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { VascuDataset, type VascuDatasetOptions } from '../src/data.ts';

/*
 * Opening of a dataset in a process of its own, for samples.bench.ts. Arguments: its URL, and more of its options as
 * JSON. The cache is new.
 */
const [sourceUrl = '', more = '{}'] = process.argv.slice(2);
const cacheDir = mkdtempSync(join(tmpdir(), 'vascusim-bench-samples-'));

/** Time that this thread has had the processor, milliseconds. */
function threadMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

try {
  const options = JSON.parse(more) as VascuDatasetOptions;
  const cpu = process.cpuUsage();
  const start = performance.now();
  let [blockMs, before] = [0, threadMs()];
  const watch = setInterval(() => {
    const now = threadMs();
    blockMs = Math.max(blockMs, now - before);
    before = now;
  }, 1);
  const dataset = await VascuDataset.open({ ...options, sourceUrl, cacheDir });
  const ms = performance.now() - start;
  const { user, system } = process.cpuUsage(cpu);
  clearInterval(watch);
  const { length } = dataset;
  await dataset.close();
  const peakMb = process.resourceUsage().maxRSS / 1000;
  process.stdout.write(JSON.stringify({ length, ms, cpuMs: (user + system) / 1000, blockMs, peakMb }));
} finally {
  rmSync(cacheDir, { recursive: true, force: true });
}
