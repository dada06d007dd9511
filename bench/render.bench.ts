import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeVessel } from '../src/cli/demo/vessel.ts';
import type { Mesh } from '../src/core/mesh.ts';
import { encodePng, renderMesh, renderMeshAsync, writeMesh } from '../src/mesh.ts';
import { surfaceSteps } from '../src/render/surface.ts';

/*
 * A picture of 1200 by 800 pixels of the synthetic vessel, coloured by pressure:
 *
 *   npm run bench:render -- [--rounds 3]
 *
 * `surface` is finding the outer surface, `render` the whole picture (the surface included), `steps` the same without
 * holding the event loop and `held` the longest it was held meanwhile (time of the processor), `png` the file. `first`
 * is the first time in this process, `again` the median of those after it. `command` is `vascusim render` as a process, its start and reading
 * the file included, beside `node -e 0` in turns.
 */
function option(name: string, fallback: number): number {
  const index = process.argv.indexOf(`--${name}`);
  return index < 0 ? fallback : Number(process.argv[index + 1]);
}

const rounds = option('rounds', 3);
const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

async function time(work: () => unknown): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** Most time that the processor worked on this thread between two turns of the event loop during `work`. */
async function longestHold(work: () => Promise<unknown>): Promise<number> {
  const worked = (): number => {
    const { user, system } = process.threadCpuUsage();
    return (user + system) / 1000;
  };
  let longest = 0;
  let last = worked();
  let running = true;
  const tick = (): void => {
    const now = worked();
    longest = Math.max(longest, now - last);
    last = now;
    if (running) setImmediate(tick);
  };
  setImmediate(tick);
  await work();
  running = false;
  return longest;
}

function findSurface({ cells, points }: Mesh): void {
  const steps = surfaceSteps(cells, points.shape[0] as number);
  while (steps.next().done !== true);
}

const folder = mkdtempSync(join(tmpdir(), 'render-bench-'));
console.log(`${cpus()[0]?.model}, load ${loadavg()[0]?.toFixed(1)}, Node.js ${process.version}`);
console.log('nodes     cells     what      first ms  again ms');
try {
  for (const resolution of [26, 56]) {
    const mesh = makeVessel({ radius: 1.1, stenosis: 0.5, meanVelocity: 25, time: 0, resolution });
    const row = (what: string, times: readonly number[]): void => {
      const [first = 0, ...again] = times.map((value) => Math.round(value));
      const size = `${mesh.points.shape[0]}`.padEnd(10) + `${mesh.cells.types.length}`.padEnd(10);
      console.log(
        `${size}${what.padEnd(10)}${String(first).padStart(8)}${String(median(again)).padStart(10)}`,
      );
    };
    const options = { attribute: 'pressure' } as const;
    const image = renderMesh(mesh, options);
    const works: readonly (readonly [string, () => unknown])[] = [
      ['surface', () => findSurface(mesh)],
      ['render', () => renderMesh(mesh, options)],
      ['steps', async () => renderMeshAsync(mesh, options)],
      ['png', async () => encodePng(image)],
    ];
    for (const [what, work] of works) {
      const times: number[] = [];
      for (let round = 0; round <= rounds; round++) times.push(await time(work));
      row(what, times);
    }
    const holds: number[] = [];
    for (let round = 0; round <= rounds; round++) {
      holds.push(await longestHold(async () => encodePng(await renderMeshAsync(mesh, options))));
    }
    row('held', holds);
    const file = join(folder, 'mesh.vtu');
    await writeMesh(file, mesh);
    const commands: number[] = [];
    const bare: number[] = [];
    const command = ['bin/vascusim.mjs', 'render', file, '-a', 'pressure', '-o', join(folder, 'mesh.png')];
    for (let round = 0; round <= rounds; round++) {
      bare.push(await time(() => execFileSync(process.execPath, ['-e', '0'])));
      commands.push(await time(() => execFileSync(process.execPath, command)));
    }
    row('node -e 0', bare);
    row('command', commands);
  }
} finally {
  rmSync(folder, { recursive: true });
}
