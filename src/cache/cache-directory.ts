import { randomUUID } from 'node:crypto';
import { lstat, mkdir, readdir, readFile, rename, statfs, writeFile } from 'node:fs/promises';
import { homedir, tmpdir, userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import { CacheError, ConfigError } from '../core/errors.ts';
import { objectName } from './cache-key.ts';
import { makeFolder } from './make-folder.ts';

/** First line of a CACHEDIR.TAG file (https://bford.info/cachedir/), by which backups pass the folder over. */
const TAG = 'Signature: 8a477f597d28d172789f06886806bc55';
const TAG_TEXT = `${TAG}\n# This folder is a cache of VascuSim. Everything in it can be fetched again.\n`;

/** Version of the layout below. */
const FORMAT = 1;

/** Names that a folder may hold which is not marked yet: another process may be laying it out. */
const OWN_NAMES = /^(?:CACHEDIR\.TAG|format\.json(?:\..*)?|objects|tmp|owners|index\.db.*)$/;

/** File systems whose locks cannot be relied on, by `statfs` type: NFS, SMB, CIFS, SMB2, Lustre, GPFS, Ceph, 9P, FUSE. */
const NETWORK_TYPES = new Set([
  0x6969, 0x517b, 0xff534d42, 0xfe534d42, 0x0bd00bd0, 0x47504653, 0x00c36400, 0x01021997, 0x65735546,
]);

/**
 * Where the cache lies by default: `VASCUSIM_CACHE_DIR`, else `vascusim` in the platform's folder for caches
 * (`$XDG_CACHE_HOME` or `~/.cache`; `~/Library/Caches` on macOS; `%LOCALAPPDATA%` on Windows).
 */
export function defaultCacheDir(environment: NodeJS.ProcessEnv = process.env): string {
  const given = environment['VASCUSIM_CACHE_DIR'];
  if (given !== undefined && given !== '') return resolve(given.replace(/^~(?=[/\\]|$)/, () => homedir()));
  const { platform } = process;
  if (platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'vascusim');
  if (platform === 'win32') {
    return join(environment['LOCALAPPDATA'] ?? join(homedir(), 'AppData', 'Local'), 'vascusim', 'Cache');
  }
  const caches = environment['XDG_CACHE_HOME'];
  return join(caches === undefined || caches === '' ? join(homedir(), '.cache') : caches, 'vascusim');
}

/** The folders and file names of a cache. */
export class CacheDirectory {
  readonly root: string;
  /** Whether nothing can be written there. */
  readonly readOnly: boolean;
  /** Where the index and the locks lie: `root`, or a folder of this machine where locks do not work in `root`. */
  readonly indexRoot: string;

  private constructor(root: string, readOnly: boolean, indexRoot: string) {
    this.root = root;
    this.readOnly = readOnly;
    this.indexRoot = indexRoot;
  }

  /**
   * Opens the folder of a cache, or lays one out in a folder that is empty or does not exist.
   *
   * @throws ConfigError (option `cacheDir`) when the folder holds something else, or files of a newer version
   */
  static async open(cacheDir: string): Promise<CacheDirectory> {
    if (cacheDir === '' || cacheDir.includes('\0')) {
      throw new ConfigError('cacheDir', `cacheDir ${JSON.stringify(cacheDir)} is no folder.`);
    }
    if (/^~(?:[/\\]|$)/.test(cacheDir)) {
      throw new ConfigError(
        'cacheDir',
        `cacheDir ${JSON.stringify(cacheDir)} begins with "~", which only a shell replaces: give its whole path.`,
      );
    }
    const root = resolve(cacheDir);
    const readOnly = await layOut(root);
    const network = !readOnly && (await isNetwork(root));
    if (!network) return new CacheDirectory(root, readOnly, root);
    const local = await makeIndexRoot(root);
    process.emitWarning(
      `${root} lies on a network file system, where locks cannot be relied on: the index of the cache is kept in ${local}. Other machines that use the same folder do not see it; each keeps to its own limit.`,
      { type: 'VascuSimWarning', code: 'VASCUSIM_CACHE_NETWORK' },
    );
    return new CacheDirectory(root, readOnly, local);
  }

  get index(): string {
    return join(this.indexRoot, 'index.db');
  }

  get owners(): string {
    return join(this.indexRoot, 'owners');
  }

  get objects(): string {
    return join(this.root, 'objects');
  }

  get temporary(): string {
    return join(this.root, 'tmp');
  }

  object(name: string): string {
    return join(this.root, 'objects', name.slice(0, 2), name);
  }

  /** A file that only `owner` writes and that may go once that owner is dead. */
  part(name: string, owner: string): string {
    return join(this.temporary, `${name}.${owner}.part`);
  }

  /** A removed object on its way out. */
  trash(name: string): string {
    return join(this.temporary, name);
  }

  /** The beginning of a file that nobody is fetching now. */
  resume(name: string): string {
    return join(this.temporary, `${name}.resume`);
  }
}

/** A name for a removed object: unique, and of the owner that removes it. */
export function trashName(name: string, owner: string): string {
  return `${name}.${randomUUID()}.${owner}.trash`;
}

/** What lies in `tmp/`: the object's name, and the owner of the file where it has one. */
export const TEMPORARY_NAME: RegExp =
  /^([0-9a-f]{40}\.[a-z]+)(?:\.resume|(?:\.[0-9a-f-]{36})?\.([0-9a-f-]{36})\.(?:part|trash))$/;

/** Makes sure that `root` is a cache; true where it is one that cannot be written to. */
async function layOut(root: string): Promise<boolean> {
  try {
    await makeFolder(root);
    const names = await readdir(root);
    const tag = names.includes('CACHEDIR.TAG') ? await readFile(join(root, 'CACHEDIR.TAG'), 'utf8') : '';
    // An empty one is being written by another process of ours.
    if (tag === '') {
      const foreign = names.find((name) => !OWN_NAMES.test(name));
      if (foreign !== undefined) throw notOurs(root, `it holds "${foreign}"`);
      await writeFile(join(root, 'CACHEDIR.TAG'), TAG_TEXT, { flag: 'wx' }).catch(ifExists);
    } else if (!names.includes('format.json') && !isOwnTag(tag)) {
      throw notOurs(root, 'its CACHEDIR.TAG is of another program');
    }
    await checkFormat(root);
    for (const name of ['objects', 'tmp', 'owners']) {
      const path = join(root, name);
      await mkdir(path).catch(ifExists);
      if (!(await lstat(path)).isDirectory()) throw notOurs(root, `"${name}" in it is no folder`);
    }
    // A folder may be listed and still not be written to.
    const probe = join(root, `format.json.${randomUUID()}`);
    await writeFile(probe, JSON.stringify({ version: FORMAT }), { flag: 'wx' });
    await rename(probe, join(root, 'format.json'));
    return false;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EACCES' || code === 'EROFS' || code === 'EPERM') {
      const exists = await lstat(join(root, 'objects')).then(
        (stats) => stats.isDirectory(),
        () => false,
      );
      if (exists) return true;
      throw new ConfigError(
        'cacheDir',
        `No permission to make a cache in ${root}. Choose another cacheDir.`,
        {
          cause: error,
        },
      );
    }
    if (code === 'ENOTDIR' || code === 'EEXIST') {
      throw new ConfigError('cacheDir', `${root} cannot be a cache: it, or a part of its path, is a file.`, {
        cause: error,
      });
    }
    if (code === 'ENOSPC') {
      // An existing cache on a full disk works: room is made by removing what is in it.
      const exists = await readFile(join(root, 'format.json')).then(
        () => true,
        () => false,
      );
      if (exists) return false;
      throw new CacheError(`The disk of ${root} is full: no cache can be made there.`, { cause: error });
    }
    throw error;
  }
}

/** A tag alone may be of any program: ours names it. */
function isOwnTag(text: string): boolean {
  return text.startsWith(TAG) && text.includes('VascuSim');
}

async function checkFormat(root: string): Promise<void> {
  const text = await readFile(join(root, 'format.json'), 'utf8').catch(() => undefined);
  if (text === undefined) return;
  const version = /"version":\s*(\d+)/.exec(text)?.[1];
  if (version === undefined || Number(version) <= FORMAT) return;
  throw new ConfigError(
    'cacheDir',
    `The cache in ${root} was made by a newer version of VascuSim (layout ${version}, this one knows ${FORMAT}). Update VascuSim, or choose another cacheDir.`,
  );
}

function notOurs(root: string, why: string): ConfigError {
  return new ConfigError(
    'cacheDir',
    `${root} is not a cache of VascuSim: ${why}. A cache removes files, so it only takes a folder that is empty, new or its own. Choose another cacheDir.`,
  );
}

function ifExists(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error;
}

async function isNetwork(root: string): Promise<boolean> {
  const { type } = await statfs(root);
  return NETWORK_TYPES.has(type >>> 0);
}

async function makeIndexRoot(root: string): Promise<string> {
  const name = objectName({ source: 'index', path: root, version: '' }).slice(0, 40);
  const folder = join(tmpdir(), `vascusim-${userInfo().username}`, name);
  await mkdir(join(folder, 'owners'), { recursive: true, mode: 0o700 });
  return folder;
}
