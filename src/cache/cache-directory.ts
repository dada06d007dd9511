import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join, resolve, sep } from 'node:path';
import { ConfigError } from '../core/errors.ts';
import { showValue } from '../core/show-value.ts';
import { objectName } from './cache-key.ts';
import { DiskCalls } from './disk-calls.ts';
import { explainTemporary } from './disk-error.ts';
import { type DiskKind, diskKindOf } from './disk-kind.ts';
import { layOut } from './lay-out.ts';
import { type Sharing, share } from './sharing.ts';

/**
 * Finds the folder in which the cache lies by default: `VASCUSIM_CACHE_DIR`, else `vascusim` in the
 * platform's folder for caches (`$XDG_CACHE_HOME` or `~/.cache`; `~/Library/Caches` on macOS;
 * `%LOCALAPPDATA%` on Windows).
 *
 * @throws ConfigError (option `cacheDir`) where that needs a home and this user has none
 */
export function defaultCacheDir(environment: NodeJS.ProcessEnv = process.env): string {
  const given = environment['VASCUSIM_CACHE_DIR'];
  if (given !== undefined && given !== '') return resolve(given.replace(/^~(?=[/\\]|$)/, () => homedir()));
  const { platform } = process;
  if (platform === 'darwin') return join(home(), 'Library', 'Caches', 'vascusim');
  if (platform === 'win32') {
    return join(environment['LOCALAPPDATA'] ?? join(home(), 'AppData', 'Local'), 'vascusim', 'Cache');
  }
  const caches = environment['XDG_CACHE_HOME'];
  return join(caches === undefined || caches === '' ? join(home(), '.cache') : caches, 'vascusim');
}

function home(): string {
  let cause: unknown;
  try {
    const found = homedir();
    if (found !== '') return found;
  } catch (error) {
    cause = error;
  }
  throw new ConfigError(
    'cacheDir',
    'This user has no home folder in which the cache could lie: set VASCUSIM_CACHE_DIR to a folder for it (or XDG_CACHE_HOME, or HOME), or give cacheDir.',
    { cause },
  );
}

/** The folders and file names of a cache. */
export class CacheDirectory {
  readonly root: string;
  /** True when nothing can be written there. */
  readonly readOnly: boolean;
  /**
   * Folder of the index and the locks: `root`, or a folder of this machine where locks do not work in `root`.
   */
  readonly indexRoot: string;
  /** Rights of others in what is made in it. */
  readonly sharing: Sharing | undefined;
  /** System calls that make its files. */
  readonly calls: DiskCalls;
  readonly #objects: string;
  readonly #temporary: string;
  /** Folders of objects that were there, or made, since this was opened. */
  readonly #prepared = new Set<string>();

  private constructor(
    root: string,
    readOnly: boolean,
    indexRoot: string,
    sharing: Sharing | undefined,
    kind: DiskKind,
  ) {
    this.calls = new DiskCalls(kind);
    this.root = root;
    this.readOnly = readOnly;
    this.indexRoot = indexRoot;
    this.sharing = sharing;
    this.#objects = join(root, 'objects');
    this.#temporary = join(root, 'tmp');
  }

  /**
   * Opens the folder of a cache, or lays one out in a folder that is empty or does not exist.
   *
   * @throws ConfigError (option `cacheDir`) when the folder holds something else, or files of a newer version
   */
  static async open(cacheDir: string): Promise<CacheDirectory> {
    if (cacheDir === '' || cacheDir.includes('\0')) {
      throw new ConfigError('cacheDir', `cacheDir ${showValue(cacheDir)} is no folder.`);
    }
    if (/^~(?:[/\\]|$)/.test(cacheDir)) {
      throw new ConfigError(
        'cacheDir',
        `cacheDir ${showValue(cacheDir)} begins with "~", which only a shell replaces: give its whole path.`,
      );
    }
    const root = resolve(cacheDir);
    const { readOnly, sharing } = await layOut(root);
    const kind = await diskKindOf(root);
    if (readOnly || kind !== 'network') return new CacheDirectory(root, readOnly, root, sharing, kind);
    const local = await makeIndexRoot(root);
    process.emitWarning(
      `${root} lies on a network file system, where locks cannot be relied on: the index of the cache is kept in ${local}. Other machines that use the same folder do not see it; each keeps to its own limit.`,
      { type: 'VascuSimWarning', code: 'VASCUSIM_CACHE_NETWORK' },
    );
    return new CacheDirectory(root, readOnly, local, sharing, kind);
  }

  /** Makes the folder of an object where it is not there yet, as far as that goes; looks once. */
  prepare(object: string): void {
    const folder = this.#objects + sep + object.slice(0, 2);
    if (this.#prepared.has(folder)) return;
    this.#prepared.add(folder);
    try {
      mkdirSync(folder);
      share(folder, this.sharing);
    } catch {
      // It is there, or whoever needs it says what is wrong.
    }
  }

  /** Makes the folders anew in which files are made, as far as they are gone; also the one of an object. */
  restore(object?: string): void {
    const folders = [this.root, this.objects, this.temporary, this.owners];
    if (object !== undefined) folders.push(join(this.objects, object.slice(0, 2)));
    for (const folder of folders) {
      if (mkdirSync(folder, { recursive: true }) !== undefined) share(folder, this.sharing);
    }
  }

  get index(): string {
    return join(this.indexRoot, 'index.db');
  }

  get owners(): string {
    return join(this.indexRoot, 'owners');
  }

  get objects(): string {
    return this.#objects;
  }

  get temporary(): string {
    return this.#temporary;
  }

  object(name: string): string {
    // No join: it is made several times for each file.
    return `${this.#objects}${sep}${name.slice(0, 2)}${sep}${name}`;
  }

  /** Makes the path of a file that only `owner` writes and that may go once that owner is dead. */
  part(name: string, owner: string): string {
    return this.trash(partName(name, owner));
  }

  /** Makes the path of a removed object on its way out. */
  trash(name: string): string {
    return this.#temporary + sep + name;
  }

  /** Makes the path of the beginning of a file that nobody is fetching now. */
  resume(name: string): string {
    return this.trash(`${name}.resume`);
  }
}

/** Names a file in `tmp/` that `owner` writes. */
export function partName(name: string, owner: string): string {
  return `${name}.${owner}.part`;
}

/** Makes a name for a removed object: unique, and of the owner that removes it. */
export function trashName(name: string, owner: string): string {
  return `${name}.${randomUUID()}.${owner}.trash`;
}

/** Names of what lies in `tmp/`: the object's name, and the owner of the file where it has one. */
export const TEMPORARY_NAME: RegExp =
  /^([0-9a-f]{40}\.[a-z]+)(?:\.resume|(?:\.[0-9a-f-]{36})?\.([0-9a-f-]{36})\.(?:part|trash))$/;

async function makeIndexRoot(root: string): Promise<string> {
  const name = objectName({ source: 'index', path: root, version: '' }).slice(0, 40);
  const folder = join(tmpdir(), `vascusim-${process.getuid?.() ?? 'user'}`, name);
  try {
    await mkdir(join(folder, 'owners'), { recursive: true, mode: 0o700 });
    return folder;
  } catch (error) {
    throw explainTemporary(tmpdir(), error);
  }
}
