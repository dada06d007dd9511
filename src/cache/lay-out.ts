import { randomUUID } from 'node:crypto';
import { existsSync, readlinkSync } from 'node:fs';
import { lstat, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ConfigError } from '../core/errors.ts';
import { explainFolder, isForbidden, isFullDisk, isLoop, isMissing } from './disk-error.ts';
import { removeUnused } from './remove-unused.ts';
import { makeRoot, type Sharing, share, sharingOf } from './sharing.ts';

/** First line of a CACHEDIR.TAG file (https://bford.info/cachedir/), by which backups pass the folder over. */
const TAG = 'Signature: 8a477f597d28d172789f06886806bc55';
const TAG_TEXT = `${TAG}\n# This folder is a cache of VascuSim. Everything in it can be fetched again.\n`;

/** Version of the layout below. */
const FORMAT_VERSION = 1;

/** Names that a folder may hold which is not marked yet: another process may be laying it out. */
const OWN_NAMES = /^(?:CACHEDIR\.TAG|format\.json(?:\..*)?|objects|tmp|owners|index\.db.*)$/;

/**
 * Number of tries to lay out a folder that is removed meanwhile, or on a disk on which room has to be made.
 */
const LAY_OUT_TRIES = 5;

/** State of the folder of a cache. */
export interface Layout {
  /** True when nothing can be written there. */
  readonly readOnly: boolean;
  readonly sharing: Sharing | undefined;
}

/**
 * Makes sure that `root` is a cache.
 *
 * @throws ConfigError (option `cacheDir`) when it holds something else, or cannot be a folder
 * @throws CacheError when the disk has no room, or a fault
 */
export async function layOut(root: string): Promise<Layout> {
  for (let tries = 1; ; tries++) {
    try {
      return await tryToLayOut(root);
    } catch (error) {
      if (isForbidden(error)) return await asReader(root, error);
      if (isFullDisk(error) && (await isCache(root))) {
        // An existing cache on a full disk works: room is made by removing what is in it.
        if (tries < LAY_OUT_TRIES && (await removeUnused(root))) continue;
        return { readOnly: false, sharing: sharingOf(await stat(root)) };
      }
      const isLink = isMissing(error) && isDanglingLink(root);
      // Somebody removes it at this moment.
      if (isMissing(error) && !isLink && tries < LAY_OUT_TRIES) continue;
      throw explainFolder(root, error, isLink && !isLoop(error));
    }
  }
}

async function tryToLayOut(root: string): Promise<Layout> {
  await makeRoot(root);
  const sharing = sharingOf(await stat(root));
  const names = await readdir(root);
  const tag = names.includes('CACHEDIR.TAG') ? await readTag(root, names) : '';
  // An empty one is being written by another process of ours.
  if (isBegun(tag)) {
    const foreign = names.find((name) => !OWN_NAMES.test(name));
    if (foreign !== undefined) throw notOurs(root, `it holds "${foreign}"`);
    await writeFile(join(root, 'CACHEDIR.TAG'), TAG_TEXT, { flag: 'wx' }).catch(ifExists);
    share(join(root, 'CACHEDIR.TAG'), sharing);
  } else if (!names.includes('format.json') && !isOwnTag(tag)) {
    throw notOurs(root, 'its CACHEDIR.TAG is of another program');
  }
  await checkFormat(root);
  for (const name of ['objects', 'tmp', 'owners']) {
    const path = join(root, name);
    await mkdir(path).catch(ifExists);
    if (!(await lstat(path)).isDirectory()) throw notOurs(root, `"${name}" in it is no folder`);
    share(path, sharing);
  }
  // A folder may be listed and still not be written to.
  const probe = join(root, `format.json.${randomUUID()}`);
  await writeFile(probe, JSON.stringify({ version: FORMAT_VERSION }), { flag: 'wx' });
  share(probe, sharing);
  // Not over one that is there, which may be another user's.
  if (names.includes('format.json')) await rm(probe, { force: true });
  else await rename(probe, join(root, 'format.json'));
  return { readOnly: false, sharing };
}

/** Tells how a folder can be used in which nothing can be made. */
async function asReader(root: string, cause: unknown): Promise<Layout> {
  const reader = { readOnly: true, sharing: undefined };
  if (await isFolder(join(root, 'objects'))) return reader;
  // One that cannot even be looked at may be a cache all the same, and in any case it keeps nothing.
  const names = await readdir(root).catch((error: unknown) => (isForbidden(error) ? undefined : []));
  const isThere = await stat(root).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
  if (names === undefined && isThere) return reader;
  throw new ConfigError('cacheDir', `No permission to make a cache in ${root}. Choose another cacheDir.`, {
    cause,
  });
}

function isFolder(path: string): Promise<boolean> {
  return lstat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
}

function isCache(root: string): Promise<boolean> {
  return readFile(join(root, 'format.json')).then(
    () => true,
    () => false,
  );
}

async function readTag(root: string, names: readonly string[]): Promise<string> {
  try {
    return await readFile(join(root, 'CACHEDIR.TAG'), 'utf8');
  } catch (error) {
    // Another user's, who lets nobody read it.
    if (isForbidden(error) && names.includes('format.json') && names.includes('objects')) return TAG_TEXT;
    throw error;
  }
}

/**
 * Tells whether a tag is a beginning of ours: empty or cut, but not that line alone which other programs
 * write, too.
 */
function isBegun(text: string): boolean {
  return text.length < TAG_TEXT.length && TAG_TEXT.startsWith(text) && text.trim() !== TAG;
}

/** Tells whether a tag is ours: a tag alone may be of any program, ours names it. */
function isOwnTag(text: string): boolean {
  return text.startsWith(TAG) && text.includes('VascuSim');
}

async function checkFormat(root: string): Promise<void> {
  const text = await readFile(join(root, 'format.json'), 'utf8').catch(() => undefined);
  if (text === undefined) return;
  const version = /"version":\s*(\d+)/.exec(text)?.[1];
  if (version === undefined || Number(version) <= FORMAT_VERSION) return;
  throw new ConfigError(
    'cacheDir',
    `The cache in ${root} was made by a newer version of VascuSim (layout ${version}, this one knows ${FORMAT_VERSION}). Update VascuSim, or choose another cacheDir.`,
  );
}

function notOurs(root: string, why: string): ConfigError {
  return new ConfigError(
    'cacheDir',
    `${root} is not a cache of VascuSim: ${why}. A cache removes files, so it only takes a folder that is empty, new or its own. Choose another cacheDir.`,
  );
}

/** Tells whether `root`, or a folder in its path, is a link to a place that is not there. */
function isDanglingLink(root: string): boolean {
  for (let path = root; ; path = dirname(path)) {
    try {
      readlinkSync(path);
      return !existsSync(path);
    } catch (error) {
      // The first part of the path that is there is no link.
      if (!isMissing(error) || dirname(path) === path) return false;
    }
  }
}

function ifExists(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error;
}
