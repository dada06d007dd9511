import { ConfigError, NotFoundError } from '../../core/errors.ts';
import { shorten, showValue } from '../../core/show-value.ts';

/** Most characters of a name in messages. */
const MAX_LABEL_CHARACTERS = 90;

/** Place of a file on a web server, and its name in messages. */
export interface WebAddress {
  readonly url: URL;
  readonly label: string;
}

/** Tells whether something is a URL, or a text that begins as one of a web server. */
export function isWebAddress(given: unknown): given is string | URL {
  return typeof given === 'string'
    ? /^https?:/i.test(given)
    : isUrl(given) && /^https?:$/.test(given.protocol);
}

/** Tells whether something is a URL, also of another realm such as a frame of a page. */
export function isUrl(given: unknown): given is URL {
  try {
    return Object.prototype.toString.call(given) === '[object URL]';
  } catch {
    return false;
  }
}

/**
 * Reads the address of a file on a web server.
 *
 * @param base - address that a relative text is relative to
 * @returns undefined for what is none
 * @throws ConfigError for one that holds a name or a password, which `fetch` refuses
 */
export function parseWebAddress(given: string | URL, base?: string): WebAddress | undefined {
  let url: URL;
  try {
    url = new URL(given, base);
  } catch {
    return undefined;
  }
  if (!isWebAddress(url)) return undefined;
  url.hash = '';
  const label = labelOf(url);
  if (url.username === '' && url.password === '') return { url, label };
  throw new ConfigError(
    'file',
    `${showValue(url)} holds a name or a password, which a URL that is fetched may not: pass the option headers with { authorization: … }.`,
  );
}

/**
 * Finds the address of a piece by its path relative to the file that names it.
 *
 * @throws NotFoundError when a name cannot be written in a URL
 */
export function addressBeside({ url, label }: WebAddress, relative: string): WebAddress {
  let path: string;
  try {
    path = relative.split('/').map(encodeURIComponent).join('/');
  } catch (cause) {
    throw new NotFoundError(`${label} names a piece ${showValue(relative)}, which no URL can.`, { cause });
  }
  const piece = new URL(`./${path}`, url);
  return { url: piece, label: labelOf(piece) };
}

/** Names a file in messages: without what may be a secret. */
function labelOf({ origin, pathname, search }: URL): string {
  return `${shorten(`${origin}${pathname}`, MAX_LABEL_CHARACTERS)}${search === '' ? '' : '?…'}`;
}

/**
 * Checks headers that are sent with every request.
 *
 * @throws ConfigError when they cannot be sent; their values are not shown
 */
export function checkWebHeaders(headers: unknown): Readonly<Record<string, string>> {
  if (headers === undefined) return {};
  const fault = (why: string): ConfigError =>
    new ConfigError('headers', `headers ${why}: give an object such as { authorization: 'Bearer …' }.`);
  if (typeof headers !== 'object' || headers === null) throw fault(`is ${showValue(headers)}`);
  let sent: Headers;
  try {
    sent = new Headers(headers as Record<string, string>);
  } catch {
    throw fault('has a name or a value that no request can have');
  }
  if (sent.has('range')) throw fault('has range, which is set by the reader itself');
  return Object.fromEntries(sent);
}
