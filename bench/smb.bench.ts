import { execFileSync, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { PASSWORD, type Samba, startSamba, USERNAME } from '../test/servers/samba.ts';
import { writeRepeated } from '../test/sources/smb/share-content.ts';

/*
 * Reading from Samba on this machine beside smbclient, each in a process of its own, in turns:
 *
 *   npm run bench:smb
 *
 * Medians. smbclient: its whole process. Ours: from making the source to its end, connecting and listing included,
 * without the start of Node.js; "again" a second time in the same process, over a new connection, when the code is
 * warm, as in a training run. The ratio is the median over the rounds. Bytes go nowhere (/dev/null) unless it says
 * "into files". With latency both go through a proxy that delays each way by half.
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
  readonly rssMegabytes: number;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] as number;
}

function time(action: () => void): number {
  const start = performance.now();
  action();
  return performance.now() - start;
}

function runOurs(port: number, signing: string, path: string, into?: string): Outcome {
  const run = { port, username: USERNAME, password: PASSWORD, signing, path, into };
  const output = execFileSync(process.execPath, ['bench/smb-read.ts', JSON.stringify(run)], {
    encoding: 'utf8',
  });
  return JSON.parse(output) as Outcome;
}

function runSmbclient(port: number, commands: string): void {
  execFileSync('smbclient', ['//127.0.0.1/sims', '-p', String(port), '-U', USERNAME, '-c', commands], {
    env: { ...process.env, PASSWD: PASSWORD },
    stdio: 'ignore',
  });
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
      const theirs: number[] = [];
      const ours: number[] = [];
      const again: number[] = [];
      for (let round = 0; round < (work.rounds[latencyMs] ?? 0); round++) {
        theirs.push(time(() => runSmbclient(port, work.smbclient(into))));
        const { ms, againMs, bytes } = runOurs(
          port,
          protection.signing,
          work.path,
          work.writes ? into : undefined,
        );
        if (bytes !== work.bytes) throw new Error(`${bytes} bytes are not all`);
        ours.push(ms);
        again.push(againMs);
      }
      if (ours.length === 0) continue;
      const ratio = (times: readonly number[]): string =>
        median(times.map((ms, round) => ms / (theirs[round] as number))).toFixed(2);
      const cells = [
        protection.name,
        work.name,
        `${latencyMs} ms`,
        median(theirs).toFixed(0),
        median(ours).toFixed(0),
        ratio(ours),
        median(again).toFixed(0),
        ratio(again),
      ];
      process.stdout.write(`| ${cells.join(' | ')} |\n`);
    }
  });
}

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
  process.stdout.write(
    `${cpus()[0]?.model ?? 'unknown processor'}, ${availableParallelism()} cores, Node ${process.version}, ` +
      `${execFileSync('smbclient', ['--version'], { encoding: 'utf8' }).trim()} (both sides), ${new Date().toISOString().slice(0, 10)}\n\n` +
      '| protection | what | latency | smbclient ms | ours, first time ms | ratio | ours, again ms | ratio |\n|---|---|---|---|---|---|---|---|\n',
  );
  const memory: string[] = [];
  for (const protection of PROTECTIONS) {
    await using samba = await startSamba({ folder, global: protection.global });
    for (const latencyMs of [0, 4]) await compare(samba, protection, latencyMs, into);
    const { rssMegabytes, ms } = runOurs(samba.port, protection.signing, 'sims/huge.bin');
    memory.push(`| ${protection.name} | ${rssMegabytes.toFixed(0)} | ${ms.toFixed(0)} |\n`);
  }
  process.stdout.write(
    `\nStreaming 1 GB, chunks given back:\n\n| protection | largest resident size, MB | ms |\n|---|---|---|\n${memory.join('')}`,
  );
} finally {
  await rm(base, { recursive: true, force: true });
}
