import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { lstat, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';

/*
 * Downloads from a loopback Hub, ours beside the official client and curl:
 *
 *   npm run bench:hf -- [--rounds 3] [--files 1000] [--bytes 100000] [--large 500000000]
 *
 * Ours checks every digest and writes into its cache; the official client checks nothing; curl is told the addresses.
 * Each run is a process of its own into an empty folder; within a round they take turns. `official` is
 * snapshotDownload, `official, 8 at a time` downloadFileToCacheDir over its own listing.
 */
const CLIENTS = ['ours', 'official', 'official-8', 'curl'] as const;
type Client = (typeof CLIENTS)[number];

function option(name: string, fallback: number): number {
  const index = process.argv.indexOf(`--${name}`);
  return index < 0 ? fallback : Number(process.argv[index + 1]);
}

interface Timing {
  readonly wall: number;
  readonly cpu: number;
}

/** Seconds of a command, those of its start included. */
function time(...command: readonly string[]): Timing {
  const script = 'TIMEFORMAT="%R %U %S"; time "$@" >/dev/null 2>/dev/null';
  const output = execFileSync('bash', ['-c', `{ ${script}; } 2>&1`, 'time', ...command], {
    encoding: 'utf8',
  });
  const [wall = 0, user = 0, system = 0] = output.trim().split(' ').map(Number);
  return { wall, cpu: user + system };
}

/** Addresses for curl, as its configuration file. */
async function writeCurlConfig(hub: string, repo: string, folder: string): Promise<string> {
  const answer = await fetch(`${hub}/api/datasets/${repo}/revision/main`);
  const { sha, siblings } = (await answer.json()) as { sha: string; siblings: { rfilename: string }[] };
  const lines = siblings.map(({ rfilename }, index) => {
    const url = `${hub}/datasets/${repo}/resolve/${sha}/${rfilename}`;
    return `url = "${url}"\noutput = "${join(folder, String(index))}"\n`;
  });
  const file = join(folder, 'curl.config');
  await writeFile(file, lines.join(''));
  return file;
}

/** Bytes of the files below `folder`, links not followed. */
async function sizeOf(folder: string): Promise<number> {
  let size = 0;
  for (const item of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (item.isFile()) size += (await lstat(join(item.parentPath, item.name))).size;
  }
  return size;
}

/** One client once; a download that brought less than `least` bytes is an error. */
async function measure(client: Client, hub: string, repo: string, least: number): Promise<Timing> {
  const folder = await mkdtemp(join(tmpdir(), 'vascusim-bench-hf-'));
  try {
    const command =
      client === 'curl'
        ? ['curl', '-sfL', '-Z', '--parallel-max', '8', '-K', await writeCurlConfig(hub, repo, folder)]
        : [process.execPath, 'bench/hf-client.ts', client, hub, repo, folder];
    const timing = time(...command);
    const size = await sizeOf(folder);
    if (size < least) throw new Error(`${client} brought ${size} of ${least} bytes of ${repo}`);
    return timing;
  } finally {
    await rm(folder, { recursive: true });
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] as number;
}

const [files, bytes, large] = [option('files', 1000), option('bytes', 100_000), option('large', 500_000_000)];
const sizes = [files, bytes, large].map(String);
const server = spawn(process.execPath, ['bench/hf-server.ts', ...sizes], {
  stdio: ['pipe', 'pipe', 'inherit'],
});
const [first] = (await once(server.stdout, 'data')) as [Buffer];
const hub = first.toString().trim();
process.stdout.write(
  `${cpus()[0]?.model ?? 'unknown processor'}, ${availableParallelism()} cores, load ${loadavg()[0]?.toFixed(1)}, Node ${process.version}\n` +
    'medians; seconds, and times of ours\n\n| what | client | wall | CPU | wall / ours | CPU / ours |\n|---|---|---|---|---|---|\n',
);
for (const [repo, what, least] of [
  ['user/many', `${files} x ${bytes} bytes`, files * bytes],
  ['user/large', `1 x ${large} bytes`, large],
] as const) {
  const timings = new Map<Client, Timing[]>(CLIENTS.map((client) => [client, []]));
  for (let round = 0; round < option('rounds', 3); round++) {
    for (const client of CLIENTS) timings.get(client)?.push(await measure(client, hub, repo, least));
  }
  const of = (client: Client, key: keyof Timing): number =>
    median((timings.get(client) ?? []).map((timing) => timing[key]));
  for (const client of CLIENTS) {
    const [wall, cpu] = [of(client, 'wall'), of(client, 'cpu')];
    const ratios = [wall / of('ours', 'wall'), cpu / of('ours', 'cpu')].map((ratio) => ratio.toFixed(2));
    process.stdout.write(
      `| ${[what, client.replace('-8', ', 8 at a time'), wall.toFixed(2), cpu.toFixed(2), ...ratios].join(' | ')} |\n`,
    );
  }
}
server.stdin.end();
