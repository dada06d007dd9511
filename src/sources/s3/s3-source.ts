import type { ConnectionStep } from '../../core/connection.ts';
import { NotFoundError, UnsupportedError, type VascuError } from '../../core/errors.ts';
import { emptyBody } from '../../core/exact-body.ts';
import { Lifetime } from '../../core/lifetime.ts';
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
import { TimeSlice } from '../../core/time-slice.ts';
import type { HttpResponse } from '../../protocols/http/exchange-types.ts';
import { takeBody } from '../../protocols/http/range-body.ts';
import { BodyChecks, expectedDigest } from './body-check.ts';
import { explainRefusal, missingObject } from './explain-refusal.ts';
import { isSound } from './key-text.ts';
import { sortedEntries, toEntry } from './list-entries.ts';
import { type ListPage, parseListPage, readPages, versionOf } from './listing.ts';
import { readSettings, type S3Settings, type S3SourceOptions } from './options.ts';
import { S3Client, type S3Refusal } from './s3-client.ts';
import { checkStore } from './store-check.ts';

type OpenOptions = ReadOptions & {
  readonly range?: ByteRange | undefined;
  readonly ifVersion?: string | undefined;
};

/**
 * A bucket of S3, at AWS or at a store that speaks its protocol.
 *
 * A file's version is its ETag. Listing takes one request per 1000 objects, opening one. What is read whole is checked at
 * its end by what the store has: one of its checksums, else the ETag where that is an MD5. Keys that are no paths are left
 * out, and so are names that begin with `.`, and the empty objects that stand for folders.
 */
export class S3Source implements Source {
  readonly id: string;
  readonly #settings: S3Settings;
  readonly #client: S3Client;
  readonly #checks = new BodyChecks();
  readonly #life: Lifetime;
  /** True when the keys may read objects and not list them. */
  #mayNotList = false;

  /** @throws ConfigError when an option, a variable or the profile cannot be used as given */
  constructor(options: S3SourceOptions) {
    this.#settings = readSettings(options);
    this.id = this.#settings.id;
    this.#client = new S3Client(this.#settings);
    this.#life = new Lifetime(`The source ${this.id}`, options.signal);
    const end = (): void => void this.#client.close(this.#life.signal.reason);
    if (this.#life.signal.aborted) end();
    else this.#life.signal.addEventListener('abort', end, { once: true });
  }

  /** Lists files; failures that may pass are tried again. */
  async *list(options: ListOptions = {}): AsyncGenerator<FileEntry, void, void> {
    const { prefix = '', signal, onLeftOut } = options;
    this.#check(signal);
    if (!isSound(prefix)) return;
    const pages = readPages((token) => this.#page(prefix, token, signal), this.id);
    const slice = new TimeSlice(signal);
    for (const entry of await sortedEntries(pages, prefix, slice, onLeftOut)) {
      await slice.pause();
      this.#check(signal);
      yield entry;
    }
  }

  /** Checks that a folder is there: one that anything lies below, or that an empty object stands for. */
  async assertFolder(path: string, { signal }: ReadOptions = {}): Promise<void> {
    this.#check(signal);
    assertInside(path);
    const below = isSound(path) ? await this.#firstPage(`${path}/`, signal, 1) : undefined;
    if (below?.objects.some(({ key }) => key.startsWith(`${path}/`)) === true) return;
    if ((await this.#listed(path, signal)) !== undefined) {
      throw new NotFoundError(`${this.#name(path)} is a file, not a folder: give the folder that holds it.`);
    }
    throw new NotFoundError(
      `There is no folder ${JSON.stringify(path)} in ${this.id}: check its spelling, upper and lower case too.`,
    );
  }

  async stat(path: string, { signal }: ReadOptions = {}): Promise<FileEntry> {
    this.#check(signal);
    this.#assertKey(path);
    if (!this.#mayNotList) {
      const listed = await this.#listed(path, signal).catch((error: unknown) => {
        // Who may not list may still read.
        if (!this.#mayNotList) throw error;
        return this.#described(path, signal);
      });
      if (listed === undefined) throw missingObject(this.id, path);
      return listed;
    }
    return this.#described(path, signal);
  }

  /**
   * Opens a file with one try: whoever reads it tries again where a `NetworkError` is retryable.
   *
   * @throws NotFoundError also when the file is not of the version `ifVersion`
   * @throws RangeError when `range` does not lie inside the file
   * @throws UnsupportedError `archive` when the object must be restored first
   */
  async open(path: string, options: OpenOptions = {}): Promise<SourceFile> {
    const { range, ifVersion, signal } = options;
    this.#check(signal);
    this.#assertKey(path);
    if (range !== undefined && !isRangeOf(range)) throw this.#outside(path, range);
    if (range !== undefined && range.start === range.end) return this.#openNothing(path, range, options);
    if (ifVersion !== undefined && versionOf(ifVersion) !== ifVersion) throw this.#changed(path, ifVersion);
    const { response, refusal } = await this.#client.send({
      key: path,
      headers: {
        ...(range === undefined
          ? { 'x-amz-checksum-mode': 'ENABLED' }
          : { range: `bytes=${range.start}-${range.end - 1}` }),
        ...(ifVersion === undefined ? {} : { 'if-match': `"${ifVersion}"` }),
      },
      label: this.#name(path),
      signal,
    });
    if (refusal !== undefined) {
      const { status } = refusal.failure;
      if (status === 412) throw this.#changed(path, ifVersion);
      if (status === 416 && range !== undefined)
        throw await this.#unsatisfiable(path, range, refusal, signal);
      throw this.#explain(refusal, path);
    }
    try {
      return await this.#take(response, path, options);
    } catch (error) {
      await response.discard();
      throw error;
    }
  }

  async check(
    options: ReadOptions & { readonly path?: string | undefined } = {},
  ): Promise<readonly ConnectionStep[]> {
    return this.#life.run(options.signal, (signal) =>
      checkStore({
        settings: this.#settings,
        client: this.#client,
        path: options.path ?? '',
        firstPage: (prefix) => this.#firstPage(prefix, signal),
        open: (path, range) => this.open(path, { range, signal }),
        signal,
      }),
    );
  }

  get isBusy(): boolean {
    return this.#client.isLimited;
  }

  /** True but where the store bears fewer requests than are made. */
  get mayAskTwice(): boolean {
    return !this.isBusy;
  }

  close(): Promise<void> {
    return this.#life.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #take(
    response: HttpResponse,
    path: string,
    { range, ifVersion, signal }: OpenOptions,
  ): Promise<SourceFile> {
    const { headers, status } = response;
    const label = this.#name(path);
    const version = versionOf(headers.get('etag'));
    if (version === undefined) {
      throw new UnsupportedError(
        'version',
        `${label}: ${response.url.host} sends no ETag, so that a changed file cannot be told from the old one. It does not keep to the protocol of S3.`,
      );
    }
    // Not every store heeds If-Match.
    if (ifVersion !== undefined && version !== ifVersion) throw this.#changed(path, ifVersion, version);
    const size = sizeOf(response) ?? (await this.#listed(path, signal))?.size;
    if (size === undefined) throw missingObject(this.id, path);
    if (range !== undefined && range.end > size) throw this.#outside(path, range, size);
    const { start, end } = range ?? { start: 0, end: size };
    const expected = status === 200 ? expectedDigest(headers) : undefined;
    const check = end === size ? this.#checks.begin(`${version} ${path}`, start, expected, label) : undefined;
    const body = await takeBody(response, { start, end }, size, label, { check, storesEncoded: true });
    const time = Date.parse(headers.get('last-modified') ?? '');
    const isPart = start > 0 || end < size;
    return {
      path,
      size,
      version,
      ...(Number.isNaN(time) ? {} : { modified: new Date(time) }),
      ...(isPart && status === 200 ? { fromStart: true } : {}),
      body,
      recycle: response.recycle,
    };
  }

  /** Opens a range without bytes. */
  async #openNothing(
    path: string,
    range: ByteRange,
    { ifVersion, signal }: OpenOptions,
  ): Promise<SourceFile> {
    const entry = await this.stat(path, { signal });
    if (ifVersion !== undefined && entry.version !== ifVersion)
      throw this.#changed(path, ifVersion, entry.version);
    if (range.end > entry.size) throw this.#outside(path, range, entry.size);
    return { ...entry, body: emptyBody() };
  }

  /** Explains a range that the server says is none of the file. */
  async #unsatisfiable(
    path: string,
    range: ByteRange,
    refusal: S3Refusal,
    signal: AbortSignal | undefined,
  ): Promise<Error> {
    const said = /^bytes \*\/(\d+)$/i.exec(refusal.failure.headers.get('content-range')?.trim() ?? '')?.[1];
    const listed = said === undefined && !this.#mayNotList ? await this.#listed(path, signal) : undefined;
    const size = said === undefined ? listed?.size : Number(said);
    return size !== undefined && range.end <= size
      ? this.#explain(refusal, path)
      : this.#outside(path, range, size);
  }

  /** Finds what the listing says of a file; undefined where it is not there. */
  async #listed(path: string, signal: AbortSignal | undefined): Promise<FileEntry | undefined> {
    const { objects } = await this.#firstPage(path, signal, 1);
    const found = objects.find(({ key, isText }) => isText && key === path);
    return found === undefined ? undefined : toEntry(found);
  }

  /** Finds out what the answer to a request for its first byte says of a file. */
  #described(path: string, signal: AbortSignal | undefined): Promise<FileEntry> {
    return withRetry(
      async () => {
        const first = await this.open(path, { range: { start: 0, end: 1 }, signal }).catch(
          async (error: unknown) => {
            // Of a file without bytes there is no first one.
            if (!(error instanceof RangeError)) throw error;
            return this.open(path, { signal });
          },
        );
        const { body, recycle: _recycle, fromStart: _fromStart, ...entry } = first;
        await body.cancel();
        return entry;
      },
      { signal },
    );
  }

  /** Reads the first page on which there is anything: a server may send some without objects before it. */
  async #firstPage(prefix: string, signal: AbortSignal | undefined, count?: number): Promise<ListPage> {
    const pages = readPages((token) => this.#page(prefix, token, signal, count), this.id);
    for await (const page of pages) if (page.objects.length > 0) return page;
    return { objects: [], isTruncated: false, next: undefined };
  }

  #page(
    prefix: string,
    token: string | undefined,
    signal: AbortSignal | undefined,
    count?: number,
  ): Promise<ListPage> {
    return withRetry(
      async () => {
        const { response, refusal } = await this.#client.send({
          query: {
            'list-type': '2',
            'encoding-type': 'url',
            prefix,
            ...(token === undefined ? {} : { 'continuation-token': token }),
            ...(count === undefined ? {} : { 'max-keys': String(count) }),
          },
          label: this.id,
          signal,
        });
        if (refusal === undefined) return parseListPage(await response.text(), this.id, response.url.host);
        if (refusal.failure.code === 'AccessDenied') this.#mayNotList = true;
        throw this.#explain(refusal, undefined);
      },
      { signal },
    );
  }

  #explain({ failure, from }: S3Refusal, key: string | undefined): VascuError {
    const { id, address, requesterPays } = this.#settings;
    const { bucket, endpoint } = address;
    const { region } = this.#client;
    return explainRefusal(failure, {
      id,
      bucket,
      key,
      from,
      region,
      hasEndpoint: endpoint !== undefined,
      requesterPays,
    });
  }

  #changed(path: string, asked: string | undefined, now?: string): NotFoundError {
    return changedFile(this.#name(path), asked, now, { folder: 'bucket' });
  }

  #outside(path: string, range: ByteRange, size?: number): RangeError {
    return outsideFile(this.#name(path), range, size);
  }

  #assertKey(path: string): void {
    assertInside(path);
    if (!isSound(path)) throw missingObject(this.id, path);
  }

  #check(signal: AbortSignal | undefined): void {
    signal?.throwIfAborted();
    this.#life.signal.throwIfAborted();
  }

  #name(path: string): string {
    return `${this.id}/${path}`;
  }
}

/** Counts the bytes of the whole file; undefined where the answer does not say. */
function sizeOf({ status, headers }: HttpResponse): number | undefined {
  const text =
    status === 206
      ? /^bytes \d+-\d+\/(\d+)$/i.exec(headers.get('content-range')?.trim() ?? '')?.[1]
      : headers.get('content-length')?.trim();
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}
