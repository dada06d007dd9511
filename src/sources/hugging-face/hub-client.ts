import { NetworkError } from '../../core/errors.ts';
import { withRetry } from '../../core/retry.ts';
import type { ByteRange, FileEntry } from '../../core/source.ts';
import type { HeaderReader } from '../../protocols/http/answer-headers.ts';
import type { HttpClient } from '../../protocols/http/client.ts';
import type { HttpRequest, HttpResponse } from '../../protocols/http/exchange-types.ts';
import { retryAfterMs } from '../../protocols/http/status.ts';
import { refusesKind } from '../http/headers.ts';
import { isCommit, malformed, readEntries } from './hub-entry.ts';
import { explainRefusal, type HubQuestion } from './hub-refusal.ts';
import type { FoundToken } from './hub-settings.ts';
import { isRepoId } from './repo-reference.ts';
import { readStoreAnswer, type StoreAnswer } from './store-addresses.ts';

/** Options of {@link HubClient}: what it talks about, and how. */
export interface HubClientOptions {
  readonly http: Pick<HttpClient, 'request'>;
  readonly endpoint: string;
  readonly repoId: string;
  /** Revision as the caller named it; messages say it. */
  readonly revision: string;
  readonly howToGiveToken: string;
  /** Asked before each request. */
  readonly findToken: () => Promise<FoundToken | undefined>;
  /** Longest wait between two tries of a request to the API, milliseconds. */
  readonly maxWaitMs: number;
}

/** An answer of the API; `value` is undefined where there is no such path. */
interface ApiAnswer {
  readonly value: unknown;
  readonly headers: HeaderReader;
}

/** The two kinds of request that the Hub counts apart. */
type Counted = 'api' | 'resolvers';

/** The longest answer of the API that is read, bytes; a page of 1000 files has some 300 kB. */
const MAX_ANSWER_BYTES = 64 * 1024 ** 2;

/** Files that must be left of the Hub's limit for one to be asked for twice: a third of the lowest limit. */
const SPARE_FILES = 1000;

/**
 * The requests that reading a dataset takes. Requests to the API are tried again by themselves; a download is
 * one try, since whoever reads it knows which bytes are still wanted.
 */
export class HubClient {
  readonly #options: HubClientOptions;
  /** Times before which the Hub wants no more requests, by `Date.now()`. */
  readonly #notBefore = new Map<Counted, number>();
  /** Files that the Hub said may still be asked for in this window. */
  #filesLeft = Infinity;
  /** Files of which a part was refused by where their bytes lie. */
  readonly #refusesParts = new Set<string>();
  /** Name of the repository by the Hub itself: another name than ours after it was renamed. */
  #repoId: string;

  constructor(options: HubClientOptions) {
    this.#options = options;
    this.#repoId = options.repoId;
  }

  /** True when files may be asked for more often than needed. */
  get hasSpare(): boolean {
    return this.#filesLeft >= SPARE_FILES && (this.#notBefore.get('resolvers') ?? 0) <= Date.now();
  }

  /** Number of files that the Hub said may still be asked for. */
  get filesLeft(): number {
    return this.#filesLeft;
  }

  /** Finds the commit that the revision is at. */
  async findCommit(signal: AbortSignal): Promise<string> {
    const { revision, repoId } = this.#options;
    const label = `${repoId}, revision ${JSON.stringify(revision)}`;
    const { value } = await this.#api(`revision/${encodeURIComponent(revision)}`, label, signal);
    const { sha, id } = (value ?? {}) as Readonly<Record<string, unknown>>;
    if (typeof sha !== 'string' || !isCommit(sha)) throw malformed(label, 'it names no commit');
    if (typeof id === 'string' && isRepoId(id)) this.#repoId = id;
    return sha;
  }

  /** Finds out where the token is from and whose it is; undefined where there is none. */
  async findUser(signal: AbortSignal | undefined): Promise<{ name: string; from: string } | undefined> {
    const { endpoint, findToken } = this.#options;
    const token = await findToken();
    if (token === undefined) return undefined;
    const label = 'the account of the token';
    const { response, question } = await this.#send(
      { url: `${endpoint}/api/whoami-v2`, label, signal },
      'api',
    );
    if (response.status !== 200) {
      await response.discard();
      throw explainRefusal(response, question);
    }
    const answer = parse(await response.text(MAX_ANSWER_BYTES), label) ?? {};
    const { name } = answer as Readonly<Record<string, unknown>>;
    return { name: typeof name === 'string' ? name : 'an account without a name', from: token.from };
  }

  /**
   * Lists the files below `folder` (`''`: the root) at `commit`, in the Hub's order; those in it alone, where not
   * `recursive`. A folder that does not exist has none.
   */
  async listFiles(
    commit: string,
    folder: string,
    recursive: boolean,
    signal: AbortSignal,
  ): Promise<FileEntry[]> {
    const label = `${this.#options.repoId}, listing of ${folder === '' ? 'its files' : JSON.stringify(folder)}`;
    const address = `tree/${commit}${folder === '' ? '' : `/${quotePath(folder)}`}`;
    const entries: FileEntry[] = [];
    const seen = new Set<string>();
    let query = `?recursive=${recursive}&expand=false`;
    for (;;) {
      seen.add(query);
      const { value, headers } = await this.#api(address + query, label, signal, { commit });
      if (value === undefined) return [];
      for (const entry of readEntries(value, label)) entries.push(entry);
      // Of the next address only the query is taken: a mirror may send that of the public Hub, for which its
      // token is not meant.
      const next = nextPage(headers.get('Link') ?? '', this.#options.endpoint);
      if (next === undefined) return entries;
      if (seen.has(next)) throw malformed(label, 'its pages go in circles');
      query = next;
    }
  }

  /** Describes those of `paths` that are files at `commit`. */
  async describe(commit: string, paths: readonly string[], signal: AbortSignal): Promise<FileEntry[]> {
    const label = `${this.#options.repoId}, description of ${JSON.stringify(paths[0])}`;
    const body = JSON.stringify({ paths, expand: false });
    const { value } = await this.#api(`paths-info/${commit}`, label, signal, { commit, body });
    return readEntries(value, label);
  }

  /**
   * Asks where the bytes of a file lie, as the Hub's Python library does; never rejects, since whoever opens the file
   * asks again where nothing was found out.
   */
  async locate(commit: string, path: string, signal: AbortSignal): Promise<StoreAnswer> {
    const url = this.#fileUrl(commit, path);
    const label = `${this.#options.repoId}/${path}`;
    try {
      const { response } = await this.#send(
        { url, method: 'HEAD', redirects: 0, label, signal },
        'resolvers',
      );
      await response.discard();
      return readStoreAnswer(response, this.#options.endpoint);
    } catch {
      return undefined;
    }
  }

  /**
   * Asks a store for a file or a range of it by an address that {@link HubClient.locate} found; undefined where it does
   * not give it, since the address may be too old.
   */
  async fetchFrom(
    store: URL,
    path: string,
    range: ByteRange | undefined,
    signal: AbortSignal | undefined,
  ): Promise<HttpResponse | undefined> {
    if (range !== undefined && this.#refusesParts.has(path)) return undefined;
    const label = `${this.#options.repoId}/${path}`;
    const request = { url: store, headers: partOf(range), label, signal, isFile: true };
    const response = await this.#options.http.request(request);
    if (response.status === 200 || response.status === 206) return response;
    await response.discard();
    return undefined;
  }

  /** Asks for a file or a range of it. The answer is a success, and its body not yet looked at. */
  async download(
    commit: string,
    path: string,
    range: ByteRange | undefined,
    signal: AbortSignal | undefined,
  ): Promise<HttpResponse> {
    const { endpoint, repoId } = this.#options;
    const url = this.#fileUrl(commit, path);
    const label = `${repoId}/${path}`;
    const isRefused = this.#refusesParts.has(path);
    const ask = async (headers: Readonly<Record<string, string>>) =>
      this.#send({ url, headers, label, signal, isFile: true }, 'resolvers');
    let { response, question } = await ask(partOf(range));
    const isStore = new URL(endpoint).origin !== response.url.origin;
    if (range !== undefined && refusesKind(response.status)) {
      // A store refuses by 403 also what was signed too long ago: the first time another address may do.
      if (isStore && response.status === 403 && !isRefused) this.#refusesParts.add(path);
      else {
        await response.discard();
        ({ response, question } = await ask({}));
      }
    }
    if (response.status === 200 || response.status === 206) return response;
    await response.discard();
    // A mirror may send on to a Hub rather than to a store.
    const isHub = response.headers.has('X-Error-Code') || response.url.pathname.includes('/resolve/');
    if (new URL(endpoint).origin === response.url.origin || isHub || response.status === 407) {
      throw explainRefusal(response, { ...question, commit, path });
    }
    // The signed address of a store that has no other reason to refuse than its age: another one is made next time.
    throw new NetworkError(
      `${label}: ${response.url.host}, which holds its bytes, answers with status ${response.status}.`,
      {
        status: response.status,
        retryAfterMs: retryAfterMs(response.headers),
      },
    );
  }

  #fileUrl(commit: string, path: string): string {
    return `${this.#options.endpoint}/datasets/${this.#repoId}/resolve/${commit}/${quotePath(path)}`;
  }

  /** Asks for an answer of the API; a failure that may pass is tried again. */
  #api(
    address: string,
    label: string,
    signal: AbortSignal,
    { commit, body }: { readonly commit?: string; readonly body?: string } = {},
  ): Promise<ApiAnswer> {
    const ask = async (): Promise<ApiAnswer> => {
      const url = `${this.#options.endpoint}/api/datasets/${this.#repoId}/${address}`;
      const request: HttpRequest = {
        url,
        method: body === undefined ? 'GET' : 'POST',
        headers: { Accept: 'application/json', ...(body && { 'Content-Type': 'application/json' }) },
        body,
        label,
        signal,
      };
      const { response, question } = await this.#send(request, 'api');
      const { status, headers } = response;
      if (status === 200) return { value: parse(await response.text(MAX_ANSWER_BYTES), label), headers };
      await response.discard();
      if (status === 404 && headers.get('X-Error-Code') === 'EntryNotFound')
        return { value: undefined, headers };
      throw explainRefusal(response, { ...question, commit });
    };
    return withRetry(ask, { signal, maxDelayMs: this.#options.maxWaitMs });
  }

  async #send(
    request: HttpRequest,
    counted: Counted,
  ): Promise<{ response: HttpResponse; question: HubQuestion }> {
    const { http, endpoint, repoId, revision, howToGiveToken, findToken } = this.#options;
    this.#checkPace(counted);
    const token = await findToken();
    const question = { endpoint, repoId, revision, token, howToGiveToken };
    const headers: Record<string, string> = { ...request.headers };
    if (token !== undefined) headers['Authorization'] = `Bearer ${token.value}`;
    const response = await http.request({ ...request, headers });
    for (const { url, headers: sent } of [...response.redirects, response]) {
      if (url.origin === new URL(endpoint).origin) this.#notePace(sent);
    }
    return { response, question };
  }

  /** Notes what is left of a limit, which the Hub says on every answer, and above all that it is used up (`r=0`). */
  #notePace(headers: HeaderReader): void {
    const limit = headers.get('RateLimit') ?? '';
    const left = /\br=(\d+)/.exec(limit)?.[1];
    if (left !== undefined && limit.includes('resolvers')) this.#filesLeft = Number(left);
    if (!/\br=0\b/.test(limit)) return;
    const wait = retryAfterMs(new Headers({ RateLimit: limit }));
    const counted: Counted = limit.includes('resolvers') ? 'resolvers' : 'api';
    if (wait !== undefined) this.#notBefore.set(counted, Date.now() + wait);
  }

  /** Fails as the Hub would, without asking it, while it wants no more requests. */
  #checkPace(counted: Counted): void {
    const wait = (this.#notBefore.get(counted) ?? 0) - Date.now();
    if (wait <= 0) return;
    const { endpoint, repoId } = this.#options;
    throw new NetworkError(
      `The Hub at ${endpoint} takes no more requests for ${Math.ceil(wait / 1000)} s (dataset ${repoId}): the limit of its "${counted}" requests is used up. With a token (HF_TOKEN) it is higher.`,
      { status: 429, retryAfterMs: wait },
    );
  }
}

function partOf(range: ByteRange | undefined): Readonly<Record<string, string>> {
  return range === undefined ? {} : { Range: `bytes=${range.start}-${range.end - 1}` };
}

/** Reads the query of the next page of a listing from a `Link` header (RFC 8288). */
function nextPage(link: string, endpoint: string): string | undefined {
  const target = /<([^>]*)>\s*;[^,]*\brel="?next"?/i.exec(link)?.[1];
  return target !== undefined && URL.canParse(target, endpoint)
    ? new URL(target, endpoint).search
    : undefined;
}

function parse(text: string, label: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw malformed(label, 'it is no JSON', { cause });
  }
}

function quotePath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}
