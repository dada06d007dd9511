import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';

/** Process that owns a file, by which others find out whether it still runs. */
export interface ProcessOwner {
  readonly host: string;
  readonly pid: number;
  /** Text that tells the process from another one that had its number before. */
  readonly start: string;
}

/** Age of the last sign of life of a process on another machine after which it counts as dead, milliseconds. */
const SILENCE_MS: number = 15 * 60_000;

/** Owner that this process is. */
export const SELF: ProcessOwner = {
  host:
    hostname()
      .replaceAll(/[^\w.-]/g, '_')
      .slice(0, 60) || 'host',
  pid: process.pid,
  start: startOf(process.pid) ?? String(Math.round(Date.now() - 1000 * process.uptime())),
};

let made = 0;

/** Makes a name for a file of this process, which no other file has. */
export function ownName(extension: string): string {
  return `${SELF.host}~${SELF.pid}~${SELF.start}~${made++}${extension}`;
}

/** Reads the owner from the name of a file; undefined where it has none. */
export function ownerOf(name: string): ProcessOwner | undefined {
  const [, host, pid, start] = /^([\w.-]+)~(\d+)~(\w+)~\d+\.\w+$/.exec(name) ?? [];
  return host === undefined ? undefined : { host, pid: Number(pid), start: start as string };
}

/** Tells whether a process is this one. */
function isSelf({ host, pid, start }: ProcessOwner): boolean {
  return host === SELF.host && pid === SELF.pid && start === SELF.start;
}

/**
 * Tells whether a process runs: one of this machine for sure, one of another by its last sign of life.
 *
 * @param signMs - time of that, milliseconds since 1970
 */
export function isAlive(owner: ProcessOwner, signMs: number, silenceMs: number = SILENCE_MS): boolean {
  if (isSelf(owner)) return true;
  if (owner.host !== SELF.host) return Date.now() - signMs < silenceMs;
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  const start = startOf(owner.pid);
  return start === undefined || start === owner.start || !/^t\d+$/.test(owner.start);
}

/** Reads when a process was started, in ticks since the machine was; undefined where the system does not tell so. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // Behind the name of the program, which may hold anything.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z' || fields[0] === 'X') return 'dead';
    return /^\d+$/.test(fields[19] ?? '') ? `t${fields[19]}` : undefined;
  } catch {
    return undefined;
  }
}
