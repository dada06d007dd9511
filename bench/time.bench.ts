import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { fork } from './fork.ts';

/*
 * Windows of two steps of a transient result, beside VTK's reader with NumPy, in one run:
 *
 *   npm run build && node bench/time.bench.ts [ROUNDS]
 *
 * Local: 200 steps of pressure and velocity on 35,152 nodes, in one file (raw, zlib) and in a zlib file a step; VTK keeps one
 * reader, enables the arrays of the window only, stacks them by NumPy and makes no edges. Memory: 200 steps beside 20. Remote: a
 * server 20 ms away that sends 25 MB a second. VTK and NumPy: Debian's python3-vtk9, or VASCUSIM_PYTHON.
 */
const [rounds = 3] = process.argv.slice(2).map(Number);
const PYTHON = process.env['VASCUSIM_PYTHON'] ?? '/usr/bin/python3';
const STEPS = 200;
const LATENCY_MS = 20;
const MEGABYTES = 25;

interface Outcome {
  readonly ms: number;
  readonly windows: number;
  readonly peakMB: number;
  readonly bytesDownloaded: number;
}

function python(script: string, ...args: readonly string[]): string {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const { status, stdout, stderr } = spawnSync(PYTHON, [path, ...args], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return stdout;
}

async function pass(options: object): Promise<Outcome> {
  return (await fork(new URL('./time-pass.ts', import.meta.url), [JSON.stringify(options)])) as Outcome;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] as number;
}

function print(label: string, ms: number, ratio: string): void {
  console.log(`${label.padEnd(44)}${ms.toFixed(2).padStart(8)} ms a window  ${ratio}`);
}

/** Starts the server of the files of a folder. @returns its address */
async function serve(files: readonly { readonly path: string; readonly file: string }[]): Promise<{
  readonly child: ChildProcess;
  readonly url: string;
}> {
  const script = fileURLToPath(new URL('./throttled-server.ts', import.meta.url));
  const child = spawn(process.execPath, [script, String(LATENCY_MS), String(MEGABYTES), '0'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  for (const file of files) child.stdin.write(`${JSON.stringify(file)}\n`);
  child.stdin.write('start\n');
  const lines = createInterface({ input: child.stdout });
  const [url] = (await once(lines, 'line')) as [string];
  return { child, url };
}

const folder = mkdtempSync(join(tmpdir(), 'vascusim-time-'));
try {
  python('make_windows.py', folder, String(STEPS));
  for (const layout of ['raw', 'zlib', 'files'] as const) {
    const place = join(folder, layout);
    const sharedMesh = layout === 'files' ? 'series' : undefined;
    const times: Record<string, number[]> = { vtk: [], loader: [], get: [], mesh: [] };
    for (let round = 0; round < rounds; round++) {
      const target = layout === 'files' ? place : join(place, 'case.vtu');
      const { total, windows } = JSON.parse(python('vtk_windows.py', layout, target)) as {
        total: number;
        windows: number;
      };
      times['vtk']?.push(total / windows);
      for (const how of layout === 'files' ? ['loader', 'get'] : ['loader', 'get', 'mesh']) {
        const outcome = await pass({ sourceUrl: place, how, sharedMesh });
        times[how]?.push(outcome.ms / outcome.windows);
      }
    }
    const vtk = median(times['vtk'] as number[]);
    print(`${layout}: VTK, no edges`, vtk, '');
    for (const [how, label] of [
      ['loader', 'loader'],
      ['get', 'get, one after the other'],
      ['mesh', 'readMesh and meshToGraph a window'],
    ] as const) {
      if (times[how]?.length === 0) continue;
      const ms = median(times[how] as number[]);
      print(`${layout}: ${label}`, ms, `${(ms / vtk).toFixed(2)} of VTK`);
    }
    if (times['mesh']?.length !== 0) {
      const ratio = median(times['loader'] as number[]) / median(times['mesh'] as number[]);
      console.log(`${layout}: the loader takes ${ratio.toFixed(2)} of readMesh and meshToGraph`);
    }
  }
  for (const how of ['loader', 'shuffled']) {
    const [few, many] = [
      await pass({ sourceUrl: join(folder, 'zlib'), how, steps: 20 }),
      await pass({ sourceUrl: join(folder, 'zlib'), how }),
    ];
    console.log(
      `memory, ${how}: peak ${few.peakMB.toFixed(0)} MB of 20 steps, ${many.peakMB.toFixed(0)} MB of 200: ${(many.peakMB - few.peakMB).toFixed(0)} MB more`,
    );
  }
  for (const layout of ['raw', 'zlib']) {
    const { child, url } = await serve([{ path: 'case.vtu', file: join(folder, layout, 'case.vtu') }]);
    const cacheDir = join(folder, `cache-${layout}`);
    const { ms, windows, bytesDownloaded } = await pass({ sourceUrl: url, cacheDir, how: 'loader' });
    const local = await pass({ sourceUrl: join(folder, layout), how: 'loader' });
    const net = bytesDownloaded / (MEGABYTES * 1000);
    const bound = Math.max(net, local.ms);
    print(
      `${layout} over ${LATENCY_MS} ms and ${MEGABYTES} MB/s`,
      ms / windows,
      `net ${(net / windows).toFixed(2)}, local ${(local.ms / windows).toFixed(2)}: ${(bound / ms).toFixed(2)} of the bound`,
    );
    const again = await pass({ sourceUrl: url, cacheDir, how: 'loader' });
    console.log(`${layout}, another process: ${again.bytesDownloaded} bytes`);
    child.stdin?.end();
  }
} finally {
  rmSync(folder, { recursive: true });
}
