import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import type { CacheKey } from './cache-key.ts';
import { type Sharing, share } from './sharing.ts';

/** State of a row of the index. */
export const EntryState = {
  /** Entry that its owner is fetching; `size` bytes are set aside. */
  Reserved: 0,
  Ready: 1,
  /** Complete file that is removed when nobody holds it any more. */
  Doomed: 2,
  /** Removed object on its way out; its name is that of the file in `tmp/`. */
  Trash: 3,
  /** Beginning of a file that nobody is fetching now. */
  Partial: 4,
} as const;

/** A row of the index. */
export interface EntryRow {
  /** Name of the object. */
  readonly name: string;
  readonly source: string;
  readonly path: string;
  readonly version: string;
  /** Bytes that count towards the limit. */
  readonly size: number;
  readonly state: (typeof EntryState)[keyof typeof EntryState];
  /** Place in the order of use: larger is later. */
  readonly used: number;
  readonly owner: string | null;
  /** Bytes of a fetch that are safely on disk. */
  readonly progress: number;
  /** Digest of the whole content, lower-case hexadecimal; null where it is not known. */
  readonly sha256: string | null;
  readonly hits: number;
}

/** Sums over the index, kept by triggers. */
export interface IndexTotals {
  readonly bytes: number;
  /** Complete files. */
  readonly files: number;
  readonly hits: number;
  readonly misses: number;
  readonly evictions: number;
  /** Number that is 1 when every object has its row. */
  readonly complete: number;
}

const SCHEMA = `
DROP INDEX IF EXISTS entries_by_owner;
DROP INDEX IF EXISTS pins_by_owner;
CREATE TABLE IF NOT EXISTS entries(
  name TEXT PRIMARY KEY, source TEXT NOT NULL, path TEXT NOT NULL, version TEXT NOT NULL, size INTEGER NOT NULL,
  state INTEGER NOT NULL, used INTEGER NOT NULL, owner TEXT, progress INTEGER NOT NULL DEFAULT 0, sha256 TEXT,
  hits INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS entries_by_use ON entries(state, used);
CREATE INDEX IF NOT EXISTS entries_by_path ON entries(source, path);
CREATE TABLE IF NOT EXISTS pins(name TEXT NOT NULL, owner TEXT NOT NULL, PRIMARY KEY(name, owner)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS users(owner TEXT PRIMARY KEY, pid INTEGER NOT NULL, host TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS totals(
  one INTEGER PRIMARY KEY CHECK(one = 1), bytes INTEGER NOT NULL, files INTEGER NOT NULL, clock INTEGER NOT NULL,
  hits INTEGER NOT NULL, misses INTEGER NOT NULL, evictions INTEGER NOT NULL, complete INTEGER NOT NULL);
INSERT OR IGNORE INTO totals VALUES(1, 0, 0, 0, 0, 0, 0, 0);
CREATE TRIGGER IF NOT EXISTS entry_added AFTER INSERT ON entries BEGIN
  UPDATE totals SET bytes = bytes + new.size, files = files + (new.state IN (1, 2)); END;
CREATE TRIGGER IF NOT EXISTS entry_changed AFTER UPDATE OF size, state ON entries BEGIN
  UPDATE totals SET bytes = bytes + new.size - old.size, files = files + (new.state IN (1, 2)) - (old.state IN (1, 2)); END;
CREATE TRIGGER IF NOT EXISTS entry_removed AFTER DELETE ON entries BEGIN
  UPDATE totals SET bytes = bytes - old.size, files = files - (old.state IN (1, 2)); END;
`;

/**
 * Condition of the rows that can have an owner: few, however many files there are, so that an index of them
 * would only cost.
 */
const OWNED = `state IN (${EntryState.Reserved}, ${EntryState.Trash})`;

/** The first version of SQLite without the fault that a reset of the write-ahead log could corrupt a database. */
const SAFE_WAL = [3, 51, 3] as const;

/**
 * The index of a cache in SQLite: who lies there, in which order of use, held by whom. It only makes fast what
 * the objects on disk say: when it is lost it is made again from them.
 *
 * Everything here is synchronous and takes microseconds. Changes belong inside {@link CacheIndex.transaction},
 * which fails with SQLITE_BUSY after 5 ms where another process is writing.
 */
export class CacheIndex {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  /** @throws the error of SQLite where the file cannot be opened or is no index */
  constructor(file: string, sharing?: Sharing) {
    this.#database = new DatabaseSync(file);
    try {
      // Before the log is made, which gets the mode that the file has.
      share(file, sharing);
      // The time-out comes first: the next statements may already meet another process.
      this.#database.exec('PRAGMA busy_timeout=5');
      const wal = hasSafeWal(this.#text('SELECT sqlite_version() AS value'));
      this.#database.exec(
        wal
          ? 'PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=100; PRAGMA journal_size_limit=1048576'
          : 'PRAGMA journal_mode=PERSIST',
      );
      // Nothing waits for the disk: what a power cut damages here is noticed, and made again from the objects.
      this.#database.exec('PRAGMA synchronous=OFF');
      this.transaction(() => this.#database.exec(SCHEMA));
      for (const companion of ['-wal', '-shm', '-journal']) share(file + companion, sharing);
    } catch (error) {
      this.#database.close();
      throw error;
    }
  }

  /** Runs `change` as one transaction that others see whole or not at all. */
  transaction<Result>(change: () => Result): Result {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      const result = change();
      this.#database.exec('COMMIT');
      return result;
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      throw error;
    }
  }

  get(name: string): EntryRow | undefined {
    return this.#rows<EntryRow>('SELECT * FROM entries WHERE name = ?', name)[0];
  }

  totals(): IndexTotals {
    return this.#rows<IndexTotals>('SELECT * FROM totals')[0] as IndexTotals;
  }

  /** Lists the rows of complete files in the order of their names, after `name`. */
  page(name: string, count: number): EntryRow[] {
    return this.#rows(
      'SELECT * FROM entries WHERE name > ? AND state IN (1, 2) ORDER BY name LIMIT ?',
      name,
      count,
    );
  }

  /** Finds the version of a file that was used last. */
  latest(source: string, path: string): EntryRow | undefined {
    return this.#rows<EntryRow>(
      'SELECT * FROM entries WHERE source = ? AND path = ? AND state IN (1, 2) ORDER BY used DESC LIMIT 1',
      source,
      path,
    )[0];
  }

  /** Lists the complete files of a source whose paths lie from `first` to before `end`, by UTF-8 bytes. */
  between(source: string, first: string, end: string): EntryRow[] {
    return this.#rows(
      'SELECT * FROM entries WHERE source = ? AND path >= ? AND path < ? AND state = 1 ORDER BY path',
      source,
      first,
      end,
    );
  }

  /** Lists the beginnings of files that nobody is fetching. */
  partials(): EntryRow[] {
    return this.#rows(`SELECT * FROM entries WHERE state = ${EntryState.Partial}`);
  }

  /** Lists the rows that can be removed, the least recently used first, after the use `used`. */
  removable(used: number, count: number): EntryRow[] {
    const unpinned = 'NOT EXISTS(SELECT 1 FROM pins WHERE pins.name = entries.name)';
    return this.#rows(
      `SELECT * FROM entries WHERE state = ${EntryState.Partial} AND used > ?1 UNION ALL
       SELECT * FROM (SELECT * FROM entries WHERE state = ${EntryState.Ready} AND used > ?1 AND ${unpinned} ORDER BY used LIMIT ?2)
       ORDER BY used LIMIT ?2`,
      used,
      count,
    );
  }

  /**
   * Puts a row in, as used last.
   *
   * @param misses - number of misses that count with it
   */
  insert(row: Omit<EntryRow, 'used' | 'hits'>, misses = 0): void {
    this.#run(
      'INSERT INTO entries(name, source, path, version, size, state, used, owner, progress, sha256) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
      row.name,
      row.source,
      row.path,
      row.version,
      row.size,
      row.state,
      this.#tick(misses),
      row.owner,
      row.progress,
      row.sha256,
    );
  }

  /** Puts in a row for an object found on disk, unless it has one. */
  adopt(name: string, size: number, used: number, { source, path, version }: CacheKey): void {
    this.#run(
      `INSERT OR IGNORE INTO entries(name, source, path, version, size, state, used) VALUES(?, ?, ?, ?, ?, ${EntryState.Ready}, ?)`,
      name,
      source,
      path,
      version,
      size,
      used,
    );
  }

  /** Changes what a row stands for; the bytes that count follow. */
  change(name: string, to: Pick<EntryRow, 'state' | 'owner' | 'size' | 'progress' | 'sha256'>): void {
    this.#run(
      'UPDATE entries SET state = ?, owner = ?, size = ?, progress = ?, sha256 = ? WHERE name = ?',
      to.state,
      to.owner,
      to.size,
      to.progress,
      to.sha256,
      name,
    );
  }

  /**
   * Makes the reserved row of `owner` that of a whole file, pinned by it.
   *
   * @returns false where there is no such row: nothing is changed then
   */
  complete(name: string, owner: string, size: number, sha256: string): boolean {
    const sql = `UPDATE entries SET state = ${EntryState.Ready}, owner = NULL, size = ?, progress = 0, sha256 = ? WHERE name = ? AND state = ${EntryState.Reserved} AND owner = ?`;
    if (this.#run(sql, size, sha256, name, owner) === 0) return false;
    this.pin(name, owner);
    return true;
  }

  /** Finds the row of a complete file that is removed when nobody holds it any more. */
  doomed(name: string): EntryRow | undefined {
    const sql = `SELECT * FROM entries WHERE name = ? AND state = ${EntryState.Doomed}`;
    return this.#rows<EntryRow>(sql, name)[0];
  }

  /** Frees the name of a removed object for a new one; its bytes count until {@link CacheIndex.remove}. */
  toTrash(name: string, trash: string, owner: string): void {
    this.#run(
      `UPDATE entries SET name = ?, state = ${EntryState.Trash}, owner = ? WHERE name = ?`,
      trash,
      owner,
      name,
    );
  }

  doom(name: string): void {
    this.#run(
      `UPDATE entries SET state = ${EntryState.Doomed} WHERE name = ? AND state = ${EntryState.Ready}`,
      name,
    );
  }

  remove(name: string): void {
    this.#run('DELETE FROM entries WHERE name = ?', name);
  }

  /** Marks an entry as used last, and counts `hits` uses of the cache. */
  touch(name: string, hits: number): void {
    this.#run('UPDATE totals SET clock = MAX(clock + 1, ?), hits = hits + ?', microseconds(), hits);
    this.#run('UPDATE entries SET used = (SELECT clock FROM totals), hits = hits + 1 WHERE name = ?', name);
  }

  /** Adds to the counters. */
  count(hits: number, misses: number, evictions: number): void {
    this.#run(
      'UPDATE totals SET hits = hits + ?, misses = misses + ?, evictions = evictions + ?',
      hits,
      misses,
      evictions,
    );
  }

  setComplete(complete: boolean): void {
    this.#run('UPDATE totals SET complete = ?', complete ? 1 : 0);
  }

  pin(name: string, owner: string): void {
    this.#run('INSERT OR IGNORE INTO pins VALUES(?, ?)', name, owner);
  }

  unpin(name: string, owner: string): void {
    this.#run('DELETE FROM pins WHERE name = ? AND owner = ?', name, owner);
  }

  /** Tells whether anybody holds the entry; also a dead owner whose pins have not been taken away yet. */
  isPinned(name: string): boolean {
    return this.#rows('SELECT 1 FROM pins WHERE name = ? LIMIT 1', name).length > 0;
  }

  /** Forgets who an owner is, and takes all its pins away. */
  unpinAll(owner: string): void {
    this.#run('DELETE FROM pins WHERE owner = ?', owner);
    this.#run('DELETE FROM users WHERE owner = ?', owner);
  }

  /** Says which process an owner is of, for messages. */
  introduce(owner: string, pid: number, host: string): void {
    this.#run('INSERT OR REPLACE INTO users VALUES(?, ?, ?)', owner, pid, host);
  }

  processOf(owner: string): { readonly pid: number; readonly host: string } | undefined {
    return this.#rows<{ pid: number; host: string }>('SELECT pid, host FROM users WHERE owner = ?', owner)[0];
  }

  /** Lists what `owner` is fetching or removing. */
  ownedBy(owner: string): EntryRow[] {
    return this.#rows(`SELECT * FROM entries WHERE ${OWNED} AND owner = ?`, owner);
  }

  /** Lists the doomed entries that nobody holds. */
  released(): EntryRow[] {
    return this.#rows(
      `SELECT * FROM entries WHERE state = ${EntryState.Doomed} AND NOT EXISTS(SELECT 1 FROM pins WHERE pins.name = entries.name)`,
    );
  }

  /** Lists every owner that a row or a pin names. */
  owners(): string[] {
    return this.#rows<{ owner: string }>(
      `SELECT owner FROM entries WHERE ${OWNED} AND owner IS NOT NULL UNION SELECT owner FROM pins`,
    ).map(({ owner }) => owner);
  }

  /** Sums the bytes that are held: pinned, or set aside for a fetch. */
  heldBytes(): number {
    const [row] = this.#rows<{ bytes: number }>(
      `SELECT COALESCE(SUM(size), 0) AS bytes FROM entries WHERE state = ${EntryState.Reserved} OR name IN (SELECT name FROM pins)`,
    );
    return row?.bytes ?? 0;
  }

  /** Counts files, bytes, latest use and holders of each source. */
  bySource(): { source: string; files: number; bytes: number; used: number; pinned: number }[] {
    return this.#rows(
      `SELECT source, COUNT(*) AS files, SUM(size) AS bytes, MAX(used) AS used, SUM(name IN (SELECT name FROM pins)) AS pinned
       FROM entries WHERE state IN (1, 2) GROUP BY source ORDER BY source`,
    );
  }

  close(): void {
    this.#statements.clear();
    this.#database.close();
  }

  #tick(misses: number): number {
    const tick = 'UPDATE totals SET clock = MAX(clock + 1, ?), misses = misses + ? RETURNING clock';
    return this.#rows<{ clock: number }>(tick, microseconds(), misses)[0]?.clock ?? 0;
  }

  #prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  /** @returns how many rows it changed */
  #run(sql: string, ...values: SQLInputValue[]): number {
    return Number(this.#prepare(sql).run(...values).changes);
  }

  #rows<Row>(sql: string, ...values: SQLInputValue[]): Row[] {
    // Not get(): a statement that is not read to its end keeps the log from being written back.
    return this.#prepare(sql).all(...values) as Row[];
  }

  #text(sql: string): string {
    return this.#rows<{ value: string }>(sql)[0]?.value ?? '';
  }
}

function microseconds(): number {
  return Date.now() * 1000;
}

function hasSafeWal(version: string): boolean {
  const numbers = version.split('.').map(Number);
  for (const [index, least] of SAFE_WAL.entries()) {
    const number = numbers[index] ?? 0;
    if (number !== least) return number > least;
  }
  return true;
}
