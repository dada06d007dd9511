import { ConfigError } from '../../core/errors.ts';
import type { Keeper } from '../../core/keeper.ts';
import { showValue } from '../../core/show-value.ts';
import type { LineOptions } from '../../core/source-kind.ts';
import type { HttpClientOptions } from '../../protocols/http/exchange-types.ts';

/** Options of {@link HttpSource}. */
export interface HttpSourceOptions extends HttpClientOptions {
  /** The folder that is read, `http:` or `https:`, without query and credentials. */
  readonly url: string | URL;
  /** Headers that are sent with every request; not to other origins. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Token that is sent as `Authorization: Bearer`; refused over plain `http:` except to this machine. */
  readonly token?: string | undefined;
  /**
   * Place of the list of files: the path of a list file in the folder (`.jsonl`, `.txt`, or `.csv` with a column `path`,
   * `file_name` or `Name`), `autoindex` for nginx's JSON autoindex, `none` for no list at all, `auto` for the first there
   * is of `files.jsonl`, `files.txt` and the autoindex.
   *
   * @defaultValue 'auto'
   */
  readonly index?: 'auto' | (string & {}) | undefined;
  /** Signal that closes the source when it aborts; what runs then rejects with its reason. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Keeper of a long list, by the `id` of the source: it is asked for again only if it has changed.
   *
   * @defaultValue none: it is read anew by every source
   */
  readonly keeperOf?: ((id: string) => Promise<Keeper>) | undefined;
}

/** Options of a web server. */
export interface WebServerOptions extends Omit<HttpSourceOptions, 'url' | 'keeperOf' | keyof LineOptions> {}

/** Headers that the source or the client sets. */
const OWN_HEADERS = /^(host|range|if-.*|accept-encoding|content-length|connection|transfer-encoding|te)$/i;

/** @throws ConfigError when it is no folder of a web server */
export function parseBase(given: string | URL): URL {
  const bad = (why: string): ConfigError =>
    new ConfigError('url', `The url of HttpSource ${why}: give a folder such as "https://host/cases/".`);
  if (!URL.canParse(String(given))) throw bad('is no URL');
  const url = new URL(given);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw bad(`has the scheme "${url.protocol}"`);
  if (url.username !== '' || url.password !== '')
    throw bad('has a user name or password in it; pass token or headers');
  if (url.search !== '' || url.hash !== '') throw bad('has a query or fragment; pass token or headers');
  // Also a "?" or "#" with nothing behind it, which would stand before the names of files.
  url.search = '';
  url.hash = '';
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  return url;
}

/**
 * Makes the headers of every request.
 *
 * @throws ConfigError when they cannot be sent, or the token would be sent in the clear
 */
export function checkHeaders(
  given: HttpSourceOptions['headers'],
  token: string | undefined,
  base: URL,
): Readonly<Record<string, string>> {
  const headers = { ...given };
  for (const [name, value] of Object.entries(headers)) {
    try {
      new Headers({ [name]: value });
    } catch {
      throw new ConfigError('headers', `The header ${showValue(name)} cannot be sent as given.`);
    }
    if (OWN_HEADERS.test(name))
      throw new ConfigError('headers', `The header ${name} is set by HttpSource itself: leave it out.`);
  }
  if (token === undefined) return headers;
  if (typeof token !== 'string' || !/^[\x21-\x7e]+$/.test(token))
    throw new ConfigError(
      'token',
      'The token is no text, or has characters that no header can carry, such as a line end.',
    );
  if (base.protocol === 'http:' && !/^(localhost|127(\.\d+){3}|\[::1\])$/.test(base.hostname))
    throw new ConfigError(
      'token',
      `Over http: everybody on the way to ${base.host} could read the token: use https:.`,
    );
  return { ...headers, Authorization: `Bearer ${token}` };
}

/** @throws ConfigError when it is no name of a file */
export function checkIndex(index: string): void {
  const isInside =
    typeof index === 'string' &&
    index.split('/').every((name) => name !== '' && name !== '.' && name !== '..');
  if (isInside && !index.includes('\0')) return;
  throw new ConfigError(
    'index',
    `The option index is "auto", "autoindex", "none" or the path of a file in the folder, not ${showValue(index)}.`,
  );
}
