import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, hostname, tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { describe } from 'vitest';
import { freePorts } from './free-ports.ts';

const MUNGED = '/usr/sbin/munged';
const CONTROLLER = '/usr/sbin/slurmctld';
const NODE = '/usr/sbin/slurmd';

const isThere = [MUNGED, CONTROLLER, NODE].every((program) => existsSync(program)) && userInfo().uid === 0;
if (!isThere) {
  const advice = 'SLURM not found, or not run as root (Debian: apt install slurm-wlm munge)';
  if (process.env['CI'] !== undefined) throw new Error(advice);
  process.stderr.write(`${advice}: tests on SLURM are skipped\n`);
}

/** A suite that needs SLURM: skipped without it, an error in CI. */
export const describeWithSlurm: (name: string, body: () => void) => void = describe.skipIf(!isThere);

/** A SLURM of one machine, which runs two tasks at a time. */
export interface Slurm extends AsyncDisposable {
  /** Runs a command of SLURM, such as `sbatch`. @returns what it says on standard output */
  run(command: string, args: readonly string[]): Promise<string>;
}

/** Servers that a run which breaks off must not leave behind. */
const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Starts SLURM in a folder of its own, on loopback. */
export async function startSlurm(): Promise<Slurm> {
  const base = await mkdtemp(join(tmpdir(), 'vascusim-slurm-'));
  for (const name of ['state', 'spool']) await mkdir(join(base, name));
  const socket = join(base, 'munge.socket');
  await writeFile(join(base, 'munge.key'), randomBytes(1024), { mode: 0o400 });
  const [controllerPort = 0, nodePort = 0] = await freePorts(2);
  const conf = join(base, 'slurm.conf');
  await writeFile(conf, configuration(base, socket, controllerPort, nodePort));
  const environment = { ...process.env, SLURM_CONF: conf };
  const start = (program: string, args: readonly string[]): ChildProcess => {
    const child = spawn(program, args, { env: environment, stdio: 'ignore' });
    running.add(child);
    child.once('exit', () => running.delete(child));
    return child;
  };
  const file = (name: string): string => join(base, name);
  const munged = start(MUNGED, [
    '--foreground',
    '--force',
    `--key-file=${file('munge.key')}`,
    `--socket=${socket}`,
    `--pid-file=${file('munged.pid')}`,
    `--log-file=${file('munged.log')}`,
    `--seed-file=${file('munged.seed')}`,
  ]);
  await until(() => Promise.resolve(existsSync(socket)));
  const servers = [start(CONTROLLER, ['-D', '-i', '-f', conf]), start(NODE, ['-D', '-f', conf])];
  const run = async (command: string, args: readonly string[]): Promise<string> =>
    (await promisify(execFile)(command, args, { env: environment, cwd: base })).stdout;
  await until(async () => {
    const state = await run('sinfo', ['--noheader', '--format=%t']).catch(() => '');
    return state.trim() === 'idle';
  });
  return {
    run,
    async [Symbol.asyncDispose]() {
      await run('scancel', ['--signal=KILL', '--full', `--user=${userInfo().username}`]).catch(() => '');
      for (const child of [...servers.reverse(), munged]) {
        if (child.exitCode !== null) continue;
        const ended = new Promise((settle) => child.once('exit', settle));
        child.kill('SIGKILL');
        await ended;
      }
      await rm(base, { recursive: true, force: true });
    },
  };
}

function configuration(base: string, socket: string, controllerPort: number, nodePort: number): string {
  const name = hostname().split('.')[0] ?? 'localhost';
  return `ClusterName=vascusim
SlurmctldHost=${name}(127.0.0.1)
SlurmctldPort=${controllerPort}
SlurmdPort=${nodePort}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=${socket}
StateSaveLocation=${base}/state
SlurmdSpoolDir=${base}/spool
SlurmctldPidFile=${base}/slurmctld.pid
SlurmdPidFile=${base}/slurmd.pid
SlurmctldLogFile=${base}/slurmctld.log
SlurmdLogFile=${base}/slurmd.log
ProctrackType=proctrack/pgid
TaskPlugin=task/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
ReturnToService=2
JobRequeue=1
SchedulerParameters=batch_sched_delay=0,sched_interval=1
NodeName=${name} NodeAddr=127.0.0.1 CPUs=${Math.min(2, availableParallelism())} State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
`;
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await delay(50);
}
