import { type ArchiveKind, archiveKind, mayBeArchive, unzippedPath, volumeOf } from '../core/archive-name.ts';
import { isVascuError } from '../core/errors.ts';
import { mapLimited } from '../core/limit.ts';
import type { FileEntry, LeftOut, Source } from '../core/source.ts';
import { TimeSlice } from '../core/time-slice.ts';
import type { Archive, Found, LeftOutMember } from './archive.ts';
import type { ArchiveTools } from './archive-tools.ts';
import { FileSpace } from './byte-space.ts';
import { LatestTasks } from './latest-tasks.ts';
import { openGzip } from './open-gzip.ts';
import { openTar, openTgz } from './open-tar.ts';
import { openZip } from './open-zip.ts';
import { joinVolumes, WrappedFiles } from './wrapped-files.ts';

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

/** Archives among files, and packed and cut ones. */
interface Gathered {
  readonly archives: readonly Found[];
  readonly wrapped: WrappedFiles;
}

/** Archives of a source: which files are some, what they hold, and files in them by their paths. */
export class ArchiveShelf {
  readonly #source: Source;
  readonly #isChosen: (path: string) => boolean;
  readonly #tools: ArchiveTools;
  /** Files of the source that are archives, packed or cut, as they were seen last. */
  readonly #files = new Map<string, FileEntry>();
  /** Packed or cut files by the path of what they are, of which listings have shown no real file. */
  readonly #wrapped = new Map<string, readonly string[]>();
  readonly #wrappedInside = new WeakMap<Archive, WrappedFiles>();
  /** Prefixes whose files were listed. */
  readonly #listed = new Set<string>();
  #canList = true;
  readonly #opened = new LatestTasks<Archive>();
  readonly #unzipped = new LatestTasks<Found>();

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
    return this.#wrapped.has(path);
  }

  /** Notes that there is a real file of this path, which goes before what a packed or cut one is. */
  noteReal(path: string): void {
    this.#wrapped.delete(path);
  }

  /**
   * Finds a file in an archive, or one that is packed or cut; undefined where there is none.
   *
   * @param fresh - whether the source is asked for the archive's version although one is known
   */
  async find(path: string, fresh: boolean, signal: AbortSignal): Promise<Found | undefined> {
    const look: Lookup = (file) => this.#look(file, fresh, signal);
    const found = await this.#within('', look, path, 0, signal);
    if (found !== undefined || this.knownArchive(path) !== undefined) return found;
    return this.#unwrapOutside(path, fresh, signal);
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
    for (const known of [...prefixes(path), ...(this.#wrapped.get(path) ?? [`${path}.gz`])]) {
      this.#files.delete(known);
      this.#opened.delete(known);
      this.#unzipped.delete(known);
    }
  }

  /**
   * Lists the files of the archives among files of the source, and what packed and cut ones are.
   *
   * @param files - all of the source below the prefix
   * @throws FormatError, UnsupportedError for an archive that cannot be listed
   */
  async expand(files: readonly FileEntry[], options: ExpandOptions): Promise<readonly FileEntry[]> {
    const { prefix, signal } = options;
    const toFound = (entry: FileEntry): Found => this.#toFound(entry);
    const gathered = await this.#gather(files, toFound, options);
    if (this.#wrapped.size > 0) {
      const slice = new TimeSlice(signal);
      for (const [index, { path }] of files.entries()) {
        this.#wrapped.delete(path);
        if (index % FILES_PER_STEP === 0) await slice.pause();
      }
    }
    for (const { entry } of gathered.archives) this.#files.set(entry.path, entry);
    for (const [plain, parts] of gathered.wrapped.below(prefix)) this.#noteWrapped(plain, parts);
    if (!this.#isListed(prefix)) this.#listed.add(prefix);
    return this.#expand(gathered, 0, options);
  }

  /** Sorts out what is an archive, and what is packed or cut where there is no real file beside it. */
  async #gather(
    files: readonly FileEntry[],
    toFound: (file: FileEntry) => Found | undefined,
    { prefix, signal }: ExpandOptions,
  ): Promise<Gathered> {
    const archives: Found[] = [];
    const wrapped = new WrappedFiles(this.#isChosen);
    const slice = new TimeSlice(signal);
    for (let index = 0; index < files.length; index++) {
      if (index % FILES_PER_STEP === 0) await slice.pause();
      const file = files[index] as FileEntry;
      const { path } = file;
      if (!mayBeArchive(path)) continue;
      const isArchive = archiveKind(path) !== undefined;
      const isWanted = isArchive ? touches(path, prefix) && this.#isChosen(path) : isWrapped(path);
      const found = isWanted ? toFound(file) : undefined;
      if (found === undefined) continue;
      if (isArchive) archives.push(found);
      else wrapped.add(found);
    }
    for (const [index, { path }] of wrapped.isEmpty ? [] : files.entries()) {
      wrapped.drop(path);
      if (index % FILES_PER_STEP === 0) await slice.pause();
    }
    return { archives, wrapped };
  }

  async #expand(
    { archives, wrapped }: Gathered,
    depth: number,
    options: ExpandOptions,
  ): Promise<readonly FileEntry[]> {
    const { prefix, signal } = options;
    const inside = await mapLimited(
      archives,
      MAX_LISTED_TOGETHER,
      async (file): Promise<readonly FileEntry[]> => {
        signal.throwIfAborted();
        const { path } = file.entry;
        const kind = archiveKind(path);
        if (kind === undefined || depth === MAX_DEPTH) return [];
        const { members, leftOut } = await this.#open(file, kind, signal);
        tellLeftOut(path, leftOut, options.onLeftOut);
        const files = await members.entries(signal);
        const toFound = (inner: FileEntry): Found | undefined =>
          members.get(inner.path.slice(path.length + 1));
        const gathered = await this.#gather(files, toFound, options);
        return files.concat(await this.#expand(gathered, depth + 1, options));
      },
    );
    const unwrapped = await mapLimited([...wrapped.below(prefix)], MAX_LISTED_TOGETHER, ([plain, parts]) => {
      signal.throwIfAborted();
      return this.#unwrap(plain, parts, signal);
    });
    return inside.flat().concat(unwrapped.flatMap((found) => found?.entry ?? []));
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
      const archive = await this.#open(file, kind, signal);
      const { members } = archive;
      const inside = `${prefix}/`;
      const inner: Lookup = (whole) => Promise.resolve(members.get(whole.slice(inside.length)));
      const found = await this.#within(inside, inner, path, depth + 1, signal);
      if (found !== undefined) return found;
      const parts = this.#wrappedIn(archive).get(path);
      return parts && this.#unwrap(path, parts, signal);
    }
    return undefined;
  }

  #wrappedIn(archive: Archive): WrappedFiles {
    let wrapped = this.#wrappedInside.get(archive);
    if (wrapped === undefined) {
      wrapped = new WrappedFiles(this.#isChosen);
      for (const path of archive.members.paths()) {
        const member = isWrapped(path) ? archive.members.get(path) : undefined;
        if (member !== undefined) wrapped.add(member);
      }
      this.#wrappedInside.set(archive, wrapped);
    }
    return wrapped;
  }

  /** Finds what a packed or cut file of the source is: of the usual name, or of one that a listing shows. */
  async #unwrapOutside(path: string, fresh: boolean, signal: AbortSignal): Promise<Found | undefined> {
    const known = this.#wrapped.get(path);
    const isPacked = known?.length === 1 && unzippedPath(known[0] as string) === path;
    // Of a cut file a listing tells whether there are more volumes by now.
    if (known !== undefined && (isPacked || !fresh)) {
      const parts = await Promise.all(known.map((part) => this.#look(part, fresh, signal)));
      if (!parts.includes(undefined)) return this.#unwrap(path, parts as Found[], signal);
    }
    this.#wrapped.delete(path);
    const [packed, first] = [`${path}.gz`, `${path}.00.part`];
    const isAny = this.#isChosen(path);
    if (!isAny && ![packed, `${path}.GZ`, first].some(this.#isChosen)) return undefined;
    const found = isAny || this.#isChosen(packed) ? await this.#look(packed, fresh, signal) : undefined;
    if (found !== undefined) return this.#unwrap(path, [found], signal);
    const isCut = (isAny || this.#isChosen(first)) && (await this.#look(first, fresh, signal)) !== undefined;
    if (!isCut && known === undefined && (this.#isListed(path) || !this.#canList)) return undefined;
    const parts = await this.#listParts(path, signal).catch((error: unknown) => {
      // A source that cannot list still gives files of the usual names.
      if (isCut || !isVascuError(error, 'UNSUPPORTED', 'CONFIG', 'AUTH', 'FORMAT', 'NOT_FOUND')) throw error;
      this.#canList = error.code === 'NOT_FOUND';
      return undefined;
    });
    if (parts === undefined) return undefined;
    this.#noteWrapped(path, parts);
    return this.#unwrap(path, parts, signal);
  }

  /** Lists the packed file, or the volumes, that a file lies in. */
  async #listParts(path: string, signal: AbortSignal): Promise<readonly Found[] | undefined> {
    const wrapped = new WrappedFiles(this.#isChosen);
    for await (const file of this.#source.list({ prefix: `${path}.`, signal }))
      if (isWrapped(file.path)) wrapped.add(this.#toFound(file));
    return wrapped.get(path);
  }

  #noteWrapped(plain: string, parts: readonly Found[]): void {
    this.#wrapped.set(
      plain,
      parts.map(({ entry }) => entry.path),
    );
    for (const { entry } of parts) this.#files.set(entry.path, entry);
  }

  #isListed(path: string): boolean {
    return this.#listed.has('') || [...this.#listed].some((prefix) => path.startsWith(prefix));
  }

  async #unwrap(plain: string, parts: readonly Found[], signal: AbortSignal): Promise<Found | undefined> {
    const [packed] = parts;
    if (packed === undefined || unzippedPath(packed.entry.path) !== plain) return joinVolumes(parts);
    if (packed.fault !== undefined) throw packed.fault;
    return this.#unzipped.join(packed.entry, (shared) => this.#unzip(packed, plain, shared), signal);
  }

  async #unzip(packed: Found, path: string, signal: AbortSignal): Promise<Found> {
    const { entry, space } = await openGzip(packed.space(), path, this.#toolsFor(packed), signal);
    const { modified } = packed.entry;
    return { entry: { ...entry, ...(modified === undefined ? {} : { modified }) }, space: () => space };
  }

  #open(file: Found, kind: ArchiveKind, signal: AbortSignal): Promise<Archive> {
    if (file.fault !== undefined) return Promise.reject(file.fault);
    const open = { zip: openZip, tar: openTar, tgz: openTgz }[kind];
    const run = (shared: AbortSignal): Promise<Archive> => open(file.space(), this.#toolsFor(file), shared);
    return this.#opened.join(file.entry, run, signal);
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

function isWrapped(path: string): boolean {
  return unzippedPath(path) !== undefined || volumeOf(path) !== undefined;
}

function touches(path: string, prefix: string): boolean {
  return path.startsWith(prefix) || `${prefix}/`.startsWith(path);
}
