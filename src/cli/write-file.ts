import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { access, lstat, mkdir, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { ConfigError, explainSystemError } from '../index.ts';

/** Longest name of a file on the disks that are in use, bytes. */
const MAX_NAME_BYTES = 255;

/**
 * Writes a file that appears under its name only when it is complete; its folder is made where it is missing. A link
 * that has the name stays, and what it leads to is replaced.
 */
export async function writeWhole(path: string, bytes: Uint8Array, signal: AbortSignal): Promise<void> {
  const target = await realpath(path).catch(() => path);
  const temporary = join(dirname(target), `.vascusim-${randomUUID()}.part`);
  try {
    await makeFolderOf(target);
    await writeFile(temporary, bytes, { flag: 'wx', flush: true, signal });
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw signal.aborted ? signal.reason : explain(error, path);
  }
}

/** Makes the folder that a file goes into. */
export async function makeFolderOf(path: string): Promise<void> {
  await makeFolder(dirname(resolve(path)), path);
}

/**
 * Makes a folder and those that it lies in.
 *
 * @param label - as messages name it
 */
export async function makeFolder(folder: string, label: string = folder): Promise<void> {
  const missing: string[] = [];
  for (let at = resolve(folder); !(await exists(at)) && dirname(at) !== at; at = dirname(at)) {
    missing.unshift(at);
  }
  try {
    // One by one: in a folder that takes no others, as /proc, Node.js 24 tries for ever to make all at once.
    for (const each of missing) await mkdir(each);
  } catch (error) {
    throw explain(error, label);
  }
}

/**
 * Looks whether a file can be written, before there is anything to write.
 *
 * @param force - whether it may take the place of one that is there
 * @throws ConfigError when there is something in its way, or its folder cannot be written to
 */
export async function checkOutput(path: string, force: boolean | undefined): Promise<void> {
  const bad = (why: string): ConfigError => new ConfigError('output', `${path} ${why}`);
  if (Buffer.byteLength(basename(path)) > MAX_NAME_BYTES) {
    throw bad(`has a name of more than ${MAX_NAME_BYTES} bytes, which no disk takes: choose a shorter one.`);
  }
  const there = await stat(path).catch((error: unknown) => {
    if (isGone(error)) return undefined;
    throw explain(error, path);
  });
  if (there === undefined && (await exists(path)))
    throw bad('is a link to nowhere: remove it, or choose another name.');
  if (there?.isDirectory() === true) throw bad('is a folder: give the name of a file in it.');
  if (there?.isFile() === false) throw bad('is a device or a pipe: give the name of a file.');
  if (there !== undefined && force !== true) throw bad('exists already; --force writes over it.');
  if (there !== undefined) {
    await access(path, constants.W_OK).catch((error: unknown) => {
      throw explain(error, path);
    });
  }
  await checkFolder(dirname(there === undefined ? resolve(path) : await realpath(path)), path);
}

/**
 * Looks whether files can be written into a folder, which need not be there yet.
 *
 * @param label - as messages name it
 * @throws ConfigError when they cannot
 */
export async function checkFolder(folder: string, label: string = folder): Promise<void> {
  for (let at = resolve(folder); ; at = dirname(at)) {
    try {
      const stats = await stat(at);
      if (!stats.isDirectory()) {
        throw new ConfigError(
          'output',
          `${label} cannot be written: ${at} is no folder. Choose another place.`,
        );
      }
      await access(at, constants.W_OK | constants.X_OK);
      return;
    } catch (error) {
      if (!isGone(error) || dirname(at) === at) throw explain(error, label);
      if (await exists(at)) {
        throw new ConfigError(
          'output',
          `${label} cannot be written: ${at} is a link to nowhere. Choose another place.`,
        );
      }
    }
  }
}

/** Tells whether there is something under that name, be it a link to nowhere. */
export function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

function isGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}

function explain(error: unknown, file: string): unknown {
  return explainSystemError(error, { verb: 'write', file, option: 'output' }) ?? error;
}
