import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent, get } from 'node:http';
import { availableParallelism, cpus } from 'node:os';
import { mapLimited } from '../src/core/limit.ts';
import { SynologySource } from '../src/sources/synology/synology-source.ts';

/*
 * Reading from a NAS (a loopback DSM in a process of its own) beside the way of the original package: one file
 * after the other, each over a connection of its own.
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

/** Ours: everything below `folder`, listed and read by 16 callers. */
async function ours(port: number, folder: string): Promise<number> {
  await using source = new SynologySource({
    url: `127.0.0.1:${port}`,
    username: 'alice',
    password: PASSWORD,
    sourceDir: folder,
    proxy: false,
    onWarning: () => undefined,
  });
  const entries = [];
  for await (const entry of source.list()) entries.push(entry);
  const lengths = await mapLimited(entries, 16, async ({ path, version }) => {
    let length = 0;
    for await (const chunk of (await source.open(path, { ifVersion: version })).body)
      length += chunk.byteLength;
    return length;
  });
  return lengths.reduce((sum, length) => sum + length, 0);
}

/** The original's: a connection for each request, one request at a time, the password and the session in URLs. */
async function theirs(port: number, folder: string): Promise<number> {
  const agent = new Agent({ keepAlive: false });
  const fetchAll = async (query: string, onLength?: (length: number) => void): Promise<string> => {
    const request = get({ host: '127.0.0.1', port, path: `/webapi/${query}`, agent });
    const [response] = (await once(request, 'response')) as [NodeJS.ReadableStream];
    let text = '';
    for await (const chunk of response) {
      if (onLength === undefined) text += String(chunk);
      else onLength((chunk as Buffer).byteLength);
    }
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
    await fetchAll(`${station}.Download&method=download&mode=download&path=${path}&${sid}`, (bytes) => {
      length += bytes;
    });
  }
  return length;
}

async function time(action: Promise<number>, expected: number): Promise<number> {
  const start = performance.now();
  if ((await action) !== expected) throw new Error('not all bytes arrived');
  return performance.now() - start;
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
      const theirMs = await time(theirs(server.port, folder), bytes);
      const ourMs = await time(ours(server.port, folder), bytes);
      rounds.push({ ratio: theirMs / ourMs, theirs: theirMs, ours: ourMs });
    }
    const middle = rounds.toSorted((a, b) => a.ratio - b.ratio)[1];
    process.stdout.write(
      `| ${latencyMs} ms | ${files} | ${middle?.theirs.toFixed(0)} | ${middle?.ours.toFixed(0)} | ${middle?.ratio.toFixed(2)} |\n`,
    );
  }
  server.process.kill();
}
