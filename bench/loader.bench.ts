import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { makeVessel } from '../src/cli/demo/vessel.ts';
import { mapLimited } from '../src/core/limit.ts';
import {
  StreamingVascuDataset,
  type StreamingVascuDatasetOptions,
} from '../src/dataset/streaming-vascu-dataset.ts';
import { writeVtkXml } from '../src/formats/vtk-xml/writer.ts';
import { DataLoader } from '../src/loader/data-loader.ts';
import type { DataLoaderOptions } from '../src/loader/loader-options.ts';
import { OriginalPrefetch } from './original-prefetch.ts';

/*
 * The loader over a server 20 ms away that sends 25 MB/s, beside the original package's prefetch:
 *
 *   npm run bench:loader [-- SCENARIO...]
 *
 * `ideal` is what the longest stage takes alone: all bytes at full speed (16 requests at a time, into nothing), all decoding on the threads there are, or all
 * of the loop's body; decoding is measured in the same run with the files at hand. `efficiency` is ideal : measured.
 */
const LATENCY_MS = 20;
const MBPS = 25;

interface Scenario {
  readonly name: string;
  /** About so many bytes a file. */
  readonly bytes: number;
  readonly count: number;
  /** How long the loop's body takes for a sample, ms. */
  readonly consumeMs: number;
  readonly workers: number;
}

const scenarios: readonly Scenario[] = [
  { name: 'network-bound, 1 MB', bytes: 1_000_000, count: 100, consumeMs: 0, workers: 0 },
  { name: 'balanced, 750 kB', bytes: 750_000, count: 100, consumeMs: 30, workers: 2 },
  { name: 'consume-bound, 300 kB', bytes: 300_000, count: 60, consumeMs: 50, workers: 0 },
  { name: 'small, 100 kB', bytes: 100_000, count: 300, consumeMs: 0, workers: 0 },
];

class Server implements Disposable {
  readonly #child: ReturnType<typeof spawn>;
  readonly #lines: AsyncIterator<string>;
  url = '';

  constructor(slow: number) {
    const script = fileURLToPath(new URL('./throttled-server.ts', import.meta.url));
    this.#child = spawn(process.execPath, [script, String(LATENCY_MS), String(MBPS), String(slow)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#lines = createInterface({ input: this.#child.stdout as NodeJS.ReadableStream })[
      Symbol.asyncIterator
    ]();
  }

  async serve(files: ReadonlyMap<string, Uint8Array>): Promise<void> {
    for (const [path, content] of files) {
      this.#child.stdin?.write(
        `${JSON.stringify({ path, text: Buffer.from(content).toString('base64') })}\n`,
      );
    }
    this.#child.stdin?.write('start\n');
    this.url = String((await this.#lines.next()).value);
  }

  async count(): Promise<{ readonly requests: number; readonly bytes: number }> {
    this.#child.stdin?.write('count\n');
    return JSON.parse(String((await this.#lines.next()).value)) as { requests: number; bytes: number };
  }

  /** How long all files take at full speed, into nothing: seconds. */
  async drain(paths: readonly string[]): Promise<number> {
    const agent = new Agent({ keepAlive: true, maxSockets: 16 });
    const start = performance.now();
    await mapLimited(paths, 16, async (path) => {
      await new Promise<void>((resolve, reject) => {
        get(this.url + path, { agent }, (response) => response.resume().on('end', resolve)).on(
          'error',
          reject,
        );
      });
    });
    agent.destroy();
    return (performance.now() - start) / 1000;
  }

  [Symbol.dispose](): void {
    this.#child.kill();
  }
}

/** Vessels of about so many bytes, written raw. */
async function makeFiles(count: number, bytes: number): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  const write = async (resolution: number): Promise<Uint8Array> => {
    const vessel = makeVessel({ radius: 1, stenosis: 0.3, meanVelocity: 20, time: 0, resolution });
    const parts: Uint8Array[] = [];
    for await (const part of writeVtkXml(vessel, { encoding: 'raw' })) parts.push(part.slice());
    return Buffer.concat(parts);
  };
  let content = await write(2);
  for (let resolution = 4; content.byteLength < 0.6 * bytes; resolution += 2)
    content = await write(resolution);
  for (let index = 0; index < count; index++)
    files.set(`case_${String(index).padStart(4, '0')}.vtu`, content);
  return files;
}

const pause = (ms: number): Promise<void> =>
  ms === 0 ? Promise.resolve() : new Promise((resolve) => setTimeout(resolve, ms));

interface Run {
  readonly seconds: number;
  readonly firstMs: number;
}

async function runLoader(
  dataset: StreamingVascuDataset,
  { consumeMs, workers }: Scenario,
  options: DataLoaderOptions = {},
): Promise<Run> {
  await using loader = new DataLoader(dataset, { numWorkers: workers, ...options });
  const start = performance.now();
  let firstMs = 0;
  for await (using batch of loader) {
    firstMs ||= performance.now() - start;
    await pause(consumeMs * batch.numGraphs);
  }
  return { seconds: (performance.now() - start) / 1000, firstMs };
}

async function openDataset(
  url: string,
  folder: string,
  options: Partial<StreamingVascuDatasetOptions> = {},
): Promise<StreamingVascuDataset> {
  const cacheDir = mkdtempSync(join(folder, 'cache-'));
  return StreamingVascuDataset.open({ sourceUrl: url, cacheDir, maxCacheSize: 2e9, ...options });
}

async function compare(scenario: Scenario, folder: string): Promise<void> {
  const files = await makeFiles(scenario.count, scenario.bytes);
  const total = [...files.values()].reduce((sum, { byteLength }) => sum + byteLength, 0);
  using server = new Server(0);
  await server.serve(files);
  const once = async (
    options: DataLoaderOptions = {},
  ): Promise<Run & { bytes: number; decodeMs: number }> => {
    await using dataset = await openDataset(server.url, folder);
    await server.count();
    const run = await runLoader(dataset, scenario, options);
    const { bytes } = await server.count();
    return { ...run, bytes, decodeMs: dataset.stats().decodeMs };
  };
  const original = async (shuffled: boolean): Promise<number> => {
    const into = mkdtempSync(join(folder, 'original-'));
    const paths = [...files.keys()];
    const peer = new OriginalPrefetch(server.url, into, paths, 5);
    const order = paths.map((_, at) => (shuffled ? (at * 37 + 11) % paths.length : at));
    const start = performance.now();
    for (const index of order) {
      await peer.get(index);
      await pause(scenario.consumeMs);
    }
    return (performance.now() - start) / 1000;
  };
  // Decoding alone: the second epoch of a loader without a body, from the cache.
  await using warm = await openDataset(server.url, folder);
  await runLoader(warm, { ...scenario, consumeMs: 0 });
  const decode = await runLoader(warm, { ...scenario, consumeMs: 0 });
  const ours = await once();
  const shuffled = await once({ shuffle: true, seed: 1 });
  const theirs = await original(false);
  const theirsShuffled = await original(true);
  const network = await server.drain([...files.keys()]);
  const ideal = Math.max(network, decode.seconds, (scenario.count * scenario.consumeMs) / 1000);
  const firstIdeal =
    LATENCY_MS + total / scenario.count / (MBPS * 1000) + (1000 * decode.seconds) / scenario.count;
  const cells = [
    `${scenario.name} (${Math.round(total / scenario.count / 1000)} kB)`,
    `${network.toFixed(2)} / ${decode.seconds.toFixed(2)} / ${((scenario.count * scenario.consumeMs) / 1000).toFixed(2)}`,
    ours.seconds.toFixed(2),
    (ideal / ours.seconds).toFixed(2),
    (ideal / shuffled.seconds).toFixed(2),
    (ours.seconds / shuffled.seconds).toFixed(2),
    `${(theirs / ours.seconds).toFixed(2)} / ${(theirsShuffled / shuffled.seconds).toFixed(2)}`,
    (ours.bytes / total).toFixed(3),
    (ours.firstMs / firstIdeal).toFixed(2),
  ];
  process.stdout.write(`| ${cells.join(' | ')} |\n`);
}

/** Five requests of a hundred wait 600 ms more. */
async function tail(folder: string): Promise<void> {
  const scenario = { ...(scenarios[0] as Scenario), count: 100 };
  const files = await makeFiles(scenario.count, scenario.bytes);
  const seconds: number[] = [];
  for (const [slow, hedge] of [
    [0, true],
    [0.05, false],
    [0.05, true],
  ] as const) {
    using server = new Server(slow);
    await server.serve(files);
    await using dataset = await openDataset(server.url, folder, { hedge });
    seconds.push((await runLoader(dataset, scenario)).seconds);
  }
  const [none = 1, plain = 0, hedged = 0] = seconds;
  process.stdout.write(
    `5 % slow requests: ${(plain / none).toFixed(2)}× without, ${(hedged / none).toFixed(2)}× with hedge: true\n`,
  );
}

/** A cache of half the data set, shuffled epochs: hits beside the best that is possible. */
async function halfCache(folder: string): Promise<void> {
  const count = 100;
  const files = await makeFiles(count, 100_000);
  const total = [...files.values()].reduce((sum, { byteLength }) => sum + byteLength, 0);
  using server = new Server(0);
  await server.serve(files);
  const maxCacheSize = Math.ceil(total / 2);
  await using dataset = await openDataset(server.url, folder, { maxCacheSize });
  await using loader = new DataLoader(dataset, { shuffle: true, seed: 3 });
  const orders: string[][] = [];
  let before = 0;
  let hits = 0;
  for (let epoch = 0; epoch < 5; epoch++) {
    const order: string[] = [];
    for await (using batch of loader) order.push(...batch.ids);
    orders.push(order);
    const { misses } = dataset.stats();
    if (epoch > 0) hits += count - (misses - before);
    before = misses;
  }
  const best = belady(orders.flat(), Math.floor(maxCacheSize / (total / count)), count);
  process.stdout.write(
    `cache of half the data set, epochs 2 to 5: ${hits} hits, best possible ${best}: ${(hits / best).toFixed(2)}\n`,
  );
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

const wanted = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'vascusim-bench-loader-'));
process.stdout.write(
  `${cpus()[0]?.model ?? 'unknown processor'}, ${availableParallelism()} cores, Node ${process.version}; ${LATENCY_MS} ms, ${MBPS} MB/s\n\n` +
    '| scenario | network / decode / body, s | s | efficiency | shuffled | shuffled : in order | original : ours, in order / shuffled | bytes | first sample : ideal |\n' +
    `${'|---'.repeat(9)}|\n`,
);
try {
  for (const scenario of scenarios) {
    if (wanted.length === 0 || wanted.some((word) => scenario.name.includes(word)))
      await compare(scenario, folder);
  }
  process.stdout.write('\n');
  if (wanted.length === 0 || wanted.includes('tail')) await tail(folder);
  if (wanted.length === 0 || wanted.includes('half')) await halfCache(folder);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
