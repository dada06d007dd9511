import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { Random } from '../../src/core/random.ts';
import { makeFolder } from '../temporary-folder.ts';
import { leftOvers, makeCases, readResults } from './result-set.ts';

const ROUNDS = process.env['VASCUSIM_TORTURE'] === 'long' ? 20 : 1;
const SEED = Number(process.env['VASCUSIM_TORTURE_SEED'] ?? 20261130);
const SHARES = 4;

/** Runs a program that converts a share; null where it was killed. */
function convert(args: readonly string[], killAfterMs: number | undefined): Promise<unknown> {
  const child = spawn(process.execPath, [resolve('test/fleet/processes/convert-share.ts'), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  // Counted from the first sign of work on, since programs start slowly on a busy machine.
  const timer =
    killAfterMs === undefined ? undefined : setTimeout(() => void child.kill('SIGKILL'), killAfterMs);
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => void (text += part));
  return new Promise((settle) => {
    child.once('close', (code) => {
      clearTimeout(timer);
      settle(code === null ? null : JSON.parse(text === '' ? '{"failed":"no answer"}' : text));
    });
  });
}

test(`${SHARES} shares at once, killed at any time and started again, make what one run makes`, {
  timeout: 60_000 * ROUNDS,
}, async () => {
  const random = new Random(SEED);
  const source = await makeCases(60);
  const whole = await makeFolder();
  await convert([source, whole, 'safetensors'], undefined);
  const wanted = await readResults(whole);
  expect(Object.keys(wanted)).toHaveLength(62);
  let kills = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const directory = await makeFolder();
    const shares = Array.from({ length: SHARES }, async (_, index) => {
      const args = [source, directory, 'safetensors', `${index}/${SHARES}`];
      for (let tries = 0; tries < 2; tries++) {
        if ((await convert(args, 300 + random.below(900))) !== null) return;
        kills++;
      }
      expect(await convert(args, undefined)).toMatchObject({ failed: [] });
    });
    await Promise.all(shares);
    expect(await readResults(directory), `round ${round}`).toEqual(wanted);
    expect(await leftOvers(directory), `round ${round}`).toEqual([]);
  }
  expect(kills).toBeGreaterThan(0);
});
