import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { nameFile } from '../core/name-file.ts';
import type { ReadOptions } from '../core/source.ts';
import { type EntryRow, EntryState } from './cache-index.ts';
import type { CacheStore } from './cache-store.ts';
import { explainDisk, isMissing } from './disk-error.ts';
import { listObjects } from './rebuild.ts';

/** Options of `CacheManager.verify`. */
export interface VerifyOptions extends ReadOptions {
  /** @defaultValue false */
  readonly repair?: boolean | undefined;
  /** Listener that is called after each file. */
  readonly onProgress?: ((progress: { readonly files: number; readonly of: number }) => void) | undefined;
}

/** A cached file that is not as it was. */
export interface DamagedFile {
  /** Name of its source and path in it; empty where the index was lost since. */
  readonly file: string;
  /** Absolute path. */
  readonly path: string;
  readonly problem: 'missing' | 'wrong size' | 'wrong hash';
}

/** Findings of `CacheManager.verify`. */
export interface VerifyReport {
  /** Files that are as they were. */
  readonly ok: number;
  /**
   * Files among these of which only the length could be compared, since the index was lost after they were
   * fetched.
   */
  readonly unhashed: number;
  readonly damaged: readonly DamagedFile[];
  /** True when the damaged ones were removed. */
  readonly repaired: boolean;
}

const ROWS_PER_PAGE = 100;

/** Compares every object with its row. */
export async function verifyObjects(store: CacheStore, options: VerifyOptions): Promise<VerifyReport> {
  const { repair = false, signal, onProgress } = options;
  const damaged: DamagedFile[] = [];
  const { files: of } = await store.read((index) => index.totals());
  let [ok, unhashed] = [0, 0];
  for (let last = ''; ; ) {
    const rows = await store.read((index) => index.page(last, ROWS_PER_PAGE));
    for (const row of rows) {
      signal?.throwIfAborted();
      const problem = await examine(store, row, signal);
      if (problem === 'gone') continue;
      if (problem === undefined) ok++;
      else {
        const path = store.directory.object(row.name);
        damaged.push({ file: row.source === '' ? '' : nameFile(row.source, row.path), path, problem });
        if (repair) await remove(store, row);
      }
      if (problem === undefined && row.sha256 === null) unhashed++;
      onProgress?.({ files: ok + damaged.length, of });
    }
    const end = rows.at(-1);
    if (end === undefined) break;
    last = end.name;
  }
  if (repair) await adoptOrphans(store);
  return { ok, unhashed, damaged, repaired: repair };
}

async function examine(
  store: CacheStore,
  row: EntryRow,
  signal: AbortSignal | undefined,
): Promise<DamagedFile['problem'] | 'gone' | undefined> {
  const path = store.directory.object(row.name);
  const stats = await stat(path).catch(() => undefined);
  let problem: DamagedFile['problem'] | undefined;
  if (stats === undefined) problem = 'missing';
  else if (stats.size !== row.size) problem = 'wrong size';
  else if (row.sha256 !== null && (await hashFile(path, signal)) !== row.sha256) problem = 'wrong hash';
  if (problem === undefined) return undefined;
  // It may have been removed on purpose in the meantime.
  return (await store.read((index) => index.get(row.name))) === undefined ? 'gone' : problem;
}

async function hashFile(path: string, signal: AbortSignal | undefined): Promise<string | undefined> {
  const hash = createHash('sha256');
  try {
    for await (const bytes of createReadStream(path, { highWaterMark: 1024 ** 2, signal })) {
      hash.update(bytes as Buffer);
    }
  } catch (error) {
    signal?.throwIfAborted();
    if (!isMissing(error)) throw explainDisk(`${path} cannot be read`, error);
    return undefined;
  }
  return hash.digest('hex');
}

function remove(store: CacheStore, { name }: EntryRow): Promise<void> {
  return store.change((index, trash) => {
    const row = index.get(name);
    const complete = row?.state === EntryState.Ready || row?.state === EntryState.Doomed;
    if (complete) store.discard(index, row, trash);
  });
}

/** Gives objects without a row one: a process died, or a folder was copied by hand. */
async function adoptOrphans(store: CacheStore): Promise<void> {
  for (const { folder, names } of await listObjects(store)) {
    for (const name of names) {
      if ((await store.read((index) => index.get(name))) !== undefined) continue;
      const stats = await stat(join(folder, name)).catch(() => undefined);
      if (stats === undefined) continue;
      const used = Math.trunc(stats.mtimeMs * 1000);
      await store.change((index) =>
        index.adopt(name, stats.size, used, { source: '', path: '', version: '' }),
      );
    }
  }
}
