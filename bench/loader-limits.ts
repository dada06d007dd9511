import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import type { GraphData } from '../src/core/graph.ts';
import { fork } from './fork.ts';
import { openDataset, runLoader, vascusim } from './loader-scenarios.ts';
import { ThrottledServer } from './throttled-client.ts';
import { makeFiles } from './vessel-files.ts';

const { DataLoader } = vascusim;

/** What one figure should be, and what it was. */
interface Figure {
  readonly what: string;
  readonly wanted: string;
  readonly was: string;
}

function best(values: readonly number[]): number {
  return Math.min(...values);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] as number;
}

/** Five requests of a hundred wait 600 ms more: beside the same without, by turns; asking twice, which is usual, or not. */
async function slowTail(folder: string, count: number, size: number, workers: number): Promise<Figure> {
  const files = await makeFiles(count, size);
  using swift = new ThrottledServer();
  using slow = new ThrottledServer(0.05);
  for (const server of [swift, slow]) await server.serve(files);
  const times = { swift: [] as number[], slow: [] as number[], plain: [] as number[] };
  let bytes = 0;
  let hedges = '';
  const run = async (server: ThrottledServer, hedge?: boolean): Promise<number> => {
    await using dataset = await openDataset(server.url, folder, { hedge });
    const { seconds } = await runLoader(dataset, { workers });
    const { made, won } = dataset.stats().hedges;
    hedges = `${made} asked twice, ${won} faster`;
    return seconds;
  };
  for (let round = 0; round < 5; round++) {
    times.swift.push(await run(swift));
    times.plain.push(await run(slow, false));
    await slow.count();
    times.slow.push(await run(slow));
    bytes = Math.max(bytes, (await slow.count()).bytes);
  }
  const total = [...files.values()].reduce((sum, { byteLength }) => sum + byteLength, 0);
  // Not the best ones: which requests are slow is chance.
  const ratio = (values: readonly number[]): string => (median(values) / median(times.swift)).toFixed(2);
  return {
    what: `5 % slow requests, ${count} files of ${size / 1000} kB, ${workers} workers`,
    wanted: '≤ 1.15×',
    was: `${ratio(times.slow)}×, bytes ${(bytes / total).toFixed(3)}×, ${hedges} (\`hedge: false\`: ${ratio(times.plain)}×)`,
  };
}

const tail = (folder: string): Promise<Figure> => slowTail(folder, 100, 1e6, 0);
const tailWorkers = (folder: string): Promise<Figure> => slowTail(folder, 100, 1e6, 2);
const tailSmall = (folder: string): Promise<Figure> => slowTail(folder, 300, 1e5, 0);
const tailSmallWorkers = (folder: string): Promise<Figure> => slowTail(folder, 300, 1e5, 2);
const tailLarge = (folder: string): Promise<Figure> => slowTail(folder, 40, 1e7, 0);

/** A cache of half the data set, shuffled epochs: hits beside the best that is possible. */
async function half(folder: string): Promise<Figure> {
  const count = 100;
  const files = await makeFiles(count, 100_000);
  const total = [...files.values()].reduce((sum, { byteLength }) => sum + byteLength, 0);
  using server = new ThrottledServer();
  await server.serve(files);
  const maxCacheSize = Math.ceil(total / 2);
  await using dataset = await openDataset(server.url, folder, { maxCacheSize });
  await using loader = new DataLoader(dataset, { shuffle: true, seed: 3 });
  const order: string[] = [];
  let before = 0;
  let hits = 0;
  for (let epoch = 0; epoch < 5; epoch++) {
    for await (using batch of loader) order.push(...batch.ids);
    const { misses } = dataset.stats();
    if (epoch > 0) hits += count - (misses - before);
    before = misses;
  }
  const possible = belady(order, Math.floor(maxCacheSize / (total / count)), count);
  return {
    what: 'cache of half the data set, epochs 2 to 5: hits of the best possible',
    wanted: '≥ 0.90',
    was: `${(hits / possible).toFixed(2)} (${hits} of ${possible})`,
  };
}

/** Hits behind the first `skip` uses of a cache that knows the future. */
function belady(uses: readonly string[], room: number, skip: number): number {
  const cached = new Set<string>();
  let hits = 0;
  for (const [at, id] of uses.entries()) {
    if (cached.has(id)) {
      if (at >= skip) hits++;
      continue;
    }
    if (cached.size >= room) {
      const next = (each: string): number => {
        const found = uses.indexOf(each, at);
        return found < 0 ? Infinity : found;
      };
      const [victim] = [...cached].toSorted((a, b) => next(b) - next(a));
      cached.delete(victim as string);
    }
    cached.add(id);
  }
  return hits;
}

/** What is fetched in a second epoch. */
async function second(folder: string): Promise<Figure> {
  const files = await makeFiles(50, 300_000);
  using server = new ThrottledServer();
  await server.serve(files);
  await using dataset = await openDataset(server.url, folder);
  await runLoader(dataset, { workers: 0 });
  await server.count();
  await runLoader(dataset, { workers: 0 }, { shuffle: true });
  const { bytes, requests } = await server.count();
  return { what: 'second epoch', wanted: '0 bytes', was: `${bytes} bytes, ${requests} requests` };
}

/** Ten epochs in a process of their own. */
async function memory(folder: string): Promise<Figure> {
  const files = await makeFiles(120, 1e6);
  using server = new ThrottledServer();
  await server.serve(files);
  const cacheDir = mkdtempSync(join(folder, 'cache-'));
  const { peaks, batch, prefetch } = (await fork(new URL('./loader-memory.ts', import.meta.url), [
    server.url,
    cacheDir,
  ])) as {
    readonly peaks: readonly number[];
    readonly batch: number;
    readonly prefetch: number;
  };
  const limit = prefetch + batch + 64;
  const mean = (from: number): number => peaks.slice(from, from + 3).reduce((sum, each) => sum + each, 0) / 3;
  const growth = mean(7) / mean(3);
  return {
    what: `peak memory over what the process had, 10 epochs (prefetchBytes ${prefetch} MB, batch ${batch.toFixed(0)} MB)`,
    wanted: `≤ ${limit.toFixed(0)} MB, flat`,
    was: `${Math.max(...peaks).toFixed(0)} MB; by epoch ${peaks.map((peak) => peak.toFixed(0)).join(' ')} (8 to 10 : 4 to 6 ${growth.toFixed(2)})`,
  };
}

/** Second epochs over zlib files: decoded again, or the decoded samples read. */
async function decoded(folder: string): Promise<Figure> {
  const files = await makeFiles(20, 5e6, { compressor: 'zlib' });
  using server = new ThrottledServer();
  await server.serve(files);
  await using plain = await openDataset(server.url, folder);
  await using kept = await openDataset(server.url, folder, { cacheDecoded: true });
  for (const dataset of [plain, kept]) await runLoader(dataset, { workers: 0 });
  const times = { plain: [] as number[], kept: [] as number[] };
  for (let round = 0; round < 4; round++) {
    times.plain.push((await runLoader(plain, { workers: 0 })).seconds);
    times.kept.push((await runLoader(kept, { workers: 0 })).seconds);
  }
  const each = (values: readonly number[]): string => `${((1000 * best(values)) / 20).toFixed(1)} ms`;
  const size = files.values().next().value?.byteLength ?? 0;
  return {
    what: `\`cacheDecoded\`: second epoch beside decoding zlib \`.vtu\` again (${(size / 1e6).toFixed(1)} MB a file)`,
    wanted: '≥ 5×',
    was: `${(best(times.plain) / best(times.kept)).toFixed(1)}× (${each(times.plain)}, ${each(times.kept)} a sample)`,
  };
}

/** How long the calling thread is busy with a graph that a worker sends, in a process of its own. */
async function main(folder: string): Promise<Figure> {
  const files = await makeFiles(40, 8e6);
  using server = new ThrottledServer();
  await server.serve(files);
  const cacheDir = mkdtempSync(join(folder, 'cache-'));
  const script = new URL('./loader-calling-thread.ts', import.meta.url);
  const { least, median, bytes } = (await fork(script, [server.url, cacheDir])) as {
    readonly least: number;
    readonly median: number;
    readonly bytes: number;
  };
  const [best10, median10] = [least, median].map((ms) => ((ms * 1e7) / bytes).toFixed(2));
  return {
    what: "calling thread's processor time for a graph of 10 MB by a worker, files cached",
    wanted: '≤ 0.5 ms',
    was: `${best10} ms, median of 11 epochs ${median10} ms (${least.toFixed(2)} and ${median.toFixed(2)} ms for ${(bytes / 1e6).toFixed(1)} MB)`,
  };
}

/** Joining graphs to batches by a loader, each released before the next one. */
async function collate(): Promise<Figure> {
  const numNodes = 20_000;
  const numEdges = 6 * numNodes;
  const scalar = () => ({ data: new Float32Array(numNodes).fill(1), shape: [numNodes] });
  const graphs = Array.from(
    { length: 64 },
    (_, at): GraphData => ({
      id: String(at),
      pos: { data: new Float32Array(3 * numNodes), shape: [numNodes, 3] },
      edgeIndex: {
        data: Int32Array.from({ length: 2 * numEdges }, (__, i) => i % numNodes),
        shape: [2, numEdges],
      },
      node: { pressure: scalar(), wss: scalar(), age: scalar() },
      cell: {},
      metadata: {},
      numNodes,
      numEdges,
      numCells: 0,
    }),
  );
  const speeds: number[] = [];
  await using loader = new DataLoader(vascusim.arrayDataset(graphs), { batchSize: 8, prefetchBatches: 0 });
  for (let epoch = 0; epoch < 20; epoch++) {
    const before = process.threadCpuUsage();
    let bytes = 0;
    for await (using batch of loader) bytes += batch.numEdges * 8 + batch.numNodes * 24;
    const { user, system } = process.threadCpuUsage(before);
    speeds.push(bytes / (user + system) / 1000);
  }
  const sorted = speeds.toSorted((a, b) => a - b);
  return {
    what: 'collate, 8 graphs of 20,000 nodes, all of the loader counted',
    wanted: '≥ 1.5 GB/s',
    was: `${(sorted[Math.floor(sorted.length / 2)] as number).toFixed(1)} GB/s of processor time (median of 20 epochs)`,
  };
}

/** An abort in the middle of an epoch, in a process of its own: what is left after it. */
async function abort(folder: string): Promise<Figure> {
  const files = await makeFiles(100, 1e6);
  using server = new ThrottledServer();
  await server.serve(files);
  const cacheDir = mkdtempSync(join(folder, 'cache-'));
  const { ms, left, unhandled } = (await fork(new URL('./loader-abort.ts', import.meta.url), [
    server.url,
    cacheDir,
  ])) as {
    readonly ms: readonly number[];
    readonly left: readonly string[];
    readonly unhandled: number;
  };
  const times = ms.map((each) => each.toFixed(0)).join(', ');
  const rest = left.length === 0 ? 'nothing' : left.join(', ');
  return {
    what: 'abort of a loader with 2 workers until all is closed',
    wanted: '≤ 100 ms, nothing left',
    was: `${times} ms; left: ${rest}; ${unhandled} unhandled rejections`,
  };
}

const figures = {
  tail,
  tailWorkers,
  tailSmall,
  tailSmallWorkers,
  tailLarge,
  half,
  second,
  memory,
  decoded,
  main,
  collate,
  abort,
};

/** The figures that are asked for by name; all where none is. */
export async function runLimits(wanted: readonly string[], folder: string): Promise<void> {
  const chosen = Object.entries(figures).filter(([name]) => wanted.length === 0 || wanted.includes(name));
  if (chosen.length === 0) return;
  process.stdout.write('| figure | wanted | was |\n|---|---|---|\n');
  for (const [, figure] of chosen) {
    const { what, wanted: goal, was } = await figure(folder);
    process.stdout.write(`| ${what} | ${goal} | ${was} |\n`);
  }
}
