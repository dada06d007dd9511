import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cellEdgeSteps } from '../src/graph/cell-edges.ts';
import { edgeSteps } from '../src/graph/edges.ts';
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
 * Edges between the cells of a mesh beside numpy, which sorts the faces, on a tube of tetrahedra whose points are numbered
 * in order and at random:
 *
 *   node bench/cells.bench.ts [TETRAHEDRA...] [--rounds 3]
 *
 * Needs Debian's python3-numpy. Each of them runs in a process of its own, in turns. `first` is the first run of a fresh
 * process, `again` the median of those after it. All edges are compared with numpy's. MiB: the most memory above what was
 * there before the only run of a process, beside that of the edges between the points of the same mesh.
 */

/** Does what the process does that times our side; with `expected` it compares the edges with those of numpy. */
function timeOurs(what: string, path: string, numPoints: number, repeats: number, expected?: string): Timing {
  const find = what === 'cells' ? cellEdgeSteps : edgeSteps;
  const cells = readTetrahedra(path);
  globalThis.gc?.();
  const before = process.memoryUsage.rss();
  let most = before;
  const times: number[] = [];
  let edges = new Int32Array(0);
  for (let run = 0; run < repeats; run++) {
    const start = performance.now();
    const steps = find(cells, numPoints);
    for (let step = 1; ; step++) {
      const { done, value } = steps.next();
      if (repeats === 1 && step % 16 === 0) most = Math.max(most, process.memoryUsage.rss());
      if (done !== true) continue;
      edges = value;
      break;
    }
    times.push(performance.now() - start);
    most = Math.max(most, process.memoryUsage.rss());
  }
  if (expected !== undefined) {
    const known = new Int32Array(new Uint8Array(readFileSync(expected)).buffer);
    const isSame = known.length === edges.length && known.every((value, at) => value === edges[at]);
    if (!isSame) throw new Error('numpy finds other edges');
  }
  return { times, edges: edges.length / 2, extraMiB: (most - before) / 1024 ** 2 };
}

function runOurs(...args: readonly string[]): Timing {
  return run(process.execPath, '--expose-gc', fileURLToPath(import.meta.url), '--ours', ...args);
}

function compare(tetrahedra: number, rounds: number, folder: string): void {
  const path = join(folder, 'connectivity.bin');
  const expected = join(folder, 'edges.bin');
  for (const numbering of ['in order', 'at random']) {
    const { connectivity, numPoints } = makeTube(tetrahedra / 4.6);
    if (numbering === 'at random') shuffleNumbers(connectivity, numPoints);
    writeFileSync(path, connectivity);
    const ours: Timing[] = [];
    const numpy: Timing[] = [];
    const memory: { readonly cells: Timing; readonly points: Timing }[] = [];
    for (let round = 0; round < rounds; round++) {
      numpy.push(run(python, 'bench/numpy_cells.py', path, '4', expected));
      ours.push(runOurs('cells', path, String(numPoints), '4', expected));
      memory.push({
        cells: runOurs('cells', path, String(numPoints), '1'),
        points: runOurs('points', path, String(numPoints), '1'),
      });
    }
    const ofCells = extra(memory.map(({ cells }) => cells));
    const ofPoints = extra(memory.map(({ points }) => points));
    const cells = [
      connectivity.length / 4,
      numbering,
      ours[0]?.edges,
      ...[first(ours), again(ours), first(numpy), again(numpy)].map((ms) => ms.toFixed(0)),
      (first(ours) / first(numpy)).toFixed(2),
      (again(ours) / again(numpy)).toFixed(2),
      `${ofCells.toFixed(0)} : ${ofPoints.toFixed(0)} = ${(ofCells / ofPoints).toFixed(2)}`,
    ];
    process.stdout.write(`| ${cells.join(' | ')} |\n`);
  }
}

const [mode, ...args] = process.argv.slice(2);
if (mode === '--ours') {
  const [what = '', path = '', numPoints = '', repeats = '', expected] = args;
  process.stdout.write(JSON.stringify(timeOurs(what, path, Number(numPoints), Number(repeats), expected)));
} else {
  compareSizes(
    [
      'tetrahedra',
      'numbered',
      'directed edges',
      'ours first',
      'ours again',
      'numpy first',
      'numpy again',
      'first : numpy',
      'again : numpy',
      'MiB of cells : of points',
    ],
    [1_000_000],
    compare,
  );
}
