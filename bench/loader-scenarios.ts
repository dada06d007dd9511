import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import type {
  StreamingVascuDataset,
  StreamingVascuDatasetOptions,
} from '../src/dataset/streaming-vascu-dataset.ts';
import type { DataLoaderOptions } from '../src/loader/loader-options.ts';
import { OriginalLoader } from './original-loader.ts';
import { pause } from './original-prefetch.ts';
import { LATENCY_MS, MBPS, ThrottledServer } from './throttled-client.ts';
import { makeFiles, makeSidecars } from './vessel-files.ts';

/** As it is installed: threads load compiled modules. */
const built: string = '../dist/index.js';
export const vascusim = (await import(built)) as typeof import('../src/index.ts');

export interface Scenario {
  readonly name: string;
  /** About so many bytes a file. */
  readonly bytes: number;
  readonly count: number;
  /** Work on each sample beside its decoding, ms: where it is decoded. */
  readonly prepareMs: number;
  /** How long the loop's body takes for a sample, ms. */
  readonly consumeMs: number;
  readonly workers: number;
}

/** A run over all samples. */
export interface Run {
  readonly seconds: number;
  readonly firstMs: number;
}

/** Goes through a loader once. */
export async function runLoader(
  dataset: StreamingVascuDataset,
  { consumeMs = 0, workers }: Pick<Scenario, 'workers'> & { readonly consumeMs?: number },
  options: DataLoaderOptions = {},
): Promise<Run> {
  await using loader = new vascusim.DataLoader(dataset, { numWorkers: workers, ...options });
  const start = performance.now();
  let firstMs = 0;
  for await (using batch of loader) {
    firstMs ||= performance.now() - start;
    await pause(consumeMs * batch.numGraphs);
  }
  return { seconds: (performance.now() - start) / 1000, firstMs };
}

/** A dataset on a server, with an empty cache below `folder`. */
export function openDataset(
  url: string,
  folder: string,
  options: Partial<StreamingVascuDatasetOptions> = {},
): Promise<StreamingVascuDataset> {
  const cacheDir = mkdtempSync(join(folder, 'cache-'));
  return vascusim.StreamingVascuDataset.open({ sourceUrl: url, cacheDir, maxCacheSize: 2e9, ...options });
}

const scenarios: readonly Scenario[] = [
  { name: 'network alone, 1 MB', bytes: 1e6, count: 100, prepareMs: 0, consumeMs: 0, workers: 0 },
  { name: 'network alone, 100 kB', bytes: 1e5, count: 300, prepareMs: 0, consumeMs: 0, workers: 0 },
  { name: 'network-bound, 1 MB', bytes: 1e6, count: 100, prepareMs: 30, consumeMs: 20, workers: 2 },
  { name: 'balanced, 750 kB', bytes: 750_000, count: 100, prepareMs: 50, consumeMs: 30, workers: 2 },
  { name: 'consume-bound, 300 kB', bytes: 300_000, count: 100, prepareMs: 30, consumeMs: 40, workers: 2 },
  { name: 'small files, 100 kB', bytes: 100_000, count: 300, prepareMs: 5, consumeMs: 3, workers: 2 },
];

const HEAD = [
  'scenario (bytes)',
  'network / decode / body, s',
  'open + epoch, s',
  'efficiency',
  'shuffled',
  'shuffled : in order',
  'original : ours',
  'shuffled',
  'with 2 workers',
  'shuffled',
  'bytes, ours / original’s',
  'first sample : ideal',
];

/** Each scenario whose name has one of the words in it; all where there are none. */
export async function runScenarios(wanted: readonly string[], folder: string): Promise<void> {
  const chosen = scenarios.filter(
    ({ name }) => wanted.length === 0 || wanted.some((word) => name.includes(word)),
  );
  if (chosen.length === 0) return;
  process.stdout.write(`| ${HEAD.join(' | ')} |\n${'|---'.repeat(HEAD.length)}|\n`);
  for (const scenario of chosen) await compare(scenario, folder);
  process.stdout.write('\n');
}

async function compare(scenario: Scenario, folder: string): Promise<void> {
  const { name, count, prepareMs, consumeMs, workers } = scenario;
  const files = await makeFiles(count, scenario.bytes);
  const paths = [...files.keys()];
  const bytes = files.get(paths[0] as string)?.byteLength ?? 0;
  using server = new ThrottledServer();
  await server.serve(new Map([...files, ...makeSidecars(files)]));
  const module = new URL('./prepare-sample.ts', import.meta.url);
  module.searchParams.set('ms', String(prepareMs));
  const transform = prepareMs === 0 ? undefined : module;
  const ours = async (options: DataLoaderOptions): Promise<Ours> => {
    await server.count();
    const start = performance.now();
    await using dataset = await openDataset(server.url, folder, { transform });
    const openSeconds = (performance.now() - start) / 1000;
    const run = await runLoader(dataset, scenario, options);
    return { ...run, openSeconds, bytes: (await server.count()).bytes };
  };
  const original = async (isShuffled: boolean, numWorkers: number): Promise<Peer> => {
    const options = { url: server.url, folder: mkdtempSync(join(folder, 'original-')), paths, bytes };
    await using loader = await OriginalLoader.open({ ...options, prefetchSize: 5, prepareMs }, numWorkers);
    await server.count();
    const start = performance.now();
    const order = isShuffled ? shuffle(count) : Array.from({ length: count }, (_, index) => index);
    for await (const _graph of loader.iterate(order)) await pause(consumeMs);
    const seconds = (performance.now() - start) / 1000;
    return { seconds, bytes: (await server.count()).bytes, halfRead: loader.halfRead };
  };
  // Decoding alone: the second epoch of a loader without a body, from the cache.
  await using warm = await openDataset(server.url, folder);
  await runLoader(warm, { workers: 0 });
  const decodeMs = (1000 * (await runLoader(warm, { workers: 0 })).seconds) / count + prepareMs;
  const decode = (decodeMs * count) / 1000 / Math.max(1, workers);
  const firstIdeal = LATENCY_MS + bytes / (MBPS * 1000) + decodeMs;
  const inOrder: Ours[] = [];
  const shuffled: Ours[] = [];
  const peers: Peer[][] = [[], [], [], []];
  const drains: number[] = [];
  const bodies: number[] = [];
  // By turns, so that what else the machine does befalls all of them; the best of each counts.
  for (let round = 0; round < 2; round++) {
    drains.push(await server.drain(paths));
    const start = performance.now();
    for (let sample = 0; sample < count; sample++) await pause(consumeMs);
    bodies.push((performance.now() - start) / 1000);
    inOrder.push(await ours({}));
    shuffled.push(await ours({ shuffle: true, seed: 1 }));
    for (const [at, into] of peers.entries()) into.push(await original(at % 2 === 1, at < 2 ? 0 : 2));
  }
  const best = (runs: readonly { readonly seconds: number }[]): number =>
    Math.min(...runs.map(({ seconds }) => seconds));
  const [a, b, c, d] = peers.map(best) as [number, number, number, number];
  const network = Math.min(...drains);
  const body = Math.min(...bodies);
  const ideal = Math.max(network, decode, body);
  const mine = best(inOrder);
  const mineShuffled = best(shuffled);
  const open = Math.min(...inOrder.map(({ openSeconds }) => openSeconds));
  const received = Math.max(...inOrder.map((run) => run.bytes));
  const total = bytes * count;
  const spent = peers.map((runs) => (runs[0] as Peer).bytes / total);
  const cells = [
    `${name} (${Math.round(bytes / 1000)} kB)`,
    `${network.toFixed(2)} / ${decode.toFixed(2)} / ${body.toFixed(2)}`,
    `${open.toFixed(2)} + ${mine.toFixed(2)}`,
    (ideal / mine).toFixed(2),
    (ideal / mineShuffled).toFixed(2),
    (mine / mineShuffled).toFixed(2),
    (a / (open + mine)).toFixed(2),
    (b / (open + mineShuffled)).toFixed(2),
    (c / (open + mine)).toFixed(2),
    (d / (open + mineShuffled)).toFixed(2),
    `${(received / total).toFixed(3)} / ${spent.map((part) => part.toFixed(2)).join(' ')}`,
    (Math.min(...inOrder.map(({ firstMs }) => firstMs)) / firstIdeal).toFixed(2),
  ];
  process.stdout.write(`| ${cells.join(' | ')} |\n`);
  const half = peers.map((runs) => (runs[0] as Peer).halfRead);
  process.stderr.write(`${name}: the original read half-written files ${half.join(', ')} times\n`);
}

/** A run of ours: its metadata comes when the dataset is opened. */
interface Ours extends Run {
  readonly openSeconds: number;
  readonly bytes: number;
}

/** A run of the original. */
interface Peer {
  readonly seconds: number;
  readonly bytes: number;
  readonly halfRead: number;
}

/** An order by chance, the same each time. */
function shuffle(count: number): number[] {
  const order = Array.from({ length: count }, (_, index) => index);
  let state = 12345;
  for (let at = count - 1; at > 0; at--) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    const other = Math.floor((state / 2 ** 32) * (at + 1));
    [order[at], order[other]] = [order[other] as number, order[at] as number];
  }
  return order;
}
