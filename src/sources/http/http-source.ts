import { type ListedFile, toEntry } from '../../columns/file-columns.ts';
import type { IntegrityError, NotFoundError, UnsupportedError } from '../../core/errors.ts';
import { emptyBody } from '../../core/exact-body.ts';
import { rejectUnknownOptions } from '../../core/known-options.ts';
import { Lifetime } from '../../core/lifetime.ts';
import { readAhead } from '../../core/read-ahead.ts';
import { withRetry } from '../../core/retry.ts';
import { assertInside } from '../../core/safe-path.ts';
import type {
  ByteRange,
  FileEntry,
  ListOptions,
  ReadOptions,
  Source,
  SourceFile,
} from '../../core/source.ts';
import { changedFile, isRangeOf, outsideFile } from '../../core/source-errors.ts';
import { TabledEntries } from '../../core/tabled-entries.ts';
import { TimeSlice } from '../../core/time-slice.ts';
import { HttpClient } from '../../protocols/http/client.ts';
import type { HttpResponse } from '../../protocols/http/exchange-types.ts';
import { statusError } from '../../protocols/http/status.ts';
import { FILE_SERVER_CONNECTIONS, withQueue } from '../connection-options.ts';
import { crawlAutoindex } from './autoindex.ts';
import { decodeEscaped, encodePath, isSound, toSound } from './escaped-text.ts';
import { withFileBody } from './file-body.ts';
import {
  type FileName,
  missingFromServer,
  mixedServers,
  OTHER_ETAG,
  withoutParts,
  withoutSize,
  withoutVersion,
  wrongSize,
} from './file-errors.ts';
import { entriesOf, type FileList } from './file-list.ts';
import { type FileAnswer, FileRequests } from './file-requests.ts';
import { FileStatements } from './file-statements.ts';
import { assertWebFolder, fileInPlaceOf } from './folder-check.ts';
import {
  assertPartial,
  type FileFacts,
  fileFacts,
  headerVersion,
  htmlHint,
  unexpectedStatus,
} from './headers.ts';
import { type Index, IndexReader, MAX_PAGE_BYTES, takeRootPage } from './index-reader.ts';
import { KeptList } from './kept-list.ts';
import { checkHeaders, checkIndex, type HttpSourceOptions, parseBase } from './options.ts';
import { SeenFiles } from './seen-files.ts';

type OpenOptions = ReadOptions & {
  readonly range?: ByteRange | undefined;
  readonly ifVersion?: string | undefined;
};

/**
 * A folder of a static web server (nginx, Apache, Caddy, an object store) that has a list of its files: `files.jsonl`
 * (a line `{"path", "size"?, "sha256"?, "modified"?}` for each), `files.txt` (a path a line), or nginx's
 * JSON autoindex.
 *
 * What a file's `version` is made of, the same in `list`, `stat` and `open`:
 *
 * 1. A list that gives `sha256`, or `size` and `modified`, is believed: the version is made of these alone.
 *    Make the list anew when a file changes.
 * 2. With another list, the server's strong ETag, else its Last-Modified and size, else its weak ETag and size;
 *    `list` then asks for every file by HEAD.
 * 3. With the autoindex, size and time of change in whole seconds, which is what the index, Last-Modified and nginx's own
 *    ETag all say. A file that changes within one second and keeps its size cannot be told from the old one.
 */
export class HttpSource implements Source {
  readonly id: string;
  readonly #base: URL;
  readonly #client: HttpClient;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #index: IndexReader;
  readonly #concurrency: number;
  readonly #life: Lifetime;
  /** States of the server's files that versions stood for. */
  readonly #seen = new SeenFiles();
  readonly #requests: FileRequests;
  readonly #statements = new FileStatements();
  /** Files of which parts came from several servers. */
  readonly #mixed = new Set<string>();

  /** @throws ConfigError when an option cannot be used as given */
  constructor(options: HttpSourceOptions) {
    rejectUnknownOptions('HttpSource', options, [
      'url',
      'headers',
      'token',
      'index',
      'signal',
      'keeperOf',
      'tls',
      'proxy',
      'connectTimeoutMs',
      'idleTimeoutMs',
      'maxConnections',
    ]);
    const { url, headers, token, index = 'auto', signal, keeperOf, ...client } = options;
    this.#base = parseBase(url);
    this.id = this.#base.href;
    this.#headers = checkHeaders(headers, token, this.#base);
    checkIndex(index);
    this.#life = new Lifetime(`The source ${this.id}`, signal);
    this.#concurrency = options.maxConnections ?? FILE_SERVER_CONNECTIONS;
    this.#client = new HttpClient({ ...client, maxConnections: this.#concurrency });
    this.#requests = new FileRequests(
      (path, more, abort) => this.#send('GET', encodePath(path), more, abort, this.#name(path), true),
      this.#seen,
    );
    this.#index = new IndexReader(
      (path, more, abort) => this.#send('GET', encodePath(path), more, abort, `${this.id}${path}`),
      this.id,
      index,
      this.#life.signal,
      keeperOf &&
        new KeptList(
          () => keeperOf(this.id),
          index,
          (work) => void this.#life.track(work),
        ),
    );
    const end = (): void => void this.#client.close(this.#life.signal.reason);
    if (this.#life.signal.aborted) end();
    else this.#life.signal.addEventListener('abort', end, { once: true });
  }

  /**
   * @throws UnsupportedError `listing` when the server has no list of its files
   * @throws FormatError when the list cannot be read
   */
  list(options: ListOptions = {}): TabledEntries {
    const { prefix = '', signal } = options;
    return new TabledEntries(async () => {
      this.#check(signal);
      const index = await this.#index.fresh(signal);
      if (index.kind === 'none') {
        const head = (url: URL): Promise<HttpResponse> =>
          this.#client.request({ url, method: 'HEAD', headers: this.#headers, signal, label: url.href });
        throw (await fileInPlaceOf(this.#base, head)) ?? index.error;
      }
      const ask = ({ path }: ListedFile): Promise<FileEntry> => this.#head(path, index, signal);
      const table = index.kind === 'list' ? await index.files.tableOf(prefix, ask, signal) : undefined;
      const check = (): void => this.#check(signal);
      return { table, entries: () => (table ? entriesOf(table, check) : this.#each(index, options)) };
    });
  }

  async *#each(index: Exclude<Index, { kind: 'none' }>, options: ListOptions): AsyncGenerator<FileEntry> {
    const { signal } = options;
    const slice = new TimeSlice(signal);
    for await (const entry of this.#entries(index, options)) {
      await slice.pause();
      this.#check(signal);
      yield entry;
    }
  }

  async assertFolder(path: string, { signal }: ReadOptions = {}): Promise<void> {
    this.#check(signal);
    assertInside(path);
    await assertWebFolder({
      base: this.id,
      path,
      index: await this.#index.known(signal),
      readPage: (folder) => this.#readFolder(folder, false, signal),
      stat: (file) => this.stat(file, { signal }),
    });
  }

  async stat(path: string, options: ReadOptions = {}): Promise<FileEntry> {
    const { signal } = options;
    this.#check(signal);
    assertInside(path);
    let index = await this.#index.known(signal);
    if (index.kind === 'list') index = await this.#index.fresh(signal);
    const listed = index.kind === 'list' ? index.files.get(path) : undefined;
    return (listed && toEntry(listed)) ?? this.#head(path, index, signal);
  }

  /**
   * Opens a file. With `range`, a server that ignores ranges, or answers with wrong ones, is an UnsupportedError
   * `range` unless the range begins at 0: the file must then be read from its start.
   *
   * @throws NotFoundError also when the file is no longer of the version `ifVersion`
   * @throws RangeError when `range` does not lie inside the file
   * @throws IntegrityError when its size is not the listed one
   * @throws UnsupportedError `size` or `version` when neither the list nor the server say them
   */
  async open(path: string, options: OpenOptions = {}): Promise<SourceFile> {
    const { range, ifVersion, signal } = options;
    this.#check(signal);
    assertInside(path);
    if (range !== undefined && !isRangeOf(range)) throw outsideFile(this.#name(path), range);
    let index = await this.#index.known(signal);
    for (let fresh = false; ; fresh = true) {
      const listed = index.kind === 'list' ? index.files.get(path) : undefined;
      const stale = listed?.version !== undefined && ifVersion !== undefined && listed.version !== ifVersion;
      const found = stale
        ? changedFile(this.#name(path), ifVersion, listed.version)
        : await this.#tryOpen(path, options, index, listed);
      if (!(found instanceof Error)) return found;
      if (fresh) throw found;
      // The list may be older than the file.
      index = await this.#index.fresh(signal);
    }
  }

  get isBusy(): boolean {
    return this.#client.isBusy;
  }

  get maxConcurrency(): number {
    return withQueue(this.#client.requests);
  }

  /** True but where the server bears fewer requests than are made. */
  get mayAskTwice(): boolean {
    return !this.#client.isLimited;
  }

  close(): Promise<void> {
    return this.#life.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async *#entries(index: Index, options: ListOptions): AsyncGenerator<FileEntry> {
    const { prefix = '', signal, onLeftOut } = options;
    if (index.kind !== 'list') {
      const read = async (folder: string): Promise<unknown> =>
        takeRootPage(index, folder) ?? this.#readFolder(folder, !prefix.startsWith(folder), signal);
      yield* await crawlAutoindex(read, prefix, this.#concurrency, onLeftOut);
      return;
    }
    const files = this.#listed(index.files, options);
    const complete = async (file: ListedFile, abort: AbortSignal): Promise<FileEntry> =>
      toEntry(file) ?? this.#head(file.path, index, abort);
    const ahead = { ahead: 4 * this.#concurrency, concurrency: this.#concurrency, signal };
    yield* readAhead(files, complete, ahead);
  }

  /** Yields the files of a list whose names can be asked for; tells of the others. */
  *#listed(files: FileList, { prefix = '', onLeftOut }: ListOptions): Generator<ListedFile, void, void> {
    for (const row of files.rowsOf(prefix)) {
      if (files.isAscii(row)) yield files.at(row);
      else {
        const file = files.at(row);
        if (isSound(file.path)) yield file;
        else onLeftOut?.({ path: toSound(file.path), reason: 'name' });
      }
    }
  }

  /** Opens the file, or tells what is wrong where it is not of the size that the list says. */
  async #tryOpen(
    path: string,
    { range, ifVersion, signal }: OpenOptions,
    index: Index,
    listed: ListedFile | undefined,
  ): Promise<SourceFile | IntegrityError> {
    const label = this.#name(path);
    if (range !== undefined && range.start === range.end) {
      const entry = await this.stat(path, { signal });
      if (ifVersion !== undefined && entry.version !== ifVersion) throw changedFile(label, ifVersion);
      if (range.end > entry.size) throw outsideFile(label, range, entry.size);
      return { ...entry, body: emptyBody() };
    }
    const seen = this.#seen.get(path);
    const served =
      listed?.version === undefined ? ifVersion : seen?.version === listed.version ? seen.served : undefined;
    const {
      response,
      facts: found,
      state,
    } = await this.#requests.ask(path, label, {
      range,
      served: ifVersion && served,
      signal,
    });
    try {
      if (response.status === 412) throw changedFile(label, ifVersion);
      if (response.status === 416 && range !== undefined)
        return await this.#unsatisfiable(path, range, ifVersion, signal);
      this.#assertFile(response, path, range !== undefined);
      const facts = found ?? fileFacts(response, label);
      const isPartial = response.status === 206 && range !== undefined;
      // A part need not say how long the file is (RFC 9110, 14.4), nor what comes in chunks.
      const size =
        facts.size ?? listed?.size ?? (isPartial || ifVersion !== undefined ? seen?.size : undefined);
      const name = this.#nameOf(path, response);
      if (isPartial) assertPartial(response, range, size, label);
      if (size === undefined) throw withoutSize(name);
      if (listed?.size !== undefined && listed.size !== size) {
        await response.discard();
        return wrongSize(name, listed.size, size);
      }
      if (seen?.byHead === true && ifVersion !== undefined && seen.size !== size) {
        this.#statements.distrustHead();
        this.#seen.forget(path);
        throw changedFile(label, ifVersion, undefined, {
          more: ` HEAD says ${seen.size} bytes and GET ${size}.`,
        });
      }
      // A file that is read whole is one state, and by date and size that which is meant.
      const isAlike = state === 'alike' && range === undefined;
      const isMeant = served !== undefined && listed?.version === undefined && (isAlike || state === 'same');
      const named = this.#describe(path, facts, size, index, listed, response);
      const entry = isMeant ? { ...named, version: ifVersion ?? named.version } : named;
      if (ifVersion !== undefined && entry.version !== ifVersion)
        throw this.#changed(path, ifVersion, entry.version, response, state);
      const now = headerVersion(facts, size, index.kind !== 'autoindex');
      if (listed?.version !== undefined && served !== undefined && now !== undefined && !isAlike) {
        if (served !== now) throw this.#changed(path, entry.version, undefined, response, state);
      }
      const { version, modified } = entry;
      if (!isAlike)
        this.#seen.remember(path, {
          version,
          served: now,
          size,
          modified: facts.modified ?? modified,
          byHead: false,
        });
      if (range !== undefined && range.end > size) throw outsideFile(label, range, size);
      const resumable = facts.size === undefined || isAlike ? { resumable: false } : {};
      const isPart = range !== undefined && (range.start > 0 || range.end < size);
      const fromStart = isPart && response.status === 200 ? { fromStart: true } : {};
      const { redirects, url } = response;
      const isElsewhere = redirects.length > 0 && url.origin !== this.#base.origin;
      const elsewhere = isElsewhere ? { host: url.host } : {};
      const file = { ...entry, ...resumable, ...fromStart, ...elsewhere, recycle: response.recycle };
      return withFileBody(file, response, range ?? { start: 0, end: size }, size, label);
    } catch (error) {
      await response.discard();
      throw error;
    }
  }

  /** @param state - how what came goes with what was asked for */
  #changed(
    path: string,
    asked: string | undefined,
    now: string | undefined,
    response: HttpResponse,
    state: FileAnswer['state'],
  ): NotFoundError | UnsupportedError {
    const label = this.#name(path);
    const hint = state === 'alike' ? OTHER_ETAG : htmlHint(response, path);
    if (state === 'alike' && this.#mixed.has(path)) return mixedServers(label);
    if (state === 'alike') this.#mixed.add(path);
    else this.#seen.forget(path);
    return changedFile(label, asked, now, { more: hint });
  }

  #describe(
    path: string,
    facts: FileFacts,
    size: number,
    index: Index,
    listed: ListedFile | undefined,
    response: HttpResponse,
  ): FileEntry {
    const version = listed?.version ?? headerVersion(facts, size, index.kind !== 'autoindex');
    if (version === undefined) throw withoutVersion(this.#nameOf(path, response), index.kind !== 'autoindex');
    const modified = listed?.modified ?? facts.modified;
    const checksum = listed?.checksum;
    return {
      path,
      size,
      version,
      ...(modified === undefined ? {} : { modified }),
      ...(checksum === undefined ? {} : { checksum }),
    };
  }

  /** Finds out what the server says of a file: by HEAD, or by GET where HEAD is refused or says too little. */
  async #head(path: string, index: Index, signal: AbortSignal | undefined): Promise<FileEntry> {
    const label = this.#name(path);
    const listed = index.kind === 'list' ? index.files.get(path) : undefined;
    const { found, response } = await this.#statements.ask({
      head: () => this.#send('HEAD', encodePath(path), {}, signal, label),
      look: (mayAskParts) => this.#requests.look(path, label, mayAskParts, signal),
      read: (answer, byHead) => this.#read(path, index, listed, answer, byHead),
      signal,
    });
    if (found === undefined) throw withoutSize(this.#nameOf(path, response));
    return found;
  }

  /** Reads what an answer says of a file; undefined where it does not say how long it is. */
  #read(
    path: string,
    index: Index,
    listed: ListedFile | undefined,
    response: HttpResponse,
    byHead: boolean,
  ): FileEntry | undefined {
    this.#assertFile(response, path, !byHead);
    const facts = fileFacts(response, this.#name(path));
    const size = facts.size ?? listed?.size;
    if (size === undefined) return undefined;
    if (listed?.size !== undefined && listed.size !== size)
      throw wrongSize(this.#nameOf(path, response), listed.size, size);
    const entry = this.#describe(path, facts, size, index, listed, response);
    const served = headerVersion(facts, size, index.kind !== 'autoindex');
    this.#seen.remember(path, { version: entry.version, served, size, modified: facts.modified, byHead });
    return entry;
  }

  /** @param optional - whether one that may not be read is undefined, as one that is not there */
  #readFolder(folder: string, optional: boolean, signal: AbortSignal | undefined): Promise<unknown> {
    const label = `${this.id}${folder}`;
    return withRetry(
      async () => {
        const response = await this.#send('GET', encodePath(folder), {}, signal, label);
        if (response.status === 200) return response.json(MAX_PAGE_BYTES, decodeEscaped);
        await response.discard();
        const isRefused = optional && (response.status === 401 || response.status === 403);
        const isGone = folder !== '' && (response.status === 404 || response.status === 410);
        if (isRefused || isGone) return undefined;
        throw statusError(response, label) ?? unexpectedStatus(response, label);
      },
      { signal },
    );
  }

  #send(
    method: 'GET' | 'HEAD',
    encoded: string,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal | undefined,
    label: string,
    isFile = false,
  ): Promise<HttpResponse> {
    const url = new URL(this.#base.href + encoded);
    const all = { ...this.#headers, ...headers };
    return this.#client.request({ url, method, headers: all, signal, label, awaitsRateLimit: true, isFile });
  }

  /** Throws unless the answer is the file, or a part of it if one was asked for. */
  #assertFile(response: HttpResponse, path: string, partial: boolean): void {
    const { status, url } = response;
    // A server redirects a folder to its name with a "/".
    const isFolder =
      url.pathname.endsWith('/') && url.pathname === `${this.#base.pathname}${encodePath(path)}/`;
    if (status === 404 || status === 410 || isFolder) {
      throw missingFromServer(path, this.id, status);
    }
    const error = statusError(
      response,
      this.#name(path),
      'Pass the option token, or headers, with credentials that give access.',
    );
    if (error !== undefined) throw error;
    if (status !== 200 && !(status === 206 && partial)) throw unexpectedStatus(response, this.#name(path));
  }

  async #unsatisfiable(
    path: string,
    range: ByteRange,
    ifVersion: string | undefined,
    signal: AbortSignal | undefined,
  ): Promise<never> {
    const entry = await this.stat(path, { signal });
    if (ifVersion !== undefined && entry.version !== ifVersion)
      throw changedFile(this.#name(path), ifVersion, entry.version);
    if (range.end > entry.size) throw outsideFile(this.#name(path), range, entry.size);
    throw withoutParts(this.#name(path), this.#base.host, range);
  }

  #check(signal: AbortSignal | undefined): void {
    signal?.throwIfAborted();
    this.#life.signal.throwIfAborted();
  }

  #name(path: string): string {
    return this.id + path;
  }

  #nameOf(path: string, response: HttpResponse): FileName {
    return { label: this.#name(path), host: response.url.host, hint: htmlHint(response, path) };
  }
}
