import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { CacheManager } from '../../src/cache/cache-manager.ts';
import { isVascuError } from '../../src/core/errors.ts';
import { makeFolder } from '../temporary-folder.ts';
import { contentOf, obtain } from './cached-files.ts';

const PATHS = ['a.vtu', 'b.vtu', 'c.vtu', 'd.vtu'];
const ROUNDS = process.env['VASCUSIM_TORTURE'] === 'long' ? 400 : 40;

/** A generator of numbers in 0 … 1 that gives the same ones each time. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Uses a cache as if nothing was wrong with it and checks every byte that it gives. */
async function use(cacheDir: string): Promise<void> {
  await using cache = await CacheManager.open({ cacheDir, maxSize: 1000, roomTimeoutMs: 100 });
  for (const path of [...PATHS, 'e.vtu', 'f.vtu']) {
    const { entry } = await obtain(cache, path, 200);
    expect(readFileSync(entry.path).equals(contentOf(path, 200))).toBe(true);
    entry.release();
  }
  await cache.verify({ repair: true });
  await cache.clearAll();
}

test(`an index that rots, in ${ROUNDS} ways, never gives wrong bytes and never ends the process`, async () => {
  const origin = await makeFolder();
  {
    await using cache = await CacheManager.open({ cacheDir: origin, maxSize: 1000 });
    for (const path of PATHS) (await obtain(cache, path, 200)).entry.release();
    // Copied while it is in use, with its log.
    await cp(origin, join(origin, '..', 'vascusim-test-live'), { recursive: true });
  }
  const live = join(origin, '..', 'vascusim-test-live');
  const random = randomFrom(20261124);
  for (let round = 0; round < ROUNDS; round++) {
    const cacheDir = join(await makeFolder(), 'cache');
    await cp(round % 2 === 0 ? origin : live, cacheDir, { recursive: true });
    const files = readdirSync(cacheDir).filter((name) => name.startsWith('index.db'));
    const file = join(cacheDir, files[Math.floor(random() * files.length)] ?? 'index.db');
    const bytes = readFileSync(file);
    const kind = round % 4;
    const at = Math.floor(random() * bytes.byteLength);
    if (kind === 0)
      for (let flip = 0; flip < 20; flip++) bytes[Math.floor(random() * bytes.byteLength)] = 256 * random();
    if (kind === 1) bytes.fill(0, at, Math.min(bytes.byteLength, at + 4096));
    if (kind === 2 && bytes.byteLength > 0) bytes[at] = (bytes[at] ?? 0) ^ (1 << Math.floor(8 * random()));
    writeFileSync(file, kind === 3 ? bytes.subarray(0, at) : bytes);
    try {
      await use(cacheDir);
    } catch (error) {
      // A row that says something else than it did may stand in the way of one file, but not silently.
      expect(isVascuError(error, 'CACHE', 'INTEGRITY'), `round ${round}: ${String(error)}`).toBe(true);
    }
  }
}, 120_000);
