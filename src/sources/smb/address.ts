import { ConfigError } from '../../core/errors.ts';
import { showValue } from '../../core/show-value.ts';

/** Place of an SMB server, and which of its folders is meant. */
export interface SmbPlace {
  readonly host: string;
  readonly port: number | undefined;
  /** Folder of the form `share/folder`, empty where none is named. */
  readonly folder: string;
}

/**
 * Reads `host`, `host:port`, an IPv6 address, `smb://host[:port]/share/folder` (percent-encoded) or
 * `\\host\share\folder`.
 *
 * @param port - the option `port`, which must not contradict
 * @throws ConfigError when it is none of these, or holds a user name or password
 */
export function parseSmbUrl(given: string, port?: number): SmbPlace {
  const text = given.trim();
  const bad = (why: string): ConfigError =>
    new ConfigError(
      'sourceUrl',
      `The address ${why}: give "smb://host/share/folder" or the name of the server.`,
    );
  // What stands before the path, which may well have an "@".
  const [, authority = ''] = /^(?:\w+:)?[\\/]*([^\\/?#]*)/.exec(text) ?? [];
  if (authority.includes('@')) {
    throw new ConfigError(
      'sourceUrl',
      'The address holds a user name or a password: give them as the options username and password, so that they get into no log.',
    );
  }
  const windows = /^\\\\([^\\]+)\\?(.*)$/.exec(text);
  if (windows !== null)
    return { host: windows[1] ?? '', port, folder: clean((windows[2] ?? '').split('\\')) };
  const isAddress = /^[0-9a-f:.]*:[0-9a-f:.]*:[0-9a-f:.]*$/i.test(text);
  const url = /^(?:smb|nas):\/\//i.test(text)
    ? text.replace(/^\w+:/, 'http:')
    : `http://${isAddress ? `[${text}]` : text}`;
  // An "@" may be the end of a password that has a slash in it.
  const shown = text.includes('@') ? '' : `${showValue(given)} `;
  if (!URL.canParse(url)) throw bad(`${shown}cannot be read`);
  const { hostname, port: written, pathname, search, hash } = new URL(url);
  if (search !== '' || hash !== '') throw bad('has a "?" or "#" in it (write %3F and %23)');
  // 80 is left out of what it parses as.
  const named = /^[^/]*\/\/[^/]*:80(?:\/|$)/.test(url) ? 80 : written === '' ? undefined : Number(written);
  if (port !== undefined && named !== undefined && port !== named) {
    throw new ConfigError('port', `The address says port ${named}, the option port says ${port}.`);
  }
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port ?? named,
    folder: clean(pathname.split('/').map(decode)),
  };
}

function clean(names: readonly string[]): string {
  return names.filter((name) => name !== '' && name !== '.').join('/');
}

function decode(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
