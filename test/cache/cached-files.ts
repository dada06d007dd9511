import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { CacheManager } from '../../src/cache/cache-manager.ts';
import type { HeldEntry } from '../../src/cache/held-entry.ts';

/** The bytes of a file, which follow from its name and length. */
export function contentOf(path: string, size: number): Uint8Array<ArrayBuffer> {
  const seed = createHash('sha256').update(path).digest();
  const bytes = new Uint8Array(size);
  const period = 32 * 256;
  for (let at = 0; at < Math.min(size, period); at++) bytes[at] = ((seed[at % 32] ?? 0) + (at >> 5)) & 0xff;
  for (let done = period; done < size; done *= 2) bytes.copyWithin(done, 0, Math.min(done, size - done));
  return bytes;
}

export const keyOf = (path: string, version = '1'): { source: string; path: string; version: string } => ({
  source: 'test://place',
  path,
  version,
});

/** Gets a file into the cache, or finds it there. */
export async function obtain(
  cache: CacheManager,
  path: string,
  size: number,
  options: { readonly signal?: AbortSignal; readonly version?: string; readonly chunk?: number } = {},
): Promise<{ readonly entry: HeldEntry; readonly hit: boolean }> {
  const { signal, version = '1', chunk = size } = options;
  const room = await cache.acquire(keyOf(path, version), { size, signal });
  if (!('write' in room)) return { entry: room, hit: true };
  try {
    const content = contentOf(path, size);
    for (let at = room.received; at < size; at += chunk) {
      await room.write(content.slice(at, Math.min(size, at + chunk)));
    }
    return { entry: await room.publish(), hit: false };
  } catch (error) {
    await room.abandon({ keep: false });
    throw error;
  }
}

/** Bytes of everything that the limit is about. */
export function bytesOnDisk(cacheDir: string): number {
  const [first, second] = [sizesOnDisk(cacheDir), sizesOnDisk(cacheDir)];
  // Looking takes a while in which files come and go. Those that were there both times were there together.
  let sum = 0;
  for (const [file, size] of first) sum += Math.min(size, second.get(file) ?? 0);
  return sum;
}

/** Sizes by what stays the same when a file is renamed. */
function sizesOnDisk(cacheDir: string): Map<string, number> {
  const sizes = new Map<string, number>();
  for (const folder of ['objects', 'tmp'].filter((name) => existsSync(join(cacheDir, name)))) {
    for (const name of readdirSync(join(cacheDir, folder), { recursive: true, encoding: 'utf8' })) {
      const stats = statSync(join(cacheDir, folder, name), { throwIfNoEntry: false });
      if (stats?.isFile() === true) sizes.set(`${stats.ino} ${stats.birthtimeMs}`, stats.size);
    }
  }
  return sizes;
}

/**
 * Every way in which a cache that nobody uses any more, and that was reaped, is not as it should be.
 *
 * @param content - the first bytes of what is kept under a path
 */
export function faultsOf(
  cacheDir: string,
  maxSize: number,
  content: (path: string, size: number) => Uint8Array = contentOf,
): string[] {
  const faults: string[] = [];
  const database = new DatabaseSync(join(cacheDir, 'index.db'));
  try {
    const one = (sql: string): unknown => Object.values(database.prepare(sql).all()[0] ?? {})[0];
    const check = one('PRAGMA integrity_check');
    if (check !== 'ok') faults.push(`integrity: ${String(check)}`);
    if (one('SELECT COALESCE(SUM(size), 0) FROM entries') !== one('SELECT bytes FROM totals'))
      faults.push('the sum of bytes is not that of the rows');
    if (one('SELECT COUNT(*) FROM entries WHERE state IN (1, 2)') !== one('SELECT files FROM totals'))
      faults.push('the number of files is not that of the rows');
    if (one('SELECT COUNT(*) FROM pins') !== 0) faults.push('pins of nobody');
    const rows = database.prepare('SELECT * FROM entries').all() as {
      name: string;
      size: number;
      state: number;
      sha256: string | null;
      path: string;
    }[];
    const known = new Set(rows.map(({ name }) => name));
    for (const { name, size, state, sha256, path } of rows) {
      if (state === 4) {
        const beginning = join(cacheDir, 'tmp', `${name}.resume`);
        const found = existsSync(beginning) ? readFileSync(beginning) : Buffer.of();
        // A source may have sent nothing but zeros before it was asked anew.
        if (!found.equals(content(path, size)) && !found.equals(Buffer.alloc(size)))
          faults.push(`${path}: its beginning is not ${size} right bytes`);
        continue;
      }
      if (state !== 1) faults.push(`${name}: state ${state}`);
      const object = join(cacheDir, 'objects', name.slice(0, 2), name);
      if (!existsSync(object)) {
        faults.push(`${name}: no object`);
        continue;
      }
      const found = readFileSync(object);
      if (found.byteLength !== size) faults.push(`${name}: ${found.byteLength} bytes, row says ${size}`);
      if (sha256 !== null && createHash('sha256').update(found).digest('hex') !== sha256)
        faults.push(`${name}: wrong hash`);
      if (path !== '' && !found.equals(content(path, size))) faults.push(`${path}: wrong bytes`);
    }
    for (const name of readdirSync(join(cacheDir, 'objects'), { recursive: true, encoding: 'utf8' })) {
      const base = name.slice(3);
      if (name.includes('/') && !known.has(base)) faults.push(`object without a row: ${name}`);
    }
    for (const name of readdirSync(join(cacheDir, 'tmp'))) {
      if (!name.endsWith('.resume')) faults.push(`left in tmp: ${name}`);
    }
    for (const name of readdirSync(join(cacheDir, 'owners'))) faults.push(`left in owners: ${name}`);
    const bytes = bytesOnDisk(cacheDir);
    if (bytes > maxSize) faults.push(`${bytes} bytes on disk, limit ${maxSize}`);
  } finally {
    database.close();
  }
  return faults;
}

/** Opens a cache and closes it, which takes away what dead users left. */
export async function reapCache(cacheDir: string, maxSize: number): Promise<void> {
  const cache = await CacheManager.open({ cacheDir, maxSize });
  await cache.close();
}
