import { BlockList, isIP } from 'node:net';
import { AuthError, ConfigError } from '../../core/errors.ts';

/** A proxy server. */
export interface Proxy {
  /** Address without user name and password. */
  readonly url: URL;
  /** Value of `Proxy-Authorization`. */
  readonly authorization: string | undefined;
  /** Place where it was found, as messages name it. */
  readonly from: string;
}

/** Finds the proxy that a request goes through. */
export type ChooseProxy = (url: URL) => Proxy | undefined;

/**
 * Makes the function that finds the proxy of a request.
 *
 * @param option - URL of a proxy for everything, `false` for none, `undefined` for what the environment says:
 *   `http_proxy` and `https_proxy` by the scheme of the request, else `all_proxy`, unless `no_proxy` names the host.
 *   Lower-case names win over upper-case ones. `HTTP_PROXY` is passed over in a CGI program, where a client can set it.
 * @throws ConfigError when the URL cannot be used
 */
export function proxyChooser(
  option: string | false | undefined,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): ChooseProxy {
  if (option === false) return () => undefined;
  if (option !== undefined) {
    const proxy = parseProxy(option, 'the option proxy');
    return () => proxy;
  }
  const read = (name: string): string | undefined =>
    environment[name] || environment[name.toUpperCase()] || undefined;
  const known = new Map<string, Proxy | undefined>();
  return (url) => {
    const scheme = url.protocol.slice(0, -1);
    const names = scheme === 'http' && environment['REQUEST_METHOD'] !== undefined ? [] : [`${scheme}_proxy`];
    const name = [...names, 'all_proxy'].find((candidate) => read(candidate) !== undefined);
    if (name === undefined || isExempt(url, read('no_proxy') ?? '')) return undefined;
    const value = read(name) as string;
    if (!known.has(value)) known.set(value, parseProxy(value, name.toUpperCase()));
    return known.get(value);
  };
}

/** Names a proxy in messages, and where it was found. */
export function nameProxy({ url, from }: Proxy): string {
  return `the proxy ${url.hostname}:${portOf(url)} (${from})`;
}

/** Makes the error for a proxy that answers with status 407. */
export function proxyRefusal(proxy: Proxy, label: string): AuthError {
  const { authorization, from } = proxy;
  const problem =
    authorization === undefined
      ? 'wants a name and a password: write them into its URL'
      : 'does not accept the name and the password of its URL: check them';
  return new AuthError(
    'bad-credentials',
    `${label}: ${nameProxy(proxy)} ${problem}, in ${from} (http://name:password@host:port).`,
  );
}

function parseProxy(value: string, from: string): Proxy {
  const bad = (why: string): ConfigError =>
    new ConfigError(
      'proxy',
      `The proxy of ${from} ${why}: give a URL such as "http://proxy.example.org:3128", or proxy: false for none.`,
    );
  if (typeof value !== 'string') throw bad('is no text');
  // By hand: a name or a password may have what ends the host of a URL, as "DOMAIN\name" and "pass/word" do.
  const [, scheme = 'http:', rest = ''] = /^(?:([A-Za-z][\w+.-]*:)\/\/)?(.*)$/s.exec(value.trim()) ?? [];
  const end = rest.lastIndexOf('@');
  const user = rest.slice(0, Math.max(0, end));
  const [name, ...password] = user.split(':');
  const text = `${scheme}//${rest.slice(end + 1)}`;
  if (!URL.canParse(text)) throw bad('is no URL');
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw bad(`is of the unknown kind "${url.protocol}"`);
  const credentials = Buffer.concat([decode(name ?? ''), Buffer.from(':'), decode(password.join(':'))]);
  const authorization = credentials.length === 1 ? undefined : `Basic ${credentials.toString('base64')}`;
  return { url: new URL(`${url.protocol}//${url.host}`), authorization, from };
}

/** Decodes what is percent-encoded in a user name or password; a "%" that encodes nothing is one. */
function decode(text: string): Buffer {
  const parts = text.split(/(%[0-9a-f]{2})/i);
  return Buffer.concat(
    parts.map((part, at) => (at % 2 === 1 ? Buffer.from(part.slice(1), 'hex') : Buffer.from(part, 'utf8'))),
  );
}

/**
 * Tells whether `no_proxy` names the host of `url`: names count with all that lies below them, with or without a
 * leading `.` or `*.`; also addresses, networks (`10.0.0.0/8`), an added `:port`, and `*` for everything.
 */
export function isExempt(url: URL, noProxy: string): boolean {
  const host = bare(url.hostname).toLowerCase();
  const port = portOf(url);
  return noProxy
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .some((entry) => {
      if (entry === '*') return true;
      if (entry.includes('/')) return inNetwork(host, entry);
      const [, name = entry, asked] = /^(\[[^\]]*\]|[^:]*):(\d+)$/.exec(entry) ?? [];
      if (asked !== undefined && Number(asked) !== port) return false;
      const wanted = bare(name).replace(/^\*?\./, '');
      return host === wanted || (isIP(host) === 0 && host.endsWith(`.${wanted}`));
    });
}

function inNetwork(host: string, network: string): boolean {
  const [address = '', bits = ''] = network.split('/');
  const kind = isIP(bare(address));
  if (kind === 0 || isIP(host) !== kind || !/^\d+$/.test(bits) || Number(bits) > (kind === 4 ? 32 : 128))
    return false;
  const family = kind === 4 ? 'ipv4' : 'ipv6';
  const list = new BlockList();
  list.addSubnet(bare(address), Number(bits), family);
  return list.check(host, family);
}

/** Takes a host name without the brackets of an IPv6 address. */
export function bare(hostname: string): string {
  return hostname.replace(/^\[(.*)\]$/, '$1');
}

/** Reads the port that a URL means. */
export function portOf(url: URL): number {
  return url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port);
}
