import { statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import {
  describeLeftOutArrays,
  FormatError,
  isVascuError,
  type Mesh,
  type Metadata,
  NotFoundError,
} from '../index.ts';
import { type DataStreamer, didYouMean, LocalStreamer } from '../io.ts';
import {
  type MeasuredHeader,
  type ReadMeshOptions,
  readMesh,
  readMeshFrom,
  readMeshHeader,
  readMeshHeaderFrom,
} from '../mesh.ts';
import { splitArchivePath } from './archive-address.ts';
import { findFile, isCollectionName, isMeshName } from './find-file.ts';
import { expandHome } from './options/own-path.ts';
import { resolveSource } from './options/source-options.ts';
import { formatBytes, formatPlural } from './terminal/format-number.ts';
import { UsageError } from './usage-error.ts';

/** A mesh file, wherever it lies: of one on another machine only what is asked for is fetched. */
export interface GivenMesh {
  /** Name of the file as the user calls it. */
  readonly name: string;
  /**
   * Reads how it is stored.
   *
   * @param measure - whether arrays are read whose range the header does not state; where it is left out, what other
   * files hold may be missing
   */
  header(measure?: boolean): Promise<MeasuredHeader>;
  /**
   * Reads the mesh.
   *
   * @param attributes - names of the arrays that are wanted; all by default
   * @param onLeftOut - as an option of `readMesh`
   */
  mesh(attributes?: readonly string[], onLeftOut?: ReadMeshOptions['onLeftOut']): Promise<Mesh>;
  /** Reads what the sidecar says, `{}` where there is none. */
  metadata(): Promise<Metadata>;
  /** Reads the sidecar as it is; undefined where there is none. */
  sidecar(): Promise<Uint8Array | undefined>;
  /** Tells whether all of it lies on this machine, so that reading all of it fetches nothing. */
  isHere(): Promise<boolean>;
  /** Bytes that were fetched for it so far. */
  readonly fetched: number;
}

/** Describes for an `Activity` that a file is read, and what of it was fetched. */
export function describeReading({ name, fetched }: GivenMesh, seconds: number): string {
  const amount = fetched === 0 ? '' : `${formatBytes(fetched)} fetched, `;
  return `reading ${name.slice(name.lastIndexOf('/') + 1)}: ${amount}${formatPlural(seconds, 'second')}`;
}

/**
 * Checks that the file has the arrays of these names.
 *
 * @throws NotFoundError for a name that no array of the file has, in all of its pieces
 * @throws FormatError for that of an array whose type is none that is read
 */
export async function requireArrays(file: GivenMesh, names: readonly string[]): Promise<MeasuredHeader> {
  // Only the pieces tell which arrays there are.
  const header = await file.header(isCollectionName(file.name) ? false : undefined);
  const { pointArrays, cellArrays, arrays, leftOut } = header;
  const strings = arrays
    .filter(({ on, type }) => on !== 'field' && type === 'String')
    .map(({ name }) => name);
  const known = [...pointArrays, ...cellArrays, ...strings];
  const missing = names.find((name) => !known.includes(name));
  if (missing === undefined) return header;
  const list = (some: readonly string[]): string => some.map((name) => `"${name}"`).join(', ') || 'none';
  const text = strings.length === 0 ? '' : `; those of strings: ${list(strings)}`;
  const lost = leftOut.filter(({ name }) => name === missing);
  if (lost[0]?.reason === 'type') {
    throw new FormatError(`has the type "${lost[0].what}", which is not read`, {
      path: file.name,
      array: missing,
    });
  }
  const why = lost.length === 0 ? didYouMean(missing, known) : `; left out: ${describeLeftOutArrays(lost)}`;
  throw new NotFoundError(
    `${file.name} has no array "${missing}"${why}. Its point arrays: ${list(pointArrays)}; its cell arrays: ${list(cellArrays)}${text}.`,
  );
}

/**
 * Opens the files of a command line one after the other, each for as long as `use` takes: files of this machine, URLs of
 * files, or a source and files in it.
 */
export async function openMeshFiles(
  command: Command,
  given: readonly string[],
  signal: AbortSignal,
  use: (file: GivenMesh) => Promise<void>,
): Promise<void> {
  const [first = '', ...others] = given.map((each) => expandHome(each, 'The name of a file'));
  const inside = splitArchivePath(first);
  if (inside !== undefined) {
    const { archive, file } = inside;
    if (file === '' && others.length === 0) throw whichFile(archive);
    if (file === '') await openFiles(command, archive, others, signal, use);
    else {
      for (const path of [first, ...others]) {
        const { archive: place, file: name } = splitArchivePath(path) ?? { archive, file: path };
        await openFiles(command, place, [name], signal, use);
      }
    }
    return;
  }
  if (!isPlace(first)) {
    for (const path of [first, ...others]) await use(fileOfThisMachine(path, signal));
    return;
  }
  const bare = first.replace(/[?#].*$/, '');
  // Only URLs of the web have queries; elsewhere "?" and "#" may be part of names.
  if (isMeshName(bare) || (isMeshName(first) && !/^https?:/i.test(first))) {
    for (const { address, file } of [first, ...others].map(splitUrl)) {
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
  if (others.length === 0 && kindOf(first) === undefined && !MAY_BE_AFAR.test(first))
    throw new NotFoundError(`There is no file and no folder ${first}. Check its spelling.`);
  if (others.length === 0) throw whichFile(bare);
  await openFiles(command, first, others, signal, use);
}

function whichFile(place: string): NotFoundError {
  return new NotFoundError(
    `Which file of ${place}? Give its name, or the id of its sample, as vascusim ls shows it.`,
  );
}

/** Form of an address, a path of Windows, or `user/name` of the Hub. */
const MAY_BE_AFAR = /^(?:[a-z][\w+.-]+:|[\\/]{2}|[\w.-]+\/[\w.-]+(?:[@/]|$))/i;

/** Tells whether an argument names a place rather than a file of this machine. */
export function isPlace(given: string): boolean {
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

/** Tells what lies under a path; undefined where nothing does, or it cannot be looked at. */
function kindOf(path: string): 'file' | 'folder' | 'other' | undefined {
  try {
    const stats = statSync(path);
    return stats.isFile() ? 'file' : stats.isDirectory() ? 'folder' : 'other';
  } catch {
    return undefined;
  }
}

/**
 * Splits a URL: a web server is read from a folder on; other addresses name the file themselves.
 *
 * @throws UsageError for a query or fragment, which would not be sent
 */
export function splitUrl(url: string): { readonly address: string; readonly file: string | undefined } {
  if (!/^https?:/i.test(url) || !URL.canParse(url)) return { address: url, file: undefined };
  const { pathname, search, hash } = new URL(url);
  const last = pathname.slice(pathname.lastIndexOf('/') + 1);
  // The Hub's own links to files end so, and are of the same file without.
  const isHubLink = search === '?download=true' && /^\/datasets\/.*\/resolve\//.test(pathname);
  if ((search !== '' && !isHubLink) || hash !== '') {
    const [what, sign, code] = hash === '' ? ['query', '?', '%3F'] : ['fragment', '#', '%23'];
    throw new UsageError(
      `The address of ${last} has a ${what} ("${sign}…"), which is not sent to the server: what came might be another file. Download it, as by "curl -o ${last} 'ADDRESS'", and give the file here; where the "${sign}" is a part of the file's name, write ${code}.`,
    );
  }
  return { address: new URL('.', url).href.replace(/[?#].*$/, ''), file: decodeName(last) };
}

/** Decodes a name: a "%" that encodes nothing is a part of it. */
function decodeName(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name.replaceAll(/(?:%[0-9a-f]{2})+/gi, (encoded) => {
      try {
        return decodeURIComponent(encoded);
      } catch {
        return encoded;
      }
    });
  }
}

/**
 * Reads the path from a `file:` URL.
 *
 * @throws UsageError for a URL of no file of this machine
 */
export function pathOf(url: string): string {
  const hasMore = URL.canParse(url) && /[?#]/.test(url);
  try {
    if (!hasMore) return fileURLToPath(url);
  } catch {}
  throw new UsageError(
    `${url} is no file of this machine: give its path, or a URL such as "file:///folder/case.vtu" with "?" as %3F and "#" as %23.`,
  );
}

function fileOfThisMachine(path: string, signal: AbortSignal): GivenMesh {
  const plain = /^file:/i.test(path) ? pathOf(path) : path;
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
    mesh: (attributes, onLeftOut) => readMesh(path, { attributes, onLeftOut, signal }),
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
  use: (file: GivenMesh) => Promise<void>,
  hints = true,
): Promise<void> {
  const source = resolveSource(command, address, signal);
  const { streamer, folder = '' } = await source.open();
  try {
    const base = source.options.sourceDir ?? folder;
    // Of what lies elsewhere people write /share/folder; no path inside a source begins so.
    const names = source.isLocal ? files : files.map((file) => file.replace(/^\/+/, ''));
    // Without names the address itself is the file.
    const paths =
      names.length === 0
        ? [base]
        : await Promise.all(names.map((file) => findFile(streamer, base, file, hints, signal)));
    for (const path of paths) await use(fileOfSource(streamer, path, signal));
  } finally {
    await streamer.close();
  }
}

function fileOfSource(streamer: DataStreamer, path: string, signal: AbortSignal): GivenMesh {
  const before = streamer.stats().bytesDownloaded;
  return {
    name: path,
    get fetched() {
      return streamer.stats().bytesDownloaded - before;
    },
    header: (measure) => readMeshHeaderFrom(streamer, path, { measure, signal }),
    mesh: (attributes, onLeftOut) =>
      readMeshFrom(streamer, path, { attributes, onLeftOut, mode: 'partial', signal }),
    metadata: () => streamer.getMetadata(path, { signal }),
    sidecar: () => readSidecar(streamer, path, signal),
    isHere: async () =>
      streamer.source.inPlace === true ||
      (!isCollectionName(path) && (await streamer.isHere(await streamer.source.stat(path, { signal })))),
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
