import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent as HttpAgent, get as httpGet, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, get as httpsGet } from 'node:https';
import { type AddressInfo, createServer } from 'node:net';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { HttpClient } from '../src/protocols/http/client.ts';

/*
 * Our HTTP client beside node:http, undici and fetch, and curl where it is installed; nginx on loopback serves:
 *
 *   node bench/http-client.bench.ts [--rounds 5]
 *
 * Needs Debian's nginx-light and openssl. `small`: 1000 files of 100 kB, 8 at a time; `big`: one file of 500 MB. Each
 * run is a process of its own, which reads and counts the bytes and does nothing with them; within each round the clients
 * take turns. Wall time and CPU time of the whole process, ms, without its start; medians, and ratios to node:http.
 */
const SMALL = { file: 'small', bytes: 100_000, count: 1000, concurrency: 8 };
const BIG = { file: 'big', bytes: 500_000_000, count: 1, concurrency: 1 };
const clients = ['node', 'undici', 'undici-data', 'fetch', 'ours'] as const;
type Client = (typeof clients)[number];

interface Run {
  readonly wallMs: number;
  readonly cpuMs: number;
}

async function makeGet(client: Client, ca: string): Promise<(url: string) => Promise<number>> {
  const count = async (body: AsyncIterable<Uint8Array>): Promise<number> => {
    let bytes = 0;
    for await (const chunk of body) bytes += chunk.byteLength;
    return bytes;
  };
  const flow = (message: NodeJS.ReadableStream): Promise<number> =>
    new Promise((resolve, reject) => {
      let bytes = 0;
      message.on('data', (chunk: Uint8Array) => {
        bytes += chunk.byteLength;
      });
      message.on('end', () => resolve(bytes)).on('error', reject);
    });
  if (client === 'node') {
    const plain = new HttpAgent({ keepAlive: true, maxSockets: 8 });
    const secure = new HttpsAgent({ keepAlive: true, maxSockets: 8, ca });
    return async (url) => {
      const message = await new Promise<IncomingMessage>((resolve, reject) => {
        const sent = url.startsWith('https:')
          ? httpsGet(url, { agent: secure }, resolve)
          : httpGet(url, { agent: plain }, resolve);
        sent.on('error', reject);
      });
      return flow(message);
    };
  }
  if (client === 'ours') {
    const ours = new HttpClient({ proxy: false, tls: { ca } });
    return async (url) => count((await ours.request({ url })).body);
  }
  const { Agent, fetch, request } = await import('undici');
  const dispatcher = new Agent({ connections: 8, connect: { ca } });
  if (client === 'fetch')
    return async (url) => count((await fetch(url, { dispatcher })).body as AsyncIterable<Uint8Array>);
  return async (url) => {
    const { body } = await request(url, { dispatcher });
    return client === 'undici' ? count(body) : flow(body);
  };
}

/** One run in this process. */
async function load(client: Client, base: string, which: typeof SMALL, ca: string): Promise<Run> {
  const get = await makeGet(client, ca);
  await get(`${base}/small`);
  const start = performance.now();
  const before = process.cpuUsage();
  let left = which.count;
  let bytes = 0;
  await Promise.all(
    Array.from({ length: which.concurrency }, async () => {
      while (left-- > 0) {
        const got = await get(`${base}/${which.file}`);
        bytes += got;
      }
    }),
  );
  const { user, system } = process.cpuUsage(before);
  if (bytes !== which.bytes * which.count) throw new Error(`${client}: ${bytes} bytes`);
  return { wallMs: performance.now() - start, cpuMs: (user + system) / 1000 };
}

/** One run of curl, its start included; undefined where there is none. */
function curl(base: string, which: typeof SMALL, cert: string): Run | undefined {
  const many = which.count > 1 ? ['-Z', '--parallel-max', String(which.concurrency)] : [];
  const urls = Array.from({ length: which.count }, () => ['-o', '/dev/null', `${base}/${which.file}`]).flat();
  const script =
    'import resource,subprocess,sys,time\nt=time.time()\nsubprocess.run(sys.argv[1:],check=True)\nu=resource.getrusage(resource.RUSAGE_CHILDREN)\nprint((time.time()-t)*1000,(u.ru_utime+u.ru_stime)*1000)';
  try {
    const text = execFileSync('python3', ['-c', script, 'curl', '-s', '--cacert', cert, ...many, ...urls], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const [wallMs = 0, cpuMs = 0] = text.trim().split(' ').map(Number);
    return { wallMs, cpuMs };
  } catch {
    return undefined;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

async function main(): Promise<void> {
  const at = process.argv.indexOf('--rounds');
  const rounds = at < 0 ? 5 : Number(process.argv[at + 1]);
  const folder = mkdtempSync(join(tmpdir(), 'vascusim-bench-http-'));
  const [port, tlsPort] = [await freePort(), await freePort()];
  mkdirSync(join(folder, 'www'));
  for (const { file, bytes } of [SMALL, BIG])
    writeFileSync(join(folder, 'www', file), Buffer.alloc(bytes, 7));
  execFileSync(
    'openssl',
    'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key -out cert -days 2 -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1'.split(
      ' ',
    ),
    { cwd: folder, stdio: 'ignore' },
  );
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${name};`)
    .join(' ');
  const user = process.getuid?.() === 0 ? 'user root;' : '';
  writeFileSync(
    join(folder, 'nginx.conf'),
    `${user} daemon off; pid pid; events {} http { ${temporary} access_log off; sendfile on; keepalive_requests 1000000;
     server { listen 127.0.0.1:${port}; listen 127.0.0.1:${tlsPort} ssl; ssl_certificate cert; ssl_certificate_key key; root www; } }`,
  );
  const nginx = spawn('/usr/sbin/nginx', ['-p', folder, '-c', 'nginx.conf', '-e', 'log'], {
    stdio: 'inherit',
  });
  await wait(500);
  try {
    process.stdout.write(
      `${cpus()[0]?.model ?? ''}, ${availableParallelism()} cores, Node ${process.version}\n\n| | client | wall ms | CPU ms | wall | CPU |\n|---|---|---|---|---|---|\n`,
    );
    for (const scheme of ['http', 'https']) {
      for (const which of [SMALL, BIG]) {
        const base = `${scheme}://127.0.0.1:${scheme === 'http' ? port : tlsPort}`;
        const runs = new Map<string, Run[]>();
        for (let round = 0; round < rounds; round++) {
          for (const client of clients) {
            const text = execFileSync(
              process.execPath,
              [import.meta.filename, '--load', client, base, which.file, join(folder, 'cert')],
              { encoding: 'utf8' },
            );
            runs.set(client, [...(runs.get(client) ?? []), JSON.parse(text) as Run]);
          }
          const peer = curl(base, which, join(folder, 'cert'));
          if (peer !== undefined) runs.set('curl', [...(runs.get('curl') ?? []), peer]);
        }
        const of = (client: string, key: keyof Run): number =>
          median((runs.get(client) ?? []).map((run) => run[key]));
        for (const client of runs.keys()) {
          const [wall, cpu] = [of(client, 'wallMs'), of(client, 'cpuMs')];
          const ratios = [wall / of('node', 'wallMs'), cpu / of('node', 'cpuMs')].map((ratio) =>
            ratio.toFixed(2),
          );
          process.stdout.write(
            `| ${scheme} ${which.file} | ${client} | ${wall.toFixed(0)} | ${cpu.toFixed(0)} | ${ratios.join(' | ')} |\n`,
          );
        }
      }
    }
  } finally {
    nginx.kill();
    await once(nginx, 'exit');
    rmSync(folder, { recursive: true });
  }
}

const [, , mode, client, base, file, cert] = process.argv;
if (mode === '--load') {
  const which = file === 'big' ? BIG : SMALL;
  const run = await load(client as Client, String(base), which, readFileSync(String(cert), 'utf8'));
  process.stdout.write(JSON.stringify(run));
  process.exit(0);
} else await main();
