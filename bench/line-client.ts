import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { Agent, get, type IncomingMessage } from 'node:http';
import { Agent as SecureAgent, get as secureGet } from 'node:https';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { FileEntry, Source } from '../src/core/source.ts';
import type { SampleFiles } from '../src/dataset/sample-files.ts';

/*
 * One run of bench/line.bench.ts in a process of its own: COUNT files, by the stream of a dataset without decoding, or
 * plain downloads of node:http into nothing. Arguments come as JSON; prints JSON.
 */
interface Run {
  readonly kind: 'http' | 'https' | 'hub' | 'smb' | 'dsm';
  /** Ports on the line. */
  readonly ports: Readonly<Record<string, number>>;
  readonly size: number;
  readonly count: number;
  readonly cacheDir: string;
  readonly base: string;
  /** Account of Samba. */
  readonly username: string;
  readonly password: string;
  /** Downloads at a time, by node:http; ours where it is left out. */
  readonly plain?: number;
  /** Folder of the version of this package that is measured. */
  readonly root: string;
}

interface Outcome {
  readonly ms: number;
  readonly openMs: number;
  readonly firstMs: number;
  readonly cpuMs: number;
  readonly most: number;
  readonly mean: number;
}

const DSM_PASSWORD = 'pass word+%&#é';
const run = JSON.parse(process.argv[2] ?? '') as Run;
const from = <Module>(path: string): Promise<Module> =>
  import(pathToFileURL(join(run.root, 'src', path)).href) as Promise<Module>;
const { DataStreamer } = await from<typeof import('../src/streamers/data-streamer.ts')>(
  'streamers/data-streamer.ts',
);
const { Demand } = await from<typeof import('../src/dataset/demand.ts')>('dataset/demand.ts');
const { toHeldSample } =
  await from<typeof import('../src/dataset/sample-files.ts')>('dataset/sample-files.ts');
const { asParts } = await from<typeof import('../src/files/held.ts')>('files/held.ts');
const { PrefetchedFiles } = await from<typeof import('../src/dataset/prefetched-files.ts')>(
  'dataset/prefetched-files.ts',
);

async function openSource(): Promise<{ readonly source: Source; readonly prefix: string }> {
  const { kind, ports, size, username, password } = run;
  if (kind === 'http' || kind === 'https') {
    const { HttpSource } = await from<typeof import('../src/sources/http/http-source.ts')>(
      'sources/http/http-source.ts',
    );
    const tls = kind === 'https' ? { ca: readFileSync(join(run.base, 'cert.pem'), 'utf8') } : undefined;
    const url = `${kind}://127.0.0.1:${ports[kind]}/${size}/`;
    return { source: new HttpSource({ url, tls, proxy: false }), prefix: '' };
  }
  if (kind === 'hub') {
    const { HuggingFaceSource } = await from<
      typeof import('../src/sources/hugging-face/hugging-face-source.ts')
    >('sources/hugging-face/hugging-face-source.ts');
    const endpoint = `http://127.0.0.1:${ports['hub']}`;
    const options = { repoId: `user/n${size}`, endpoint, environment: {}, hubCacheDir: false } as const;
    return { source: new HuggingFaceSource({ ...options, proxy: false }), prefix: '' };
  }
  if (kind === 'smb') {
    const { SmbSource } =
      await from<typeof import('../src/sources/smb/smb-source.ts')>('sources/smb/smb-source.ts');
    const at = { host: '127.0.0.1', port: ports['smb'], share: 'sims' } as const;
    return { source: new SmbSource({ ...at, username, password }), prefix: `${size}/` };
  }
  const { SynologySource } = await from<typeof import('../src/sources/synology/synology-source.ts')>(
    'sources/synology/synology-source.ts',
  );
  const address = {
    url: `http://127.0.0.1:${ports['dsm']}`,
    sourceDir: `/sims/${size}`,
    proxy: false,
  } as const;
  const account = { username: 'alice', password: DSM_PASSWORD, onWarning: (): void => undefined };
  return { source: new SynologySource({ ...address, ...account }), prefix: '' };
}

/** Counts what is under way. */
class Count {
  most = 0;
  #running = 0;
  #area = 0;
  readonly #begun = performance.now();
  #since = this.#begun;

  change(by: 1 | -1): void {
    const now = performance.now();
    this.#area += this.#running * (now - this.#since);
    this.#since = now;
    this.#running += by;
    this.most = Math.max(this.most, this.#running);
  }

  get mean(): number {
    return this.#area / (this.#since - this.#begun);
  }
}

async function ours(): Promise<Outcome> {
  const { source, prefix } = await openSource();
  const cpu = process.cpuUsage();
  const start = performance.now();
  const streamer = new DataStreamer(source, { cacheDir: run.cacheDir, maxCacheSize: 4e9 });
  const listed = await streamer.listFiles({ prefix });
  const entries = listed.filter(({ path }) => path.endsWith('.vtu')).slice(0, run.count);
  if (entries.length < run.count) throw new Error(`${entries.length} files are listed`);
  const opened = performance.now();
  const count = new Count();
  const inner: SampleFiles = {
    entries: (index) => entries.slice(index, index + 1),
    hold: async (index, { signal, onProgress } = {}) => {
      const entry = entries[index] as FileEntry;
      count.change(1);
      try {
        const file = await streamer.openFile(entry.path, { entry, signal, onProgress });
        return toHeldSample([asParts(file)]);
      } finally {
        count.change(-1);
      }
    },
    bytes: () => run.size,
    isCached: () => Promise.resolve(false),
    [Symbol.asyncDispose]: () => streamer.close(),
  };
  const signal = new AbortController().signal;
  const demand = new Demand();
  const options = {
    streamer,
    demand,
    decoded: undefined,
    length: entries.length,
    prefetchSize: undefined,
    signal,
  };
  await using files = new PrefetchedFiles(inner, options);
  const plan = files.prefetch({ order: entries.map((_, index) => index), concurrency: 4 });
  let firstMs = 0;
  for (let index = 0; index < entries.length; index++) {
    (await files.hold(index)).release();
    firstMs ||= performance.now() - opened;
  }
  const ms = performance.now() - start;
  const { user, system } = process.cpuUsage(cpu);
  plan.close();
  const cpuMs = (user + system) / 1000;
  return { ms, openMs: opened - start, firstMs, cpuMs, most: count.most, mean: count.mean };
}

/** Files that smbclient brings, which waits for each: what they take counts for all. */
const SMBCLIENT_FILES = 20;

/** Brings files by smbclient, its start included. */
function smbclient(): Outcome {
  const { ports, size, count, username, password } = run;
  const brought = Math.min(count, SMBCLIENT_FILES);
  const gets = Array.from({ length: brought }, (_, index) => `get ${name(index)} /dev/null`).join('; ');
  const address = ['//127.0.0.1/sims', '-p', String(ports['smb']), '-U', username];
  const start = performance.now();
  execFileSync('smbclient', [...address, '-c', `cd ${size}; ${gets}`], {
    env: { ...process.env, PASSWD: password },
    stdio: 'ignore',
  });
  const ms = ((performance.now() - start) * count) / brought;
  return { ms, openMs: 0, firstMs: 0, cpuMs: 0, most: 1, mean: 1 };
}

/** Signs in at the DSM and makes the beginning of the URLs of its files. */
async function dsmFiles(): Promise<string> {
  const entry = `http://127.0.0.1:${run.ports['dsm']}/webapi/entry.cgi?api=SYNO.`;
  const account = new URLSearchParams({ account: 'alice', passwd: DSM_PASSWORD, session: 'FileStation' });
  const answer = await fetch(
    `${entry}API.Auth&version=6&method=login&format=sid&${account.toString().replaceAll('+', '%20')}`,
  );
  const { data } = (await answer.json()) as { readonly data: { readonly sid: string } };
  return `${entry}FileStation.Download&version=2&method=download&mode=download&_sid=${data.sid}&path=/sims/${run.size}/`;
}

const name = (index: number): string => `case_${String(index).padStart(5, '0')}.vtu`;

async function plain(concurrency: number): Promise<Outcome> {
  const { kind, ports, size } = run;
  if (kind === 'smb') return smbclient();
  const agents = {
    'http:': new Agent({ keepAlive: true, maxSockets: concurrency }),
    'https:': new SecureAgent({ keepAlive: true, maxSockets: concurrency, rejectUnauthorized: false }),
  };
  const ask = (url: string): Promise<number> =>
    new Promise((resolve, reject) => {
      const answered = (message: IncomingMessage): void => {
        let bytes = 0;
        const { location } = message.headers;
        message.on('data', (chunk: Uint8Array) => {
          bytes += location === undefined ? chunk.byteLength : 0;
        });
        message.on('error', reject).on('end', () => {
          if (location === undefined) resolve(bytes);
          else ask(new URL(location, url).href).then(resolve, reject);
        });
      };
      const sent = url.startsWith('https:')
        ? secureGet(url, { agent: agents['https:'] }, answered)
        : get(url, { agent: agents['http:'] }, answered);
      sent.on('error', reject);
    });
  const under =
    kind === 'dsm'
      ? await dsmFiles()
      : kind === 'hub'
        ? `http://127.0.0.1:${ports['hub']}/datasets/user/n${size}/resolve/main/`
        : `${kind}://127.0.0.1:${ports[kind]}/${size}/`;
  const cpu = process.cpuUsage();
  const start = performance.now();
  let next = 0;
  let firstMs = 0;
  const work = async (): Promise<void> => {
    while (next < run.count) {
      const bytes = await ask(under + name(next++));
      if (bytes !== size) throw new Error(`${bytes} bytes came of ${size}`);
      firstMs ||= performance.now() - start;
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  const ms = performance.now() - start;
  const { user, system } = process.cpuUsage(cpu);
  return { ms, openMs: 0, firstMs, cpuMs: (user + system) / 1000, most: concurrency, mean: concurrency };
}

const outcome = run.plain === undefined ? await ours() : await plain(run.plain);
process.stdout.write(JSON.stringify(outcome));
rmSync(run.cacheDir, { recursive: true, force: true });
process.exit(0);
