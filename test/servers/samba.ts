import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { md4 } from '../../src/protocols/smb/md4.ts';

const SMBD = '/usr/sbin/smbd';
/** Whether there is a Samba to start (Debian: `samba`, `smbclient`). */
export const hasSamba: boolean = existsSync(SMBD);

/** Whom the servers know. */
export const USERNAME = userInfo().username;
/** Not ASCII, as passwords are in life. */
export const PASSWORD = 'pä$$ wörd-€';

/** How a server is set up. */
export interface SambaOptions {
  /** Lines for `[global]`. */
  readonly global?: readonly string[] | undefined;
  /** Lines for the share `sims`. */
  readonly share?: readonly string[] | undefined;
  /** Of the account. @defaultValue {@link PASSWORD} */
  readonly password?: string | undefined;
  /** Folder that the shares show; a new one by default. */
  readonly folder?: string | undefined;
}

/** A running server with the shares `sims`, `other` (nobody may enter it) and `hidden$`. */
export interface Samba extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  /** What the share `sims` shows. */
  readonly folder: string;
  stop(): Promise<void>;
  /** Starts it again where it was. */
  start(): Promise<void>;
}

/** Servers that a run which breaks off must not leave behind. */
const running = new Set<number>();
process.once('exit', () => {
  for (const pid of running) signal(pid);
});

/** Starts Samba without the rights of root, in a folder of its own, on loopback. */
export async function startSamba(options: SambaOptions = {}): Promise<Samba> {
  const base = await mkdtemp(join(tmpdir(), 'vascusim-samba-'));
  for (const name of ['private', 'lock', 'state', 'cache', 'pid', 'ncalrpc', 'log', 'share']) {
    await mkdir(join(base, name));
  }
  chmodSync(base, 0o755);
  const folder = options.folder ?? join(base, 'share');
  const port = await freePort();
  const passwords = join(base, 'private/smbpasswd');
  const hash = md4(Buffer.from(options.password ?? PASSWORD, 'utf16le'))
    .toString('hex')
    .toUpperCase();
  const changed = Math.floor(Date.now() / 1000)
    .toString(16)
    .toUpperCase()
    .padStart(8, '0');
  await writeFile(
    passwords,
    `${USERNAME}:${userInfo().uid}:${'X'.repeat(32)}:${hash}:[U          ]:LCT-${changed}:\n`,
    { mode: 0o600 },
  );
  await writeFile(join(base, 'smb.conf'), configuration(base, folder, port, options));
  let process: ChildProcess | undefined;
  const stop = async (): Promise<void> => {
    if (process?.pid === undefined) return;
    process.ref();
    const ended = new Promise((resolve) => process?.once('exit', resolve));
    signal(process.pid);
    await ended;
    running.delete(process.pid);
    process = undefined;
    // The service that lists shares is a session of its own.
    const pidFile = join(base, 'pid/samba-dcerpcd.pid');
    if (existsSync(pidFile)) signal(Number(readFileSync(pidFile, 'utf8')));
  };
  const start = async (): Promise<void> => {
    process = spawn(
      SMBD,
      ['-F', '--no-process-group', '-s', join(base, 'smb.conf'), '-l', join(base, 'log')],
      {
        detached: true,
        stdio: 'ignore',
      },
    );
    process.unref();
    if (process.pid !== undefined) running.add(process.pid);
    await reachable(port);
  };
  await start();
  return {
    host: '127.0.0.1',
    port,
    folder,
    start,
    stop,
    async [Symbol.asyncDispose]() {
      await stop();
      await rm(base, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

function configuration(base: string, folder: string, port: number, options: SambaOptions): string {
  return `[global]
  workgroup = WORKGROUP
  server role = standalone server
  netbios name = SMBTEST
  interfaces = 127.0.0.1/8
  bind interfaces only = yes
  smb ports = ${port}
  disable netbios = yes
  disable spoolss = yes
  load printers = no
  printing = bsd
  printcap name = /dev/null
  private dir = ${base}/private
  lock directory = ${base}/lock
  state directory = ${base}/state
  cache directory = ${base}/cache
  pid directory = ${base}/pid
  ncalrpc dir = ${base}/ncalrpc
  log file = ${base}/log/log.%m
  passdb backend = smbpasswd:${base}/private/smbpasswd
${lines(options.global)}
[sims]
  path = ${folder}
  read only = yes
${userInfo().uid === 0 ? '  force user = nobody\n' : ''}${lines(options.share)}
[other]
  path = ${folder}
  valid users = nobodyelse
[hidden$]
  path = ${folder}
`;
}

function lines(given: readonly string[] = []): string {
  return given.map((line) => `  ${line}\n`).join('');
}

/** Ends a process group that this file has started. */
function signal(pid: number): void {
  try {
    process.kill(-pid, 'SIGTERM');
  } catch {
    // It has ended already.
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** Waits until something accepts connections. */
async function reachable(port: number): Promise<void> {
  for (let attempt = 0; attempt < 400; attempt++) {
    const accepted = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1');
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
    if (accepted) return;
    await delay(25);
  }
  throw new Error('Samba does not start: see its log folder');
}
