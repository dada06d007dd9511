import { spawn } from 'node:child_process';
import { randomFillSync } from 'node:crypto';
import { chmodSync, existsSync, linkSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeCertificate } from '../test/servers/certificates.ts';
import { LoopbackDsm } from '../test/servers/dsm.ts';
import { Hub } from '../test/servers/hub.ts';
import { hasSamba, startSamba } from '../test/servers/samba.ts';

/*
 * The servers of bench/line.bench.ts in a process of their own: nginx with http and https, a loopback Hub with its
 * store, a loopback DSM, and Samba, all with the same files of each size.
 *
 *   node bench/line-servers.ts SIZE:COUNT...
 *
 * Prints JSON with the ports; a line of JSON {"hub", "cdn"} on its standard input says by which addresses the Hub is
 * reached, and is answered by an empty line. It ends with its input.
 */
const sets = process.argv.slice(2).map((set) => set.split(':').map(Number) as [number, number]);
const base = mkdtempSync(join(tmpdir(), 'vascusim-bench-line-'));
chmodSync(base, 0o755);
const folder = join(base, 'share');
mkdirSync(folder);
const hub = new Hub();
await hub.start();
const unlimited = { requests: Number.MAX_SAFE_INTEGER, windowSeconds: 300 };
hub.limits.quotas = { api: unlimited, resolvers: unlimited };
const dsm = await LoopbackDsm.start({ sidPrefix: 'S' });

for (const [size, count] of sets) {
  const content = randomFillSync(new Uint8Array(size));
  const names = Array.from({ length: count }, (_, index) => `case_${String(index).padStart(5, '0')}.vtu`);
  const under = join(folder, String(size));
  mkdirSync(under);
  writeFileSync(join(under, names[0] as string), content);
  for (const name of names.slice(1)) linkSync(join(under, names[0] as string), join(under, name));
  const lines = names.map((path) => JSON.stringify({ path, size, modified: '2026-01-01T00:00:00Z' }));
  writeFileSync(join(under, 'files.jsonl'), `${lines.join('\n')}\n`);
  hub.add(`user/n${size}`, Object.fromEntries(names.map((name) => [name, content])));
  for (const name of names) dsm.files.write(`/sims/${size}/${name}`, content);
}

// At once, so that they are not the same.
const [http, https] = await Promise.all([freePort(), freePort()]);
const { key, cert } = makeCertificate();
writeFileSync(join(base, 'key.pem'), key);
writeFileSync(join(base, 'cert.pem'), cert);
mkdirSync(join(base, 'temp'));
const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
writeFileSync(
  join(base, 'nginx.conf'),
  `${process.getuid?.() === 0 ? 'user root;' : ''} daemon off; worker_processes 1; pid nginx.pid; events { worker_connections 512; }
http {
  ${temporary.map((name) => `${name}_temp_path temp/${name};`).join(' ')}
  access_log off; sendfile on; keepalive_requests 1000000;
  server { listen 127.0.0.1:${http}; listen 127.0.0.1:${https} ssl http2; root ${folder};
    ssl_certificate cert.pem; ssl_certificate_key key.pem; }
}
`,
);
const binary = existsSync('/usr/sbin/nginx') ? '/usr/sbin/nginx' : 'nginx';
const nginx = spawn(binary, ['-p', base, '-c', join(base, 'nginx.conf'), '-e', join(base, 'error.log')], {
  stdio: 'inherit',
});
const samba = hasSamba ? await startSamba({ folder }) : undefined;
const ports = { http, https, hub: portOf(hub.url), cdn: portOf(hub.cdnUrl), dsm: dsm.port, smb: samba?.port };
process.stdout.write(`${JSON.stringify({ ...ports, base })}\n`);

process.stdin.on('data', (line) => {
  const { hub: url, cdn } = JSON.parse(String(line)) as { hub: string; cdn: string };
  hub.url = url;
  hub.cdnUrl = cdn;
  hub.requests.length = 0;
  process.stdout.write('\n');
});
process.stdin.on('end', () => {
  nginx.kill();
  rmSync(base, { recursive: true, force: true });
  void Promise.resolve(samba?.[Symbol.asyncDispose]()).finally(() => process.exit());
});

function portOf(url: string): number {
  return Number(new URL(url).port);
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(address === null || typeof address === 'string' ? 0 : address.port));
    });
  });
}
