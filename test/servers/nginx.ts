import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe } from 'vitest';
import type { Certificate } from './certificates.ts';

const binary = ['/usr/sbin/nginx', 'nginx'].find(
  (candidate) => spawnSync(candidate, ['-v'], { stdio: 'ignore' }).status === 0,
);
if (binary === undefined) {
  const advice = 'nginx not found (Debian: apt install nginx-light)';
  if (process.env['CI'] !== undefined) throw new Error(advice);
  process.stderr.write(`${advice}: tests against real nginx are skipped\n`);
}

/** A suite that needs real nginx: skipped without it, an error in CI. */
export const describeWithNginx: (name: string, body: () => void) => void = describe.skipIf(
  binary === undefined,
);

/** A real nginx on loopback. */
export interface Nginx extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`, without a trailing `/`. */
  readonly url: string;
  /** The same over https; only with a certificate. */
  readonly httpsUrl: string;
  /** Lines of the access log: method, target, status. */
  requests(): Promise<string[]>;
}

/** Options of {@link startNginx}. */
export interface NginxOptions {
  /** The folder that is served. */
  readonly folder: string;
  /** More directives of the `server` block. */
  readonly directives?: string | undefined;
  /** More directives of the `http` block. */
  readonly limits?: string | undefined;
  readonly certificate?: Certificate | undefined;
}

/** Starts nginx with a prefix of its own; also as an ordinary user. It is stopped by disposing of it. */
export async function startNginx(options: NginxOptions): Promise<Nginx> {
  const prefix = await mkdtemp(join(tmpdir(), 'vascusim-nginx-'));
  await mkdir(join(prefix, 'temp'));
  await chmod(prefix, 0o755);
  const [port, tlsPort] = [await freePort(), await freePort()];
  const { certificate } = options;
  if (certificate !== undefined) {
    await writeFile(join(prefix, 'key.pem'), certificate.key);
    await writeFile(join(prefix, 'cert.pem'), certificate.cert);
  }
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path temp/${name};`)
    .join(' ');
  // As root nginx would serve as another user, who may not enter the tests' folders.
  const user = process.getuid?.() === 0 ? 'user root;' : '';
  await writeFile(
    join(prefix, 'nginx.conf'),
    `${user} daemon off; worker_processes 1; pid nginx.pid; error_log error.log;
events { worker_connections 256; }
http {
  ${temporary}
  log_format short '$request_method $request_uri $status';
  access_log access.log short;
  ${options.limits ?? ''}
  server {
    listen 127.0.0.1:${port};
    ${certificate === undefined ? '' : `listen 127.0.0.1:${tlsPort} ssl; ssl_certificate cert.pem; ssl_certificate_key key.pem;`}
    root ${JSON.stringify(options.folder)};
    ${options.directives ?? ''}
  }
}
`,
  );
  const child = spawn(
    binary ?? 'nginx',
    ['-p', prefix, '-c', join(prefix, 'nginx.conf'), '-e', join(prefix, 'error.log')],
    {
      stdio: 'ignore',
    },
  );
  try {
    await listening(port, child);
  } catch (error) {
    const log = await readFile(join(prefix, 'error.log'), 'utf8').catch(() => '');
    throw new Error(`nginx did not start: ${log}`, { cause: error });
  }
  return {
    url: `http://127.0.0.1:${port}`,
    httpsUrl: `https://127.0.0.1:${tlsPort}`,
    requests: async () => (await readFile(join(prefix, 'access.log'), 'utf8')).trim().split('\n'),
    async [Symbol.asyncDispose]() {
      const exited = once(child, 'exit');
      if (child.exitCode === null && child.kill('SIGTERM')) await exited;
      await rm(prefix, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Resolves when the port takes connections; rejects when the process has ended or after 10 s. */
async function listening(port: number, child: ChildProcess): Promise<void> {
  const deadline = performance.now() + 10_000;
  for (;;) {
    if (child.exitCode !== null) throw new Error(`exit code ${child.exitCode}`);
    const socket = connect(port, '127.0.0.1');
    const open = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    });
    socket.destroy();
    if (open) return;
    if (performance.now() > deadline) throw new Error('not listening after 10 s');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
