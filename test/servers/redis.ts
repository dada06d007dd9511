import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { describe } from 'vitest';
import type { Certificate } from './certificates.ts';
import { freePorts } from './free-ports.ts';

const isThere = spawnSync('redis-server', ['--version'], { stdio: 'ignore' }).status === 0;
if (!isThere) {
  const advice = 'redis-server not found (Debian: apt install redis-server)';
  if (process.env['CI'] !== undefined) throw new Error(advice);
  process.stderr.write(`${advice}: tests against real Redis are skipped\n`);
}

/** A suite that needs real Redis: skipped without it, an error in CI. */
export const describeWithRedis: (name: string, body: () => void) => void = describe.skipIf(!isThere);

/** Login of the user that the tests have, who may do what the guide says and nothing more. */
export const USER = { name: 'vascusim', password: 'p4ss-of-the-queue' };

/** Rule of that user, as the guide has it. */
const RULE =
  'resetchannels ~vascusim:* +@read +@write +@scripting +@transaction +@connection +@blocking +@stream -@dangerous +info';

/** A real Redis on loopback. */
export interface RedisServer extends AsyncDisposable {
  readonly port: number;
  /** Address with the user, without the password. */
  readonly address: string;
  /** Client that may do anything. */
  readonly admin: Redis;
  /** Kills it, and what it held with it. */
  kill(): Promise<void>;
  /** Starts it again, empty. */
  restart(): Promise<void>;
}

/** Options of {@link startRedis}. */
export interface RedisServerOptions {
  readonly args?: readonly string[];
  /** Certificate of a server that is reached by TLS alone. */
  readonly certificate?: Certificate;
}

/** Starts a Redis that keeps nothing on disk. */
export async function startRedis({ args = [], certificate }: RedisServerOptions = {}): Promise<RedisServer> {
  const folder = await mkdtemp(join(tmpdir(), 'vascusim-redis-'));
  const [port = 0] = await freePorts(1);
  const listening: string[] = ['--port', String(port)];
  if (certificate !== undefined) {
    await writeFile(join(folder, 'key.pem'), certificate.key);
    await writeFile(join(folder, 'cert.pem'), certificate.cert);
    const files = [
      '--tls-key-file',
      'key.pem',
      '--tls-cert-file',
      'cert.pem',
      '--tls-ca-cert-file',
      'cert.pem',
    ];
    listening.splice(0, 2, '--port', '0', '--tls-port', String(port), ...files, '--tls-auth-clients', 'no');
  }
  const users = [
    `user ${USER.name} on >${USER.password} ${RULE}`,
    'user admin on nopass ~* &* +@all',
    'user default off',
  ];
  await writeFile(join(folder, 'users.acl'), `${users.join('\n')}\n`);
  const all = [...listening, '--bind', '127.0.0.1', '--save', '', '--aclfile', 'users.acl', ...args];
  let child: ChildProcess;
  const start = async (): Promise<void> => {
    child = spawn('redis-server', all, { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] });
    for await (const chunk of child.stdout as NodeJS.ReadableStream)
      if (String(chunk).includes('Ready to accept connections')) break;
    child.stdout?.resume();
  };
  await start();
  const admin = new Redis({
    port,
    host: '127.0.0.1',
    username: 'admin',
    password: '',
    maxRetriesPerRequest: null,
    retryStrategy: () => 100,
    ...(certificate === undefined ? {} : { tls: { ca: certificate.cert, servername: 'localhost' } }),
  });
  admin.on('error', () => undefined);
  const kill = async (): Promise<void> => {
    const ended = once(child, 'exit');
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await ended;
  };
  return {
    port,
    address: `${certificate === undefined ? 'redis' : 'rediss'}://${USER.name}@localhost:${port}`,
    admin,
    kill,
    restart: start,
    async [Symbol.asyncDispose]() {
      admin.disconnect();
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
