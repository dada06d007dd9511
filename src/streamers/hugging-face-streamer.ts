import { withArchivesOf } from '../archives/lazy-archives.ts';
import { rejectUnknownOptions } from '../core/known-options.ts';
import type { FileEntry, ListOptions } from '../core/source.ts';
import { CacheAccess } from '../download/cache-access.ts';
import { HuggingFaceSource } from '../sources/hugging-face/hugging-face-source.ts';
import { huggingFace } from '../sources/hugging-face/kind.ts';
import {
  type HubOptions,
  type HuggingFaceSourceOptions,
  readSourceOptions,
} from '../sources/hugging-face/options.ts';
import { DataStreamer, STREAMER_OPTIONS, type StreamerOptions } from './data-streamer.ts';
import { kindOptionNames, pickOptions } from './place.ts';
import { SnapshotKeeper } from './snapshot-keeper.ts';

/** Options of {@link HuggingFaceStreamer}. */
export interface HuggingFaceStreamerOptions
  extends StreamerOptions,
    HubOptions,
    Pick<HuggingFaceSourceOptions, 'repoId'> {}

/** Number of known files of a commit up to which each is kept at once. */
const KEPT_AT_ONCE = 16;

/** Time that what was learnt of more files waits to be kept together, milliseconds. */
const KEEP_DELAY_MS = 250;

/**
 * Streamer of a dataset of the Hugging Face Hub, at the commit that its revision is at when it is first used. Every
 * file is checked with the digest that the Hub lists. What the Hub's Python library has downloaded is read where it
 * lies, and never changed or removed. Without a network (or with `HF_HUB_OFFLINE`), what was listed or fetched before
 * works.
 *
 * @example
 * await using hub = new HuggingFaceStreamer({ repoId: 'username/private-dataset', token });
 * const files = await hub.listFiles({ pattern: '*.vtu' });
 * const path = await hub.getFile('path/to/file.vtu');
 */
export class HuggingFaceStreamer extends DataStreamer {
  /** Folder or file that the option `repoId` named inside the dataset; undefined where it is an archive, whose inside is read. */
  readonly path: string | undefined;
  readonly #source: HuggingFaceSource;
  readonly #keeper: SnapshotKeeper;
  #warned = false;
  /** State of what the source had learnt when it was kept last. */
  #kept: unknown;
  #keeping: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;

  /** @throws ConfigError or UnsupportedError when an option cannot be used as given */
  constructor(options: HuggingFaceStreamerOptions) {
    const own = kindOptionNames(huggingFace).filter((name) => name !== 'signal');
    rejectUnknownOptions('HuggingFaceStreamer', options, [...STREAMER_OPTIONS, ...own, 'repoId']);
    const given = { ...pickOptions(options, own), repoId: options.repoId };
    const cache = new CacheAccess(options);
    const keeper = new SnapshotKeeper(cache, readSourceOptions(given).place);
    const source = new HuggingFaceSource({ ...given, snapshot: () => keeper.load() });
    const opened = withArchivesOf({ source, folder: source.place.path }, options, cache);
    super(opened.source, options, cache);
    this.path = opened.folder;
    this.#source = source;
    this.#keeper = keeper;
  }

  override async listEach(take: (entry: FileEntry) => void, options: ListOptions = {}): Promise<void> {
    await super.listEach(take, options);
    await this.use(options.signal, async (signal) => {
      const { commit, from, complete } = await this.#source.commit({ signal });
      if (from === 'snapshot' || from === 'hub-cache' || !complete) this.#warnOfAge(commit, complete);
    });
  }

  override async close(): Promise<void> {
    if (this.#timer !== undefined) await this.#keepLearnt(true);
    await super.close();
  }

  /** Keeps what a call has learnt of the commit, so that the same works without a network. */
  protected override async use<Result>(
    own: AbortSignal | undefined,
    action: (signal: AbortSignal) => Promise<Result>,
  ): Promise<Result> {
    const result = await super.use(own, action);
    await this.#keepLearnt();
    return result;
  }

  async #keepLearnt(now = false): Promise<void> {
    // What cannot be kept is lost to reading without a network, and to nothing else.
    const learnt = await this.#source.learnt(this.#kept).catch(() => undefined);
    if (learnt === undefined) return;
    const { snapshot, state } = learnt;
    if (!now && snapshot.partial !== undefined && snapshot.files.length > KEPT_AT_ONCE) {
      this.#timer ??= setTimeout(() => void this.#keepLearnt(true), KEEP_DELAY_MS);
      return;
    }
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#kept = state;
    const save = (): Promise<void> => this.#keeper.save(snapshot, () => this.#source.snapshot());
    this.#keeping = this.#keeping.then(save).catch(() => undefined);
    await this.#keeping;
  }

  #warnOfAge(commit: string, complete: boolean): void {
    if (this.#warned) return;
    this.#warned = true;
    const part = complete ? '' : ' Of its files only those are known that were asked for before.';
    process.emitWarning(
      `The Hub was not asked for ${this.source.id}: it is read as it was at commit ${commit}, when it was read last.${part}`,
      { type: 'VascuSimWarning', code: 'VASCUSIM_HUB_OFFLINE' },
    );
  }
}
