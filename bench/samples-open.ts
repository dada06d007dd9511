import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { VascuDataset } from '../src/dataset/vascu-dataset.ts';

/*
 * Opening of a dataset in a process of its own, for samples.bench.ts. Arguments: its URL, and the templates of its parts as
 * JSON, or nothing for each file as a sample. The cache is new.
 */
const [sourceUrl = '', templates] = process.argv.slice(2);
const cacheDir = mkdtempSync(join(tmpdir(), 'vascusim-bench-samples-'));
try {
  const samples = templates === undefined ? undefined : (JSON.parse(templates) as Record<string, string>);
  const cpu = process.cpuUsage();
  const start = performance.now();
  const dataset = await VascuDataset.open({ sourceUrl, cacheDir, samples });
  const ms = performance.now() - start;
  const { user, system } = process.cpuUsage(cpu);
  const { length } = dataset;
  await dataset.close();
  const peakMb = process.resourceUsage().maxRSS / 1000;
  process.stdout.write(JSON.stringify({ length, ms, cpuMs: (user + system) / 1000, peakMb }));
} finally {
  rmSync(cacheDir, { recursive: true, force: true });
}
