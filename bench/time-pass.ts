/*
 * One pass over the windows of a result, in a process of its own:
 *
 *   node bench/time-pass.ts OPTIONS
 *
 * OPTIONS is JSON: sourceUrl, cacheDir, sharedMesh, steps (how many), how (`loader`, `shuffled`, `get` or `mesh`: the latter
 * reads the arrays of each window and the mesh anew). Prints JSON: ms, windows, peak memory in MB, bytes fetched.
 */
import { readFileSync } from 'node:fs';

const built: string = '../dist/index.js';
const { DataLoader, StreamingVascuDataset, meshToGraph, readMesh } = (await import(
  built
)) as typeof import('../src/index.ts');

interface Pass {
  readonly sourceUrl: string;
  readonly cacheDir?: string;
  readonly sharedMesh?: 'series';
  readonly steps?: number;
  readonly how: 'loader' | 'shuffled' | 'get' | 'mesh';
}

const { how, steps = 200, ...place } = JSON.parse(process.argv[2] ?? '{}') as Pass;
const FIELDS = ['pressure', 'velocity'];
const FIRST_STEP = 1000;
const STEP_SPACING = 5;

const begin = performance.now();
await using dataset = await StreamingVascuDataset.open({
  ...place,
  includeAttributes: FIELDS,
  time: { window: { length: 2 }, steps: { to: FIRST_STEP + STEP_SPACING * (steps - 1) } },
});
const opened = performance.now();
let windows = 0;
if (how === 'mesh') {
  const name = (field: string, step: number): string => `${field}_${String(step).padStart(5, '0')}`;
  for (const { path, steps: numbers = [] } of dataset.samples.slice(0, 40)) {
    const attributes = FIELDS.flatMap((field) => numbers.map((step) => name(field, step)));
    meshToGraph(await readMesh(`${place.sourceUrl}/${path}`, { attributes }));
    windows++;
  }
} else if (how === 'get') {
  for (; windows < dataset.length; windows++) await dataset.get(windows);
} else {
  await using loader = new DataLoader(dataset, { batchSize: 1, shuffle: how === 'shuffled' });
  for await (using _ of loader) windows++;
}
const end = performance.now();
const [, peak = '0'] = /VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
const { bytesDownloaded, decodeMs } = dataset.stats();
process.stdout.write(
  JSON.stringify({
    ms: end - opened,
    openMs: opened - begin,
    windows,
    peakMB: Number(peak) / 1024,
    bytesDownloaded,
    decodeMs,
    cpuMs: (process.cpuUsage().user + process.cpuUsage().system) / 1000,
  }),
);
