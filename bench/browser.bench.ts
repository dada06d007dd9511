import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';
import { openFileAccess } from '../src/files/file-access.ts';
import { writeVtkXml } from '../src/formats/vtk-xml/writer.ts';
import { planMesh } from '../src/mesh/plan-mesh.ts';
import { makeResult, type ResultKind } from './result-mesh.ts';

/*
 * One array of twelve of a million points in a page of Chromium, from a server of another origin, 20 ms and 25 MB/s away:
 * by ranges, and by fetching all of the file and reading that.
 *
 *   npm run bench:browser [-- POINTS]
 */
const ROUNDS = 3;
const points = Number(process.argv[2] ?? 1_000_000);
const FIELD = 'Pressure';

const PROGRAM = `import { readMesh } from ${JSON.stringify(resolve('src/mesh.browser.ts'))};
let longest = 0;
new PerformanceObserver((list) => {
  for (const { duration } of list.getEntries()) longest = Math.max(longest, duration);
}).observe({ type: 'longtask' });
const settle = () => new Promise((go) => setTimeout(go, 300));
window.measure = async (url, isWhole) => {
  await settle();
  longest = 0;
  const start = performance.now();
  const file = isWhole ? await (await fetch(url, { cache: 'no-store' })).arrayBuffer() : url;
  const mesh = await readMesh(file, { attributes: ['${FIELD}'] });
  const ms = performance.now() - start;
  await settle();
  return { ms, longest, values: mesh.pointData.get('${FIELD}').data.length };
};`;

interface Measured {
  readonly ms: number;
  readonly longest: number;
  readonly values: number;
}

interface Round extends Measured {
  readonly processor: number;
}

const binary = ['chromium', 'google-chrome']
  .flatMap((name) => (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, name)))
  .find((path) => existsSync(path));
if (binary === undefined) throw new Error('Chromium is not there');

async function bundle(): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: PROGRAM, resolveDir: '.' },
    bundle: true,
    minify: true,
    format: 'esm',
    write: false,
  });
  return outputFiles[0]?.text ?? '';
}

async function makeFile(
  folder: string,
  kind: ResultKind,
  compressor: 'none' | 'zlib',
): Promise<{ readonly file: string; readonly size: number; readonly wanted: number }> {
  const file = join(folder, `${kind}-${compressor}.vtu`);
  await writeFile(file, writeVtkXml(makeResult(points, kind), { compressor }));
  await using access = await openFileAccess(file);
  const plan = await planMesh(access, { attributes: [FIELD] });
  if (typeof plan === 'string') throw new Error(plan);
  const wanted = plan.stretches.reduce((sum, each) => sum + (each.wanted ? each.end - each.start : 0), 0);
  return { file, size: access.size, wanted };
}

/** Event of a trace of Chromium; times in microseconds. */
interface TraceEvent {
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  readonly ph: string;
  readonly tdur?: number;
  readonly args?: { readonly name?: string };
}

/** Runs `action`, and tells the longest task of a page's main thread: its time on a processor, ms. */
async function longestTask<Result>(action: () => Promise<Result>): Promise<[Result, number]> {
  const session = await browser.newBrowserCDPSession();
  const events: TraceEvent[] = [];
  session.on('Tracing.dataCollected', ({ value }) => {
    for (const event of value as unknown as TraceEvent[]) events.push(event);
  });
  await session.send('Tracing.start', { traceConfig: { includedCategories: ['toplevel'] } });
  const result = await action();
  const complete = new Promise((resolve) => session.once('Tracing.tracingComplete', resolve));
  await session.send('Tracing.end');
  await complete;
  await session.detach();
  const main = new Set(
    events
      .filter(({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain')
      .map(({ pid, tid }) => `${pid} ${tid}`),
  );
  const tasks = events.filter(
    ({ ph, pid, tid, name }) => ph === 'X' && name.endsWith('RunTask') && main.has(`${pid} ${tid}`),
  );
  return [result, tasks.reduce((most, { tdur = 0 }) => Math.max(most, tdur / 1000), 0)];
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

const script = await bundle();
const pages = createServer((request, response) => {
  const isPage = request.url === '/';
  response.writeHead(200, { 'content-type': isPage ? 'text/html' : 'text/javascript' });
  response.end(isPage ? '<!doctype html><script type="module" src="/page.js"></script>' : script);
}).listen(0, '127.0.0.1');
await once(pages, 'listening');
const browser = await chromium.launch({ executablePath: binary, args: ['--no-sandbox', '--disable-gpu'] });
const folder = mkdtempSync(join(tmpdir(), 'vascusim-bench-'));
console.log(
  `Chromium ${browser.version()}, ${availableParallelism()} × ${cpus()[0]?.model ?? 'unknown'}, load ${loadavg()[0]?.toFixed(1)}, ${new Date().toISOString().slice(0, 10)}`,
);
console.log(
  '| file | way | MB | wanted MB | over | requests | preflights | s | × | longest task ms | on a processor ms |',
);
console.log('|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|');
try {
  for (const [kind, compressor] of [
    ['floats', 'zlib'],
    ['floats', 'none'],
  ] as const) {
    const { file, size, wanted } = await makeFile(folder, kind, compressor);
    const server = spawn(
      process.execPath,
      [fileURLToPath(new URL('./throttled-server.ts', import.meta.url)), '20', '25', '0'],
      { stdio: ['pipe', 'pipe', 'inherit'] },
    );
    const lines = createInterface({ input: server.stdout })[Symbol.asyncIterator]();
    server.stdin.write(`${JSON.stringify({ path: 'a.vtu', file })}\nstart\n`);
    const url = `${String((await lines.next()).value)}a.vtu`;
    const page = await browser.newPage();
    let preflights = 0;
    page.on('request', (request) => {
      if (request.method() === 'OPTIONS') preflights++;
    });
    await page.goto(`http://127.0.0.1:${(pages.address() as AddressInfo).port}/`);
    await page.waitForFunction('window.measure');
    const rows = { ranges: [] as Round[], whole: [] as Round[] };
    const counts: Record<string, { readonly requests: number; readonly bytes: number }> = {};
    for (let round = 0; round < ROUNDS; round++) {
      for (const way of ['ranges', 'whole'] as const) {
        const [measured, processor] = await longestTask(() =>
          page.evaluate(
            ([at, isWhole]) =>
              (window as unknown as { measure(url: unknown, isWhole: unknown): Promise<Measured> }).measure(
                at,
                isWhole,
              ),
            [url, way === 'whole'] as const,
          ),
        );
        rows[way].push({ ...measured, processor });
        server.stdin.write('count\n');
        counts[way] = JSON.parse(String((await lines.next()).value)) as { requests: number; bytes: number };
      }
    }
    const whole = median(rows.whole.map(({ ms }) => ms));
    for (const way of ['ranges', 'whole'] as const) {
      const ms = median(rows[way].map((each) => each.ms));
      const longest = Math.max(...rows[way].map((each) => each.longest));
      const processor = Math.max(...rows[way].map((each) => each.processor));
      const { bytes = 0, requests = 0 } = counts[way] ?? {};
      console.log(
        `| ${kind} ${compressor}, ${(size / 1e6).toFixed(0)} MB | ${way} | ${(bytes / 1e6).toFixed(2)} | ${(wanted / 1e6).toFixed(2)} | ${((100 * (bytes - wanted)) / wanted).toFixed(2)} % | ${requests} | ${preflights} | ${(ms / 1000).toFixed(2)} | ${(ms / whole).toFixed(2)} | ${longest.toFixed(0)} | ${processor.toFixed(0)} |`,
      );
    }
    await page.close();
    server.kill();
  }
} finally {
  await browser.close();
  pages.close();
  rmSync(folder, { recursive: true, force: true });
}
