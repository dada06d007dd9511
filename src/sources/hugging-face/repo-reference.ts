import { ConfigError, UnsupportedError } from '../../core/errors.ts';
import { showValue } from '../../core/show-value.ts';

/** Reference to files of a dataset repository. */
export interface RepoReference {
  /** Name of the repository, `user/name`. */
  readonly repoId: string;
  /** Branch, tag or commit; undefined where none is named. */
  readonly revision: string | undefined;
  /** Folder or file inside the repository, without slashes around it; undefined for all of it. */
  readonly path: string | undefined;
  /** Origin (and path before `/datasets/`) of another Hub than the public one; undefined where none is named. */
  readonly endpoint: string | undefined;
}

/** Finding of {@link recognizeRepo}, and how it was found. */
export interface RepoGuess {
  readonly isRepo: boolean;
  /** A sentence for logs and messages. */
  readonly why: string;
}

/** The Hub where no other is named. */
export const DEFAULT_ENDPOINT = 'https://huggingface.co';

/** Hosts of the public Hub. */
const PUBLIC_HOSTS = ['huggingface.co', 'www.huggingface.co', 'hf.co'];

/** One of the two names of a repository: ASCII letters, digits, `_`, `-`, `.`; the last two only inside. */
const NAME = /^[A-Za-z0-9_](?:[\w.-]{0,94}[A-Za-z0-9_])?$/;

/** A user or organisation: unlike a host it has no dot. */
const OWNER = /^[A-Za-z0-9](?:[A-Za-z0-9_-]{0,94}[A-Za-z0-9])?$/;

/** Revisions that hold a slash and need no quoting. */
const SPECIAL_REVISION = /^refs\/(?:convert\/[\w.-]+|pr\/\d+)(?=\/|$)/;

/** Parts of a web address that are followed by a revision. */
const VIEWS = ['tree', 'blob', 'resolve', 'raw'];

/**
 * Reads what names a dataset: `hf://datasets/user/name[@revision][/path]` (a slash in the revision as `%2F`, but
 * for `refs/pr/N` and `refs/convert/NAME`; the path as it is), a web address
 * `https://huggingface.co/datasets/user/name[/tree/revision[/path]]` (percent-encoded), or `[datasets/]user/name`
 * with the same ending as the first.
 *
 * @param endpoint - the Hub in use, so that web addresses of one that lies below a path are understood
 * @throws ConfigError (option `repoId`) when it names no repository
 * @throws UnsupportedError for a model, a space or a bucket
 */
export function parseRepoReference(given: string, endpoint: string = DEFAULT_ENDPOINT): RepoReference {
  if (typeof given !== 'string') throw wrong(given, 'it is no text');
  const text = given.trim();
  if (/^https?:/i.test(text)) return parseWebAddress(text, endpoint);
  const scheme = /^([A-Za-z][\w+.-]*):\/\//.exec(text)?.[1];
  if (scheme !== undefined && scheme.toLowerCase() !== 'hf') {
    throw wrong(given, `"${scheme}://" is no address of the Hub`);
  }
  const body = text.slice(scheme === undefined ? 0 : scheme.length + 3).replace(/^\/+|\/+$/g, '');
  const kind = /^(datasets|models|spaces|buckets)(?=\/|$)/.exec(body)?.[1];
  if (kind !== undefined && kind !== 'datasets') throw notADataset(given, kind);
  if (kind === undefined && scheme !== undefined) throw notADataset(given, 'models');
  return {
    ...parseBody(given, kind === undefined ? body : body.slice('datasets/'.length)),
    endpoint: undefined,
  };
}

/**
 * Tells whether `given` means a dataset of the Hub, where it may as well be a host or a folder. `user/name` does
 * when `user` can be no host and there is no folder of that name.
 *
 * @param isFolder - whether there is a folder of that name on this machine; asked only where it decides
 */
export function recognizeRepo(
  given: string,
  isFolder: (path: string) => boolean,
  endpoint: string = DEFAULT_ENDPOINT,
): RepoGuess {
  const text = given.trim();
  const quoted = showValue(given);
  if (/^hf:\/\//i.test(text)) return { isRepo: true, why: `${quoted} begins with "hf://"` };
  if (/^https?:/i.test(text)) {
    const isRepo = splitWebAddress(text, endpoint) !== undefined && isHubAddress(text, endpoint);
    return { isRepo, why: `${quoted} is ${isRepo ? 'a' : 'no'} web address of a dataset of the Hub` };
  }
  const [, owner = '', name = ''] = /^([^/\\@]+)\/([^/\\@]+)(?:@[^\\]+)?$/.exec(text) ?? [];
  if (!OWNER.test(owner) || owner.includes('--') || !isRepoName(name)) {
    return { isRepo: false, why: `${quoted} has not the form user/name of a dataset of the Hub` };
  }
  const example = `hf://datasets/${text}`;
  return isFolder(text)
    ? { isRepo: false, why: `${quoted} is a folder of this machine (write "${example}" for the Hub)` }
    : { isRepo: true, why: `${quoted} has the form user/name of a dataset, and no folder has that name` };
}

/** Tells whether a web address lies on the public Hub or on the one in use. */
function isHubAddress(text: string, endpoint: string): boolean {
  const url = new URL(text);
  return PUBLIC_HOSTS.includes(url.host) || isBelow(url, endpoint);
}

function isBelow(url: URL, endpoint: string): boolean {
  return URL.canParse(endpoint) && `${url.origin}${url.pathname}`.startsWith(`${trimSlash(endpoint)}/`);
}

function parseWebAddress(text: string, endpoint: string): RepoReference {
  const split = splitWebAddress(text, endpoint);
  if (split === undefined) {
    const kind = URL.canParse(text)
      ? /^\/(spaces|models|buckets)\//.exec(new URL(text).pathname)?.[1]
      : undefined;
    if (kind !== undefined) throw notADataset(text, kind);
    throw wrong(text, 'it is no web address of a dataset');
  }
  const { names, endpoint: origin } = split;
  const [owner = '', name = '', view, ...rest] = names;
  const repoId = toRepoId(text, `${owner}/${name}`);
  if (view === undefined) return { repoId, revision: undefined, path: undefined, endpoint: origin };
  const ending = rest.join('/');
  const revision = SPECIAL_REVISION.exec(ending)?.[0] ?? rest[0];
  if (!VIEWS.includes(view) || revision === undefined) {
    throw wrong(text, `"/${view}" is no part of it that holds files`);
  }
  const path = ending.slice(revision.length + 1);
  return { repoId, revision, path: path === '' ? undefined : path, endpoint: origin };
}

/** Splits off the names after `/datasets/`, decoded, and what is before it. */
function splitWebAddress(
  text: string,
  endpoint: string,
): { names: string[]; endpoint: string | undefined } | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  const base = isBelow(url, endpoint) ? trimSlash(endpoint) : url.origin;
  const path = `${url.origin}${url.pathname}`.slice(base.length);
  if (!path.startsWith('/datasets/')) return undefined;
  try {
    const names = path.slice('/datasets/'.length).split('/').map(decodeURIComponent);
    while (names.at(-1) === '') names.pop();
    const isPublic = PUBLIC_HOSTS.includes(url.host);
    return names.length < 2 ? undefined : { names, endpoint: isPublic ? undefined : base };
  } catch {
    return undefined;
  }
}

/** Parses `user/name[@revision][/path]`. */
function parseBody(given: string, body: string): Omit<RepoReference, 'endpoint'> {
  const [owner = '', second = '', ...deeper] = body.split('/');
  const at = second.indexOf('@');
  if (at < 0) {
    const path = deeper.length === 0 ? undefined : deeper.join('/');
    return { repoId: toRepoId(given, `${owner}/${second}`), revision: undefined, path };
  }
  const repoId = toRepoId(given, `${owner}/${second.slice(0, at)}`);
  const ending = [second.slice(at + 1), ...deeper].join('/');
  const quoted = SPECIAL_REVISION.exec(ending)?.[0] ?? ending.split('/')[0] ?? '';
  if (quoted === '') throw wrong(given, 'there is no revision after "@"');
  const path = ending.slice(quoted.length + 1);
  try {
    return { repoId, revision: decodeURIComponent(quoted), path: path === '' ? undefined : path };
  } catch {
    throw wrong(given, `the revision "${quoted}" has a "%" that is not followed by two digits`);
  }
}

function toRepoId(given: string, repoId: string): string {
  if (isRepoId(repoId)) return repoId;
  throw wrong(given, `${showValue(repoId)} is no name of a repository`);
}

/** Tells whether `text` has the form `user/name`. */
export function isRepoId(text: string): boolean {
  const [owner = '', name = '', ...more] = text.split('/');
  return more.length === 0 && NAME.test(owner) && !/--|\.\./.test(owner) && isRepoName(name);
}

function isRepoName(name: string): boolean {
  return NAME.test(name) && !/--|\.\./.test(name) && !name.endsWith('.git');
}

function trimSlash(text: string): string {
  return text.replace(/\/+$/, '');
}

function wrong(given: unknown, why: string): ConfigError {
  return new ConfigError(
    'repoId',
    `${showValue(given)} names no dataset of the Hub: ${why}. Write it as "user/name", "hf://datasets/user/name@revision/folder" or the address of its page, ${DEFAULT_ENDPOINT}/datasets/user/name.`,
  );
}

function notADataset(given: string, kind: string): UnsupportedError {
  return new UnsupportedError(
    `${kind} of the Hub`,
    `${showValue(given)} does not name a dataset (on the Hub it means one of its ${kind}). Only datasets are streamed: write "hf://datasets/user/name".`,
  );
}
