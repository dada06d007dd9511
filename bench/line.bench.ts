import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { PASSWORD, USERNAME } from '../test/servers/samba.ts';
import { fork } from './fork.ts';

/*
 * Use of a line: files of one size over one protocol by the stream of a dataset, without decoding, beside plain
 * downloads of node:http, on a line of some latency and bandwidth.
 *
 *   npm run bench:line [-- --full | --nas] [--seconds 1.5] [--only hub,smb] [--most 1000000] [--peer FOLDER]
 *
 * The ideal is the bytes by the bandwidth. `--nas`: SMB and DSM alone, at 5, 20 and 100 ms. Plain downloads of SMB are
 * smbclient's `mget`, a file after the other; of DSM they are told the session and ask for nothing but the files.
 * Ours counts from opening on; the share without it stands beside. `--most`: files of no more bytes. `--peer`
 * measures another version of this package by turns. Needs Debian's nginx-light and openssl, and samba for SMB.
 */
const KINDS = ['http', 'https', 'hub', 'smb', 'dsm'] as const;
type Kind = (typeof KINDS)[number];

interface Cell {
  readonly kind: Kind;
  readonly latencyMs: number;
  readonly megabytes: number;
  readonly size: number;
}

const SIZES = [10_000, 100_000, 1_000_000, 100_000_000];
const MOST_FILES: Readonly<Record<number, number>> = {
  10_000: 2000,
  100_000: 1500,
  1_000_000: 200,
  100_000_000: 4,
};
/** Plain downloads at a time: as many as any line of the matrix holds of small files. */
const PLAIN = 64;

const SHORT: readonly Cell[] = [
  ...cells(['http'], [0], [100], [10_000, 100_000, 1_000_000]),
  ...cells(['http'], [20], [25], [100_000, 1_000_000]),
  ...cells(['http'], [100], [25], [10_000, 100_000]),
  ...cells(['https'], [20], [25], [100_000]),
  ...cells(['hub'], [20, 100], [25], [100_000]),
  ...cells(['smb'], [5, 100], [25], [100_000]),
  ...cells(['dsm'], [20], [25], [100_000]),
];
const NAS = cells(['smb', 'dsm'], [5, 20, 100], [25], [100_000, 1_000_000]);
const FULL = cells(KINDS, [0, 5, 20, 100], [5, 25, 100], SIZES);

function cells(
  kinds: readonly Kind[],
  latencies: readonly number[],
  bandwidths: readonly number[],
  sizes: readonly number[],
): Cell[] {
  return kinds.flatMap((kind) =>
    latencies.flatMap((latencyMs) =>
      bandwidths.flatMap((megabytes) => sizes.map((size) => ({ kind, latencyMs, megabytes, size }))),
    ),
  );
}

function option(name: string): string | undefined {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? undefined : process.argv[at + 1];
}

/** Process that prints a line of JSON once it is ready, and ends with its input. */
class Server implements Disposable {
  readonly process: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor(script: URL, args: readonly (number | string)[]) {
    this.process = spawn(process.execPath, [fileURLToPath(script), ...args.map(String)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#lines = createInterface({ input: this.process.stdout as NodeJS.ReadableStream })[
      Symbol.asyncIterator
    ]();
  }

  async line(): Promise<string> {
    return String((await this.#lines.next()).value);
  }

  [Symbol.dispose](): void {
    this.process.stdin?.end();
  }
}

interface Outcome {
  readonly ms: number;
  readonly openMs: number;
  readonly firstMs: number;
  readonly cpuMs: number;
  readonly most: number;
  readonly mean: number;
}

async function measure(cell: Cell, servers: Server, targets: Targets): Promise<string[]> {
  const { kind, latencyMs, megabytes, size } = cell;
  const names = kind === 'hub' ? ['hub', 'cdn'] : [kind];
  using proxy = new Server(new URL('./line-proxy.ts', import.meta.url), [
    latencyMs,
    megabytes,
    ...names.map((name) => targets.ports[name] ?? 0),
  ]);
  const through = JSON.parse(await proxy.line()) as number[];
  const ports = Object.fromEntries(names.map((name, index) => [name, through[index]]));
  if (kind === 'hub') {
    const urls = { hub: `http://127.0.0.1:${ports['hub']}`, cdn: `http://127.0.0.1:${ports['cdn']}` };
    servers.process.stdin?.write(`${JSON.stringify(urls)}\n`);
    await servers.line();
  }
  const wanted = (Number(option('seconds') ?? 1.5) * megabytes * 1e6) / size;
  const count = Math.max(2, Math.min(MOST_FILES[size] ?? 1, Math.round(wanted)));
  const run = async (root: string, plain?: number): Promise<Outcome> => {
    const cacheDir = mkdtempSync(join(tmpdir(), 'vascusim-bench-line-'));
    const account = { username: USERNAME, password: PASSWORD };
    const given = { kind, ports, size, count, cacheDir, base: targets.base, ...account, plain, root };
    return (await fork(new URL('./line-client.ts', import.meta.url), [JSON.stringify(given)])) as Outcome;
  };
  const ideal = (size * count) / (megabytes * 1000);
  const share = (ms: number): string => (ideal / ms).toFixed(2);
  const describe = ({ ms, openMs, firstMs, cpuMs, most, mean }: Outcome): string[] => [
    share(ms),
    share(ms - openMs),
    openMs.toFixed(0),
    firstMs.toFixed(0),
    `${mean.toFixed(1)} / ${most}`,
    (cpuMs / count).toFixed(2),
  ];
  const peer = option('peer');
  const theirs = share((await run('', PLAIN)).ms);
  const other = peer === undefined ? [] : describe(await run(resolve(peer)));
  const mine = describe(await run(resolve(import.meta.dirname, '..')));
  return [kind, latencyMs, megabytes, size / 1000, count, theirs, ...mine, ...other].map(String);
}

interface Targets {
  readonly ports: Readonly<Record<string, number>>;
  readonly base: string;
}

const only = option('only')?.split(',');
const asked = process.argv.includes('--full') ? FULL : process.argv.includes('--nas') ? NAS : SHORT;
const most = Number(option('most') ?? Infinity);
const chosen = asked.filter(({ kind, size }) => (only?.includes(kind) ?? true) && size <= most);
using servers = new Server(
  new URL('./line-servers.ts', import.meta.url),
  [...new Set(chosen.map(({ size }) => size))].map((size) => `${size}:${MOST_FILES[size] ?? 1}`),
);
const { base, ...ports } = JSON.parse(await servers.line()) as { base: string } & Record<string, number>;
process.stdout.write(
  `${cpus()[0]?.model ?? 'unknown processor'}, ${availableParallelism()} cores, load ${loadavg()[0]?.toFixed(1)}, Node ${process.version}\n\n`,
);
const OURS = [
  'ours',
  'without opening',
  'opening, ms',
  'first file, ms',
  'under way, mean / most',
  'CPU a file, ms',
];
const HEAD = ['protocol', 'latency, ms', 'MB/s', 'kB', 'files', `plain, ${PLAIN} at a time`, ...OURS];
if (option('peer') !== undefined) HEAD.push(...OURS.map((cell) => cell.replace('ours', 'peer')));
process.stdout.write(`| ${HEAD.join(' | ')} |\n${'|---'.repeat(HEAD.length)}|\n`);
for (const cell of chosen) {
  if (ports[cell.kind] === undefined) continue;
  process.stdout.write(`| ${(await measure(cell, servers, { ports, base })).join(' | ')} |\n`);
}
servers.process.stdin?.end();
await once(servers.process, 'exit');
