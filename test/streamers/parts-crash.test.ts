import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { mapLimited } from '../../src/core/limit.ts';
import { bytesOnDisk, faultsOf, reapCache } from '../cache/cached-files.ts';
import { makeFolder } from '../temporary-folder.ts';
import { partsContent } from './result-file.ts';

const LONG = process.env['VASCUSIM_TORTURE'] === 'long';
const FILES = new Map([
  ['a.vtu', await partsContent('a.vtu')],
  ['b.vtu', await partsContent('b.vtu')],
  ['c.vtu', await partsContent('c.vtu')],
]);
/** One file, and half of another. */
const MAX_SIZE = Math.ceil(1.5 * (FILES.get('a.vtu')?.byteLength ?? 0));

/** What must be in an object: parts are called after the file and where they begin and end. */
function contentOf(path: string, size: number): Uint8Array {
  if (path.endsWith('#mesh')) return Uint8Array.of(0x3d);
  const [, file = '', start = '0'] = /^([^#]*)(?:#(\d+)-\d+)?$/.exec(path) ?? [];
  return FILES.get(file)?.subarray(Number(start), Number(start) + size) ?? new Uint8Array(0);
}

/** Runs the scenario until the given step, or to its end. */
function runScenario(
  cacheDir: string,
  crashAt?: number,
): Promise<{
  readonly output: string;
  readonly signal: NodeJS.Signals | null;
  readonly code: number | null;
}> {
  const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
  const program = path('./processes/parts-scenario.ts');
  const args = ['--import', path('../cache/processes/crash-at.ts'), program, cacheDir, String(MAX_SIZE)];
  const env = { ...process.env, ...(crashAt === undefined ? {} : { CRASH_AT: String(crashAt) }) };
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  return new Promise((resolve) => child.on('close', (code, signal) => resolve({ output, signal, code })));
}

test(
  'a process that fetches parts may be killed at any step: what is there is right, the limit holds, nothing is left',
  async () => {
    const folder = await makeFolder();
    const { output, signal, code } = await runScenario(join(folder, 'whole'));
    expect({ signal, code }).toEqual({ signal: null, code: 0 });
    expect(faultsOf(join(folder, 'whole'), MAX_SIZE, contentOf)).toEqual([]);
    const count = Number(output);
    expect(count).toBeGreaterThan(150);
    const steps = Array.from({ length: count }, (_, step) => step).filter((step) => LONG || step % 24 === 1);
    let killed = 0;
    const faults = await mapLimited(steps, 4, async (step) => {
      const cacheDir = join(folder, String(step));
      const ending = await runScenario(cacheDir, step);
      if (ending.signal !== 'SIGKILL') {
        // How many steps a run takes differs by a few: those of waiting for each other.
        const isOver = ending.code === 0 && Number(ending.output) <= step;
        return isOver ? [] : [`step ${step}: was not killed`];
      }
      killed++;
      const late = bytesOnDisk(cacheDir) > MAX_SIZE ? [`step ${step}: over the limit`] : [];
      await reapCache(cacheDir, MAX_SIZE);
      const found = faultsOf(cacheDir, MAX_SIZE, contentOf).map((fault) => `step ${step}: ${fault}`);
      // The next process does its work as if nothing had been.
      const next = await runScenario(cacheDir);
      const after = faultsOf(cacheDir, MAX_SIZE, contentOf).map((fault) => `after step ${step}: ${fault}`);
      return [...late, ...found, ...after, ...(next.code === 0 ? [] : [`step ${step}: the next run failed`])];
    });
    expect(faults.flat()).toEqual([]);
    expect(killed).toBeGreaterThan(steps.length / 2);
  },
  LONG ? 1_800_000 : 180_000,
);
