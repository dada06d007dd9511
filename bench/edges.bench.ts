import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CellType } from '../src/core/cell-types.ts';
import type { Cells } from '../src/core/mesh.ts';
import { findEdges } from '../src/graph/edges.ts';
import { makeTube, shuffleNumbers } from './tube.ts';

/*
 * Our edges beside vtkExtractEdges, on a tube of tetrahedra whose nodes are numbered in order and at random:
 *
 *   node bench/edges.bench.ts [NODES...] [--rounds 3]
 *
 * Needs Debian's python3-vtk9. Each of them runs in a process of its own, in turns; only the filter is timed. `first`
 * is the first run of a fresh process, `again` the median of those after it. VTK as it comes merges points by their
 * coordinates; with UseAllPoints it keeps their numbers, as ours does. MiB: peak of memory above what was there.
 */
const python = process.env['VASCUSIM_PYTHON'] ?? '/usr/bin/python3';

interface Timing {
  readonly times: readonly number[];
  /** Undirected. */
  readonly edges: number;
  readonly extraMiB: number;
}

interface VtkTimings {
  readonly merging: Timing;
  readonly numbering: Timing;
}

/** What the process does that times our side. */
function timeOurs(path: string, numPoints: number, repeats: number): Timing {
  const connectivity = new Int32Array(new Uint8Array(readFileSync(path)).buffer);
  const types = new Uint8Array(connectivity.length / 4).fill(CellType.Tetra);
  const offsets = Int32Array.from({ length: types.length + 1 }, (_, cell) => 4 * cell);
  const cells: Cells = { types, offsets, connectivity };
  const peak = (): number => process.resourceUsage().maxRSS / 1024;
  const before = peak();
  const times: number[] = [];
  let edges = 0;
  for (let run = 0; run < repeats; run++) {
    const start = performance.now();
    edges = findEdges(cells, numPoints).length / 4;
    times.push(performance.now() - start);
  }
  return { times, edges, extraMiB: peak() - before };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] as number;
}

const first = (timings: readonly Timing[]): number => median(timings.map(({ times }) => times[0] as number));
const again = (timings: readonly Timing[]): number => median(timings.flatMap(({ times }) => times.slice(1)));
const extra = (timings: readonly Timing[]): number => median(timings.map(({ extraMiB }) => extraMiB));

function run<Result>(command: string, ...args: readonly string[]): Result {
  return JSON.parse(execFileSync(command, args, { encoding: 'utf8' })) as Result;
}

function compare(nodes: number, rounds: number, folder: string): void {
  const path = join(folder, 'connectivity.bin');
  for (const numbering of ['in order', 'at random']) {
    const { connectivity, numPoints } = makeTube(nodes);
    if (numbering === 'at random') shuffleNumbers(connectivity, numPoints);
    writeFileSync(path, connectivity);
    const repeats = nodes > 500_000 ? 3 : 10;
    const args = [path, String(numPoints)];
    const ours: Timing[] = [];
    const vtk: VtkTimings[] = [];
    for (let round = 0; round < rounds; round++) {
      ours.push(run(process.execPath, fileURLToPath(import.meta.url), '--ours', ...args, String(repeats)));
      vtk.push(run(python, 'bench/vtk_edges.py', ...args, String(nodes > 500_000 ? 2 : 4)));
    }
    const merging = vtk.map((timings) => timings.merging);
    const keeping = vtk.map((timings) => timings.numbering);
    for (const { edges } of [...ours, ...merging, ...keeping]) {
      if (edges !== ours[0]?.edges) throw new Error(`${ours[0]?.edges} edges, VTK has ${edges}`);
    }
    const cells = [
      numPoints,
      numbering,
      connectivity.length / 4,
      ours[0]?.edges,
      ...[first(ours), again(ours), again(merging), again(keeping)].map((ms) => ms.toFixed(ms < 100 ? 1 : 0)),
      ...[first(ours) / first(merging), again(ours) / again(merging)].map((ratio) => ratio.toFixed(3)),
      ...[first(ours) / first(keeping), again(ours) / again(keeping)].map((ratio) => ratio.toFixed(3)),
      `${extra(ours).toFixed(0)} : ${extra(keeping).toFixed(0)} : ${extra(merging).toFixed(0)}`,
    ];
    process.stdout.write(`| ${cells.join(' | ')} |\n`);
  }
}

const [mode, ...args] = process.argv.slice(2);
if (mode === '--ours') {
  const [path = '', numPoints = '', repeats = ''] = args;
  process.stdout.write(JSON.stringify(timeOurs(path, Number(numPoints), Number(repeats))));
} else {
  const given = process.argv.slice(2);
  const flag = given.indexOf('--rounds');
  const rounds = flag < 0 ? 3 : Number(given[flag + 1]);
  const sizes = (flag < 0 ? given : given.toSpliced(flag, 2)).map(Number);
  const folder = mkdtempSync(join(tmpdir(), 'vascusim-bench-edges-'));
  process.stdout.write(
    `${cpus()[0]?.model ?? 'unknown processor'}, ${availableParallelism()} cores, Node ${process.version}; ms\n\n` +
      '| nodes | numbered | tetrahedra | edges | ours first | ours again | VTK | VTK UseAllPoints | first : VTK | again : VTK | first : UseAllPoints | again : UseAllPoints | MiB ours : UseAllPoints : VTK |\n' +
      `${'|---'.repeat(13)}|\n`,
  );
  try {
    for (const nodes of sizes.length > 0 ? sizes : [5_000, 100_000, 1_000_000])
      compare(nodes, rounds, folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
