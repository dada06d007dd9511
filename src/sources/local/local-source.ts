import { type BigIntStats, constants } from 'node:fs';
import { lstat, open, stat } from 'node:fs/promises';
import { resolve, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { sortRows } from '../../columns/sorted-rows.ts';
import { ConfigError, isVascuError, NotFoundError } from '../../core/errors.ts';
import { rejectUnknownOptions } from '../../core/known-options.ts';
import { Lifetime } from '../../core/lifetime.ts';
import { mapLimited } from '../../core/limit.ts';
import { assertInside } from '../../core/safe-path.ts';
import { shorten, shortenPath, showValue } from '../../core/show-value.ts';
import type {
  ByteRange,
  FileEntry,
  ListOptions,
  ReadOptions,
  Source,
  SourceFile,
} from '../../core/source.ts';
import { changedFile, isRangeOf, missingFile, outsideFile } from '../../core/source-errors.ts';
import { explainSystemError } from '../../core/system-error.ts';
import { passedOver } from '../../core/system-folders.ts';
import { TimeSlice } from '../../core/time-slice.ts';
import { streamFile } from './file-body.ts';
import { type FolderNames, readFolderNames } from './folder-names.ts';

/** Options of {@link LocalSource}. */
export interface LocalSourceOptions {
  /** A folder: a path (relative ones count from the working directory; `~` is not expanded) or a `file:` URL. */
  readonly sourceUrl: string | URL;
  /** True when its files are worth a copy in the cache, as those of a slow mount are. @defaultValue false */
  readonly copyToCache?: boolean | undefined;
}

/** Number of files of a folder that are looked at at a time. */
const STAT_CONCURRENCY = 16;

/**
 * Flags that open without blocking, so that a pipe cannot hold the call for ever (not on Windows, which has no such
 * flag).
 */
const OPEN_FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/**
 * A folder on this machine.
 *
 * Folders are searched at every depth. Names that begin with `.` are passed over. Links are followed, also out
 * of the folder: whoever laid them meant it. Left out and told of are links that lead nowhere or back to a folder that
 * they lie in, folders that may not be read, folders that a system keeps for itself (`lost+found`, `@eaDir`, …) unless
 * the prefix names one, and names that are no UTF-8, since no text names them. A file's version is its size and its time of last change in nanoseconds.
 */
export class LocalSource implements Source {
  readonly id: string;
  /** Absolute path of the folder. */
  readonly folder: string;
  readonly inPlace: boolean;
  readonly #given: string;
  readonly #life: Lifetime;

  /** @throws ConfigError when `sourceUrl` is neither a path nor a `file:` URL */
  constructor(options: LocalSourceOptions) {
    rejectUnknownOptions('LocalSource', options, ['sourceUrl', 'copyToCache']);
    this.#given = String(options.sourceUrl);
    this.folder = toFolder(options.sourceUrl);
    this.inPlace = options.copyToCache !== true;
    this.id = pathToFileURL(this.folder).href;
    this.#life = new Lifetime(`The source ${this.id}`);
  }

  /**
   * @throws NotFoundError when the folder does not exist
   * @throws ConfigError when it is a file, or may not be read
   */
  async *list(options: ListOptions = {}): AsyncGenerator<FileEntry, void, void> {
    await this.#check(options.signal);
    const root = await this.#statRoot();
    yield* this.#walk('', [root], options);
  }

  async assertFolder(path: string, options: ReadOptions = {}): Promise<void> {
    await this.#check(options.signal);
    await this.#statRoot();
    const stats = await stat(this.locate(path)).catch((error: unknown) => {
      if (!GONE.includes(codeOf(error))) throw this.#explain(path, error);
      throw new NotFoundError(
        `There is no folder ${JSON.stringify(shortenPath(path))} in the folder ${shortenPath(this.folder)}.`,
      );
    });
    if (!stats.isDirectory()) {
      throw new NotFoundError(
        `${shortenPath(this.#name(path))} is a file, not a folder: give the folder that holds it.`,
      );
    }
  }

  async stat(path: string, options: ReadOptions = {}): Promise<FileEntry> {
    await this.#check(options.signal);
    const stats = await this.#examine(path, () => stat(this.locate(path), { bigint: true }));
    options.signal?.throwIfAborted();
    return describe(path, stats);
  }

  /**
   * Opens a file. The body must be read to its end or cancelled: it holds the file open until then.
   *
   * @throws NotFoundError also when the file is no longer of the version `ifVersion`
   * @throws RangeError when `range` does not lie inside the file
   */
  async open(
    path: string,
    options: ReadOptions & {
      readonly range?: ByteRange | undefined;
      readonly ifVersion?: string | undefined;
    } = {},
  ): Promise<SourceFile> {
    await this.#check(options.signal);
    const handle = await this.#examine(path, () => open(this.locate(path), OPEN_FLAGS));
    try {
      const entry = describe(path, await this.#examine(path, () => handle.stat({ bigint: true })));
      options.signal?.throwIfAborted();
      if (options.ifVersion !== undefined && options.ifVersion !== entry.version) {
        throw changedFile(this.#name(path), options.ifVersion, entry.version);
      }
      const range = options.range ?? { start: 0, end: entry.size };
      if (!isRangeOf(range, entry.size)) {
        throw outsideFile(this.#name(path), range, entry.size);
      }
      return { ...entry, body: streamFile(handle, this.#name(path), range, options.signal) };
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /**
   * Gives the absolute path of a file of this source; nothing is looked up.
   *
   * @throws NotFoundError when `path` could lead out of the folder
   */
  locate(path: string): string {
    assertInside(path);
    if (sep === '\\' && /[\\:]/.test(path)) throw this.#missing(path);
    return resolve(this.folder, path);
  }

  close(): Promise<void> {
    return this.#life.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async *#walk(
    folder: string,
    ancestors: readonly BigIntStats[],
    options: ListOptions,
  ): AsyncGenerator<FileEntry, void, void> {
    const { prefix = '', signal, onLeftOut } = options;
    signal?.throwIfAborted();
    const found = await this.#readFolder(folder, onLeftOut);
    const isShown = (name: string): boolean =>
      touches(folder + name, prefix) &&
      (!name.startsWith('.') || passedOver(name, folder + name, prefix) !== 'hidden');
    for (const name of found.unsound.filter(isShown)) onLeftOut?.({ path: folder + name, reason: 'name' });
    let isClosed = false;
    const children = await mapLimited(found.names.filter(isShown), STAT_CONCURRENCY, async (name) => {
      const path = folder + name;
      const stats = await stat(resolve(this.folder, path), { bigint: true }).catch(async (error: unknown) => {
        const isLink = await lstat(resolve(this.folder, path)).then(
          (link) => link.isSymbolicLink(),
          () => false,
        );
        const isDenied = DENIED.includes(codeOf(error));
        if (passedOver(name, path, prefix) !== undefined) onLeftOut?.({ path, reason: 'system-folder' });
        else if (isLink) onLeftOut?.({ path, reason: isDenied ? 'no-permission' : 'link' });
        // Names may be read here, and nothing else: no file in it can be opened.
        else if (isDenied && folder === '') throw this.#explain(folder, error);
        else if (isDenied) isClosed = true;
        else if (!GONE.includes(codeOf(error))) throw this.#explain(path, error);
        return undefined;
      });
      // Not the facts of a file, of which most are not asked for.
      const entry = stats?.isFile() === true ? describe(path, stats) : undefined;
      const isFolder = stats?.isDirectory() === true;
      return { name, path, entry, folder: isFolder ? stats : undefined, key: isFolder ? `${path}/` : path };
    });
    if (isClosed) onLeftOut?.({ path: folder.slice(0, -1), reason: 'no-permission' });
    // A folder sorts as its files do: by its name with a "/" behind it.
    const order = await sortRows((row) => keyOf(children, row), children.length, new TimeSlice(signal));
    for (const row of order) {
      const { name, path, entry, folder: stats, key } = children[row] as (typeof children)[number];
      signal?.throwIfAborted();
      if (entry !== undefined && path.startsWith(prefix)) yield entry;
      else if (stats === undefined) continue;
      else if (passedOver(name, path, prefix) !== undefined) onLeftOut?.({ path, reason: 'system-folder' });
      else if (ancestors.some((ancestor) => isSame(ancestor, stats))) onLeftOut?.({ path, reason: 'link' });
      else yield* this.#walk(key, [...ancestors, stats], options);
    }
  }

  async #readFolder(folder: string, onLeftOut: ListOptions['onLeftOut']): Promise<FolderNames> {
    try {
      return await readFolderNames(resolve(this.folder, folder));
    } catch (error) {
      const isDenied = DENIED.includes(codeOf(error));
      if (folder === '' || !(isDenied || GONE.includes(codeOf(error)))) throw this.#explain(folder, error);
      if (isDenied) onLeftOut?.({ path: folder.slice(0, -1), reason: 'no-permission' });
      return { names: [], unsound: [] };
    }
  }

  async #check(signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    this.#life.check();
  }

  /** Checks that the folder itself is there. */
  async #statRoot(): Promise<BigIntStats> {
    const stats = await stat(this.folder, { bigint: true }).catch((error: unknown) => {
      if (!GONE.includes(codeOf(error))) throw this.#explain('', error);
      const meant = this.#given === this.folder ? '' : ` (given as "${shorten(this.#given)}")`;
      const lost = this.folder.includes('\uFFFD')
        ? ' A name that is no UTF-8 cannot be given: rename the folder.'
        : '';
      throw new NotFoundError(
        `There is no folder ${shortenPath(this.folder)}${meant}.${lost} Check the spelling of sourceUrl, and that the disk is mounted.`,
        { cause: error },
      );
    });
    if (stats.isDirectory()) return stats;
    throw new ConfigError(
      'sourceUrl',
      `${shortenPath(this.folder)} is a file, not a folder: give the folder that holds it, or read it alone with readMesh.`,
    );
  }

  /** Runs `action` on a file and says what its failure means; a missing folder is told from a missing file. */
  async #examine<Result>(path: string, action: () => Promise<Result>): Promise<Result> {
    try {
      return await action();
    } catch (error) {
      if (GONE.includes(codeOf(error))) await this.#statRoot();
      throw this.#explain(path, error);
    }
  }

  #explain(path: string, cause: unknown): unknown {
    const file = this.#name(path);
    const explained = explainSystemError(cause, { verb: 'read', file, option: 'sourceUrl' });
    if (path !== '' && isVascuError(explained, 'NOT_FOUND')) return this.#missing(path, cause);
    return explained ?? cause;
  }

  #missing(path: string, cause?: unknown): NotFoundError {
    return missingFile(
      path,
      `in the folder ${shortenPath(this.folder)}`,
      cause === undefined ? {} : { cause },
    );
  }

  #name(path: string): string {
    return resolve(this.folder, path);
  }
}

function keyOf(children: readonly { readonly key: string }[], row: number): string {
  return children[row]?.key ?? '';
}

function toFolder(sourceUrl: string | URL): string {
  const given = String(sourceUrl);
  const bad = (why: string, cause?: unknown): ConfigError =>
    new ConfigError('sourceUrl', `The sourceUrl ${showValue(given)} ${why}: give a folder.`, { cause });
  if (given === '') throw bad('is empty');
  if (given.includes('\0')) throw bad('holds a NUL character');
  if (/^file:/i.test(given)) {
    if (/[?#]/.test(given)) throw bad('has a query or fragment (write "?" in a name as %3F, "#" as %23)');
    try {
      return resolve(fileURLToPath(given));
    } catch (cause) {
      const [, host] = /^file:\/\/([^/]+)\//i.exec(given) ?? [];
      if (host !== undefined)
        throw bad(`names the machine ${host} (by SMB: smb://${host}/share/folder)`, cause);
      throw bad('is no file URL of this machine', cause);
    }
  }
  if (/^[A-Za-z][\w+.-]+:\/\//.test(given)) throw bad('is no folder on this machine');
  return resolve(given);
}

function describe(path: string, stats: BigIntStats): FileEntry {
  if (!stats.isFile()) throw new NotFoundError(`${JSON.stringify(shortenPath(path))} is not a file.`);
  const version = `${stats.size}-${stats.mtimeNs}`;
  return { path, size: Number(stats.size), version, modified: stats.mtime };
}

/** Tells whether `path`, or something below it, begins with `prefix`. */
function touches(path: string, prefix: string): boolean {
  return path.startsWith(prefix) || prefix.startsWith(`${path}/`);
}

function isSame(a: BigIntStats, b: BigIntStats): boolean {
  return a.dev === b.dev && a.ino === b.ino;
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

/** Codes for what is not there, also behind a link that leads nowhere or in circles, and for what may not be read. */
const GONE: readonly string[] = ['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG'];
const DENIED: readonly string[] = ['EACCES', 'EPERM'];
