import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findEdges } from '../src/graph/edges.ts';
import {
  again,
  compareSizes,
  extra,
  first,
  python,
  readTetrahedra,
  run,
  type Timing,
} from './tetrahedra-runs.ts';
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

interface VtkTimings {
  readonly merging: Timing;
  readonly numbering: Timing;
}

/** Does what the process does that times our side; edges are undirected. */
function timeOurs(path: string, numPoints: number, repeats: number): Timing {
  const cells = readTetrahedra(path);
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
  compareSizes(
    [
      'nodes',
      'numbered',
      'tetrahedra',
      'edges',
      'ours first',
      'ours again',
      'VTK',
      'VTK UseAllPoints',
      'first : VTK',
      'again : VTK',
      'first : UseAllPoints',
      'again : UseAllPoints',
      'MiB ours : UseAllPoints : VTK',
    ],
    [5_000, 100_000, 1_000_000],
    compare,
  );
}
