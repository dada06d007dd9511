import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { bytesOnDisk, faultsOf, reapCache } from '../cache/cached-files.ts';
import { makeFolder } from '../temporary-folder.ts';
import { partsContent } from './result-file.ts';

const LONG = process.env['VASCUSIM_TORTURE'] === 'long';
const PROCESSES = 3;
const BLOWS = LONG ? 100 : 8;
const SEED = Number(process.env['VASCUSIM_TORTURE_SEED'] ?? 20261125);
const FILES = new Map<string, Uint8Array>();
for (const path of ['a.vtu', 'b.vtu', 'c.vtu', 'd.vtu', 'e.vtu']) FILES.set(path, await partsContent(path));
/** What three processes hold at a time, and a little more: less than there is. */
const MAX_SIZE = 8 * (FILES.get('a.vtu')?.byteLength ?? 0);

/** What must be in an object: parts are called after the file and where they begin and end. */
function contentOf(path: string, size: number): Uint8Array {
  if (path.endsWith('#mesh')) return Uint8Array.of(0x3d);
  const [, file = '', start = '0'] = /^([^#]*)(?:#(\d+)-\d+)?$/.exec(path) ?? [];
  return FILES.get(file)?.subarray(Number(start), Number(start) + size) ?? new Uint8Array(0);
}

test(
  `${PROCESSES} processes read parts from one cache while ${BLOWS} are killed or stopped: every number is right`,
  async () => {
    const cacheDir = join(await makeFolder(), 'cache');
    await mkdir(cacheDir);
    await reapCache(cacheDir, MAX_SIZE);
    const bad: string[] = [];
    let done = 0;
    let state = SEED;
    const random = (): number => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state / 2 ** 32;
    };
    const start = (): ChildProcess => {
      const script = fileURLToPath(new URL('./processes/parts-chaos.ts', import.meta.url));
      const args = [script, cacheDir, String(MAX_SIZE), String(Math.floor(random() * 1e6))];
      const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
      let text = '';
      child.stdout.on('data', (chunk: Buffer) => {
        const lines = (text + chunk.toString()).split('\n');
        text = lines.pop() ?? '';
        for (const line of lines) {
          const { kind, detail } = JSON.parse(line) as { kind: string; detail: string };
          if (kind === 'done') done++;
          else bad.push(detail);
        }
      });
      child.stdin.on('error', () => undefined); // It may have been killed.
      return child;
    };
    const children = Array.from({ length: PROCESSES }, start);
    onTestFinished(() => {
      for (const child of children) child.kill('SIGKILL');
    });
    let most = 0;
    const sampler = setInterval(() => {
      most = Math.max(most, bytesOnDisk(cacheDir));
    }, 50);
    const exits: Promise<unknown>[] = [];
    const exitOf = (child: ChildProcess): Promise<unknown> =>
      new Promise((resolve) => child.once('exit', resolve));
    for (let blow = 0; blow < BLOWS && bad.length === 0; blow++) {
      const before = done;
      // Until they have got on, whatever the machine's speed.
      while (done < before + 15 && bad.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
      const at = Math.floor(random() * PROCESSES);
      const child = children[at] as ChildProcess;
      if (random() < 0.7) {
        exits.push(exitOf(child));
        child.kill('SIGKILL');
        children[at] = start();
      } else {
        child.kill('SIGSTOP');
        await new Promise((resolve) => setTimeout(resolve, 300 * random()));
        child.kill('SIGCONT');
      }
    }
    for (const child of children) {
      exits.push(exitOf(child));
      child.stdin?.end('end\n');
    }
    await Promise.all(exits);
    clearInterval(sampler);
    await reapCache(cacheDir, MAX_SIZE);
    expect(bad).toEqual([]);
    expect(most).toBeLessThanOrEqual(MAX_SIZE);
    expect(faultsOf(cacheDir, MAX_SIZE, contentOf)).toEqual([]);
    expect(done).toBeGreaterThanOrEqual(BLOWS * 15);
  },
  LONG ? 900_000 : 180_000,
);
