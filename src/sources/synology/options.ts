import { ConfigError } from '../../core/errors.ts';
import { rejectUnknownOptions } from '../../core/known-options.ts';
import { showValue } from '../../core/show-value.ts';
import type { LineOptions } from '../../core/source-kind.ts';
import type { TlsOptions } from '../../protocols/http/tls.ts';
import type { NasOptions } from '../nas.ts';
import { cleanFolder, type NasAddress, parseAddress } from './address.ts';

/** Options of `SynologySource`. One of `url` and `host` is needed. */
export interface SynologySourceOptions {
  /**
   * Address of the NAS: `192.168.1.100`, `host:5001`, an IPv6 address, `nas://host:5001/share/folder`, or the full
   * `https://host/sub/path` of a reverse proxy.
   */
  readonly url?: string | URL | undefined;
  /** The same under another name. */
  readonly host?: string | undefined;
  /** @defaultValue 5001, or 5000 with `secure: false` */
  readonly port?: number | undefined;
  /** True for https. @defaultValue as the scheme says, else true but at port 5000 */
  readonly secure?: boolean | undefined;
  readonly username: string;
  /** Password, or a function that gives it when it is needed. It is sent in the body of a POST only. */
  readonly password: string | (() => string | Promise<string>);
  /** A one-time code, or a function that asks for it; `attempt` counts from 1 to 3. */
  readonly otp?: string | ((attempt: number) => string | Promise<string>) | undefined;
  /** Id that an earlier sign-in with `otp` gave to `onDeviceId`: no code is asked for with it. */
  readonly deviceId?: string | undefined;
  readonly onDeviceId?: ((deviceId: string) => void | Promise<void>) | undefined;
  /** File, readable by its owner only, that keeps device ids from one start to the next. */
  readonly deviceIdFile?: string | undefined;
  readonly tls?: TlsOptions | undefined;
  /** Folder `share/folder` that listings are limited to. @defaultValue all shares */
  readonly sourceDir?: string | undefined;
  /** Checksum that the NAS computes of each file while it is read, to check what arrives. @defaultValue off */
  readonly verify?: 'md5' | undefined;
  /** Milliseconds. @defaultValue 10 000 */
  readonly connectTimeoutMs?: number | undefined;
  /** Longest silence of the NAS, milliseconds. @defaultValue 30 000 */
  readonly idleTimeoutMs?: number | undefined;
  /** Downloads at a time; small requests have a few connections of their own. @defaultValue 8 */
  readonly maxConnections?: number | undefined;
  /** URL of an HTTP proxy; `false`: none. @defaultValue HTTPS_PROXY, HTTP_PROXY and NO_PROXY */
  readonly proxy?: string | false | undefined;
  /** Listener that gets what a user should know. @defaultValue `process.emitWarning` */
  readonly onWarning?: ((message: string) => void) | undefined;
  /** Ends every call when aborted, for as long as the source lives. */
  readonly signal?: AbortSignal | undefined;
}

/** Options of a NAS by its web API. */
export interface NasApiOptions
  extends NasOptions,
    Omit<SynologySourceOptions, 'url' | 'host' | 'sourceDir' | keyof LineOptions | keyof NasOptions> {}

const KNOWN: readonly (keyof SynologySourceOptions)[] = [
  'url',
  'host',
  'port',
  'secure',
  'username',
  'password',
  'otp',
  'deviceId',
  'onDeviceId',
  'deviceIdFile',
  'tls',
  'sourceDir',
  'verify',
  'connectTimeoutMs',
  'idleTimeoutMs',
  'maxConnections',
  'proxy',
  'onWarning',
  'signal',
];

/**
 * Checks the options and reads the address.
 *
 * @throws ConfigError naming the option that is wrong
 */
export function readOptions(options: SynologySourceOptions): NasAddress {
  rejectUnknownOptions('SynologySource', options, KNOWN);
  const { url, host, username, password, verify } = options;
  if (url !== undefined && host !== undefined) {
    throw new ConfigError('host', 'The options url and host are the same: give one of them.');
  }
  const given = url ?? host;
  if (given === undefined)
    throw new ConfigError('url', 'The option url is missing: give the address of the NAS.');
  if (typeof username !== 'string' || username === '') {
    throw new ConfigError(
      'username',
      'The option username is missing: give the name of an account of the NAS.',
    );
  }
  if ((typeof password !== 'string' && typeof password !== 'function') || password === '') {
    throw new ConfigError(
      'password',
      'The option password is missing: give it, or a function that returns it.',
    );
  }
  if (verify !== undefined && verify !== 'md5') {
    throw new ConfigError(
      'verify',
      `The option verify is ${showValue(verify)}: give "md5", or leave it out.`,
    );
  }
  if (options.sourceDir !== undefined && typeof options.sourceDir !== 'string') {
    throw new ConfigError(
      'sourceDir',
      `The sourceDir ${showValue(options.sourceDir)} is no text: give "share/folder".`,
    );
  }
  const address = parseAddress({ url: String(given), port: options.port, secure: options.secure });
  const sourceDir = options.sourceDir === undefined ? address.sourceDir : cleanFolder(options.sourceDir);
  if (sourceDir.split('/').includes('..')) {
    throw new ConfigError(
      'sourceDir',
      `The sourceDir ${showValue(sourceDir)} has a "..": give "share/folder".`,
    );
  }
  return { ...address, sourceDir };
}
