import { execFileSync } from 'node:child_process';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Work } from '../src/core/dataset.ts';
import { WorkerPool } from '../src/threads/worker-pool.ts';

/*
 * Reading with the loader's two worker threads, which hand their arrays over, beside VTK in one thread:
 *
 *   npm run build && node bench/workers.bench.ts
 *
 * ms a file: ours over several files read one after the other by two workers, VTK's median in a process of its own.
 */
const python = process.env['VASCUSIM_PYTHON'] ?? '/usr/bin/python3';
const folder = join(tmpdir(), 'vascusim-bench-meshes');
const encodings = ['raw-zlib', 'raw-lz4'];
const signal = new AbortController().signal;

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] as number;
}

function work(path: string): Work {
  const module = pathToFileURL('bench/read-work.mjs').href;
  return { label: path, module, input: path, finish: (value) => value as never };
}

async function readAll(pool: WorkerPool, path: string, count: number): Promise<number> {
  const start = performance.now();
  const lane = async (files: number): Promise<void> => {
    for (let file = 0; file < files; file++) await pool.run(work(path), signal);
  };
  await Promise.all([lane(count / 2), lane(count / 2)]);
  return (performance.now() - start) / count;
}

process.stdout.write(
  `${cpus()[0]?.model ?? 'unknown processor'}, ${availableParallelism()} cores, Node ${process.version}\n\n` +
    '| nodes | encoding | VTK | ours, 2 workers | ratio |\n|---|---|---|---|---|\n',
);
for (const [nodes, count] of [
  [100_000, 24],
  [1_000_000, 8],
] as const) {
  execFileSync(python, ['bench/make_meshes.py', folder, String(nodes), ...encodings], { stdio: 'inherit' });
  for (const encoding of encodings) {
    const path = join(folder, `${nodes}-${encoding}.vtu`);
    const ratios: number[] = [];
    const ours: number[] = [];
    const theirs: number[] = [];
    const pool = new WorkerPool(2);
    await readAll(pool, path, 4);
    for (let round = 0; round < 3; round++) {
      ours.push(await readAll(pool, path, count));
      const output = execFileSync(python, ['bench/vtk_read.py', path, '5'], { encoding: 'utf8' });
      theirs.push(median((JSON.parse(output) as { times: number[] }).times));
      ratios.push((ours.at(-1) as number) / (theirs.at(-1) as number));
    }
    await pool.close();
    const cells = [
      nodes,
      encoding,
      median(theirs).toFixed(1),
      median(ours).toFixed(1),
      median(ratios).toFixed(2),
    ];
    process.stdout.write(`| ${cells.join(' | ')} |\n`);
  }
}
