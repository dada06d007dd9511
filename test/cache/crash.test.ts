import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { mapLimited } from '../../src/core/limit.ts';
import { makeFolder } from '../temporary-folder.ts';
import { bytesOnDisk, faultsOf, reapCache } from './cached-files.ts';

const MAX_SIZE = 17 * 1024 ** 2 + 50_000;
const LONG = process.env['VASCUSIM_TORTURE'] === 'long';

interface Ending {
  readonly output: string;
  readonly signal: NodeJS.Signals | null;
}

/** Runs the scenario until the given step, or to its end. */
function runScenario(cacheDir: string, crashAt?: number): Promise<Ending> {
  const path = (name: string): string => fileURLToPath(new URL(`./processes/${name}.ts`, import.meta.url));
  const args = ['--import', path('crash-at'), path('scenario'), cacheDir, String(MAX_SIZE)];
  const env = { ...process.env, ...(crashAt === undefined ? {} : { CRASH_AT: String(crashAt) }) };
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  return new Promise((resolve) => child.on('close', (_, signal) => resolve({ output, signal })));
}

test(
  'a process may be killed at any step: what is there is whole, the limit holds, nothing is left behind',
  async () => {
    const folder = await makeFolder();
    const { output, signal } = await runScenario(join(folder, 'whole'));
    expect(signal).toBeNull();
    expect(faultsOf(join(folder, 'whole'), MAX_SIZE)).toEqual([]);
    const count = Number(output);
    expect(count).toBeGreaterThan(150);
    // In CI every eighth step, and all of them in the long form.
    const steps = Array.from({ length: count }, (_, step) => step).filter((step) => LONG || step % 8 === 1);
    let killed = 0;
    const faults = await mapLimited(steps, 4, async (step) => {
      const cacheDir = join(folder, String(step));
      const ending = await runScenario(cacheDir, step);
      if (ending.signal !== 'SIGKILL') {
        // How many steps a run takes differs by a few.
        const isOver = ending.signal === null && Number(ending.output) <= step;
        return isOver ? [] : [`step ${step}: was not killed`];
      }
      killed++;
      const late = bytesOnDisk(cacheDir) > MAX_SIZE ? [`step ${step}: over the limit`] : [];
      await reapCache(cacheDir, MAX_SIZE);
      const found = faultsOf(cacheDir, MAX_SIZE).map((fault) => `step ${step}: ${fault}`);
      // The next process does its work as if nothing had been.
      const next = await runScenario(cacheDir);
      const after = faultsOf(cacheDir, MAX_SIZE).map((fault) => `after step ${step}: ${fault}`);
      return [...late, ...found, ...after, ...(next.signal === null ? [] : [`step ${step}: ${next.signal}`])];
    });
    expect(faults.flat()).toEqual([]);
    expect(killed).toBeGreaterThan(steps.length / 2);
  },
  LONG ? 900_000 : 180_000,
);
