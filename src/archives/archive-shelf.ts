import { type ArchiveKind, archiveKind, unzippedPath, volumeOf } from '../core/archive-name.ts';
import { isVascuError } from '../core/errors.ts';
import { mapLimited } from '../core/limit.ts';
import { SharedTask } from '../core/shared-task.ts';
import type { FileEntry, LeftOut, Source } from '../core/source.ts';
import { TimeSlice } from '../core/time-slice.ts';
import type { Archive, Found } from './archive.ts';
import type { ArchiveTools } from './archive-tools.ts';
import { FileSpace, JoinedSpace } from './byte-space.ts';
import { openGzip } from './open-gzip.ts';
import { openTar, openTgz } from './open-tar.ts';
import { openZip } from './open-zip.ts';
import { joinedEntry, volumeSets } from './part-list.ts';
import type { LeftOutMember } from './zip-directory.ts';

/** Archives within archives that are folders too. */
const MAX_DEPTH = 2;
/** Archives of one folder that are listed at a time. */
const MAX_LISTED_TOGETHER = 16;

/** Files that are looked at in one step. */
const FILES_PER_STEP = 5000;

/** Looks a file up by its whole path; undefined where there is none. */
type Lookup = (path: string) => Promise<Found | undefined>;

/** Options of a listing of archives. */
export interface ExpandOptions {
  /** Archives that hold nothing below it stay closed. */
  readonly prefix: string;
  readonly signal: AbortSignal;
  readonly onLeftOut: ((leftOut: LeftOut) => void) | undefined;
}

/** Archives of a source: which files are some, what they hold, and files in them by their paths. */
export class ArchiveShelf {
  readonly #source: Source;
  readonly #isChosen: (path: string) => boolean;
  readonly #tools: ArchiveTools;
  /** Files of the source that are archives, packed or cut, as they were seen last. */
  readonly #files = new Map<string, FileEntry>();
  readonly #opened = new Map<string, { readonly version: string; readonly task: SharedTask<Archive> }>();

  constructor(source: Source, isChosen: (path: string) => boolean, tools: ArchiveTools) {
    this.#source = source;
    this.#isChosen = isChosen;
    this.#tools = tools;
  }

  /** Tells whether a path leads into an archive by its names alone. */
  leadsInside(path: string): boolean {
    return prefixes(path).some((prefix) => this.#kindOf(prefix) !== undefined);
  }

  /** Tells whether a listing has shown that there is no real file of this path but a packed or cut one. */
  isUnpacked(path: string): boolean {
    return this.#files.has(`${path}.gz`) || this.#files.has(`${path}.00.part`);
  }

  /**
   * Finds a file in an archive, or one that is packed or cut; undefined where there is none.
   *
   * @param fresh - whether the source is asked for the archive's version although one is known
   */
  find(path: string, fresh: boolean, signal: AbortSignal): Promise<Found | undefined> {
    return this.#within('', (file) => this.#look(file, fresh, signal), path, 0, signal);
  }

  /** Finds the source's own file of this path; undefined where there is none. */
  async file(path: string, signal: AbortSignal): Promise<FileEntry | undefined> {
    return (await this.#look(path, true, signal))?.entry;
  }

  /** Finds the archive on the way to a path that is known to be there. */
  knownArchive(path: string): string | undefined {
    return prefixes(path).find((prefix) => this.#kindOf(prefix) !== undefined && this.#files.has(prefix));
  }

  /** Forgets what is known of the archives on the way to a path. */
  forget(path: string): void {
    for (const known of [...prefixes(path), `${path}.gz`]) {
      this.#files.delete(known);
      this.#opened.delete(known);
    }
    for (const file of this.#files.keys()) if (volumeOf(file)?.path === path) this.#files.delete(file);
  }

  /**
   * Lists the files of the archives among files of the source, and what packed and cut ones are.
   *
   * @throws FormatError, UnsupportedError for an archive that cannot be listed
   */
  async expand(files: readonly FileEntry[], options: ExpandOptions): Promise<readonly FileEntry[]> {
    for (const file of files) if (this.#isNoted(file.path)) this.#files.set(file.path, file);
    const found = files.map((file) => this.#toFound(file));
    return (await this.#expand(found, 0, options)).map(({ entry }) => entry);
  }

  async #expand(found: readonly Found[], depth: number, options: ExpandOptions): Promise<readonly Found[]> {
    const { signal } = options;
    const chosen: Found[] = [];
    const slice = new TimeSlice(signal);
    for (const [index, file] of found.entries()) {
      const { path } = file.entry;
      if (this.#isNoted(path) && touches(path, options.prefix)) chosen.push(file);
      if (index % FILES_PER_STEP === 0) await slice.pause();
    }
    const groups = await mapLimited(chosen, MAX_LISTED_TOGETHER, async (file): Promise<readonly Found[]> => {
      signal.throwIfAborted();
      const { path } = file.entry;
      const kind = this.#kindOf(path);
      const plain = unzippedPath(path);
      if (plain !== undefined) return [await this.#unzip(file, plain, signal)];
      if (kind === undefined || depth === MAX_DEPTH) return [];
      const { members, leftOut } = await this.#open(file, kind, signal);
      tellLeftOut(path, leftOut, options.onLeftOut);
      const inside = [...members.values()];
      return inside.concat(await this.#expand(inside, depth + 1, options));
    });
    const volumes = chosen.filter(({ entry }) => volumeOf(entry.path) !== undefined);
    return [...joinVolumes(volumes), ...groups.flat()];
  }

  /** @param base - path of the archive that is gone into, with a `/`; empty for the source itself */
  async #within(
    base: string,
    look: Lookup,
    path: string,
    depth: number,
    signal: AbortSignal,
  ): Promise<Found | undefined> {
    const itself = depth === 0 ? undefined : await look(path);
    if (itself !== undefined) return itself;
    for (const prefix of depth === MAX_DEPTH ? [] : prefixes(path)) {
      const kind = prefix.length > base.length ? this.#kindOf(prefix) : undefined;
      const file = kind === undefined ? undefined : await look(prefix);
      if (kind === undefined || file === undefined) continue;
      const { members } = await this.#open(file, kind, signal);
      const inside = `${prefix}/`;
      const inner: Lookup = (whole) => Promise.resolve(members.get(whole.slice(inside.length)));
      const found = await this.#within(inside, inner, path, depth + 1, signal);
      if (found !== undefined) return found;
      const volumes = [...members.values()].filter(({ entry }) => volumeOf(entry.path)?.path === path);
      return joinVolumes(volumes)[0];
    }
    const zipped = `${path}.gz`;
    const packed = this.#isNoted(zipped) ? await look(zipped) : undefined;
    if (packed !== undefined) return this.#unzip(packed, path, signal);
    return depth === 0 ? this.#joined(path, look, signal) : undefined;
  }

  /** Finds a file of the source that is cut; its volumes are listed, so that none is missed. */
  async #joined(path: string, look: Lookup, signal: AbortSignal): Promise<Found | undefined> {
    const first = `${path}.00.part`;
    if (!this.#isNoted(first) || (await look(first)) === undefined) return undefined;
    const volumes: Found[] = [];
    for await (const file of this.#source.list({ prefix: `${path}.`, signal })) {
      if (volumeOf(file.path)?.path === path) volumes.push(this.#toFound(file));
    }
    return joinVolumes(volumes)[0];
  }

  async #unzip(packed: Found, path: string, signal: AbortSignal): Promise<Found> {
    if (packed.fault !== undefined) throw packed.fault;
    const { entry, space } = await openGzip(packed.space(), path, this.#toolsFor(packed), signal);
    const { modified } = packed.entry;
    return { entry: { ...entry, ...(modified === undefined ? {} : { modified }) }, space: () => space };
  }

  #open(file: Found, kind: ArchiveKind, signal: AbortSignal): Promise<Archive> {
    if (file.fault !== undefined) return Promise.reject(file.fault);
    const { path, version } = file.entry;
    const known = this.#opened.get(path);
    if (known !== undefined && known.version === version && !known.task.abandoned)
      return known.task.join(signal);
    const open = { zip: openZip, tar: openTar, tgz: openTgz }[kind];
    const task = new SharedTask((shared) => open(file.space(), this.#toolsFor(file), shared));
    this.#opened.set(path, { version, task });
    return task.join(signal).catch((error: unknown) => {
      if (this.#opened.get(path)?.task === task) this.#opened.delete(path);
      throw error;
    });
  }

  async #look(path: string, fresh: boolean, signal: AbortSignal): Promise<Found | undefined> {
    const known = fresh ? undefined : this.#files.get(path);
    if (known !== undefined) return this.#toFound(known);
    try {
      const file = await this.#source.stat(path, { signal });
      this.#files.set(path, file);
      return this.#toFound(file);
    } catch (error) {
      if (!isVascuError(error, 'NOT_FOUND')) throw error;
      this.#files.delete(path);
      return undefined;
    }
  }

  #toFound(entry: FileEntry): Found {
    return { entry, space: () => new FileSpace(this.#source, entry) };
  }

  #isNoted(path: string): boolean {
    const isAny = archiveKind(path) ?? unzippedPath(path) ?? volumeOf(path);
    return isAny !== undefined && this.#isChosen(path);
  }

  #kindOf(path: string): ArchiveKind | undefined {
    const kind = archiveKind(path);
    return kind !== undefined && this.#isChosen(path) ? kind : undefined;
  }

  /** Tools for what lies in a file: all of it together may not grow beyond what the file itself may. */
  #toolsFor(file: Found): ArchiveTools {
    const { packedSize } = file.space();
    if (packedSize === undefined) return this.#tools;
    const limit = this.#tools.maxBytes(packedSize);
    return { ...this.#tools, maxBytes: (packed) => Math.min(limit, this.#tools.maxBytes(packed)) };
  }
}

/** Lists the folders on the way to a path, the outermost first, and the path itself. */
function prefixes(path: string): string[] {
  const found: string[] = [];
  for (let at = path.indexOf('/'); at >= 0; at = path.indexOf('/', at + 1)) found.push(path.slice(0, at));
  return found;
}

/** Tells of what an archive passes over; of a system's folder once, of hidden files not. */
function tellLeftOut(
  archive: string,
  leftOut: readonly LeftOutMember[],
  onLeftOut: ((leftOut: LeftOut) => void) | undefined,
): void {
  const told = new Set<string>();
  for (const { path, reason } of leftOut) {
    if (reason === 'hidden') continue;
    const shown = reason === 'system-folder' ? path.replace(/(^|\/)__MACOSX\/.*$/s, '$1__MACOSX') : path;
    if (told.has(shown)) continue;
    told.add(shown);
    onLeftOut?.({ path: `${archive}/${shown}`, reason });
  }
}

function touches(path: string, prefix: string): boolean {
  return path.startsWith(prefix) || `${prefix}/`.startsWith(path);
}

/** Joins volumes to the files that lie in them. @throws NotFoundError where one is missing */
function joinVolumes(volumes: readonly Found[]): readonly Found[] {
  const byPath = new Map(volumes.map((volume) => [volume.entry.path, volume]));
  return volumeSets(volumes.map(({ entry }) => entry)).map((set) => {
    const entry = joinedEntry(set);
    const parts = set.volumes.flatMap(({ path }) => byPath.get(path) ?? []);
    const fault = parts.find((part) => part.fault !== undefined)?.fault;
    const space = (): JoinedSpace =>
      new JoinedSpace(
        entry,
        parts.map((part) => part.space()),
      );
    return { entry, space, ...(fault === undefined ? {} : { fault }) };
  });
}
