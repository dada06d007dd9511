import { constants, existsSync } from 'node:fs';
import { access } from 'node:fs/promises';
import { makeFolder } from '../cache/make-folder.ts';
import { type LinkedSignal, linkSignals } from '../core/abort.ts';
import { CacheError, ConfigError, isVascuError } from '../core/errors.ts';
import { mapLimited } from '../core/limit.ts';
import { assertInside } from '../core/safe-path.ts';
import { showValue } from '../core/show-value.ts';
import type { FileEntry, ReadOptions } from '../core/source.ts';
import { explainSystemError } from '../core/system-error.ts';
import { hasSameContent, isFile, placeCopy } from '../download/file-copy.ts';
import type { DataStreamer } from './data-streamer.ts';

/** Number of times that a file is brought here whose copy in the cache is removed before it was copied. */
const MAX_TRIES = 5;

/** Progress of {@link downloadFiles}. */
export interface DownloadProgress {
  /** Files that are wanted, and their bytes. */
  readonly files: number;
  readonly bytes: number;
  /** Files that are done with: here already, brought here, or failed. */
  readonly filesDone: number;
  /** Bytes that are here, beginnings of files that are under way included. */
  readonly bytesDone: number;
  /** Bytes that were fetched. */
  readonly bytesFetched: number;
  readonly failed: number;
  /** Tries after a failure. */
  readonly retries: number;
  /** Files that are under way. */
  readonly active: readonly { readonly path: string; readonly size: number; readonly received: number }[];
}

/** Options of {@link downloadFiles}. */
export interface DownloadFilesOptions extends ReadOptions {
  /**
   * Folder into which the files are written, under their paths; made where it is missing. A file appears there when it
   * is complete, and one that is the same already is left alone. @defaultValue none: into the cache
   */
  readonly to?: string | undefined;
  /** Beginning of all paths that the paths below `to` leave out. @defaultValue '' */
  readonly base?: string | undefined;
  /** True when what is written into `to` also stays in the cache. What was there before stays. @defaultValue false */
  readonly keepCached?: boolean | undefined;
  /** Files that are fetched at a time. @defaultValue 4 */
  readonly concurrency?: number | undefined;
  /** Listener that is called whenever something has changed, often. @defaultValue none */
  readonly onProgress?: ((progress: DownloadProgress) => void) | undefined;
}

/** A file that could not be brought here. */
export interface FailedFile {
  readonly path: string;
  readonly error: unknown;
}

/** Outcome of {@link downloadFiles}. */
export interface DownloadReport {
  /** Files that were brought here. */
  readonly got: number;
  /** Number of these that took the place of a file with other content. */
  readonly replaced: number;
  /** Files that were here already. */
  readonly had: number;
  readonly failed: readonly FailedFile[];
  /** Bytes that were fetched. */
  readonly bytesFetched: number;
  readonly retries: number;
  readonly milliseconds: number;
}

/** Options of a ConfigError that tells of one file of the source. */
const OF_SOURCE: readonly string[] = ['sourceUrl', 'file'];

/** Failures of the network or refusals one after the other, without a success, after which nothing more is tried. */
const MAX_FAILURES = 8;

/**
 * Brings files of a source to this machine, several at a time: into the cache, or into a folder. One that fails does
 * not keep the others from coming. What a fetch has brought before it was aborted stays in the cache, and a later
 * call goes on from there.
 *
 * @param entries - the files as `listFiles` or `VascuDataset.filesOf` gave them
 * @throws AuthError when the login is refused, CacheError when the disk is full: the other files would fail as well
 * @throws ConfigError when an option cannot be used
 */
export async function downloadFiles(
  streamer: DataStreamer,
  entries: readonly FileEntry[],
  options: DownloadFilesOptions = {},
): Promise<DownloadReport> {
  const { concurrency = 4 } = options;
  if (!Number.isInteger(concurrency) || concurrency < 1) {
    throw new ConfigError(
      'concurrency',
      `concurrency must be a whole number from 1 on, not ${showValue(concurrency)}.`,
    );
  }
  const { to } = options;
  if (to !== undefined) await makeTarget(to);
  const start = performance.now();
  const run = new Run(streamer, entries, options);
  try {
    await mapLimited(entries, concurrency, (entry) => run.bring(entry));
  } finally {
    run.end();
  }
  return { ...run.report(), milliseconds: performance.now() - start };
}

/** Makes the folder that files are written into. */
async function makeTarget(to: string): Promise<void> {
  if (to === '' || to.startsWith('~/')) {
    const why = to === '' ? 'is empty' : 'begins with "~", which only a shell replaces';
    throw new ConfigError(
      'to',
      `The folder to write into, ${JSON.stringify(to)}, ${why}: give its whole path.`,
    );
  }
  try {
    await makeFolder(to);
    await access(to, constants.W_OK | constants.X_OK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' || code === 'ENOTDIR') {
      throw new ConfigError('to', `${to} cannot be written into: it, or a part of its path, is a file.`, {
        cause: error,
      });
    }
    throw explainSystemError(error, { verb: 'write', file: to, option: 'to' }) ?? error;
  }
}

/** One call of {@link downloadFiles}. */
class Run {
  readonly #streamer: DataStreamer;
  readonly #options: DownloadFilesOptions;
  readonly #link: LinkedSignal;
  readonly #before: { readonly bytesDownloaded: number; readonly retries: number };
  readonly #total: { readonly files: number; readonly bytes: number };
  readonly #active = new Map<FileEntry, number>();
  readonly #failed: FailedFile[] = [];
  #got = 0;
  #replaced = 0;
  #had = 0;
  /** Bytes of files that are done with. */
  #settledBytes = 0;
  #failures = 0;

  constructor(streamer: DataStreamer, entries: readonly FileEntry[], options: DownloadFilesOptions) {
    this.#streamer = streamer;
    this.#options = options;
    this.#link = linkSignals(options.signal);
    this.#before = streamer.stats();
    this.#total = { files: entries.length, bytes: entries.reduce((sum, { size }) => sum + size, 0) };
  }

  end(): void {
    this.#link.unlink();
  }

  report(): Omit<DownloadReport, 'milliseconds'> {
    const failed = this.#failed.toSorted((a, b) => (a.path < b.path ? -1 : 1));
    return { got: this.#got, replaced: this.#replaced, had: this.#had, failed, ...this.#counts() };
  }

  async bring(entry: FileEntry): Promise<void> {
    const { signal } = this.#link;
    signal.throwIfAborted();
    this.#active.set(entry, 0);
    try {
      if (await this.#isHere(entry)) this.#had++;
      else {
        const { to } = this.#options;
        const isOther = to !== undefined && (await isFile(this.#target(to, entry)));
        await this.#fetch(entry);
        this.#got++;
        if (isOther) this.#replaced++;
        this.#failures = 0;
      }
    } catch (error) {
      signal.throwIfAborted();
      this.#judge(error);
      this.#failed.push({ path: entry.path, error: this.#explain(entry, error) });
    } finally {
      this.#active.delete(entry);
      this.#settledBytes += entry.size;
      this.#tell();
    }
  }

  /** Rethrows what would befall the other files as well. */
  #judge(error: unknown): void {
    // A login that is refused would be refused again, and lock the account; permissions may be those of one file.
    const isOfFile =
      (isVascuError(error, 'AUTH') && error.reason === 'no-permission') ||
      (isVascuError(error, 'CONFIG') && OF_SOURCE.includes(error.option));
    if (isVascuError(error, 'AUTH', 'CACHE', 'CONFIG') && !isOfFile) throw error;
    const { code, syscall } = error as { code?: unknown; syscall?: unknown };
    if (code === 'ENOSPC' || code === 'EDQUOT') {
      throw new CacheError(
        `The disk of ${this.#options.to} is full: free some space, or choose a folder on another disk.`,
        { cause: error },
      );
    }
    // Node.js says ENOENT where a folder cannot be made on a disk that is read only.
    if (
      code === 'EACCES' ||
      code === 'EROFS' ||
      code === 'EPERM' ||
      (code === 'ENOENT' && syscall === 'mkdir')
    ) {
      throw new ConfigError('to', `No permission to write into ${this.#options.to}.`, { cause: error });
    }
    if ((isOfFile || isVascuError(error, 'NETWORK')) && ++this.#failures >= MAX_FAILURES) throw error;
  }

  /** Explains an error: what a disk does not take of one file need not keep it from taking the others. */
  #explain({ path }: FileEntry, error: unknown): unknown {
    const { to } = this.#options;
    if (to === undefined) return error;
    return explainSystemError(error, { verb: 'write', file: `${path} in ${to}`, option: 'to' }) ?? error;
  }

  async #isHere(entry: FileEntry): Promise<boolean> {
    const { to } = this.#options;
    const { signal } = this.#link;
    if (to !== undefined) return hasSameContent(this.#target(to, entry), entry, signal);
    return (await this.#streamer.bytesHere(entry, { signal })) === entry.size;
  }

  async #fetch(entry: FileEntry): Promise<void> {
    const { to, keepCached = false } = this.#options;
    const { signal } = this.#link;
    const here = await this.#streamer.bytesHere(entry, { signal });
    for (let tries = 1; ; tries++) {
      this.#receive(entry, here);
      using held = await this.#streamer.openFile(entry.path, {
        entry,
        signal,
        onProgress: (bytes) => this.#receive(entry, bytes),
      });
      if (to === undefined) return;
      try {
        await placeCopy(held.path, this.#target(to, entry), entry);
      } catch (error) {
        // Somebody may have removed the cache meanwhile.
        if (tries === MAX_TRIES || existsSync(held.path)) throw error;
        continue;
      }
      if (!keepCached && here < entry.size) held.release({ remove: true });
      return;
    }
  }

  #target(to: string, { path }: FileEntry): { readonly folder: string; readonly path: string } {
    const { base = '' } = this.#options;
    const below = path.startsWith(base) ? path.slice(base.length) : path;
    assertInside(below);
    return { folder: to, path: below };
  }

  #receive(entry: FileEntry, bytes: number): void {
    this.#active.set(entry, bytes);
    this.#tell();
  }

  #counts(): { readonly bytesFetched: number; readonly retries: number } {
    const { bytesDownloaded, retries } = this.#streamer.stats();
    return {
      bytesFetched: bytesDownloaded - this.#before.bytesDownloaded,
      retries: retries - this.#before.retries,
    };
  }

  #tell(): void {
    const { onProgress } = this.#options;
    if (onProgress === undefined) return;
    const active = [...this.#active].map(([{ path, size }, received]) => ({ path, size, received }));
    onProgress({
      ...this.#total,
      ...this.#counts(),
      filesDone: this.#got + this.#had + this.#failed.length,
      bytesDone: this.#settledBytes + active.reduce((sum, { received }) => sum + received, 0),
      failed: this.#failed.length,
      active,
    });
  }
}
