import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { writeVtkXml } from '../src/formats/vtk-xml/writer.ts';
import { makeResult } from './result-mesh.ts';

/*
 * Archives by ranges beside Python's zipfile, zip.js and unzipit: npm run bench:archives
 *
 * Each figure is of a process of its own, over a web server on loopback that counts requests and bytes. Needs python3.
 */
const NODES = Number(process.env['BENCH_NODES'] ?? 1_000_000);
const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 3);
const folder = mkdtempSync(join(tmpdir(), 'vascusim-archives-'));
const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** Web server of a process of its own. */
class Server implements Disposable {
  readonly #child: ReturnType<typeof spawn>;
  readonly #lines: AsyncIterator<string>;

  constructor(latencyMs: number) {
    this.#child = spawn(process.execPath, [path('range-server.ts'), folder, String(latencyMs)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#lines = createInterface({ input: this.#child.stdout as NodeJS.ReadableStream })[
      Symbol.asyncIterator
    ]();
  }

  async line(): Promise<string> {
    return String((await this.#lines.next()).value);
  }

  async count(): Promise<{ readonly requests: number; readonly bytes: number }> {
    this.#child.stdin?.write('count\n');
    return JSON.parse(await this.line()) as { requests: number; bytes: number };
  }

  [Symbol.dispose](): void {
    this.#child.kill();
  }
}

type Figures = Readonly<Record<string, number>>;

function python(...args: readonly string[]): Figures {
  return JSON.parse(execFileSync('python3', [path('archive-peer.py'), ...args]).toString()) as Figures;
}

let caches = 0;
function newCache(): string {
  const cache = join(folder, `cache-${caches++}`);
  mkdirSync(cache);
  return cache;
}

function work(program: string, cache: string, ...args: readonly string[]): Figures {
  const env = { ...process.env, VASCUSIM_CACHE_DIR: cache };
  const output = execFileSync(process.execPath, [path('archive-work.ts'), program, ...args], { env });
  return JSON.parse(output.toString()) as Figures;
}

/** Figures of the fastest of some rounds, with what it fetched. */
async function best(server: Server, run: () => Figures): Promise<Figures> {
  let found: Figures | undefined;
  for (let round = 0; round < ROUNDS; round++) {
    await server.count();
    const figures: Figures = { ...run(), ...(await server.count()) };
    if (found === undefined || (figures['ms'] ?? 0) < (found['ms'] ?? 0)) found = figures;
  }
  return found ?? {};
}

function show(what: string, figures: Figures): void {
  const text = Object.entries(figures).map(
    ([name, value]) => `${name} ${Number(value.toFixed(value < 100 ? 1 : 0))}`,
  );
  process.stdout.write(`${what.padEnd(46)} ${text.join('  ')}\n`);
}

try {
  const mesh = join(folder, 'result.vtu');
  const file = await open(mesh, 'w');
  for await (const part of writeVtkXml(makeResult(NODES, 'doubles'), { compressor: 'none' }))
    await file.write(part);
  await file.close();
  execFileSync('python3', [path('archive-files.py'), folder, mesh]);
  const packed = statSync(join(folder, 'one.zip')).size;
  show('mesh and its archive, MB', { unpacked: statSync(mesh).size / 1e6, packed: packed / 1e6 });

  using server = new Server(0);
  const url = await server.line();
  const large = `${url}large.zip`;
  const one = `${url}one.zip`;

  process.stdout.write('\nList 401 members of 6.4 GB, Zip64\n');
  const cache = newCache();
  show('ours', await best(server, () => work('ours', newCache(), 'list', large)));
  work('ours', cache, 'list', large);
  show('ours, again in a new process', await best(server, () => work('ours', cache, 'list', large)));
  show("Python's zipfile", await best(server, () => python('list', large)));
  show('zip.js', await best(server, () => work('zip.js', cache, 'list', large)));
  show('unzipit', await best(server, () => work('unzipit', cache, 'list', large)));

  process.stdout.write('\nList 70,000 members of a local file\n');
  const many = join(folder, 'many.zip');
  show('ours', await best(server, () => work('ours', newCache(), 'list', many)));
  show("Python's zipfile", await best(server, () => python('local', many)));

  process.stdout.write('\nRead a deflated member whole\n');
  show('ours', await best(server, () => work('ours', newCache(), 'read', one, 'result.vtu')));
  show('ours, a slow reader', await best(server, () => work('ours', newCache(), 'slow', one, 'result.vtu')));
  show("Python's zipfile", await best(server, () => python('read', one, 'result.vtu')));
  show('zip.js', await best(server, () => work('zip.js', cache, 'read', one, 'result.vtu')));
  show('unzipit', await best(server, () => work('unzipit', cache, 'read', one, 'result.vtu')));

  process.stdout.write(
    '\nOne field of twelve, deflated; then another in a new process; then 64 KiB at random places\n',
  );
  const fields = newCache();
  await server.count();
  show('first field', {
    ...work('ours', fields, 'field', one, 'result.vtu', 'Pressure'),
    ...(await server.count()),
  });
  show('second field', {
    ...work('ours', fields, 'field', one, 'result.vtu', 'Viscosity'),
    ...(await server.count()),
  });
  show('40 places', { ...work('ours', fields, 'places', one, 'result.vtu'), ...(await server.count()) });

  process.stdout.write('\nOne field of twelve, stored in the large archive, and of the plain file\n');
  const listed = newCache();
  work('ours', listed, 'list', large);
  await server.count();
  show('in the archive', {
    ...work('ours', listed, 'field', large, 'field.vtu', 'Pressure'),
    ...(await server.count()),
  });
  show('plain file', {
    ...work('ours', newCache(), 'field', url, 'result.vtu', 'Pressure'),
    ...(await server.count()),
  });
} finally {
  rmSync(folder, { recursive: true, force: true });
}
