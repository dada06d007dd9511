import { rejectUnknownOptions } from '../core/known-options.ts';
import type { FileEntry } from '../core/source.ts';
import { HuggingFaceSource } from '../sources/hugging-face/hugging-face-source.ts';
import { type HuggingFaceSourceOptions, readSourceOptions } from '../sources/hugging-face/source-options.ts';
import { CacheAccess } from './cache-access.ts';
import {
  DataStreamer,
  type ListFilesOptions,
  STREAMER_OPTIONS,
  type StreamerOptions,
} from './data-streamer.ts';
import { SnapshotKeeper } from './snapshot-keeper.ts';

/** Options of {@link HuggingFaceStreamer}. */
export interface HuggingFaceStreamerOptions
  extends StreamerOptions,
    Omit<HuggingFaceSourceOptions, 'idleTimeoutMs' | 'snapshot'> {}

const SOURCE_OPTIONS: readonly (keyof HuggingFaceStreamerOptions & keyof HuggingFaceSourceOptions)[] = [
  'repoId',
  'revision',
  'endpoint',
  'token',
  'offline',
  'hubCacheDir',
  'maxWaitMs',
  'http',
  'environment',
  'tls',
  'connectTimeoutMs',
  'idleTimeoutMs',
  'maxConnections',
  'proxy',
];

/**
 * Streams a dataset of the Hugging Face Hub, at the commit that its revision is at when it is first used. Every file
 * is checked with the digest that the Hub lists. What the Hub's Python library has downloaded is read where it lies,
 * and never changed or removed. Without a network (or with `HF_HUB_OFFLINE`), what was listed and fetched before works.
 *
 * @example
 * await using hub = new HuggingFaceStreamer({ repoId: 'username/private-dataset', token });
 * const files = await hub.listFiles({ pattern: '*.vtu' });
 * const path = await hub.getFile('path/to/file.vtu');
 */
export class HuggingFaceStreamer extends DataStreamer {
  readonly #source: HuggingFaceSource;
  readonly #keeper: SnapshotKeeper;
  #warned = false;

  /** @throws ConfigError or UnsupportedError when an option cannot be used as given */
  constructor(options: HuggingFaceStreamerOptions) {
    rejectUnknownOptions('HuggingFaceStreamer', options, [...STREAMER_OPTIONS, ...SOURCE_OPTIONS]);
    const given = pick(options, SOURCE_OPTIONS);
    const cache = new CacheAccess(options);
    const keeper = new SnapshotKeeper(cache, readSourceOptions(given).place);
    const source = new HuggingFaceSource({ ...given, snapshot: () => keeper.load() });
    super(source, options, cache);
    this.#source = source;
    this.#keeper = keeper;
  }

  /** Folder or file that the option `repoId` named inside the dataset. */
  get path(): string | undefined {
    return this.#source.place.path;
  }

  override async listFiles(options: ListFilesOptions = {}): Promise<FileEntry[]> {
    const entries = await super.listFiles(options);
    await this.use(options.signal, async (signal) => {
      const { commit, from } = await this.#source.commit({ signal });
      if (from === 'snapshot' || from === 'hub-cache') this.#warnOfAge(commit);
      if (options.prefix !== undefined && options.prefix !== '') return;
      const snapshot = await this.#source.snapshot({ signal });
      if (snapshot !== undefined) await this.#keeper.save(snapshot);
    });
    return entries;
  }

  protected override async locate(
    path: string,
    signal: AbortSignal,
  ): Promise<{ readonly path: string; readonly size: number } | undefined> {
    const found = await this.#source.locate(path, { signal });
    if (found === undefined) return undefined;
    return { path: found, size: (await this.#source.stat(path, { signal })).size };
  }

  #warnOfAge(commit: string): void {
    if (this.#warned) return;
    this.#warned = true;
    process.emitWarning(
      `The Hub was not asked for ${this.source.id}: it is read as it was at commit ${commit}, when it was listed last.`,
      { type: 'VascuSimWarning', code: 'VASCUSIM_HUB_OFFLINE' },
    );
  }
}

function pick<Options extends object, Name extends keyof Options>(
  options: Options,
  names: readonly Name[],
): Pick<Options, Name> {
  return Object.fromEntries(names.map((name) => [name, options[name]])) as Pick<Options, Name>;
}
