import { statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { ConfigError, isVascuError, type Mesh, type Metadata, NotFoundError } from '../index.ts';
import { type DataStreamer, LocalStreamer, openStreamer } from '../io.ts';
import { type MeasuredHeader, readMesh, readMeshFrom, readMeshHeader, readMeshHeaderFrom } from '../mesh.ts';
import { findFile, isMeshName } from './find-file.ts';
import { formatBytes, formatPlural } from './format-number.ts';
import { expandHome } from './own-path.ts';
import { resolveSource } from './source-options.ts';
import { didYouMean } from './suggest.ts';

/** A mesh file, wherever it lies: of one on another machine only what is asked for is fetched. */
export interface MeshFile {
  /** As the user calls it. */
  readonly name: string;
  /**
   * How it is stored.
   *
   * @param measure - whether arrays are read whose range the header does not state; where it is left out, what other
   * files hold may be missing
   */
  header(measure?: boolean): Promise<MeasuredHeader>;
  /** @param attributes - names of the arrays that are wanted; all by default */
  mesh(attributes?: readonly string[]): Promise<Mesh>;
  /** What the sidecar says, `{}` where there is none. */
  metadata(): Promise<Metadata>;
  /** The sidecar as it is; undefined where there is none. */
  sidecar(): Promise<Uint8Array | undefined>;
  /** Whether all of it lies on this machine, so that reading all of it fetches nothing. */
  isHere(): Promise<boolean>;
  /** Bytes that were fetched for it so far. */
  readonly fetched: number;
}

/** For an `Activity`: that a file is read, and what of it was fetched. */
export function describeReading({ name, fetched }: MeshFile, seconds: number): string {
  const amount = fetched === 0 ? '' : `${formatBytes(fetched)} fetched, `;
  return `reading ${name.slice(name.lastIndexOf('/') + 1)}: ${amount}${formatPlural(seconds, 'second')}`;
}

/** @throws NotFoundError for a name that no array of the file has */
export async function requireArrays(file: MeshFile, names: readonly string[]): Promise<MeasuredHeader> {
  const header = await file.header();
  const { pointArrays, cellArrays } = header;
  const known = [...pointArrays, ...cellArrays];
  const missing = names.find((name) => !known.includes(name));
  if (missing === undefined) return header;
  const list = (some: readonly string[]): string => some.map((name) => `"${name}"`).join(', ') || 'none';
  throw new NotFoundError(
    `${file.name} has no array "${missing}"${didYouMean(missing, known)}. Its point arrays: ${list(pointArrays)}; its cell arrays: ${list(cellArrays)}.`,
  );
}

const COLLECTION = /\.pvt[up]$/i;

/**
 * Opens the files of a command line one after the other, each for as long as `use` takes: files of this machine, URLs of
 * files, or a source and files in it.
 */
export async function openMeshFiles(
  command: Command,
  given: readonly string[],
  signal: AbortSignal,
  use: (file: MeshFile) => Promise<void>,
): Promise<void> {
  const [first = '', ...others] = given.map((each) => expandHome(each, 'The name of a file'));
  if (!isPlace(first)) {
    for (const path of [first, ...others]) await use(fileOfThisMachine(path, signal));
    return;
  }
  if (isMeshName(first.replace(/[?#].*$/, ''))) {
    for (const url of [first, ...others]) {
      const { address, file } = splitUrl(url);
      await openFiles(command, address, file === undefined ? [] : [file], signal, use);
    }
    return;
  }
  const folder = dirname(first);
  if (
    others.length === 0 &&
    !/^[a-z][\w+.-]+:/i.test(first) &&
    kindOf(folder) === 'folder' &&
    kindOf(first) !== 'folder'
  ) {
    await openFiles(command, folder, [basename(first)], signal, use, false);
    return;
  }
  if (others.length === 0)
    throw new NotFoundError(
      `Which file of ${first}? Give its name, or the id of its sample, as vascusim ls shows it.`,
    );
  await openFiles(command, first, others, signal, use);
}

/** Whether an argument names a place rather than a file of this machine. */
function isPlace(given: string): boolean {
  if (/^file:/i.test(given)) return false;
  if (/^[a-z][\w+.-]+:[\\/]{2}/i.test(given)) return true;
  const kind = kindOf(given);
  if (/^[\\/]{2}[^\\/]/.test(given) && kind === undefined) return true;
  if (isMeshName(given)) return false;
  if (kind === 'file') return false;
  if (!given.includes('/')) return kind === 'folder';
  // A sample's id behind its folder.
  const isBelowFolder = kind === undefined && kindOf(dirname(given)) === 'folder';
  return !given.startsWith('/') || kind === 'folder' || isBelowFolder;
}

/** What lies under a path; undefined where nothing does, or it cannot be looked at. */
function kindOf(path: string): 'file' | 'folder' | 'other' | undefined {
  try {
    const stats = statSync(path);
    return stats.isFile() ? 'file' : stats.isDirectory() ? 'folder' : 'other';
  } catch {
    return undefined;
  }
}

/** A web server is read from a folder on; other addresses name the file themselves. */
function splitUrl(url: string): { readonly address: string; readonly file: string | undefined } {
  if (!/^https?:/i.test(url) || !URL.canParse(url)) return { address: url, file: undefined };
  const { pathname } = new URL(url);
  const last = pathname.slice(pathname.lastIndexOf('/') + 1);
  return { address: new URL('.', url).href, file: decodeName(last) };
}

/** A name in a URL; one that is not percent-encoded is meant as it is. */
function decodeName(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

function pathOfUrl(url: string): string {
  try {
    return fileURLToPath(url);
  } catch (cause) {
    throw new ConfigError('file', `${url} is no file of this machine: give a path or a file: URL.`, {
      cause,
    });
  }
}

function fileOfThisMachine(path: string, signal: AbortSignal): MeshFile {
  const plain = /^file:/i.test(path) ? pathOfUrl(path) : path;
  const inFolder = async <Result>(
    use: (folder: DataStreamer, name: string) => Promise<Result>,
  ): Promise<Result> => {
    await using folder = new LocalStreamer({ sourceUrl: dirname(plain) });
    return await use(folder, basename(plain));
  };
  return {
    name: path,
    fetched: 0,
    header: (measure) =>
      measure === undefined
        ? readMeshHeader(path, { signal })
        : inFolder((folder, name) => readMeshHeaderFrom(folder, name, { measure, signal })),
    mesh: (attributes) => readMesh(path, { attributes, signal }),
    metadata: () => inFolder((folder, name) => folder.getMetadata(name, { signal })),
    sidecar: () => inFolder((folder, name) => readSidecar(folder, name, signal)),
    isHere: () => Promise.resolve(true),
  };
}

async function openFiles(
  command: Command,
  address: string,
  files: readonly string[],
  signal: AbortSignal,
  use: (file: MeshFile) => Promise<void>,
  hints = true,
): Promise<void> {
  const { sourceDir, ...options } = resolveSource(command, address, signal).options;
  const { streamer, folder = '' } = openStreamer(options);
  try {
    const base = sourceDir ?? folder;
    // Without names the address itself is the file.
    const paths =
      files.length === 0
        ? [base]
        : await Promise.all(files.map((file) => findFile(streamer, base, file, hints, signal)));
    for (const path of paths) await use(fileOfSource(streamer, path, signal));
  } finally {
    await streamer.close();
  }
}

function fileOfSource(streamer: DataStreamer, path: string, signal: AbortSignal): MeshFile {
  const before = streamer.stats().bytesDownloaded;
  return {
    name: path,
    get fetched() {
      return streamer.stats().bytesDownloaded - before;
    },
    header: (measure) => readMeshHeaderFrom(streamer, path, { measure, signal }),
    mesh: (attributes) => readMeshFrom(streamer, path, { attributes, mode: 'partial', signal }),
    metadata: () => streamer.getMetadata(path, { signal }),
    sidecar: () => readSidecar(streamer, path, signal),
    isHere: async () =>
      streamer instanceof LocalStreamer ||
      (!COLLECTION.test(path) && (await streamer.isHere(await streamer.source.stat(path, { signal })))),
  };
}

async function readSidecar(
  streamer: DataStreamer,
  path: string,
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  try {
    return await streamer.readWhole(`${path.replace(/\.[^./]*$/, '')}.json`, { signal });
  } catch (error) {
    if (isVascuError(error, 'NOT_FOUND')) return undefined;
    throw error;
  }
}
