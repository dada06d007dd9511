import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { makeFolder } from '../temporary-folder.ts';
import { bytesOnDisk, contentOf, faultsOf, reapCache } from './cached-files.ts';
import { sizeOfFile } from './processes/chaos.ts';

const LONG = process.env['VASCUSIM_TORTURE'] === 'long';
const PROCESSES = 4;
const FILES = 60;
const MAX_SIZE = Math.round(
  0.4 * Array.from({ length: FILES }, (_, file) => sizeOfFile(file)).reduce((a, b) => a + b),
);
const BLOWS = LONG ? 200 : 20;
const SEED = Number(process.env['VASCUSIM_TORTURE_SEED'] ?? 20261124);

/** Where files come from, slowly; counts the requests for one file that run together. */
async function startOrigin(): Promise<{ url: string; requests: () => number; together: () => number }> {
  let requests = 0;
  let together = 0;
  const running = new Map<string, number>();
  const server: Server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://origin');
    const path = url.pathname.slice(1);
    requests++;
    const now = (running.get(path) ?? 0) + 1;
    running.set(path, now);
    if (now > 1) together++;
    response.on('close', () => running.set(path, (running.get(path) ?? 1) - 1));
    const content = contentOf(path, sizeOfFile(Number.parseInt(path, 10))).slice(
      Number(url.searchParams.get('from')),
    );
    const half = content.byteLength >> 1;
    response.write(content.subarray(0, half));
    setTimeout(() => response.end(content.subarray(half)), 5);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, requests: () => requests, together: () => together };
}

test(
  `${PROCESSES} processes of two threads share a cache while ${BLOWS} are killed, stopped or lose a thread`,
  async () => {
    const cacheDir = join(await makeFolder(), 'cache');
    await mkdir(cacheDir);
    await reapCache(cacheDir, MAX_SIZE);
    const origin = await startOrigin();
    const bad: string[] = [];
    let done = 0;
    let state = SEED;
    const random = (): number => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state / 2 ** 32;
    };
    const start = (): ChildProcess => {
      const script = fileURLToPath(new URL('./processes/chaos.ts', import.meta.url));
      const args = [cacheDir, MAX_SIZE, origin.url, FILES, Math.floor(random() * 1e6)].map(String);
      const child = spawn(process.execPath, [script, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
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
    }, 20);
    const exits: Promise<unknown>[] = [];
    const exitOf = (child: ChildProcess): Promise<unknown> =>
      new Promise((resolve) => child.once('exit', resolve));
    for (let blow = 0; blow < BLOWS; blow++) {
      const before = done;
      // Until they have got on, whatever the machine's speed.
      while (done < before + 20 && bad.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
      const at = Math.floor(random() * PROCESSES);
      const child = children[at] as ChildProcess;
      const kind = random();
      if (kind < 0.6) {
        exits.push(exitOf(child));
        child.kill('SIGKILL');
        children[at] = start();
      } else if (kind < 0.8) {
        child.kill('SIGSTOP');
        await new Promise((resolve) => setTimeout(resolve, 300 * random()));
        child.kill('SIGCONT');
      } else child.stdin?.write('terminate\n');
    }
    for (const child of children) {
      exits.push(exitOf(child));
      child.stdin?.write('end\n');
    }
    await Promise.all(exits);
    clearInterval(sampler);
    await reapCache(cacheDir, MAX_SIZE);
    process.stdout.write(
      `seed ${SEED}: ${done} files used, ${origin.requests()} requests, ${origin.together()} together, at most ${most} of ${MAX_SIZE} bytes\n`,
    );
    expect(bad).toEqual([]);
    expect(origin.together()).toBe(0);
    expect(most).toBeLessThanOrEqual(MAX_SIZE);
    expect(faultsOf(cacheDir, MAX_SIZE)).toEqual([]);
    expect(done).toBeGreaterThan(BLOWS * 20 - 1);
  },
  LONG ? 900_000 : 120_000,
);
