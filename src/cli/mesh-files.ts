import { statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, posix } from 'node:path';
import type { Command } from 'commander';
import { VascuDataset } from '../data.ts';
import { FormatError, isVascuError, NotFoundError } from '../index.ts';
import { type DataStreamer, downloadFiles, openStreamer } from '../io.ts';
import { type ResolvedSource, resolveSource } from './source-options.ts';

/** A mesh file on this machine. */
export interface MeshFile {
  /** As the user calls it. */
  readonly name: string;
  readonly path: string;
}

const MESH = /\.p?vt[up]$/i;
const COLLECTION = /\.pvt[up]$/i;

/**
 * Makes the files of a command line available, one after the other, for as long as `use` takes: files of this machine,
 * URLs of files, or a source and files in it.
 */
export async function openMeshFiles(
  command: Command,
  [first = '', ...others]: readonly string[],
  signal: AbortSignal,
  use: (file: MeshFile) => Promise<void>,
): Promise<void> {
  if (!isPlace(first)) {
    for (const name of [first, ...others]) await use({ name, path: name });
    return;
  }
  if (MESH.test(first.replace(/[?#].*$/, ''))) {
    for (const url of [first, ...others]) {
      const { address, file } = splitUrl(url);
      await useFiles(resolveSource(command, address, signal), file === undefined ? [] : [file], signal, use);
    }
    return;
  }
  const source = resolveSource(command, first, signal);
  if (others.length === 0)
    throw new NotFoundError(`Which file of ${first}? Give its name, as vascusim ls shows it.`);
  await useFiles(source, others, signal, use);
}

/** Whether an argument names a place rather than a file of this machine. */
function isPlace(given: string): boolean {
  if (/^file:/i.test(given)) return false;
  if (/^[a-z][\w+.-]+:\/\//i.test(given)) return true;
  if (MESH.test(given)) return false;
  const isFile = statSync(given, { throwIfNoEntry: false })?.isFile() === true;
  return !isFile && (given.includes('/') ? !given.startsWith('/') || isFolder(given) : isFolder(given));
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** A web server is read from a folder on; other addresses name the file themselves. */
function splitUrl(url: string): { readonly address: string; readonly file: string | undefined } {
  if (!/^https?:/i.test(url) || !URL.canParse(url)) return { address: url, file: undefined };
  const { pathname } = new URL(url);
  const last = pathname.slice(pathname.lastIndexOf('/') + 1);
  return { address: new URL('.', url).href, file: decodeURIComponent(last) };
}

async function useFiles(
  source: ResolvedSource,
  files: readonly string[],
  signal: AbortSignal,
  use: (file: MeshFile) => Promise<void>,
): Promise<void> {
  const { sourceDir, ...options } = source.options;
  const { streamer, folder = '' } = openStreamer(options);
  try {
    const base = sourceDir ?? folder;
    // Without names the address itself is the file.
    const paths =
      files.length === 0
        ? [base]
        : await Promise.all(files.map((file) => find(streamer, base, file, signal)));
    for (const path of paths) {
      if (COLLECTION.test(path)) await useCollection(source, path, signal, use);
      else await useOne(streamer, path, signal, use);
    }
  } finally {
    await streamer.close();
  }
}

/** The path of a file that may be given from the source's root on, or from the folder that is looked at. */
async function find(
  streamer: DataStreamer,
  base: string,
  file: string,
  signal: AbortSignal,
): Promise<string> {
  const folder = base.replace(/\/+$/, '');
  if (folder === '' || file.startsWith(`${folder}/`)) return file;
  const below = posix.join(folder, file);
  try {
    await streamer.source.stat(below, { signal });
    return below;
  } catch (error) {
    if (!isVascuError(error, 'NOT_FOUND')) throw error;
    const isThere = await streamer.source.stat(file, { signal }).then(
      () => true,
      () => false,
    );
    if (isThere) return file;
    throw error;
  }
}

async function useOne(
  streamer: DataStreamer,
  path: string,
  signal: AbortSignal,
  use: (file: MeshFile) => Promise<void>,
): Promise<void> {
  using held = await streamer.openFile(path, { signal });
  try {
    await use({ name: path, path: held.path });
  } catch (error) {
    // The name in the cache says nothing to the user.
    if (!isVascuError(error, 'FORMAT')) throw error;
    const { problem, offset, array } = error;
    throw new FormatError(problem, { path, offset, array }, { cause: error });
  }
}

/** A file whose pieces lie beside it: all of them are laid out in a folder. */
async function useCollection(
  { options }: ResolvedSource,
  path: string,
  signal: AbortSignal,
  use: (file: MeshFile) => Promise<void>,
): Promise<void> {
  const sourceDir = posix.dirname(path);
  await using dataset = await VascuDataset.open({ ...options, sourceDir });
  const index = dataset.samples.findIndex((sample) => sample.path === path);
  if (index < 0) throw new NotFoundError(`There is no file ${path} in ${dataset.place.source}.`);
  const to = await mkdtemp(join(tmpdir(), 'vascusim-'));
  try {
    const { failed } = await downloadFiles(dataset.streamer, dataset.filesOf(index), {
      to,
      keepCached: true,
      signal,
    });
    if (failed[0] !== undefined) throw failed[0].error;
    await use({ name: path, path: join(to, path) });
  } finally {
    await rm(to, { recursive: true, force: true });
  }
}
