import { execFileSync } from 'node:child_process';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';

/*
 * Our reader of legacy files beside VTK's, a mesh with twelve fields, each reader in a process of its own:
 *
 *   npm run build && node bench/legacy.bench.ts [NODES...] [--rounds 5]
 *
 * Needs Debian's python3-vtk9 and python3-numpy. Within each round the readers take turns, so that the machine's drift
 * hits both. `first` is the first read of a fresh process, the page cache warm; `again` the median of the reads after it,
 * ours with buffers used again, VTK's with what its allocator keeps.
 */
const python = process.env['VASCUSIM_PYTHON'] ?? '/usr/bin/python3';
const folder = join(tmpdir(), 'vascusim-bench-legacy');
const REPEATS = '8';

interface Timing {
  readonly times: readonly number[];
  readonly peakMiB: number;
  readonly points: number;
}

function run(command: string, ...args: readonly string[]): Timing {
  return JSON.parse(execFileSync(command, args, { encoding: 'utf8' })) as Timing;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return ((sorted[(sorted.length - 1) >> 1] as number) + (sorted[sorted.length >> 1] as number)) / 2;
}

const given = process.argv.slice(2);
const roundsAt = given.indexOf('--rounds');
const rounds = roundsAt < 0 ? 5 : Number(given[roundsAt + 1]);
const sizes = given.filter((argument, index) => /^\d+$/.test(argument) && index !== roundsAt + 1);

process.stdout.write(
  `${cpus()[0]?.model ?? 'unknown processor'}, ${availableParallelism()} cores, Node ${process.version}\n\n` +
    '| nodes | file | VTK first | VTK again | ours first | ours again | first | again | MiB ours : VTK |\n' +
    '|---|---|---|---|---|---|---|---|---|\n',
);
for (const nodes of sizes.length > 0 ? sizes : ['175000']) {
  execFileSync(python, ['bench/make_legacy.py', folder, nodes], { stdio: 'inherit' });
  for (const name of ['binary-51', 'binary-42', 'ascii-51', 'ascii-42']) {
    const file = join(folder, `${nodes}-${name}.vtk`);
    const ours: Timing[] = [];
    const vtk: Timing[] = [];
    for (let round = 0; round < rounds; round++) {
      ours.push(run(process.execPath, 'bench/our-read.mjs', file, REPEATS));
      vtk.push(run(python, 'bench/vtk_legacy_read.py', file, REPEATS));
    }
    if (ours[0]?.points !== vtk[0]?.points) throw new Error(`${file}: other points than VTK's`);
    const first = (timings: readonly Timing[]): number =>
      median(timings.map(({ times }) => times[0] as number));
    const again = (timings: readonly Timing[]): number =>
      median(timings.flatMap(({ times }) => times.slice(1)));
    const peak = (timings: readonly Timing[]): number =>
      Math.round(median(timings.map(({ peakMiB }) => peakMiB)));
    const cells = [
      nodes,
      name,
      ...[first(vtk), again(vtk), first(ours), again(ours)].map((ms) => ms.toFixed(ms < 100 ? 1 : 0)),
      (first(ours) / first(vtk)).toFixed(2),
      (again(ours) / again(vtk)).toFixed(2),
      `${peak(ours)} : ${peak(vtk)}`,
    ];
    process.stdout.write(`| ${cells.join(' | ')} |\n`);
  }
}
