import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdtempSync, rmSync, statSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { mapLimited } from '../src/core/limit.ts';
import { SynologySource } from '../src/sources/synology/synology-source.ts';
import { DataStreamer } from '../src/streamers/data-streamer.ts';

/*
 * From a NAS (a loopback DSM in a process of its own) to files of this machine, beside the way of the original
 * package: one file after the other, each over a connection of its own, nothing checked.
 *
 *   npm run bench:nas
 */
const COUNT = 500;
const SIZE = 200_000;
const LARGE = 1_000_000_000;
const PASSWORD = 'pass word+%&#é';
const ROUNDS = 3;

async function startServer(
  latencyMs: number,
): Promise<{ readonly port: number; readonly process: ChildProcess }> {
  const args = ['bench/nas-server.mjs', latencyMs, COUNT, SIZE, LARGE].map(String);
  const server = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const [line] = (await once(server.stdout, 'data')) as [Buffer];
  return { port: Number(line), process: server };
}

/** Ours: everything below `folder`, listed and brought into a new cache by 16 callers. */
async function ours(port: number, sourceDir: string, cacheDir: string): Promise<number> {
  const address = {
    url: `http://127.0.0.1:${port}`,
    sourceDir,
    proxy: false,
    onWarning: () => undefined,
  } as const;
  const source = new SynologySource({ ...address, username: 'alice', password: PASSWORD });
  await using streamer = new DataStreamer(source, { cacheDir, maxCacheSize: 4 * LARGE });
  const entries = await streamer.listFiles();
  const sizes = await mapLimited(entries, 16, async (entry) => {
    using held = await streamer.openFile(entry.path, { entry });
    return held.size;
  });
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** The original's: a connection for each request, one request at a time, straight to the file, nothing checked. */
async function theirs(port: number, folder: string, target: string): Promise<number> {
  const agent = new Agent({ keepAlive: false });
  const fetchAll = async (query: string, file?: string): Promise<string> => {
    const request = get({ host: '127.0.0.1', port, path: `/webapi/${query}`, agent });
    const [response] = (await once(request, 'response')) as [NodeJS.ReadableStream];
    if (file !== undefined) {
      await pipeline(response, createWriteStream(file));
      return '';
    }
    let text = '';
    for await (const chunk of response) text += String(chunk);
    return text;
  };
  const account = `account=alice&passwd=${encodeURIComponent(PASSWORD)}&session=FileStation&format=sid`;
  const login = JSON.parse(
    await fetchAll(`auth.cgi?api=SYNO.API.Auth&version=6&method=login&${account}`),
  ) as {
    data: { sid: string };
  };
  const sid = `_sid=${login.data.sid}`;
  const station = 'entry.cgi?version=2&api=SYNO.FileStation';
  const listing = JSON.parse(await fetchAll(`${station}.List&method=list&folder_path=/${folder}&${sid}`)) as {
    data: { files: readonly { path: string }[] };
  };
  let length = 0;
  for (const { path } of listing.data.files) {
    const file = join(target, path.replaceAll('/', '_'));
    await fetchAll(`${station}.Download&method=download&mode=download&path=${path}&${sid}`, file);
    length += statSync(file).size;
  }
  return length;
}

/** Milliseconds of `action`, which is given an empty folder. */
async function time(action: (folder: string) => Promise<number>, expected: number): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'vascusim-bench-nas-'));
  try {
    const start = performance.now();
    if ((await action(folder)) !== expected) throw new Error('not all bytes arrived');
    return performance.now() - start;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

process.stdout.write(
  `${cpus()[0]?.model ?? 'unknown processor'}, ${availableParallelism()} cores, Node ${process.version}\n\n` +
    '| latency | files | original, ms | ours, ms | times as fast, median of 3 |\n|---|---|---|---|---|\n',
);
for (const latencyMs of [0, 20]) {
  const server = await startServer(latencyMs);
  for (const [folder, files, bytes] of [
    ['small', `${COUNT} × 200 kB`, COUNT * SIZE],
    ['large', '1 × 1 GB', LARGE],
  ] as const) {
    const rounds: { readonly ratio: number; readonly theirs: number; readonly ours: number }[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const theirMs = await time((target) => theirs(server.port, folder, target), bytes);
      const ourMs = await time((target) => ours(server.port, folder, target), bytes);
      rounds.push({ ratio: theirMs / ourMs, theirs: theirMs, ours: ourMs });
    }
    const middle = rounds.toSorted((a, b) => a.ratio - b.ratio)[1];
    process.stdout.write(
      `| ${latencyMs} ms | ${files} | ${middle?.theirs.toFixed(0)} | ${middle?.ours.toFixed(0)} | ${middle?.ratio.toFixed(2)} |\n`,
    );
  }
  server.process.kill();
}
