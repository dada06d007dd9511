import { createHash } from 'node:crypto';
import { access, constants, open, readdir, realpath, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import { makeFolder } from '../cache/make-folder.ts';
import { ConfigError } from '../core/errors.ts';
import { shorten, showValue } from '../core/show-value.ts';
import { explainSystemError } from '../core/system-error.ts';
import { passedOver } from '../core/system-folders.ts';
import { isAlive, ownerOf, ownName } from './process-owner.ts';

/** Name of the manifest, and of the metadata of all samples, in a directory of results. */
const MANIFEST_NAME = 'vascusim-manifest.jsonl';
const METADATA_NAME = 'metadata.jsonl';

/** Age after which unfinished files of another machine are removed, milliseconds. */
const LEFT_OVER_MS = 24 * 60 * 60_000;

/** File that was written: its bytes, and their SHA-256 in hexadecimal. */
export interface WrittenFile {
  readonly size: number;
  readonly sha256: string;
}

/** Directory of results: what is in it is whole, and all else lies in its folder `.vascusim`. */
export class ResultFolder {
  /** Directory, as it was given. */
  readonly path: string;
  readonly #real: string;
  /** Folders that are there, and in the directory. */
  readonly #checked = new Set<string>();
  #state: Promise<void> | undefined;

  private constructor(path: string, real: string) {
    this.path = path;
    this.#real = real;
  }

  /**
   * Opens a directory, which is made where it is missing.
   *
   * @param isReadOnly - whether nothing is made or changed
   * @throws ConfigError where it cannot be written into
   */
  static async open(path: string, isReadOnly = false): Promise<ResultFolder> {
    if (typeof path !== 'string' || path === '')
      throw new ConfigError('directory', `The directory of results must be a path, not ${showValue(path)}.`);
    if (isReadOnly) return new ResultFolder(path, await realpath(path).catch(() => resolve(path)));
    try {
      await makeFolder(resolve(path));
      await access(path, constants.W_OK | constants.X_OK);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EEXIST' || code === 'ENOTDIR')
        throw new ConfigError('directory', `${path} is no directory: it, or a part of its path, is a file.`, {
          cause: error,
        });
      throw explain(error, path);
    }
    return new ResultFolder(path, await realpath(path));
  }

  /** Folder of what is no result. */
  get stateFolder(): string {
    return join(this.path, '.vascusim');
  }

  get partsFolder(): string {
    return join(this.stateFolder, 'parts');
  }

  get temporaryFolder(): string {
    return join(this.stateFolder, 'tmp');
  }

  get manifest(): string {
    return join(this.path, MANIFEST_NAME);
  }

  get metadata(): string {
    return join(this.path, METADATA_NAME);
  }

  /** Makes the path of a file of this machine. */
  locate(path: string): string {
    return join(this.path, ...path.split('/'));
  }

  /** Gives the bytes of a file; undefined where there is none. */
  async sizeOf(path: string): Promise<number | undefined> {
    const stats = await stat(this.locate(path)).catch(() => undefined);
    return stats?.isFile() === true ? stats.size : undefined;
  }

  /** Makes the folders of what is no result. */
  makeState(): Promise<void> {
    this.#state ??= this.#makeState();
    return this.#state;
  }

  async #makeState(): Promise<void> {
    for (const folder of [this.stateFolder, this.temporaryFolder, this.partsFolder]) {
      await makeFolder(folder).catch((error: unknown) => {
        throw explain(error, folder);
      });
    }
  }

  /** Opens a file that has no name yet. */
  async create(): Promise<UnpublishedFile> {
    await this.makeState();
    return UnpublishedFile.open(join(this.temporaryFolder, ownName('.part')));
  }

  /**
   * Writes a result, which appears under its name when it is whole.
   *
   * @param path - from the directory on, as {@link resultPath} makes it
   */
  async write(
    path: string,
    parts: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
    signal: AbortSignal | undefined,
  ): Promise<WrittenFile> {
    await using file = await this.create();
    for await (const part of parts) {
      signal?.throwIfAborted();
      await file.write(part);
    }
    return await this.publish(file, path, signal);
  }

  /** Gives a file its name. */
  async publish(file: UnpublishedFile, path: string, signal: AbortSignal | undefined): Promise<WrittenFile> {
    const target = this.locate(path);
    await this.#checkFolder(dirname(target), path);
    signal?.throwIfAborted();
    return file.publish(target);
  }

  /** Removes a result, and the folders that are empty then. */
  async remove(path: string): Promise<void> {
    const target = this.locate(path);
    if (!(await this.#isInside(dirname(target)))) return;
    await rm(target, { force: true }).catch(() => undefined);
    for (let folder = dirname(target); resolve(folder) !== resolve(this.path); folder = dirname(folder)) {
      const names = await readdir(folder).catch(() => ['?']);
      if (names.length > 0) return;
      await rm(folder, { recursive: true, force: true }).catch(() => undefined);
    }
  }

  /** Removes the unfinished files of processes that are dead. */
  async tidy(): Promise<void> {
    for (const folder of [this.temporaryFolder, this.stateFolder]) {
      for (const name of await readdir(folder).catch(() => [])) {
        const owner = ownerOf(name);
        if (owner === undefined || !/\.(?:part|lock|broken)$/.test(name)) continue;
        const stats = await stat(join(folder, name)).catch(() => undefined);
        if (stats !== undefined && !isAlive(owner, stats.mtimeMs, LEFT_OVER_MS))
          await rm(join(folder, name), { force: true }).catch(() => undefined);
      }
    }
  }

  /** Makes the folder of a result. @throws ConfigError where a link leads out of the directory */
  async #checkFolder(folder: string, path: string): Promise<void> {
    if (this.#checked.has(folder)) return;
    try {
      await makeFolder(folder);
    } catch (error) {
      throw explain(error, this.locate(path));
    }
    if (!(await this.#isInside(folder))) {
      throw new ConfigError(
        'directory',
        `The result ${shorten(path)} would lie outside of ${this.path}: a folder on its way is a link. Remove that link.`,
      );
    }
    this.#checked.add(folder);
  }

  async #isInside(folder: string): Promise<boolean> {
    const real = await realpath(folder).catch(() => undefined);
    return (
      real !== undefined && (real === this.#real || real.startsWith(this.#real.replace(/[\\/]$/, '') + sep))
    );
  }
}

/** File that is written, hashed, and has no name yet. */
export class UnpublishedFile implements AsyncDisposable {
  readonly #path: string;
  readonly #handle: Awaited<ReturnType<typeof open>>;
  readonly #hash = createHash('sha256');
  #size = 0;
  #isOpen = true;

  private constructor(path: string, handle: Awaited<ReturnType<typeof open>>) {
    this.#path = path;
    this.#handle = handle;
  }

  static async open(path: string): Promise<UnpublishedFile> {
    const handle = await open(path, 'wx').catch((error: unknown) => {
      throw explain(error, path);
    });
    return new UnpublishedFile(path, handle);
  }

  /** Bytes so far. */
  get size(): number {
    return this.#size;
  }

  async write(part: Uint8Array): Promise<void> {
    try {
      for (let done = 0; done < part.length; ) {
        done += (await this.#handle.write(part, done)).bytesWritten;
      }
    } catch (error) {
      throw explain(error, this.#path);
    }
    this.#hash.update(part);
    this.#size += part.length;
  }

  /** Ends it and gives it its name. */
  async publish(target: string): Promise<WrittenFile> {
    try {
      await this.#handle.sync();
      await this.#close();
      await rename(this.#path, target);
    } catch (error) {
      await rm(this.#path, { force: true }).catch(() => undefined);
      throw explain(error, target);
    }
    return { size: this.#size, sha256: this.#hash.digest('hex') };
  }

  /** Ends it and has it given its name, or removes it. @returns whether it was given one */
  async publishBy(rename: (path: string) => boolean): Promise<boolean> {
    try {
      await this.#handle.sync();
      await this.#close();
      if (rename(this.#path)) return true;
    } catch (error) {
      throw explain(error, this.#path);
    }
    await rm(this.#path, { force: true }).catch(() => undefined);
    return false;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isOpen) return;
    await this.#close().catch(() => undefined);
    await rm(this.#path, { force: true }).catch(() => undefined);
  }

  async #close(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    await this.#handle.close();
  }
}

/**
 * Makes the path of a result: the id of the sample with an extension.
 *
 * @throws ConfigError for an id that no listing would show, or that leads out of the directory
 */
export function resultPath(id: string, extension: string): string {
  const names = id.split('/');
  const isFit = names.every((name, at) => {
    const path = names.slice(0, at + 1).join('/');
    return name !== '' && !/[\0]/.test(name) && passedOver(name, path, '') === undefined;
  });
  if (isFit) return id + extension;
  throw new ConfigError(
    'samples',
    `The sample "${shorten(id)}" cannot be a file of that name: a part of it is empty or hidden, or of a folder that systems keep for themselves. Give ids of another form by a template (samples).`,
  );
}

/** Codes of the system that come of the name of one result: another one may well be written. */
const OF_ONE_NAME: ReadonlySet<unknown> = new Set([
  'ENAMETOOLONG',
  'EISDIR',
  'ENOTDIR',
  'EEXIST',
  'ENOTEMPTY',
]);

function explain(error: unknown, file: string): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const option = OF_ONE_NAME.has(code) ? 'samples' : 'directory';
  return explainSystemError(error, { verb: 'write', file, option }) ?? error;
}
