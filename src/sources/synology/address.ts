import { ConfigError, UnsupportedError } from '../../core/errors.ts';

/** Address at which a NAS is spoken to, and which of its folders is meant. */
export interface NasAddress {
  /** Name or address, IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
  readonly secure: boolean;
  /** Scheme, host, port and the path of a reverse proxy; no slash at its end. */
  readonly baseUrl: string;
  /** Address `nas://host:port`, which names the NAS in messages and in the cache. */
  readonly id: string;
  /** Folder `share/folder` of a `nas:` URL, empty where there is none. */
  readonly sourceDir: string;
}

/** Options of {@link parseAddress}. */
export interface AddressOptions {
  readonly url: string;
  readonly port?: number | undefined;
  readonly secure?: boolean | undefined;
}

/** The ports of a device as it is delivered. */
const SECURE_PORT = 5001;
const PLAIN_PORT = 5000;
/** Names of Synology's relay, and those among them that stand for the address of a NAS itself. */
const QUICKCONNECT = /(?:^|\.)quickconnect\.(?:to|cn)\.?$/i;
const DIRECT = /[^.]\.direct\.quickconnect\.(?:to|cn)\.?$/i;

/**
 * Reads `host`, `host:port`, an IPv6 address with or without brackets, `nas://host:port/share/folder` or the
 * full `https://host:port/sub/path` of a reverse proxy.
 *
 * `secure` counts before the scheme; where neither is given port 5000 is http and any other is https, so that a
 * password crosses no network readable by a guess. Without any port it is https at 5001, http at 5000 with
 * `secure: false`, and the scheme's own for http(s) URLs.
 *
 * @throws ConfigError when it is none of these, holds a password, or contradicts `port` or `secure`
 * @throws UnsupportedError for a QuickConnect ID; `NAME.direct.quickconnect.to` is the NAS itself
 */
export function parseAddress(options: AddressOptions): NasAddress {
  const given = options.url.trim();
  const scheme = (/^([A-Za-z][\w+.-]*):\/\//.exec(given)?.[1] ?? '').toLowerCase();
  const url = parseUrl(given, scheme);
  if (url.username !== '' || url.password !== '') {
    throw new ConfigError(
      'url',
      `The address of ${url.host} holds a user name or a password: give them as the options username and password, so that they get into no log.`,
    );
  }
  if (QUICKCONNECT.test(url.hostname) && !DIRECT.test(url.hostname)) {
    throw new UnsupportedError(
      'quickconnect',
      `${url.hostname} is a QuickConnect address, which goes through Synology's relay: give the NAS's own name or address (DSM: Control Panel > Network), a DDNS name, a VPN address, or NAME.direct.quickconnect.to with its port.`,
    );
  }
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const web = scheme === 'http' || scheme === 'https';
  const secure = chooseSecure(options, url, web, scheme);
  const port = choosePort(options, url, web, secure);
  const authority = `${url.hostname}:${port}`;
  const path = url.pathname.replace(/\/+$/, '');
  return {
    host,
    port,
    secure,
    baseUrl: `${secure ? 'https' : 'http'}://${authority}${web ? path.replace(/\/webapi(\/.*)?$/, '') : ''}`,
    id: `nas://${authority}`,
    sourceDir: web ? '' : cleanFolder(decodePath(path)),
  };
}

/** Cleans a folder as a user may write it to `share/folder`: without slashes at its ends, doubled ones and backslashes. */
export function cleanFolder(path: string): string {
  return path
    .replaceAll('\\', '/')
    .split('/')
    .filter((name) => name !== '' && name !== '.')
    .join('/');
}

function parseUrl(given: string, scheme: string): URL {
  const bad = (why: string): ConfigError =>
    new ConfigError(
      'url',
      `The NAS address${given.includes('@') ? '' : ` ${JSON.stringify(given.replace(/[?#].*$/s, ''))}`} ${why}: give a host such as "192.168.1.100", "host:5001", "nas://host:5001/share/folder" or "https://host/path".`,
    );
  if (given === '') throw bad('is empty');
  if (scheme !== '' && !['nas', 'http', 'https'].includes(scheme)) throw bad(`has the scheme "${scheme}:"`);
  let rest = scheme === '' ? given : given.slice(scheme.length + 3);
  if (scheme === '' && /^[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*$/.test(rest)) rest = `[${rest}]`;
  try {
    // As an ftp: URL: its host is checked as that of an http: one, and neither port 80 nor 443 is dropped.
    const url = new URL(`ftp://${rest}`);
    if (url.search !== '' || url.hash !== '') throw bad('has a "?" or "#" (write them as %3F and %23)');
    return url;
  } catch (error) {
    throw error instanceof ConfigError ? error : bad('is no address');
  }
}

function chooseSecure({ port, secure }: AddressOptions, url: URL, web: boolean, scheme: string): boolean {
  if (secure !== undefined) return secure;
  if (web) return scheme === 'https';
  return (port ?? Number(url.port)) !== PLAIN_PORT;
}

function choosePort({ port }: AddressOptions, url: URL, web: boolean, secure: boolean): number {
  if (port !== undefined && !(Number.isInteger(port) && port > 0 && port < 65536)) {
    throw new ConfigError('port', `The port ${port} is none: give a number from 1 to 65535.`);
  }
  if (port !== undefined && url.port !== '' && port !== Number(url.port)) {
    throw new ConfigError(
      'port',
      `The address names port ${url.port} and the option port ${port}: give one of them.`,
    );
  }
  if (port !== undefined) return port;
  if (url.port !== '') return Number(url.port);
  if (web) return secure ? 443 : 80;
  return secure ? SECURE_PORT : PLAIN_PORT;
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    throw new ConfigError(
      'url',
      `The folder ${path} of the NAS address is not percent-encoded: write a "%" as %25.`,
    );
  }
}
