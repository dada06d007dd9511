import { DisposedError, IntegrityError, NotFoundError, UnsupportedError } from '../core/errors.ts';
import { rejectUnknownOptions } from '../core/known-options.ts';
import { readAhead } from '../core/read-ahead.ts';
import { withRetry } from '../core/retry.ts';
import { assertInside } from '../core/safe-path.ts';
import type { ByteRange, FileEntry, ListOptions, ReadOptions, Source, SourceFile } from '../core/source.ts';
import { TimeSlice } from '../core/time-slice.ts';
import { crawlAutoindex } from './http/autoindex.ts';
import { decodeEscaped, isSound, toSound } from './http/escaped-text.ts';
import { takeExactly } from './http/exact-body.ts';
import {
  assertPartial,
  type FileFacts,
  fileFacts,
  headerVersion,
  htmlHint,
  lengthOf,
  precondition,
  unexpectedStatus,
} from './http/headers.ts';
import { type Index, IndexReader, MAX_PAGE_BYTES } from './http/index-reader.ts';
import type { ListedFile } from './http/list-file.ts';
import { checkHeaders, checkIndex, type HttpSourceOptions, parseBase } from './http/options.ts';
import { HttpClient } from './http-client/client.ts';
import type { HttpResponse } from './http-client/exchange-types.ts';
import { statusError } from './http-client/status.ts';

export type { HttpSourceOptions };

type OpenOptions = ReadOptions & {
  readonly range?: ByteRange | undefined;
  readonly ifVersion?: string | undefined;
};

/** Requests at a time: as many as a dataset fetches samples, and twice as many small files a second as by 8. */
const MAX_CONNECTIONS = 16;
/** Opened files whose validator is remembered for a resume. */
const MAX_REMEMBERED = 10_000;

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
  readonly mayAskTwice = true;
  readonly #base: URL;
  readonly #client: HttpClient;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #index: IndexReader;
  readonly #concurrency: number;
  readonly #closing = new AbortController();
  readonly #signal: AbortSignal | undefined;
  readonly #abort = (): void => this.#end(this.#signal?.reason);
  /** By path, of files whose version comes from a list: which state of the server's file it stood for. */
  readonly #seen = new Map<string, { readonly version: string; readonly served: string }>();

  /** @throws ConfigError when an option cannot be used as given */
  constructor(options: HttpSourceOptions) {
    rejectUnknownOptions('HttpSource', options, [
      'url',
      'headers',
      'token',
      'index',
      'signal',
      'tls',
      'proxy',
      'connectTimeoutMs',
      'idleTimeoutMs',
      'maxConnections',
    ]);
    const { url, headers, token, index = 'auto', signal, ...client } = options;
    this.#base = parseBase(url);
    this.id = this.#base.href;
    this.#headers = checkHeaders(headers, token, this.#base);
    checkIndex(index);
    this.#concurrency = options.maxConnections ?? MAX_CONNECTIONS;
    this.#client = new HttpClient({ ...client, maxConnections: this.#concurrency });
    this.#index = new IndexReader(
      (path, more, abort) => this.#send('GET', encodePath(path), more, abort, `${this.id}${path}`),
      this.id,
      index,
      this.#closing.signal,
    );
    this.#signal = signal;
    if (signal?.aborted === true) this.#abort();
    else signal?.addEventListener('abort', this.#abort, { once: true });
  }

  /**
   * @throws UnsupportedError `listing` when the server has no list of its files
   * @throws FormatError when the list cannot be read
   */
  async *list(options: ListOptions = {}): AsyncGenerator<FileEntry, void, void> {
    const { signal } = options;
    this.#check(signal);
    const index = await this.#index.fresh(signal);
    if (index.kind === 'none') throw index.error;
    const slice = new TimeSlice(signal);
    for await (const entry of this.#entries(index, options)) {
      await slice.pause();
      this.#check(signal);
      yield entry;
    }
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
   * With `range`, a server that ignores ranges, or answers with wrong ones, is an UnsupportedError `range` unless the
   * range begins at 0: the file must then be read from its start.
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
    if (range !== undefined && !isRange(range)) throw this.#outside(path, range);
    let index = await this.#index.known(signal);
    for (let fresh = false; ; fresh = true) {
      const listed = index.kind === 'list' ? index.files.get(path) : undefined;
      const stale = listed?.version !== undefined && ifVersion !== undefined && listed.version !== ifVersion;
      const found = stale
        ? this.#changed(path, ifVersion, listed.version)
        : await this.#tryOpen(path, options, index, listed);
      if (!(found instanceof Error)) return found;
      if (fresh) throw found;
      // The list may be older than the file.
      index = await this.#index.fresh(signal);
    }
  }

  close(): Promise<void> {
    this.#end(new DisposedError(`The source ${this.id} was used after it was closed.`));
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async *#entries(index: Index, options: ListOptions): AsyncGenerator<FileEntry> {
    const { prefix = '', signal, onLeftOut } = options;
    if (index.kind !== 'list') {
      const read = (folder: string): Promise<unknown> => this.#readFolder(folder, signal);
      yield* await crawlAutoindex(read, prefix, this.#concurrency, onLeftOut);
      return;
    }
    const listed = [...index.files.values()].filter(({ path }) => path.startsWith(prefix));
    const files = listed.filter(({ path }) => isSound(path));
    if (files.length < listed.length) {
      for (const { path } of listed) {
        if (!isSound(path)) onLeftOut?.({ path: toSound(path), reason: 'name' });
      }
    }
    const complete = async (file: ListedFile, abort: AbortSignal): Promise<FileEntry> =>
      toEntry(file) ?? this.#head(file.path, index, abort);
    const ahead = { ahead: 4 * this.#concurrency, concurrency: this.#concurrency, signal };
    yield* readAhead(files, complete, ahead);
  }

  /** The file, or what is wrong where it is not of the size that the list says. */
  async #tryOpen(
    path: string,
    { range, ifVersion, signal }: OpenOptions,
    index: Index,
    listed: ListedFile | undefined,
  ): Promise<SourceFile | IntegrityError> {
    const what = this.#name(path);
    if (range !== undefined && range.start === range.end) {
      const entry = await this.stat(path, { signal });
      if (ifVersion !== undefined && entry.version !== ifVersion) throw this.#changed(path, ifVersion);
      if (range.end > entry.size) throw this.#outside(path, range, entry.size);
      return { ...entry, body: emptyBody() };
    }
    const seen = this.#seen.get(path);
    const served =
      listed?.version === undefined ? ifVersion : seen?.version === listed.version ? seen.served : undefined;
    const headers = {
      ...(ifVersion === undefined ? {} : precondition(served)),
      ...(range === undefined ? {} : { Range: `bytes=${range.start}-${range.end - 1}` }),
    };
    const response = await this.#send('GET', encodePath(path), headers, signal, what);
    try {
      if (response.status === 412) throw this.#changed(path, ifVersion);
      if (response.status === 416 && range !== undefined)
        return await this.#unsatisfiable(path, range, ifVersion, signal);
      this.#assertFile(response, path, range !== undefined);
      const facts = fileFacts(response, what);
      const size = facts.size ?? listed?.size;
      if (size === undefined) throw this.#withoutSize(response, path);
      if (listed?.size !== undefined && listed.size !== size) {
        await response.discard();
        return this.#wrongSize(path, listed.size, size, htmlHint(response, path));
      }
      const entry = this.#describe(path, facts, size, index, listed, response);
      if (ifVersion !== undefined && entry.version !== ifVersion)
        throw this.#changed(path, ifVersion, entry.version, htmlHint(response, path));
      if (listed?.version !== undefined) this.#remember(entry, headerVersion(facts, size, true), served);
      if (range !== undefined && range.end > size) throw this.#outside(path, range, size);
      const resumable = facts.size === undefined ? { resumable: false } : {};
      const isPart = range !== undefined && (range.start > 0 || range.end < size);
      const fromStart = isPart && response.status === 200 ? { fromStart: true } : {};
      const body = this.#body(response, range, size, what);
      return { ...entry, ...resumable, ...fromStart, body, recycle: response.recycle };
    } catch (error) {
      await response.discard();
      throw error;
    }
  }

  #body(
    response: HttpResponse,
    range: ByteRange | undefined,
    size: number,
    what: string,
  ): SourceFile['body'] {
    const { start, end } = range ?? { start: 0, end: size };
    const length = lengthOf(response.headers);
    if (response.status === 206) assertPartial(response, { start, end }, size, what);
    else if (start > 0) {
      throw new UnsupportedError(
        'range',
        `${what}: ${response.url.host} does not send parts of files; it was asked for the bytes from ${start} on and sends all of it. Read the file from its start.`,
      );
    }
    if (length === end - start) return response.body;
    const whole = response.status === 200 && end < size;
    return takeExactly(response.body, end - start, whole ? 'drop' : 'fail', what);
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
    if (version === undefined) {
      const lacks = index.kind === 'autoindex' ? 'Last-Modified' : 'ETag nor Last-Modified';
      throw new UnsupportedError(
        'version',
        `${this.#name(path)}: ${response.url.host} sends neither ${lacks}, so that a changed file cannot be told from the old one.${htmlHint(response, path)} Give a files.jsonl with "path", "size" and "sha256" of each file.`.replace(
          'neither Last-Modified',
          'no Last-Modified',
        ),
      );
    }
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

  /** Keeps in mind which state of the server's file the listed version stands for. */
  #remember({ path, version }: FileEntry, now: string | undefined, before: string | undefined): void {
    if (now === undefined) return;
    if (before !== undefined && before !== now) {
      this.#seen.delete(path);
      throw this.#changed(path, version);
    }
    this.#seen.delete(path);
    this.#seen.set(path, { version, served: now });
    const [oldest] = this.#seen.keys();
    if (this.#seen.size > MAX_REMEMBERED && oldest !== undefined) this.#seen.delete(oldest);
  }

  /** What the server says of a file: by HEAD, or by GET where it has none or says too little. */
  #head(path: string, index: Index, signal: AbortSignal | undefined): Promise<FileEntry> {
    const what = this.#name(path);
    const listed = index.kind === 'list' ? index.files.get(path) : undefined;
    return withRetry(
      async () => {
        for (const method of ['HEAD', 'GET'] as const) {
          const response = await this.#send(method, encodePath(path), {}, signal, what);
          // At once: with GET the whole file is on its way.
          await (method === 'GET' && response.status === 200 ? response.body.cancel() : response.discard());
          if (method === 'HEAD' && (response.status === 405 || response.status === 501)) continue;
          this.#assertFile(response, path, false);
          const facts = fileFacts(response, what);
          const size = facts.size ?? listed?.size;
          if (size === undefined && method === 'HEAD') continue;
          if (size === undefined) throw this.#withoutSize(response, path);
          if (listed?.size !== undefined && listed.size !== size)
            throw this.#wrongSize(path, listed.size, size, htmlHint(response, path));
          return this.#describe(path, facts, size, index, listed, response);
        }
        throw new UnsupportedError('size', `${what}: the server answers neither HEAD nor GET.`);
      },
      { signal },
    );
  }

  #readFolder(folder: string, signal: AbortSignal | undefined): Promise<unknown> {
    const what = `${this.id}${folder}`;
    return withRetry(
      async () => {
        const response = await this.#send('GET', encodePath(folder), {}, signal, what);
        if (response.status === 200) return response.json(MAX_PAGE_BYTES, decodeEscaped);
        await response.discard();
        if (folder !== '' && response.status === 404) return undefined;
        throw statusError(response, what) ?? unexpectedStatus(response, what);
      },
      { signal },
    );
  }

  #send(
    method: 'GET' | 'HEAD',
    encoded: string,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal | undefined,
    what: string,
  ): Promise<HttpResponse> {
    const url = new URL(this.#base.href + encoded);
    return this.#client.request({ url, method, headers: { ...this.#headers, ...headers }, signal, what });
  }

  /** Throws unless the answer is the file, or a part of it if one was asked for. */
  #assertFile(response: HttpResponse, path: string, partial: boolean): void {
    const { status, url } = response;
    // A server redirects a folder to its name with a "/".
    const isFolder = url.pathname === `${this.#base.pathname}${encodePath(path)}/`;
    if (status === 404 || status === 410 || isFolder) {
      throw new NotFoundError(`There is no file ${JSON.stringify(path)} at ${this.id} (status ${status}).`);
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
      throw this.#changed(path, ifVersion, entry.version);
    throw this.#outside(path, range, entry.size);
  }

  #wrongSize(path: string, listed: number, size: number, hint: string): IntegrityError {
    return new IntegrityError(
      `${this.#name(path)} is listed with ${listed} bytes and the server has ${size}.${hint} If the file has changed, make the list anew.`,
      `${listed} bytes`,
      `${size} bytes`,
    );
  }

  #withoutSize({ url }: HttpResponse, path: string): UnsupportedError {
    return new UnsupportedError(
      'size',
      `${this.#name(path)}: ${url.host} does not say how long it is (no Content-Length). Give the size in a files.jsonl, or serve the file as it lies on disk.`,
    );
  }

  #changed(path: string, asked: string | undefined, now?: string, hint = ''): NotFoundError {
    const is = now === undefined ? '' : ` its version is ${now},`;
    return new NotFoundError(
      `${this.#name(path)} has changed:${is} asked for was ${asked ?? 'another'}.${hint} List the folder again.`,
    );
  }

  #outside(path: string, { start, end }: ByteRange, size?: number): RangeError {
    return new RangeError(
      `${this.#name(path)}: bytes ${start} to ${end} ${size === undefined ? 'are no range' : `do not lie in its ${size} bytes`}.`,
    );
  }

  #check(signal: AbortSignal | undefined): void {
    signal?.throwIfAborted();
    this.#closing.signal.throwIfAborted();
  }

  #end(reason: unknown): void {
    if (this.#closing.signal.aborted) return;
    this.#signal?.removeEventListener('abort', this.#abort);
    this.#closing.abort(reason);
    void this.#client.close(reason);
  }

  #name(path: string): string {
    return this.id + path;
  }
}

function toEntry({ path, size, version, modified, checksum }: ListedFile): FileEntry | undefined {
  if (size === undefined || version === undefined) return undefined;
  return {
    path,
    size,
    version,
    ...(modified === undefined ? {} : { modified }),
    ...(checksum === undefined ? {} : { checksum }),
  };
}

/** @throws NotFoundError when a name cannot be written in a URL (half of a surrogate pair) */
function encodePath(path: string): string {
  if (!isSound(path)) throw new NotFoundError(`No file ${JSON.stringify(path)}: it is not sound Unicode.`);
  return path.split('/').map(encodeURIComponent).join('/');
}

function emptyBody(): SourceFile['body'] {
  return new ReadableStream<Uint8Array<ArrayBuffer>>({ start: (controller) => controller.close() });
}

function isRange({ start, end }: ByteRange): boolean {
  return Number.isSafeInteger(start) && Number.isSafeInteger(end) && 0 <= start && start <= end;
}
