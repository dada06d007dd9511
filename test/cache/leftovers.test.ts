import { randomUUID } from 'node:crypto';
import { readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, onTestFinished, test } from 'vitest';
import { objectName } from '../../src/cache/cache-key.ts';
import { CacheManager } from '../../src/cache/cache-manager.ts';
import { makeFolder } from '../temporary-folder.ts';
import { bytesOnDisk, contentOf, faultsOf, keyOf, obtain } from './cached-files.ts';

const SIZE = 50_000;
const LIMIT = 5 * SIZE + SIZE / 2;
const DEAD = randomUUID();

/** A cache that is full. */
async function fill(): Promise<{ readonly cacheDir: string; readonly cache: CacheManager }> {
  const cacheDir = join(await makeFolder(), 'cache');
  const cache = await CacheManager.open({ cacheDir, maxSize: LIMIT });
  onTestFinished(() => cache.close());
  for (const name of ['a', 'b', 'c', 'd', 'e']) (await obtain(cache, `${name}.vtu`, SIZE)).entry.release();
  await cache.getCacheStats();
  return { cacheDir, cache };
}

/** Moves an object out of the way as a process does that is killed before the index knows. */
function moveAway(cacheDir: string, path: string): void {
  const name = objectName(keyOf(path));
  renameSync(
    join(cacheDir, 'objects', name.slice(0, 2), name),
    join(cacheDir, 'tmp', `${name}.${randomUUID()}.${DEAD}.trash`),
  );
}

function changeIndex(cacheDir: string, sql: string): void {
  const database = new DatabaseSync(join(cacheDir, 'index.db'));
  database.exec(sql);
  database.close();
}

test('files that a killed process was removing count until they are gone, when they make room', async () => {
  const { cacheDir, cache } = await fill();
  for (const path of ['a.vtu', 'b.vtu', 'c.vtu']) moveAway(cacheDir, path);
  for (const path of ['u.vtu', 'v.vtu', 'w.vtu']) {
    (await obtain(cache, path, SIZE)).entry.release();
    expect(bytesOnDisk(cacheDir)).toBeLessThanOrEqual(LIMIT);
  }
});

test('files that a killed process was removing count until they are gone, when they are asked for', async () => {
  const { cacheDir, cache } = await fill();
  for (const path of ['a.vtu', 'b.vtu', 'c.vtu']) {
    moveAway(cacheDir, path);
    expect((await obtain(cache, path, SIZE)).hit).toBe(false);
    expect(bytesOnDisk(cacheDir)).toBeLessThanOrEqual(LIMIT);
  }
});

test.each([
  ['had been given its name', true],
  ['still had the name of a beginning', false],
])('a beginning that a killed process had made safe is gone on from where it %s', async (_, isPart) => {
  const { cacheDir, cache } = await fill();
  const room = await cache.acquire(keyOf('x.vtu'), { size: SIZE });
  if (!('write' in room)) throw new Error('it was there');
  await room.write(contentOf('x.vtu', SIZE).slice(0, 30_000));
  await room.abandon({ keep: true });
  const name = objectName(keyOf('x.vtu'));
  // As after its room was set aside anew.
  changeIndex(
    cacheDir,
    `UPDATE entries SET state = 0, owner = '${DEAD}', size = ${SIZE} WHERE name = '${name}'`,
  );
  const tmp = join(cacheDir, 'tmp');
  if (isPart) renameSync(join(tmp, `${name}.resume`), join(tmp, `${name}.${DEAD}.part`));
  const again = await cache.acquire(keyOf('x.vtu'), { size: SIZE });
  if (!('write' in again)) throw new Error('it was there');
  expect(again.received).toBe(30_000);
  await again.write(contentOf('x.vtu', SIZE).slice(30_000));
  (await again.publish()).release();
  expect(readdirSync(tmp)).toEqual([]);
  await cache.close();
  expect(faultsOf(cacheDir, LIMIT)).toEqual([]);
});

test('what a killed process left of a fetch goes when its row goes', async () => {
  const { cacheDir, cache } = await fill();
  const room = await cache.acquire(keyOf('x.vtu'), { size: SIZE });
  if (!('write' in room)) throw new Error('it was there');
  await room.write(contentOf('x.vtu', SIZE).slice(0, 30_000));
  await room.abandon({ keep: true });
  const name = objectName(keyOf('x.vtu'));
  // It had forgotten what it had, to begin anew.
  changeIndex(
    cacheDir,
    `UPDATE entries SET state = 0, owner = '${DEAD}', size = ${SIZE}, progress = 0 WHERE name = '${name}'`,
  );
  const tmp = join(cacheDir, 'tmp');
  (await obtain(cache, 'x.vtu', SIZE)).entry.release();
  expect(readdirSync(tmp)).toEqual([]);
});
