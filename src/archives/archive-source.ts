import { BatchedEntries } from '../core/batched-entries.ts';
import { DisposedError, isVascuError, NotFoundError } from '../core/errors.ts';
import { nameFile } from '../core/name-file.ts';
import { assertInside } from '../core/safe-path.ts';
import { entriesBelow, sortEntries } from '../core/sort-entries.ts';
import type { ByteRange, FileEntry, ListOptions, ReadOptions, Source, SourceFile } from '../core/source.ts';
import { isRangeOf, missingFile, outsideFile } from '../core/source-errors.ts';
import { TimeSlice } from '../core/time-slice.ts';
import type { Found } from './archive.ts';
import type { ArchiveOptions, ArchiveStats } from './archive-options.ts';
import { ArchiveShelf } from './archive-shelf.ts';
import { chooseArchives } from './choose-archives.ts';
import { MemoryKeeper } from './memory-keeper.ts';
import { PassLot } from './pass-lot.ts';

type OpenOptions = ReadOptions & {
  readonly range?: ByteRange | undefined;
  readonly ifVersion?: string | undefined;
};

const DEFAULT_MAX_EXPANSION = 256;
/** Entries of a listing that are given together. */
const ENTRIES_PER_BATCH = 1000;
const EXPANSION_SLACK_BYTES = 64 * 1024 ** 2;

/** Source in which archives of another one are folders. */
export class ArchiveSource implements Source {
  readonly id: string;
  readonly check?: NonNullable<Source['check']>;
  readonly #source: Source;
  readonly #lot = new PassLot();
  readonly #shelf: ArchiveShelf;
  readonly #counts = { opened: 0, directoryBytes: 0 };
  #isClosed = false;

  /** @param isChosen - whether the archive of a path is a folder; of the options where it is left out */
  constructor(
    source: Source,
    options: ArchiveOptions,
    isChosen: (path: string) => boolean = chooseArchives(options.archives ?? true),
  ) {
    this.id = source.id;
    this.#source = source;
    if (source.check !== undefined) this.check = source.check.bind(source);
    const expansion = options.maxExpansion ?? DEFAULT_MAX_EXPANSION;
    this.#shelf = new ArchiveShelf(source, isChosen, {
      keeper: options.keeper ?? new MemoryKeeper(),
      lot: this.#lot,
      maxBytes: (packedSize) => expansion * packedSize + EXPANSION_SLACK_BYTES,
      counts: this.#counts,
    });
  }

  get mayAskTwice(): boolean {
    return this.#source.mayAskTwice === true && !this.#lot.isRunning;
  }

  get maxConcurrency(): number | undefined {
    return this.#source.maxConcurrency;
  }

  get isBusy(): boolean {
    return this.#source.isBusy === true || this.#lot.isProgressing;
  }

  /** False where the source says so; what archives hold lies nowhere by itself. */
  get inPlace(): false | undefined {
    return this.#source.inPlace === false ? false : undefined;
  }

  /** Finds the path on this machine of a file of the source itself. */
  async locate(path: string, options: ReadOptions = {}): Promise<string | undefined> {
    if (this.#source.locate === undefined) return undefined;
    const signal = this.#begin(options.signal);
    const isInside = this.#shelf.leadsInside(path) || this.#shelf.isUnpacked(path);
    if (isInside && (await this.#shelf.find(path, false, signal)) !== undefined) return undefined;
    try {
      return await this.#source.locate(path, options);
    } catch (error) {
      const found = isVascuError(error, 'NOT_FOUND')
        ? await this.#shelf.find(path, false, signal)
        : undefined;
      if (found === undefined) throw error;
      return undefined;
    }
  }

  stats(): ArchiveStats {
    return { ...this.#counts, ...this.#lot.counts };
  }

  /**
   * @throws FormatError, UnsupportedError for an archive that cannot be listed: a listing without it would be silently
   *   smaller
   */
  list(options: ListOptions = {}): AsyncIterable<FileEntry> {
    return new BatchedEntries(() => this.#batches(options), options.signal);
  }

  async assertFolder(path: string, options: ReadOptions = {}): Promise<void> {
    const signal = this.#begin(options.signal);
    if (this.#shelf.leadsInside(`${path}/`)) {
      for await (const _ of this.list({ prefix: `${path}/`, signal })) return;
    }
    await this.#source.assertFolder?.(path, { signal });
  }

  async stat(path: string, options: ReadOptions = {}): Promise<FileEntry> {
    const signal = this.#begin(options.signal);
    assertInside(path);
    if (this.#shelf.leadsInside(path)) {
      const found = await this.#shelf.find(path, true, signal);
      if (found !== undefined) return found.entry;
      this.#requireOutside(path);
    }
    try {
      const entry = await this.#source.stat(path, { signal });
      this.#shelf.noteReal(path);
      return entry;
    } catch (error) {
      const found = isVascuError(error, 'NOT_FOUND') ? await this.#shelf.find(path, true, signal) : undefined;
      if (found === undefined) throw error;
      return found.entry;
    }
  }

  async open(path: string, options: OpenOptions = {}): Promise<SourceFile> {
    const signal = this.#begin(options.signal);
    assertInside(path);
    if (this.#shelf.leadsInside(path) || this.#shelf.isUnpacked(path)) {
      const found = await this.#find(path, options.ifVersion, signal);
      if (found !== undefined) return this.#openFound(path, found, options, signal);
      this.#requireOutside(path);
    }
    try {
      return await this.#source.open(path, options);
    } catch (error) {
      const found = isVascuError(error, 'NOT_FOUND')
        ? await this.#find(path, options.ifVersion, signal)
        : undefined;
      if (found === undefined) throw error;
      return this.#openFound(path, found, options, signal);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.#lot.close(this.#disposed());
    await this.#lot.settled();
    await this.#source[Symbol.asyncDispose]();
  }

  async *#batches(options: ListOptions): AsyncGenerator<readonly FileEntry[], void, void> {
    const { prefix = '', onLeftOut } = options;
    const signal = this.#begin(options.signal);
    const files = await this.#filesFor(prefix, options, signal);
    const inside = await this.#shelf.expand(files, { prefix, signal, onLeftOut });
    const slice = new TimeSlice(signal);
    const sorted = await slice.run(sortEntries([...files, ...inside]));
    const entries = entriesBelow(sorted, prefix);
    for (let start = 0; start < entries.length; start += ENTRIES_PER_BATCH) {
      signal.throwIfAborted();
      const batch = entries.slice(start, start + ENTRIES_PER_BATCH);
      // A file of the source goes before what an archive has of the same path.
      yield batch.filter(({ path }, index) => path !== entries[start + index - 1]?.path);
    }
  }

  /** Lists the files among which archives are looked for: where the prefix leads into one, that one. */
  async #filesFor(prefix: string, options: ListOptions, signal: AbortSignal): Promise<FileEntry[]> {
    if (this.#shelf.leadsInside(prefix)) {
      const names = prefix.split('/');
      for (const index of names.keys()) {
        const path = names.slice(0, index).join('/');
        if (!this.#shelf.leadsInside(`${path}/`)) continue;
        const file = await this.#shelf.file(path, signal);
        if (file !== undefined) return [file];
      }
    }
    const files: FileEntry[] = [];
    for await (const file of this.#source.list({ ...options, signal })) files.push(file);
    return files;
  }

  /** Finds a file in an archive, of the wanted version if there is one. */
  async #find(path: string, version: string | undefined, signal: AbortSignal): Promise<Found | undefined> {
    const found = await this.#shelf.find(path, false, signal);
    if (version === undefined || found?.entry.version === version) return found;
    const now = await this.#shelf.find(path, true, signal);
    if (now === undefined || now.entry.version === version) return now;
    throw this.#changed(path);
  }

  async #openFound(
    path: string,
    found: Found,
    options: OpenOptions,
    signal: AbortSignal,
  ): Promise<SourceFile> {
    if (found.fault !== undefined) throw found.fault;
    const { size } = found.entry;
    const range = options.range ?? { start: 0, end: size };
    if (!isRangeOf(range, size)) throw outsideFile(nameFile(this.id, path), range, size);
    try {
      return { ...found.entry, ...(await found.space().open(range, signal)) };
    } catch (error) {
      if (!isVascuError(error, 'NOT_FOUND')) throw error;
      // The archive is another one by now.
      this.#shelf.forget(path);
      if (options.ifVersion !== undefined) throw this.#changed(path, error);
      const now = await this.#shelf.find(path, true, signal);
      if (now === undefined || now.entry.version === found.entry.version) throw error;
      return { ...now.entry, ...(await this.#openFresh(path, now, options, signal)) };
    }
  }

  #openFresh(path: string, found: Found, options: OpenOptions, signal: AbortSignal): Promise<SourceFile> {
    return this.#openFound(path, found, { ...options, ifVersion: found.entry.version }, signal);
  }

  /** @throws NotFoundError for a path in an archive that has no such file: the source itself has none there */
  #requireOutside(path: string): void {
    const archive = this.#shelf.knownArchive(path);
    if (archive !== undefined) throw missingFile(path, `in the archive ${nameFile(this.id, archive)}`);
  }

  #begin(signal: AbortSignal | undefined): AbortSignal {
    signal?.throwIfAborted();
    if (this.#isClosed) throw this.#disposed();
    return signal ?? this.#lot.signal;
  }

  #changed(path: string, cause?: unknown): NotFoundError {
    return new NotFoundError(
      `${nameFile(this.id, path)} has changed, or the archive that it lies in. List the folder again.`,
      cause === undefined ? {} : { cause },
    );
  }

  #disposed(): DisposedError {
    return new DisposedError(`The source ${this.id} was used after it was closed.`);
  }
}
