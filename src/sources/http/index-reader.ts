import { abortable } from '../../core/abort.ts';
import { UnsupportedError } from '../../core/errors.ts';
import { withRetry } from '../../core/retry.ts';
import type { HeaderReader } from '../../protocols/http/answer-headers.ts';
import type { HttpResponse } from '../../protocols/http/exchange-types.ts';
import { statusError } from '../../protocols/http/status.ts';
import { isAutoindex } from './autoindex.ts';
import { readCsvList } from './csv-list.ts';
import { decodeEscaped } from './escaped-text.ts';
import type { FileList } from './file-list.ts';
import { isPage } from './headers.ts';
import type { KeptList } from './kept-list.ts';
import { readListFile } from './list-file.ts';

/** Way in which the server says which files there are. */
export type Index =
  | { readonly kind: 'list'; readonly name: string; readonly files: FileList }
  | { readonly kind: 'autoindex'; readonly root: RootPage }
  /** Absence of any list: files can be read whose paths are known. */
  | { readonly kind: 'none'; readonly error: UnsupportedError };

/** Page of the outermost folder that came with the index, for whoever lists first. */
interface RootPage {
  page: unknown;
}

/** Takes the page of a folder where it came with the index; undefined for all others, and the second time. */
export function takeRootPage(index: Index, folder: string): unknown {
  if (index.kind !== 'autoindex' || folder !== '') return undefined;
  const { page } = index.root;
  index.root.page = undefined;
  return page;
}

/** Sends a GET for a path of the server; follows redirects, retries nothing. */
export type Get = (
  path: string,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
) => Promise<HttpResponse>;

/** Most bytes of one autoindex page: some 500,000 files. */
export const MAX_PAGE_BYTES: number = 64 * 1024 ** 2;

const CANDIDATES = ['files.jsonl', 'files.txt'];

/** Reader of the index of a server: finds it, and looks again whether it has changed. */
export class IndexReader {
  readonly #get: Get;
  readonly #base: string;
  readonly #wanted: string;
  readonly #closing: AbortSignal;
  readonly #kept: KeptList | undefined;
  #isRecalled = false;
  /** List of an earlier time, as long as none was read: a reading that fails is tried again with it. */
  #earlier: Index | undefined;
  #index: Index | undefined;
  #unlessChanged: Readonly<Record<string, string>> = {};
  #running: Promise<Index> | undefined;
  #queued: Promise<Index> | undefined;

  /**
   * @param base - URL of the folder, for messages
   * @param wanted - `auto`, `autoindex`, `none` or the path of a list file
   * @param kept - list of an earlier time
   */
  constructor(get: Get, base: string, wanted: string, closing: AbortSignal, kept?: KeptList) {
    this.#get = get;
    this.#base = base;
    this.#wanted = wanted;
    this.#closing = closing;
    this.#kept = kept;
  }

  /** Gives the index as it was read last; the first time it is read. */
  async known(signal: AbortSignal | undefined): Promise<Index> {
    return this.#index ?? this.fresh(signal);
  }

  /** Reads the index as it is now. Callers share a reading that has not begun; an abort of one does not end it. */
  fresh(signal: AbortSignal | undefined): Promise<Index> {
    if (this.#running === undefined) return abortable(this.#start(), signal);
    this.#queued ??= this.#running.then(
      () => this.#start(),
      () => this.#start(),
    );
    return abortable(this.#queued, signal);
  }

  #start(): Promise<Index> {
    this.#queued = undefined;
    const running = withRetry(() => this.#read(), { signal: this.#closing }).finally(() => {
      this.#running = undefined;
    });
    this.#running = running;
    return running;
  }

  async #read(): Promise<Index> {
    if (this.#wanted === 'none') {
      const error = new UnsupportedError(
        'listing',
        `No list of the files of ${this.#base} is looked for, since index is "none": give the paths of files.`,
      );
      this.#index = { kind: 'none', error };
      return this.#index;
    }
    // A list of an earlier time is asked for in its turn: another one that goes first may be there since.
    const isEarlier = this.#index === undefined;
    const before = this.#index ?? (await this.#recall());
    const known = before?.kind === 'list' ? before : undefined;
    const names =
      this.#wanted === 'auto'
        ? [...new Set([...(known === undefined || isEarlier ? [] : [known.name]), ...CANDIDATES])]
        : this.#wanted === 'autoindex'
          ? []
          : [this.#wanted];
    const found: string[] = [];
    for (const name of names) {
      const response = await this.#get(name, known?.name === name ? this.#unlessChanged : {}, this.#closing);
      if (response.status === 304 && known !== undefined) {
        await response.discard();
        this.#index = known;
        return known;
      }
      if (response.status === 200 && !isPage(response.headers)) return this.#keep(name, response);
      await response.discard();
      found.push(
        `${name} (${isPage(response.headers) && response.status === 200 ? 'an HTML page' : response.status})`,
      );
      this.#refuse(response, name, this.#wanted === 'auto');
    }
    if (this.#wanted === 'auto' || this.#wanted === 'autoindex') {
      const response = await this.#get('', {}, this.#closing);
      if (response.status === 200 && !isPage(response.headers)) {
        const page = await response.json(MAX_PAGE_BYTES, decodeEscaped).catch((error: unknown) => {
          this.#closing.throwIfAborted();
          return error;
        });
        if (isAutoindex(page)) {
          this.#index = { kind: 'autoindex', root: { page } };
          return this.#index;
        }
        found.push('a JSON autoindex (another page)');
      } else {
        await response.discard();
        found.push(
          `a JSON autoindex (${isPage(response.headers) && response.status === 200 ? 'an HTML page' : response.status})`,
        );
        this.#refuse(response, 'autoindex', true);
      }
    }
    const error = new UnsupportedError(
      'listing',
      `${this.#base} does not say which files it has; looked for: ${found.join(', ')}. Put a list beside them ("find . -type f > files.txt" in that folder, or files.jsonl with path, size and sha256), name yours by the option index, or turn on nginx's "autoindex on; autoindex_format json;".`,
    );
    this.#index = { kind: 'none', error };
    return this.#index;
  }

  /** Takes the list of an earlier time, which is looked for once: whether it still holds the server says. */
  async #recall(): Promise<Index | undefined> {
    if (this.#kept === undefined || this.#wanted === 'autoindex') return undefined;
    if (!this.#isRecalled) {
      this.#isRecalled = true;
      const found = await this.#kept.recall(this.#closing);
      if (found === undefined) return undefined;
      this.#unlessChanged = found.unlessChanged;
      this.#earlier = { kind: 'list', name: found.name, files: found.files };
    }
    return this.#earlier;
  }

  /** Throws what will not be better with another index: a failing server, refused credentials. */
  #refuse(response: HttpResponse, name: string, optional: boolean): void {
    const { status } = response;
    if (status === 404 || status === 410 || status === 405 || (status === 403 && optional)) return;
    const error = statusError(
      response,
      `${this.#base}${name}`,
      'Pass the option token, or headers, with credentials that give access.',
    );
    if (error !== undefined) throw error;
  }

  async #keep(name: string, response: HttpResponse): Promise<Index> {
    const { headers, body } = response;
    const read = name.toLowerCase().endsWith('.csv') ? readCsvList : readListFile;
    const files = await read(body, name, this.#closing);
    this.#index = { kind: 'list', name, files };
    this.#earlier = undefined;
    this.#unlessChanged = validators(headers);
    this.#kept?.keep({ name, files, unlessChanged: this.#unlessChanged });
    return this.#index;
  }
}

/**
 * Makes headers that ask for a list only if it has changed. None while it is so young that it can change once more
 * within the second that its date and nginx's ETag tell apart (RFC 9110, 8.8.2.2).
 */
function validators(headers: HeaderReader): Readonly<Record<string, string>> {
  const [etag, modified, date] = ['etag', 'last-modified', 'date'].map((name) => headers.get(name));
  const age = Date.parse(date ?? '') - Date.parse(modified ?? '');
  if (typeof modified === 'string' && !(age >= 2000)) return {};
  if (typeof etag === 'string') return { 'If-None-Match': etag };
  return typeof modified === 'string' ? { 'If-Modified-Since': modified } : {};
}
