import { type ChildProcess, spawn } from 'node:child_process';
import { statSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { CacheManager } from '../../src/cache/cache-manager.ts';
import { makeFolder } from '../temporary-folder.ts';
import { bytesOnDisk, contentOf, faultsOf, keyOf, obtain } from './cached-files.ts';

const SMALL = 20_000;
const LARGE = 17 * 1024 ** 2;

/** A process that has fetched half of `a.vtu` and is stopped then. */
async function startHolder(cacheDir: string, maxSize: number, size: number): Promise<ChildProcess> {
  const script = fileURLToPath(new URL('./processes/holder.ts', import.meta.url));
  const child = spawn(process.execPath, [script, cacheDir, String(maxSize), 'a.vtu', String(size)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  await new Promise((resolve) => child.stdout?.once('data', resolve));
  child.kill('SIGSTOP');
  return child;
}

function collectWarnings(): { readonly code: string; readonly text: string }[] {
  const warnings: { code: string; text: string }[] = [];
  const collect = (warning: Error & { code?: string }): number =>
    warnings.push({ code: warning.code ?? '', text: warning.message });
  process.on('warning', collect);
  onTestFinished(() => {
    process.off('warning', collect);
  });
  return warnings;
}

async function goOn(child: ChildProcess, order: 'finish' | 'abandon' | 'die'): Promise<void> {
  const ended = new Promise((resolve) => child.once('exit', resolve));
  if (order === 'die') child.kill('SIGKILL');
  else {
    child.stdin?.write(`${order}\n`);
    child.kill('SIGCONT');
  }
  await ended;
}

describe.skipIf(process.platform === 'win32')('a process that is stopped while it fetches a file', () => {
  test.each([
    ['finish', SMALL],
    ['finish', LARGE],
    ['abandon', SMALL],
    ['abandon', LARGE],
    ['die', SMALL],
    ['die', LARGE],
  ] as const)('is named, and its place taken; then it may %s, with %i bytes', async (order, size) => {
    const cacheDir = join(await makeFolder(), 'cache');
    const maxSize = 3 * size;
    const child = await startHolder(cacheDir, maxSize, size);
    const warnings = collectWarnings();
    await using cache = await CacheManager.open({ cacheDir, maxSize, leaseTimeoutMs: 300 });
    const { entry } = await obtain(cache, 'a.vtu', size);
    expect(entry.path.startsWith(cacheDir)).toBe(true);
    expect(warnings.map(({ code }) => code)).toEqual(['VASCUSIM_CACHE_WAITING']);
    expect(warnings[0]?.text).toContain(`kill -CONT ${child.pid}`);
    expect(warnings[0]?.text).toMatch(/a\.vtu.*process \d+ on \S+/);
    // What it has set aside still counts.
    expect((await cache.getCacheStats()).totalSize).toBe(2 * size);
    expect((await obtain(cache, 'a.vtu', size)).hit).toBe(true);
    await goOn(child, order);
    expect((await readFile(entry.path)).equals(contentOf('a.vtu', size))).toBe(true);
    entry.release();
    await cache.cleanup();
    expect((await cache.getCacheStats()).totalSize).toBe(size);
    expect(bytesOnDisk(cacheDir)).toBe(size);
    await cache.close();
    expect(faultsOf(cacheDir, maxSize)).toEqual([]);
  });

  test('is done without, where there is no room beside it', async () => {
    const cacheDir = join(await makeFolder(), 'cache');
    const child = await startHolder(cacheDir, SMALL, SMALL);
    await using cache = await CacheManager.open({ cacheDir, maxSize: SMALL, leaseTimeoutMs: 100 });
    const { entry } = await obtain(cache, 'a.vtu', SMALL);
    expect(entry.path.startsWith(cacheDir)).toBe(false);
    expect((await readFile(entry.path)).equals(contentOf('a.vtu', SMALL))).toBe(true);
    entry.release();
    await goOn(child, 'finish');
    expect((await obtain(cache, 'a.vtu', SMALL)).hit).toBe(true);
  });
});

test('a fetch of which nothing is written yet shows that it goes on', async () => {
  const cacheDir = join(await makeFolder(), 'cache');
  await using cache = await CacheManager.open({ cacheDir });
  const room = await cache.acquire(keyOf('a.vtu'), { size: SMALL });
  if (!('write' in room)) throw new Error('it was there');
  const [part = ''] = await readdir(join(cacheDir, 'tmp'));
  const before = statSync(join(cacheDir, 'tmp', part)).mtimeMs;
  const now = performance.now();
  const clock = vi.spyOn(performance, 'now').mockReturnValue(now + 5000);
  onTestFinished(() => clock.mockRestore());
  await room.write(new Uint8Array(10));
  clock.mockRestore();
  const after = statSync(join(cacheDir, 'tmp', part));
  expect([after.size, after.mtimeMs > before]).toEqual([0, true]);
  await room.abandon({ keep: false });
});
