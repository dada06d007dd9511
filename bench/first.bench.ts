import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { startNginx } from '../test/servers/nginx.ts';
import { makeFiles } from './vessel-files.ts';

/*
 * First sample over a line, as a multiple of a plain download of its file: each in a program of its own, by turns.
 *
 *   npm run bench:first [ROUNDS]
 *
 * Counts from opening on, so with the listing's trips; modules are there before. Needs Debian's nginx-light.
 */
const LATENCY_MS = 20;
const MEGABYTES = 25;
const SIZES = [1e5, 1e6, 1e7, 5e7];
const WORKERS = ['0', '2', 'auto'];
const rounds = Number(process.argv[2] ?? 7);

const folder = mkdtempSync(join(tmpdir(), 'vascusim-bench-first-'));
for (const size of SIZES) {
  mkdirSync(join(folder, String(size)));
  for (const [name, content] of await makeFiles(size < 1e7 ? 30 : 4, size)) {
    writeFileSync(join(folder, String(size), name), content);
  }
}
await using nginx = await startNginx({ folder, directives: 'autoindex on; autoindex_format json;' });
const script = fileURLToPath(new URL('./line-proxy.ts', import.meta.url));
const proxy = spawn(process.execPath, [script, LATENCY_MS, MEGABYTES, new URL(nginx.url).port].map(String), {
  stdio: ['pipe', 'pipe', 'inherit'],
});
const [line] = await createInterface({ input: proxy.stdout })
  [Symbol.asyncIterator]()
  .next()
  .then(({ value }) => [value]);
const [port] = JSON.parse(String(line)) as number[];

process.stdout.write(
  `${cpus()[0]?.model ?? 'unknown processor'}, ${availableParallelism()} cores, load ${loadavg()[0]?.toFixed(1)}, Node ${process.version}, ${LATENCY_MS} ms x ${MEGABYTES} MB/s, medians of ${rounds}\n\n`,
);
const head = [
  'bytes',
  'plain, ms',
  ...WORKERS.flatMap((workers) => [`workers ${workers}`, 'of that opening, ms']),
];
process.stdout.write(`| ${head.join(' | ')} |\n${'|---'.repeat(head.length)}|\n`);
for (const size of SIZES) {
  const url = `http://127.0.0.1:${port}/${size}/`;
  const passes = new Map<string, { ms: number; openMs: number }[]>();
  for (let round = 0; round < rounds; round++) {
    for (const workers of ['plain', ...WORKERS]) {
      passes.set(workers, [...(passes.get(workers) ?? []), await pass(url, workers)]);
    }
  }
  const median = (of: string, what: 'ms' | 'openMs'): number =>
    (passes.get(of) ?? []).map((one) => one[what]).sort((a, b) => a - b)[rounds >> 1] ?? Number.NaN;
  const plain = median('plain', 'ms');
  const cells = WORKERS.flatMap((of) => [
    (median(of, 'ms') / plain).toFixed(2),
    median(of, 'openMs').toFixed(0),
  ]);
  process.stdout.write(`| ${[size, plain.toFixed(0), ...cells].join(' | ')} |\n`);
}
proxy.stdin?.end();
rmSync(folder, { recursive: true });

async function pass(url: string, workers: string): Promise<{ ms: number; openMs: number }> {
  const cacheDir = mkdtempSync(join(tmpdir(), 'vascusim-bench-first-cache-'));
  const program = fileURLToPath(new URL('./first-pass.mjs', import.meta.url));
  const child = spawn(process.execPath, [program, url, workers, cacheDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  for await (const piece of child.stdout) text += String(piece);
  rmSync(cacheDir, { recursive: true, force: true });
  return JSON.parse(text) as { ms: number; openMs: number };
}
