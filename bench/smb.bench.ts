import { execFileSync, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { PASSWORD, type Samba, startSamba, USERNAME } from '../test/servers/samba.ts';
import { writeRepeated } from '../test/sources/smb/share-content.ts';

/*
 * Reading from Samba on this machine beside smbclient, each in a process of its own, in turns:
 *
 *   npm run bench:smb [-- --only signed] [--what "200 MB"] [--latency 0,4] [--rounds 9] [--peer FOLDER]
 *
 * smbclient: its whole process. Ours: from making the source to its end, connecting and listing included, without the
 * start of Node.js; "again" a second time in the same process, over a new connection, when the code is warm, as in a
 * training run. A ratio is the median over the rounds, behind it that of the least times. CPU is user and system time
 * of the client (ours: of the first time). Bytes go nowhere (/dev/null) unless it says "into files". With latency both
 * go through a proxy that delays each way by half. `--peer` measures another version of this package by turns.
 */

interface Protection {
  readonly name: string;
  readonly global: readonly string[];
  readonly signing: 'always' | 'if-required';
}

const PROTECTIONS: readonly Protection[] = [
  { name: 'plain', global: [], signing: 'if-required' },
  { name: 'ours signs, smbclient does not', global: [], signing: 'always' },
  { name: 'signed, AES-GMAC', global: ['server signing = mandatory'], signing: 'always' },
  { name: 'encrypted, AES-128-GCM', global: ['server smb encrypt = required'], signing: 'always' },
];

interface Outcome {
  readonly ms: number;
  readonly againMs: number;
  readonly bytes: number;
  readonly cpuMs: number;
  readonly rssMegabytes: number;
}

function option(name: string): string | undefined {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? undefined : process.argv[at + 1];
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] as number;
}

function runOurs(port: number, signing: string, path: string, root = '.', into?: string): Outcome {
  const run = { port, username: USERNAME, password: PASSWORD, signing, path, into, root: resolve(root) };
  const output = execFileSync(process.execPath, ['bench/smb-read.ts', JSON.stringify(run)], {
    encoding: 'utf8',
  });
  return JSON.parse(output) as Outcome;
}

function runSmbclient(port: number, commands: string): Pick<Outcome, 'ms' | 'cpuMs'> {
  const args = ['//127.0.0.1/sims', '-p', String(port), '-U', USERNAME, '-c', commands];
  const start = performance.now();
  // The last line of `times` is what the children of the shell took.
  const output = execFileSync('bash', ['-c', 'smbclient "$@" >/dev/null 2>&1; times', 'smbclient', ...args], {
    encoding: 'utf8',
    env: { ...process.env, PASSWD: PASSWORD },
  });
  const ms = performance.now() - start;
  const taken =
    output
      .trim()
      .split('\n')
      .at(-1)
      ?.matchAll(/(\d+)m([\d.]+)s/g) ?? [];
  const cpuMs = [...taken].reduce(
    (sum, [, minutes, seconds]) => sum + 60e3 * Number(minutes) + 1e3 * Number(seconds),
    0,
  );
  return { ms, cpuMs };
}

/** Starts the proxy and runs `action` with its port. */
async function withLatency(
  port: number,
  latencyMs: number,
  action: (port: number) => Promise<void>,
): Promise<void> {
  if (latencyMs === 0) return action(port);
  const proxy = spawn(process.execPath, ['bench/delay-proxy.ts', String(port), String(latencyMs / 2)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const line = await new Promise<string>((resolve) =>
      proxy.stdout.once('data', (data) => resolve(String(data))),
    );
    await action(Number(line));
  } finally {
    proxy.kill();
  }
}

/** What is read, and how often for each latency. */
interface Work {
  readonly name: string;
  readonly path: string;
  readonly bytes: number;
  readonly smbclient: (into: string) => string;
  readonly writes: boolean;
  readonly rounds: Readonly<Record<number, number>>;
}

const small = (index: number): string => `case-${String(index).padStart(3, '0')}.vtu`;

const WORKS: readonly Work[] = [
  {
    name: '200 MB',
    path: 'sims/big.bin',
    bytes: 200 * 1024 ** 2,
    smbclient: () => 'get big.bin /dev/null',
    writes: false,
    rounds: { 0: 7, 4: 5 },
  },
  {
    name: '500 × 200 kB',
    path: 'sims/small/',
    bytes: 100_000_000,
    smbclient: () =>
      `cd small; ${Array.from({ length: 500 }, (_, index) => `get ${small(index)} /dev/null`).join('; ')}`,
    writes: false,
    rounds: { 0: 7, 4: 1 },
  },
  {
    name: '500 × 200 kB, into files',
    path: 'sims/small/',
    bytes: 100_000_000,
    smbclient: (into) => `lcd ${into}; prompt off; cd small; mget *`,
    writes: true,
    rounds: { 0: 5 },
  },
];

async function compare(samba: Samba, protection: Protection, latencyMs: number, into: string): Promise<void> {
  await withLatency(samba.port, latencyMs, async (port) => {
    for (const work of WORKS) {
      if (work.name.includes(option('what') ?? '') === false) continue;
      const rounds = work.rounds[latencyMs] ?? 0;
      const theirs: Pick<Outcome, 'ms' | 'cpuMs'>[] = [];
      const ours: Outcome[] = [];
      const before: Outcome[] = [];
      const read = (root?: string): Outcome => {
        const outcome = runOurs(port, protection.signing, work.path, root, work.writes ? into : undefined);
        if (outcome.bytes !== work.bytes) throw new Error(`${outcome.bytes} bytes are not all`);
        return outcome;
      };
      const peer = option('peer');
      for (let round = 0; round < (rounds > 1 ? Number(option('rounds') ?? rounds) : rounds); round++) {
        theirs.push(runSmbclient(port, work.smbclient(into)));
        ours.push(read());
        if (peer !== undefined) before.push(read(peer));
      }
      if (ours.length === 0) continue;
      const theirMs = theirs.map(({ ms }) => ms);
      const ratio = (times: readonly number[]): string => {
        const each = times.map((ms, round) => ms / (theirMs[round] as number));
        return `${median(each).toFixed(2)}, ${(Math.min(...times) / Math.min(...theirMs)).toFixed(2)}`;
      };
      const describe = (outcomes: readonly Outcome[]): string[] => {
        const times = outcomes.map(({ ms }) => ms);
        const again = outcomes.map(({ againMs }) => againMs);
        const cpu = median(outcomes.map(({ cpuMs }) => cpuMs));
        return [median(times), ratio(times), median(again), ratio(again), cpu].map(show);
      };
      const cells = [
        protection.name,
        work.name,
        `${latencyMs} ms`,
        show(median(theirMs)),
        show(median(theirs.map(({ cpuMs }) => cpuMs))),
        ...describe(ours),
        ...(peer === undefined ? [] : describe(before)),
      ];
      process.stdout.write(`| ${cells.join(' | ')} |\n`);
    }
  });
}

function show(cell: number | string): string {
  return typeof cell === 'number' ? cell.toFixed(0) : cell;
}

const only = option('only') ?? '';
const latencies = (option('latency') ?? '0,4').split(',').map(Number);
const base = await mkdtemp(join(tmpdir(), 'vascusim-bench-smb-'));
const into = join(base, 'into');
await mkdir(into);
try {
  const folder = join(base, 'share');
  await mkdir(join(folder, 'small'), { recursive: true });
  execFileSync('chmod', ['755', base, folder, join(folder, 'small')]);
  await writeRepeated(join(folder, 'big.bin'), 200 * 1024 ** 2);
  await writeRepeated(join(folder, 'huge.bin'), 1_000_000_000);
  for (let index = 0; index < 500; index++) {
    await writeRepeated(join(folder, 'small', small(index)), 200_000);
  }
  const own = ['first time ms', 'ratio', 'again ms', 'ratio', 'CPU ms'];
  const head = [
    'protection',
    'what',
    'latency',
    'smbclient ms',
    'CPU ms',
    ...own.map((cell) => `ours, ${cell}`),
  ];
  if (option('peer') !== undefined) head.push(...own.map((cell) => `peer, ${cell}`));
  process.stdout.write(
    `${cpus()[0]?.model ?? 'unknown processor'}, ${availableParallelism()} cores, Node ${process.version}, ` +
      `${execFileSync('smbclient', ['--version'], { encoding: 'utf8' }).trim()} (both sides), ${new Date().toISOString().slice(0, 10)}\n\n` +
      `| ${head.join(' | ')} |\n${'|---'.repeat(head.length)}|\n`,
  );
  const memory: string[] = [];
  for (const protection of PROTECTIONS.filter(({ name }) => name.startsWith(only))) {
    await using samba = await startSamba({ folder, global: protection.global });
    for (const latencyMs of latencies) await compare(samba, protection, latencyMs, into);
    if (option('what') !== undefined) continue;
    const { rssMegabytes, ms } = runOurs(samba.port, protection.signing, 'sims/huge.bin');
    memory.push(`| ${protection.name} | ${rssMegabytes.toFixed(0)} | ${ms.toFixed(0)} |\n`);
  }
  if (memory.length > 0)
    process.stdout.write(
      `\nStreaming 1 GB, chunks given back:\n\n| protection | largest resident size, MB | ms |\n|---|---|---|\n${memory.join('')}`,
    );
} finally {
  await rm(base, { recursive: true, force: true });
}
