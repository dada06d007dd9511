import type { ConnectionStep } from '../../core/connection.ts';
import { NotFoundError } from '../../core/errors.ts';
import { emptyBody, exactBody } from '../../core/exact-body.ts';
import { assertInside } from '../../core/safe-path.ts';
import type {
  ByteRange,
  FileEntry,
  ListOptions,
  ReadOptions,
  Source,
  SourceFile,
} from '../../core/source.ts';
import { changedFile, isRangeOf, outsideFile } from '../../core/source-errors.ts';
import { cleanFolder } from './address.ts';
import { checkSteps } from './check.ts';
import { NasConnection } from './connection.ts';
import { type NasEntry, sizeOfVersion, toFileEntry } from './entries.ts';
import { Downloads, type RangeSupport, type Transfer } from './file-downloads.ts';
import { FileInfo } from './file-info.ts';
import { listFolder } from './folders.ts';
import { Md5Checks } from './md5-checks.ts';
import { readOptions, type SynologySourceOptions } from './options.ts';
import { walk } from './walk.ts';

/**
 * The files of a Synology NAS by its web API (File Station, DSM 5.2 to 7). Paths are `share/folder/file.vtu`.
 *
 * Signs in when it is first used, with one session for all callers, and signs out on {@link SynologySource.close}.
 * A file's version is its size and its time of last change, which DSM gives in whole seconds.
 */
export class SynologySource implements Source {
  /** Address `nas://host:port`. */
  readonly id: string;
  /** Folder `share/folder` that {@link SynologySource.list} is limited to; empty: all shares. */
  readonly sourceDir: string;
  readonly #nas: NasConnection;
  readonly #info: FileInfo;
  readonly #downloads: Downloads;
  readonly #checks: Md5Checks | undefined;

  /** @throws ConfigError when an option cannot be used as given */
  constructor(options: SynologySourceOptions) {
    const address = readOptions(options);
    this.id = address.id;
    this.sourceDir = address.sourceDir;
    this.#nas = new NasConnection(options, address);
    this.#info = new FileInfo(this.#nas);
    this.#downloads = new Downloads(this.#nas, this.#info);
    this.#checks = options.verify === 'md5' ? new Md5Checks(this.#nas) : undefined;
  }

  /** Knowledge of whether parts of files can be read alone; known after the first attempt. */
  get ranges(): RangeSupport {
    return this.#downloads.ranges;
  }

  /**
   * Signs in now instead of when first needed.
   *
   * @throws AuthError saying what the NAS refuses; NetworkError when it cannot be reached
   */
  async connect(options: ReadOptions = {}): Promise<void> {
    await this.#with(options.signal, (signal) => this.#nas.signIn(signal));
  }

  /** Lists the names of the shares that the account sees, sorted. */
  async listShares(options: ReadOptions = {}): Promise<string[]> {
    const shares = await this.#with(options.signal, (signal) => listFolder(this.#nas, '', signal));
    return shares.map(({ name }) => name).toSorted();
  }

  /**
   * Lists what lies in a folder, sorted by name; of `''` the shares.
   *
   * @param folder - `share/folder`; slashes at its ends do not matter
   * @throws NotFoundError when there is no such folder
   */
  async listDirectory(folder: string, options: ReadOptions = {}): Promise<NasEntry[]> {
    const path = cleanFolder(folder);
    if (path !== '') assertInside(path);
    const entries = await this.#with(options.signal, (signal) => this.#listExisting(path, signal));
    return entries.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  /**
   * Lists files. Names that begin with a dot are passed over, as are folders that a system keeps for itself
   * (`#recycle`, `#snapshot`, `@eaDir`, …) unless the prefix names one, folders that the account may not read, and
   * remote folders that are offline.
   *
   * @throws NotFoundError when the sourceDir does not exist, or is a file
   * @throws AuthError when the account may not read it
   */
  async *list(options: ListOptions = {}): AsyncGenerator<FileEntry, void, void> {
    const link = this.#nas.link(options.signal);
    try {
      // So that a sourceDir that is missing is said to be, with what there is.
      if (this.sourceDir !== '') await this.#findFolder(this.sourceDir, link.signal);
      const { prefix = '', onLeftOut } = options;
      yield* walk(this.#nas, this.sourceDir, { prefix, onLeftOut, signal: link.signal });
    } catch (error) {
      link.signal.throwIfAborted();
      throw error;
    } finally {
      link.unlink();
    }
  }

  async assertFolder(path: string, options: ReadOptions = {}): Promise<void> {
    await this.#with(options.signal, async (signal) => {
      assertInside(path);
      await this.#findFolder(path, signal);
    });
  }

  async stat(path: string, options: ReadOptions = {}): Promise<FileEntry> {
    return this.#with(options.signal, async (signal) => {
      assertInside(path);
      return toFileEntry(await this.#info.findFile(path, signal));
    });
  }

  /**
   * Opens a file. Where ranges are not honoured the file is read from its beginning and what precedes the range is
   * thrown away. With `verify: 'md5'` a body that is read to the end of the file, from its beginning or from where an
   * earlier one broke off, ends in an IntegrityError when it is not what the NAS has.
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
    const link = this.#nas.link(options.signal);
    const { signal } = link;
    let early: Promise<Transfer> | undefined;
    try {
      assertInside(path);
      early = this.#startEarly(path, options, signal);
      await this.#checks?.assertPossible();
      const found = await this.#info.findFile(path, signal);
      const entry = toFileEntry(found);
      if (options.ifVersion !== undefined && options.ifVersion !== entry.version) {
        throw changedFile(`${JSON.stringify(path)} on ${this.id}`, options.ifVersion, entry.version);
      }
      const range = options.range ?? { start: 0, end: entry.size };
      if (!isRangeOf(range, entry.size)) {
        throw outsideFile(`${JSON.stringify(path)} on ${this.id}`, range, entry.size);
      }
      if (range.start === range.end) {
        link.unlink();
        return { ...entry, body: emptyBody() };
      }
      const transfer = await (early ?? this.#downloads.start(found, range, signal));
      const label = `The file ${JSON.stringify(path)} of ${this.id}`;
      const body = exactBody(transfer.body, {
        skip: transfer.skip,
        length: range.end - range.start,
        leaveRest: !transfer.isPart && range.end < entry.size,
        label,
        check: this.#checks?.begin(entry, range, label, signal),
        onEnd: link.unlink,
      });
      const { recycle } = transfer;
      return { ...entry, ...(transfer.isPart ? {} : { fromStart: true }), body, recycle };
    } catch (error) {
      early?.then(
        ({ body }) => body.cancel(),
        () => undefined,
      );
      link.unlink();
      throw signal.aborted ? signal.reason : error;
    }
  }

  /**
   * Starts the download of a file whose version, and so its size, the caller knows: it need not wait for the look at
   * the file that tells whether the version still holds.
   */
  #startEarly(
    path: string,
    options: { readonly range?: ByteRange | undefined; readonly ifVersion?: string | undefined },
    signal: AbortSignal,
  ): Promise<Transfer> | undefined {
    const size = options.ifVersion === undefined ? undefined : sizeOfVersion(options.ifVersion);
    if (size === undefined) return undefined;
    const range = options.range ?? { start: 0, end: size };
    if (!isRangeOf(range, size) || range.start === range.end) return undefined;
    const name = path.slice(path.lastIndexOf('/') + 1);
    const expected: NasEntry = { name, path, isDirectory: false, size, modified: undefined };
    const transfer = this.#downloads.start(expected, range, signal);
    // Whether it failed matters only if the look at the file did not.
    transfer.catch(() => undefined);
    return transfer;
  }

  /**
   * Tries each step from the name to the first bytes of a file: `name`, `port`, `tls`, `api`, `login`,
   * `file-station`, `share`, `directory`, `sample`. Ends at the first that fails, with what to do. Rejects only with
   * the reason of an abort, or when the source is closed.
   *
   * @param options - `path`: the folder or file to look at, the sourceDir otherwise
   */
  async check(
    options: ReadOptions & { readonly path?: string | undefined } = {},
  ): Promise<readonly ConnectionStep[]> {
    const path = options.path === undefined ? this.sourceDir : cleanFolder(options.path);
    return this.#with(options.signal, (signal) =>
      checkSteps(
        {
          nas: this.#nas,
          path,
          find: (wanted) => this.#info.find(wanted, signal),
          open: (wanted, range) => this.open(wanted, { range, signal }),
          ranges: () => this.ranges,
        },
        signal,
      ),
    );
  }

  get isBusy(): boolean {
    return this.#nas.isBusy;
  }

  get maxConcurrency(): number {
    return this.#nas.downloads;
  }

  /** Ends what is under way and signs out. */
  close(): Promise<void> {
    return this.#nas.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Lists as `listFolder` does, but says of a missing folder what there is in its place. */
  async #listExisting(folder: string, signal: AbortSignal): Promise<NasEntry[]> {
    try {
      return await listFolder(this.#nas, folder, signal);
    } catch (error) {
      if (!(error instanceof NotFoundError)) throw error;
      await this.#findFolder(folder, signal);
      throw error;
    }
  }

  /** @throws NotFoundError when there is no such folder, saying what there is */
  async #findFolder(folder: string, signal: AbortSignal): Promise<void> {
    const found = await this.#info.find(folder, signal);
    if (found.isDirectory) return;
    throw new NotFoundError(
      `${JSON.stringify(folder)} on ${this.id} is a file, not a folder: give the folder that holds it.`,
    );
  }

  /** Runs `action` with the signal of one call. */
  async #with<Result>(
    signal: AbortSignal | undefined,
    action: (signal: AbortSignal) => Promise<Result>,
  ): Promise<Result> {
    const link = this.#nas.link(signal);
    try {
      return await action(link.signal);
    } catch (error) {
      link.signal.throwIfAborted();
      throw error;
    } finally {
      link.unlink();
    }
  }
}
