import { ConfigError } from '../../core/errors.ts';
import { rejectUnknownOptions } from '../../core/known-options.ts';
import { showValue } from '../../core/show-value.ts';
import type { LineOptions } from '../../core/source-kind.ts';
import { type Account, parseAccount } from '../../protocols/smb/account.ts';
import type { ClientOptions, Password } from '../../protocols/smb/client.ts';
import type { NasOptions } from '../nas.ts';

/** Options of `SmbSource`. */
export interface SmbSourceOptions {
  /** Name or address of the server. */
  readonly host: string;
  /** @defaultValue 445 */
  readonly port?: number | undefined;
  /** The one share that is meant; without it, paths begin with the name of a share. */
  readonly share?: string | undefined;
  /** Name of the user: `user`, `user@domain` or `DOMAIN\user`. */
  readonly username?: string | undefined;
  /** Password, or a function that says it; it is asked at each login. */
  readonly password?: Password | undefined;
  readonly domain?: string | undefined;
  /**
   * True when a server that cannot encrypt (SMB 3) is refused. @defaultValue false: encrypted where the server demands
   * it
   */
  readonly requireEncryption?: boolean | undefined;
  /**
   * Rule of when messages are signed. `'always'`: every message is signed, so that nobody on the way can change it.
   * `'if-required'`: only where the server insists, which spares servers with slow processors work. @defaultValue
   * 'always'
   */
  readonly signing?: 'always' | 'if-required' | undefined;
  /** True when a session as guest is allowed, in which nothing is protected. @defaultValue false */
  readonly guest?: boolean | undefined;
  /** Time until the user is logged in, milliseconds. @defaultValue 10 000 */
  readonly connectTimeoutMs?: number | undefined;
  /** Time without a byte from the server while something is asked for, milliseconds. @defaultValue 30 000 */
  readonly idleTimeoutMs?: number | undefined;
  /** Ends every call when aborted, for as long as the source lives. */
  readonly signal?: AbortSignal | undefined;
}

/** Options of a NAS, or of any other server, by SMB. */
export interface SmbOptions
  extends NasOptions,
    Omit<SmbSourceOptions, 'host' | 'share' | keyof LineOptions | keyof NasOptions> {}

const NAMES = [
  'host',
  'port',
  'share',
  'username',
  'password',
  'domain',
  'requireEncryption',
  'signing',
  'guest',
  'connectTimeoutMs',
  'idleTimeoutMs',
  'signal',
];
const DEFAULT_PORT = 445;

/** Options of an SMB source, {@link SmbSourceOptions}, with everything said and checked. */
export interface CheckedOptions extends ClientOptions {
  readonly share: string | undefined;
  /** Address of the form `smb://host[:port]/[share]`. */
  readonly url: string;
}

/** @throws ConfigError naming the option that cannot be used */
export function checkOptions(options: SmbSourceOptions): CheckedOptions {
  rejectUnknownOptions('SmbSource', options, NAMES);
  const { port = DEFAULT_PORT, share, requireEncryption = false, guest = false } = options;
  const host = checkHost(options.host);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new ConfigError('port', `port ${port} is none: give a whole number from 1 to 65535.`);
  }
  if (share !== undefined && !isShareName(share)) {
    throw new ConfigError(
      'share',
      `share ${showValue(share)} cannot be the name of a share: give it without "/".`,
    );
  }
  if (guest && requireEncryption) {
    throw new ConfigError('guest', 'guest and requireEncryption exclude each other: a guest has no key.');
  }
  const signing = options.signing ?? 'always';
  if (signing !== 'always' && signing !== 'if-required') {
    throw new ConfigError('signing', `signing ${showValue(signing)}: use 'always' or 'if-required'.`);
  }
  const { password = '' } = options;
  if (typeof password !== 'string' && typeof password !== 'function') {
    throw new ConfigError('password', 'The password is neither a text nor a function that returns it.');
  }
  const authority = (host.includes(':') ? `[${host}]` : host) + (port === DEFAULT_PORT ? '' : `:${port}`);
  return {
    endpoint: { host, port },
    share,
    url: `smb://${authority}/${share === undefined ? '' : encodeURIComponent(share)}`,
    account: checkAccount(options, guest),
    password,
    policy: { signing, requireEncryption, guest },
    connectTimeoutMs: checkTime('connectTimeoutMs', options.connectTimeoutMs ?? 10_000),
    idleTimeoutMs: checkTime('idleTimeoutMs', options.idleTimeoutMs ?? 30_000),
  };
}

/** Tells whether `name` can be the name of a share (MS-FSCC 2.1.6). */
export function isShareName(name: string): boolean {
  return name !== '' && name !== '.' && name !== '..' && !/["/\\[\]:|<>+=;,*?]|\p{Cc}/u.test(name);
}

function checkHost(given: string): string {
  const host = given?.replace(/^\[(.*)\]$/, '$1') ?? '';
  if (/^[^\s/\\@?#[\]]+$/.test(host) && (!host.includes(':') || /^[\da-f:.]+(%\w+)?$/i.test(host)))
    return host;
  throw new ConfigError(
    'host',
    `host ${showValue(given)} cannot be used: give a name or an address, such as "192.168.1.100", without "smb://" and without a port.`,
  );
}

function checkAccount({ username, domain }: SmbSourceOptions, guest: boolean): Account {
  if (username !== undefined) return parseAccount(username, domain);
  if (guest) return { username: 'guest', domain: domain ?? '' };
  throw new ConfigError('username', 'username is missing: SMB needs a user and a password, or guest: true.');
}

function checkTime(option: string, milliseconds: number): number {
  if (Number.isFinite(milliseconds) && milliseconds > 0 && milliseconds <= 2 ** 31 - 1) return milliseconds;
  throw new ConfigError(option, `${option} ${milliseconds} is no time: give milliseconds above 0.`);
}
