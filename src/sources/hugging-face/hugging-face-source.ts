import { open } from 'node:fs/promises';
import { abortable, linkSignals } from '../../core/abort.ts';
import type { ConnectionStep } from '../../core/connection.ts';
import { Lifetime } from '../../core/lifetime.ts';
import { assertInside } from '../../core/safe-path.ts';
import { SharedTask } from '../../core/shared-task.ts';
import type {
  ByteRange,
  FileEntry,
  ListOptions,
  ReadOptions,
  Source,
  SourceFile,
} from '../../core/source.ts';
import { changedFile, isRangeOf, outsideFile } from '../../core/source-errors.ts';
import { TimeSlice } from '../../core/time-slice.ts';
import { HttpClient } from '../../protocols/http/client.ts';
import type { HttpResponse } from '../../protocols/http/exchange-types.ts';
import { takeBody } from '../../protocols/http/range-body.ts';
import { withQueue } from '../connection-options.ts';
import { streamFile } from '../local/file-body.ts';
import { findInHubCache, hasContent } from './hub-cache.ts';
import { checkHub } from './hub-check.ts';
import { HubClient } from './hub-client.ts';
import { offlineError, type PinnedCommit, type PinnedTree, pinTree } from './hub-pin.ts';
import { missingFromHub } from './hub-refusal.ts';
import type { HubSnapshot } from './hub-snapshot.ts';
import { type HubPlace, type HuggingFaceSourceOptions, readSourceOptions } from './options.ts';
import { StoreAddresses } from './store-addresses.ts';

/** Files that are looked at between two looks at the time. */
const FILES_PER_STEP = 512;

/**
 * A dataset of the Hugging Face Hub at one commit: the one that its revision is at when it is first used. So a
 * branch that moves meanwhile mixes nothing; {@link HuggingFaceSource.refresh} looks again.
 *
 * Versions are the sha256 of files in LFS and the git-sha1 of others, and so are the checksums. Listing takes one
 * request per 1000 files, opening two, the second to where the bytes lie. Tokens go to the Hub alone.
 */
export class HuggingFaceSource implements Source {
  readonly id: string;
  readonly place: HubPlace;
  readonly #http: HttpClient;
  readonly #ownsHttp: boolean;
  readonly #client: HubClient;
  readonly #stores: StoreAddresses;
  readonly #snapshot: HuggingFaceSourceOptions['snapshot'];
  readonly #life: Lifetime;
  /** Cached files whose bytes were read and found right. */
  readonly #verified = new Set<string>();
  #pinned: SharedTask<PinnedTree> | undefined;
  /** True once bytes came from another server than the Hub. */
  #hasStore = false;

  /** @throws ConfigError or UnsupportedError when an option cannot be used as given */
  constructor(options: HuggingFaceSourceOptions) {
    const { place, findToken, http, maxWaitMs } = readSourceOptions(options);
    this.place = place;
    this.id = place.id;
    this.#life = new Lifetime(`The source ${this.id}`);
    this.#snapshot = options.snapshot;
    this.#ownsHttp = options.http === undefined;
    this.#http = options.http ?? new HttpClient(http);
    this.#client = new HubClient({ ...place, http: this.#http, findToken, maxWaitMs });
    this.#stores = new StoreAddresses((commit, path) => this.#client.locate(commit, path, this.#life.signal));
  }

  /**
   * Finds the commit that is read.
   *
   * @throws NetworkError when the Hub cannot or may not be asked, and nothing kept says it
   */
  async commit(options: ReadOptions = {}): Promise<PinnedCommit> {
    const { commit, from, complete } = await this.#pin(options.signal);
    return { commit, from, complete };
  }

  /** Lets go of the commit: the next call asks where the revision is then. */
  refresh(): void {
    this.#pinned = undefined;
  }

  /** Lists files. Names that begin with `.` are passed over, as in a folder of this machine; they can be opened. */
  async *list(options: ListOptions = {}): AsyncGenerator<FileEntry, void, void> {
    const { tree } = await this.#pin(options.signal);
    for (const entry of await tree.list(options.prefix ?? '', options.signal)) {
      options.signal?.throwIfAborted();
      if (!entry.path.startsWith('.') && !entry.path.includes('/.')) yield entry;
    }
  }

  async stat(path: string, options: ReadOptions = {}): Promise<FileEntry> {
    return (await this.#find(path, options.signal)).entry;
  }

  /**
   * Opens a file with one try: whoever reads it tries again where a `NetworkError` is retryable.
   *
   * @throws NotFoundError also when the file is not of the version `ifVersion`
   * @throws RangeError when `range` does not lie inside the file
   */
  async open(
    path: string,
    options: ReadOptions & {
      readonly range?: ByteRange | undefined;
      readonly ifVersion?: string | undefined;
    } = {},
  ): Promise<SourceFile> {
    const { signal, ifVersion } = options;
    const { entry, commit } = await this.#find(path, signal);
    if (ifVersion !== undefined && ifVersion !== entry.version) {
      throw changedFile(this.#name(path), ifVersion, entry.version, { folder: 'dataset' });
    }
    const range = options.range ?? { start: 0, end: entry.size };
    if (!isRangeOf(range, entry.size)) {
      throw outsideFile(this.#name(path), range, entry.size);
    }
    if (range.start === range.end) return { ...entry, body: new Blob([]).stream() as SourceFile['body'] };
    if (this.place.offline) {
      const file = await this.#findCached(commit, path);
      if (file === undefined) throw offlineError(this.place, path);
      return { ...entry, body: streamFile(await open(file), file, range, signal) };
    }
    const isPart = range.start > 0 || range.end < entry.size;
    const response = await this.#fetch(commit, entry, isPart ? range : undefined, signal);
    const fromStart = isPart && response.status === 200 ? { fromStart: true } : {};
    const body = await takeBody(response, range, entry.size, this.#name(path)).catch((error: unknown) => {
      this.#stores.forget(commit, path);
      throw error;
    });
    const { origin, host } = response.url;
    const isElsewhere = origin !== new URL(this.place.endpoint).origin;
    this.#hasStore ||= isElsewhere;
    const elsewhere = isElsewhere ? { host } : {};
    return { ...entry, ...fromStart, ...elsewhere, body, recycle: response.recycle };
  }

  /** Asks the Hub where the bytes of files lie: a trip less for each of them once it is opened. */
  anticipate(paths: readonly string[]): void {
    void this.#anticipate(paths).catch(() => undefined); // Whoever opens them meets the same.
  }

  /**
   * Finds the path of the file on this machine, if the Hub's Python library has downloaded it and its bytes are right;
   * it must not be changed or removed.
   *
   * @throws NotFoundError when there is no such file in the dataset
   */
  async locate(path: string, options: ReadOptions = {}): Promise<string | undefined> {
    const { signal } = options;
    const { entry, commit } = await this.#find(path, signal);
    const file = await this.#findCached(commit, path);
    if (file === undefined || this.#verified.has(`${commit} ${path}`)) return file;
    if (!(await abortable(hasContent(file, entry, signal), signal))) return undefined;
    this.#verified.add(`${commit} ${path}`);
    return file;
  }

  /**
   * Gives the commit and all its files, to be kept and given back as the option `snapshot`; undefined where not all of
   * them are known.
   */
  async snapshot(options: ReadOptions = {}): Promise<HubSnapshot | undefined> {
    const { tree, commit, complete } = await this.#pin(options.signal);
    if (!complete) return undefined;
    return await this.#describe(commit, 1, await tree.list('', options.signal));
  }

  /**
   * Gives what was learnt from the Hub so far, to be kept and given back as the option `snapshot`; nothing is asked
   * for. Undefined where the Hub was not asked, and where nothing is known beyond the state `since`.
   *
   * @param since - `state` of an earlier answer
   */
  async learnt(
    since: unknown,
  ): Promise<{ readonly state: unknown; readonly snapshot: HubSnapshot } | undefined> {
    const pinned = this.#pinned;
    if (pinned === undefined || pinned.abandoned) return undefined;
    const { tree, commit, refusal } = await pinned.join();
    const state = `${commit} ${tree.changes}`;
    if (refusal !== undefined || tree.changes === 0 || state === since) return undefined;
    const { knowledge } = tree;
    const isWhole = knowledge.listed.includes('');
    const found = await this.#describe(commit, isWhole ? 1 : 2, tree.known);
    return { state, snapshot: isWhole ? found : { ...found, partial: knowledge } };
  }

  check(
    options: ReadOptions & { readonly path?: string | undefined } = {},
  ): Promise<readonly ConnectionStep[]> {
    return checkHub(this, this.#client, options);
  }

  get isBusy(): boolean {
    return this.#http.isBusy;
  }

  /**
   * Files at a time that the Hub and its store take, each of which waits for one of them now and for the other then; no
   * more than are left of the Hub's limit.
   */
  get maxConcurrency(): number {
    const requests = this.#http.requests * (this.#hasStore ? 2 : 1);
    return Math.max(1, Math.min(withQueue(requests), this.#client.filesLeft));
  }

  /** True but while the Hub's limit is close, since every request for a file counts, or a server bears few at a time. */
  get mayAskTwice(): boolean {
    return !this.place.offline && this.#client.hasSpare && !this.#http.isLimited;
  }

  close(): Promise<void> {
    return this.#life.close(async () => {
      if (this.#ownsHttp) await this.#http.close();
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #anticipate(paths: readonly string[]): Promise<void> {
    const { tree, commit } = await this.#pin(this.#life.signal);
    for (const path of paths) {
      const entry = await tree.find(path, this.#life.signal);
      if (entry !== undefined && this.mayAskTwice) this.#stores.anticipate(commit, entry);
    }
  }

  /** Asks for a file or a range of it: its store, where that is known, else the Hub. */
  async #fetch(
    commit: string,
    entry: FileEntry,
    range: ByteRange | undefined,
    signal: AbortSignal | undefined,
  ): Promise<HttpResponse> {
    const { path } = entry;
    // What a whole file broke off at goes on at an address of its own; of a file in parts others follow.
    const asked = range === undefined ? this.#stores.take(commit, path) : this.#stores.find(commit, entry);
    const answer = asked === undefined ? undefined : await abortable(asked, signal);
    if (answer !== undefined && answer !== 'here') {
      try {
        const response = await this.#client.fetchFrom(answer.url, path, range, signal);
        if (response !== undefined) return response;
        this.#stores.forget(commit, path);
      } catch (error) {
        // Whoever no longer wants the bytes says nothing about where they lie.
        if (signal?.aborted !== true) this.#stores.forgetStore(answer.url.origin);
        throw error;
      }
    }
    return this.#client.download(commit, path, range, signal);
  }

  async #pin(signal: AbortSignal | undefined): Promise<PinnedTree> {
    signal?.throwIfAborted();
    this.#life.check();
    if (this.#pinned === undefined || this.#pinned.abandoned)
      this.#pinned = new SharedTask((own) => this.#look(own));
    const pinned = this.#pinned;
    try {
      return await pinned.join(signal);
    } catch (error) {
      if (this.#pinned === pinned && signal?.aborted !== true) this.#pinned = undefined;
      throw error;
    }
  }

  async #look(own: AbortSignal): Promise<PinnedTree> {
    const closing = this.#life.signal;
    const { signal, unlink } = linkSignals(own, closing);
    try {
      const snapshot = typeof this.#snapshot === 'function' ? await this.#snapshot() : this.#snapshot;
      return await pinTree({
        place: this.place,
        client: this.#client,
        snapshot,
        signal,
        closing,
      });
    } finally {
      unlink();
    }
  }

  async #find(
    path: string,
    signal: AbortSignal | undefined,
  ): Promise<{ readonly entry: FileEntry; readonly commit: string }> {
    const { tree, commit, complete, refusal } = await this.#pin(signal);
    assertInside(path);
    const entry = await tree.find(path, signal);
    if (entry !== undefined) return { entry, commit };
    if (!complete && refusal !== undefined && !tree.isMissing(path))
      throw this.place.offline ? offlineError(this.place, path) : refusal;
    throw missingFromHub(this.place, path);
  }

  async #findCached(commit: string, path: string): Promise<string | undefined> {
    const { cacheFolder } = this.place;
    return cacheFolder === undefined ? undefined : findInHubCache(cacheFolder, commit, path);
  }

  async #describe(commit: string, format: 1 | 2, entries: readonly FileEntry[]): Promise<HubSnapshot> {
    const { endpoint, repoId, revision } = this.place;
    const slice = new TimeSlice();
    const files: HubSnapshot['files'][number][] = [];
    for (const { path, size, version } of entries) {
      files.push([path, size, version]);
      if (files.length % FILES_PER_STEP === 0) await slice.pause();
    }
    return { format, endpoint, repoId, revision, commit, files };
  }

  #name(path: string): string {
    return `${this.id}/${path}`;
  }
}
