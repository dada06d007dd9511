import { archivesOnPath } from '../core/archive-name.ts';
import { BatchedEntries, batchesOf } from '../core/batched-entries.ts';
import { ConfigError } from '../core/errors.ts';
import type { Keeper } from '../core/keeper.ts';
import { nameFile } from '../core/name-file.ts';
import type { FileEntry, ListOptions, ReadOptions, Source, SourceFile } from '../core/source.ts';
import type { OpenedSource } from '../core/source-kind.ts';
import type { ArchiveOptions, ArchiveStats } from './archive-options.ts';
import { checkArchiveOptions, chooseArchives } from './choose-archives.ts';
import type { OpenedArchives, WantedArchives } from './open-archives.ts';

/** Cache in which what is made of archives can be kept. */
export interface KeeperAccess {
  /** Makes a keeper of what is made of a source's files. */
  keeper(source: string): Promise<Keeper>;
}

const NO_STATS: ArchiveStats = { opened: 0, directoryBytes: 0, inflatedBytes: 0, restarts: 0 };

/** Source with its archives, whose code is loaded when it is first asked for something. */
class LazyArchives implements Source {
  readonly id: string;
  /** Id of the source of whose archives places are kept. */
  readonly madeFor: string;
  readonly check?: NonNullable<Source['check']>;
  readonly #source: Source;
  readonly #wanted: WantedArchives;
  readonly #cache: KeeperAccess;
  #opening: Promise<OpenedArchives> | undefined;
  #opened: OpenedArchives | undefined;

  constructor(source: Source, wanted: WantedArchives, cache: KeeperAccess) {
    this.madeFor = source.id;
    const { folder } = wanted;
    this.id = folder === undefined ? source.id : nameFile(source.id, folder);
    this.#source = source;
    this.#wanted = wanted;
    this.#cache = cache;
    const check = source.check?.bind(source);
    if (check !== undefined) this.check = (options) => check({ ...options, path: options?.path ?? folder });
  }

  get mayAskTwice(): boolean | undefined {
    return (this.#opened?.source ?? this.#source).mayAskTwice;
  }

  get maxConcurrency(): number | undefined {
    return this.#source.maxConcurrency;
  }

  get isBusy(): boolean | undefined {
    return (this.#opened?.source ?? this.#source).isBusy;
  }

  /** False where the source's own is; undefined else, as what archives hold lies nowhere by itself. */
  get inPlace(): false | undefined {
    return this.#source.inPlace === false ? false : undefined;
  }

  stats(): ArchiveStats {
    return this.#opened?.stats() ?? NO_STATS;
  }

  list(options?: ListOptions): AsyncIterable<FileEntry> {
    return new BatchedEntries(() => this.#batches(options), options?.signal);
  }

  async assertFolder(path: string, options?: ReadOptions): Promise<void> {
    await (await this.#open()).assertFolder?.(path, options);
  }

  async stat(path: string, options?: ReadOptions): Promise<FileEntry> {
    return (await this.#open()).stat(path, options);
  }

  async open(path: string, options?: Parameters<Source['open']>[1]): Promise<SourceFile> {
    return (await this.#open()).open(path, options);
  }

  async locate(path: string, options?: ReadOptions): Promise<string | undefined> {
    return (await this.#open()).locate?.(path, options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (this.#opened?.source ?? this.#source)[Symbol.asyncDispose]();
  }

  async *#batches(options: ListOptions | undefined): AsyncGenerator<readonly FileEntry[], void, void> {
    yield* batchesOf((await this.#open()).list(options));
  }

  async #open(): Promise<Source> {
    this.#opening ??= this.#load();
    return (await this.#opening).source;
  }

  async #load(): Promise<OpenedArchives> {
    const { openArchives } = await import('./open-archives.ts');
    this.#opened = openArchives(this.#source, this.#wanted, await this.#cache.keeper(this.#source.id));
    return this.#opened;
  }
}

/**
 * Makes the source of a place, with the archives that are folders by the options; where the address named an archive,
 * or a folder in one, its inside.
 *
 * @throws ConfigError for an option that cannot be used
 */
export function withArchivesOf(
  { source, folder }: OpenedSource,
  options: Pick<ArchiveOptions, 'archives' | 'maxExpansion'>,
  cache: KeeperAccess,
): OpenedSource {
  checkArchiveOptions(options);
  const { archives = false, maxExpansion } = options;
  const named = folder === undefined ? [] : archivesOnPath(folder);
  const isInside = folder !== undefined && named.length > 0;
  if (source instanceof LazyArchives) return { source, folder };
  const isSet = archives !== false || maxExpansion !== undefined;
  if (isSet && openedStats(source) !== undefined) {
    throw new ConfigError(
      archives === false ? 'maxExpansion' : 'archives',
      'The archives of this source are open already. Say which, and how much larger they may grow, where they are opened.',
    );
  }
  if (!isInside && archives === false) return { source, folder };
  const isAny = chooseArchives(archives);
  const begin = `${folder}/`;
  // Patterns are of paths as they are seen: inside an archive from there on.
  const isChosen = (path: string): boolean =>
    named.includes(path) || isAny(isInside && path.startsWith(begin) ? path.slice(begin.length) : path);
  const wanted = { folder: isInside ? folder : undefined, isChosen, maxExpansion };
  const opened = new LazyArchives(source, wanted, cache);
  return isInside ? { source: opened } : { source: opened, folder };
}

/** Counts what reading archives of a source did, whoever opened them. */
export function archiveStats(source: Source): ArchiveStats {
  return openedStats(source) ?? NO_STATS;
}

/** Tells the id of the source under which is kept what {@link withArchivesOf} makes of the archives of this one. */
export function madeFor(source: Source): string {
  return source instanceof LazyArchives ? source.madeFor : source.id;
}

/** Counts of a source whose archives are open, be it by `withArchives`; undefined for any other. */
function openedStats(source: Source): ArchiveStats | undefined {
  if (!hasStats(source)) return undefined;
  const stats = source.stats();
  const isArchives = Object.keys(NO_STATS).every((key) => Object.hasOwn(Object(stats), key));
  return isArchives ? (stats as ArchiveStats) : undefined;
}

function hasStats(source: Source): source is Source & { stats(): unknown } {
  return 'stats' in source && typeof source.stats === 'function';
}
