import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CacheDirectory } from '../src/cache/cache-directory.ts';
import { CacheIndex } from '../src/cache/cache-index.ts';
import { type CacheKey, objectName } from '../src/cache/cache-key.ts';
import { CacheManager } from '../src/cache/cache-manager.ts';

/*
 * What the cache costs, beside the original package's way (an index in one JSON file that is written anew at every
 * access):
 *
 *   npm run bench:cache [-- ENTRIES...]
 *
 * A hit is what a sample takes that is there: look it up, note its use, hold it, see that it is whole, let it go.
 * Files are empty, and there are as many as are hit; the index has all rows. Each figure is a median over the runs of
 * one process, in turns with its peer.
 */
const HITS = 2000;

const keyOf = (index: number): CacheKey => ({ source: 'bench://', path: `case_${index}.vtu`, version: '1' });

function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? Number.NaN;
}

async function timeEach(count: number, action: (turn: number) => unknown): Promise<number[]> {
  const times: number[] = [];
  for (let turn = 0; turn < count; turn++) {
    const start = performance.now();
    await action(turn);
    times.push(1000 * (performance.now() - start));
  }
  return times;
}

interface JsonEntry {
  readonly size: number;
  last_accessed: number;
}

/** The original's index: all entries in one JSON object, written whole when one of them is used. */
class JsonIndex {
  readonly #file: string;
  readonly #entries: Record<string, JsonEntry>;

  constructor(file: string) {
    this.#file = file;
    this.#entries = JSON.parse(readFileSync(file, 'utf8')) as Record<string, JsonEntry>;
  }

  markAccessed(path: string): void {
    const entry = this.#entries[path];
    if (entry !== undefined) entry.last_accessed = Date.now() / 1000;
    writeFileSync(this.#file, JSON.stringify(this.#entries));
  }
}

/** A cache whose index has so many rows, of which the first {@link HITS} have their files. */
async function prepare(cacheDir: string, entries: number): Promise<void> {
  await (await CacheManager.open({ cacheDir })).close();
  const directory = await CacheDirectory.open(cacheDir);
  const index = new CacheIndex(directory.index);
  for (let at = 0; at < entries; ) {
    index.transaction(() => {
      for (const end = Math.min(entries, at + 10_000); at < end; at++)
        index.adopt(objectName(keyOf(at)), 0, 1000 + at, keyOf(at));
      index.setComplete(true);
    });
  }
  index.close();
  for (let at = 0; at < Math.min(entries, HITS); at++) {
    const object = directory.object(objectName(keyOf(at)));
    mkdirSync(join(object, '..'), { recursive: true });
    writeFileSync(object, '');
  }
}

async function growth(folder: string, sizes: readonly number[]): Promise<void> {
  const head =
    'entries | open ms | hit µs | read-only hit µs | insert µs | stats µs | JSON index µs | JSON : hit | MiB on disk';
  process.stdout.write(`| ${head} |\n|${'---|'.repeat(9)}\n`);
  let first: number | undefined;
  for (const entries of sizes) {
    const cacheDir = join(folder, String(entries));
    await prepare(cacheDir, entries);
    const json = join(folder, `${entries}.json`);
    const rows = Array.from({ length: entries }, (_, at) => [
      `case_${at}.vtu`,
      { size: 0, last_accessed: 0 },
    ]);
    writeFileSync(json, JSON.stringify(Object.fromEntries(rows) as object));
    const opens = await timeEach(5, async () => (await CacheManager.open({ cacheDir })).close());
    const cache = await CacheManager.open({ cacheDir });
    const peer = new JsonIndex(json);
    const hits = await timeEach(Math.min(entries, HITS), async (turn) => {
      const held = await cache.hold(keyOf(turn), { size: 0 });
      if (held === undefined) throw new Error('a miss');
      held.release();
    });
    const finds = await timeEach(Math.min(entries, HITS), (turn) => cache.find(keyOf(turn)));
    const inserts = await timeEach(300, async (turn) => {
      const room = await cache.acquire(keyOf(entries + turn), { size: 0 });
      if (!('write' in room)) throw new Error('a hit');
      (await room.publish()).release();
    });
    const stats = await timeEach(200, () => cache.getCacheStats());
    const peerTimes = await timeEach(entries >= 1_000_000 ? 2 : entries >= 100_000 ? 5 : 30, (turn) =>
      peer.markAccessed(`case_${turn}.vtu`),
    );
    await cache.close();
    const hit = quantile(hits, 0.5);
    first ??= hit;
    const peerTime = quantile(peerTimes, 0.5);
    const cells = [
      entries,
      (quantile(opens, 0.5) / 1000).toFixed(1),
      `${hit.toFixed(1)} (p99 ${quantile(hits, 0.99).toFixed(0)})`,
      quantile(finds, 0.5).toFixed(1),
      quantile(inserts, 0.5).toFixed(0),
      quantile(stats, 0.5).toFixed(1),
      peerTime.toFixed(0),
      `${(peerTime / hit).toFixed(0)}×`,
      (statSync(join(cacheDir, 'index.db')).size / 1024 ** 2).toFixed(1),
    ];
    process.stdout.write(`| ${cells.join(' | ')} |\n`);
    if (entries === sizes.at(-1)) {
      process.stdout.write(
        `\nhit at ${entries} : hit at ${sizes[0]} = ${(hit / first).toFixed(2)}; longest hit ${(quantile(hits, 1) / 1000).toFixed(1)} ms\n`,
      );
    }
    rmSync(cacheDir, { recursive: true });
    rmSync(json);
  }
}

/** What a process of {@link saturate} does: four uses of five find their file. */
async function hammer(cacheDir: string, seed: number, ms: number, inserts: boolean): Promise<void> {
  const cache = await CacheManager.open({ cacheDir });
  const times: number[] = [];
  let errors = 0;
  const end = performance.now() + ms;
  for (let turn = 0; performance.now() < end; turn++) {
    const start = performance.now();
    try {
      if (!inserts || turn % 5 > 0) (await cache.hold(keyOf((turn * 7919) % HITS), { size: 0 }))?.release();
      else {
        const room = await cache.acquire(keyOf(1e6 + seed * 1e6 + turn), { size: 0 });
        if ('write' in room) (await room.publish()).release();
      }
    } catch {
      errors++;
    }
    times.push(1000 * (performance.now() - start));
  }
  await cache.close();
  process.stdout.write(
    JSON.stringify({ operations: times.length, errors, p99: quantile(times, 0.99), max: quantile(times, 1) }),
  );
}

function run(...args: readonly (string | number | boolean)[]): ReturnType<typeof spawn> {
  return spawn(process.execPath, [fileURLToPath(import.meta.url), ...args.map(String)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

async function saturate(folder: string, processes: number, inserts: boolean): Promise<void> {
  const cacheDir = join(folder, `saturated-${processes}-${inserts}`);
  await prepare(cacheDir, HITS);
  const ms = 5000;
  const results = await Promise.all(
    Array.from({ length: processes }, async (_, seed) => {
      let text = '';
      for await (const chunk of run('--hammer', cacheDir, seed, ms, inserts).stdout ?? [])
        text += String(chunk);
      return JSON.parse(text) as { operations: number; errors: number; p99: number; max: number };
    }),
  );
  const sum = results.reduce((total, { operations }) => total + operations, 0);
  const errors = results.reduce((total, each) => total + each.errors, 0);
  process.stdout.write(
    `${processes} process${processes > 1 ? 'es' : ''}, ${inserts ? 'four hits to a file written, made safe and published' : 'hits'}: ${Math.round(sum / (ms / 1000))} operations/s, ${errors} errors, p99 ${(Math.max(...results.map(({ p99 }) => p99)) / 1000).toFixed(2)} ms, longest ${(Math.max(...results.map(({ max }) => max)) / 1000).toFixed(0)} ms\n`,
  );
}

/** What the victim of {@link takeOver} does. */
async function reserveAndWait(cacheDir: string, index: number): Promise<void> {
  const cache = await CacheManager.open({ cacheDir });
  await cache.acquire(keyOf(index), { size: 1000 });
  process.stdout.write('reserved\n');
  setInterval(() => undefined, 1000);
}

async function takeOver(folder: string, rounds: number): Promise<void> {
  const cacheDir = join(folder, 'taken');
  const cache = await CacheManager.open({ cacheDir });
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const child = run('--reserve', cacheDir, round);
    await new Promise((resolve) => child.stdout?.once('data', resolve));
    const waiting = cache.acquire(keyOf(round), { size: 1000 });
    // Until the waiter looks as seldom as it ever does.
    await new Promise((resolve) => setTimeout(resolve, 700));
    const start = performance.now();
    child.kill('SIGKILL');
    const room = await waiting;
    times.push(performance.now() - start);
    if ('write' in room) await room.abandon({ keep: false });
  }
  await cache.close();
  process.stdout.write(
    `taken over after kill -9 of whoever fetched: p50 ${quantile(times, 0.5).toFixed(0)} ms, longest ${Math.max(...times).toFixed(0)} ms (${rounds} rounds)\n`,
  );
}

const [mode, ...args] = process.argv.slice(2);
if (mode === '--hammer') await hammer(args[0] ?? '', Number(args[1]), Number(args[2]), args[3] === 'true');
else if (mode === '--reserve') await reserveAndWait(args[0] ?? '', Number(args[1]));
else {
  const sizes = process.argv.slice(2).map(Number);
  const folder = mkdtempSync(join(tmpdir(), 'vascusim-bench-cache-'));
  process.stdout.write(
    `${cpus()[0]?.model ?? 'unknown processor'}, ${availableParallelism()} cores, Node ${process.version}\n\n`,
  );
  try {
    await growth(folder, sizes.length > 0 ? sizes : [1000, 10_000, 100_000, 1_000_000]);
    for (const inserts of [false, true]) {
      for (const processes of [1, 4]) await saturate(folder, processes, inserts);
    }
    await takeOver(folder, 20);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
