import { ConfigError } from '../core/errors.ts';
import type { OpenFileOptions, OpenPartsOptions } from '../core/held-file.ts';
import { rejectUnknownOptions } from '../core/known-options.ts';
import { showValue } from '../core/show-value.ts';
import type { FileEntry, ReadOptions, Source } from '../core/source.ts';
import { parseSmbUrl } from '../sources/smb/address.ts';
import type { SmbSourceOptions } from '../sources/smb/options.ts';
import { SmbSource } from '../sources/smb/smb-source.ts';
import { toSmbUrl } from '../sources/smb/unc-address.ts';
import type { SynologySourceOptions } from '../sources/synology/options.ts';
import { SynologySource } from '../sources/synology/synology-source.ts';
import {
  DataStreamer,
  type ListFilesOptions,
  STREAMER_OPTIONS,
  type StreamerOptions,
} from './data-streamer.ts';

/** Options of {@link NASStreamer}. */
export interface NASStreamerOptions
  extends StreamerOptions,
    Omit<
      SynologySourceOptions,
      'url' | 'host' | 'sourceDir' | 'username' | 'password' | 'idleTimeoutMs' | 'signal'
    >,
    Pick<SmbSourceOptions, 'domain' | 'requireEncryption' | 'signing' | 'guest'> {
  /**
   * `192.168.1.100`, `host:port`, `nas://host:5001/share/folder`, `smb://host/share/folder` (also `cifs:`, and
   * `\\host\share\folder` of Windows), or the full `https://` URL of a reverse proxy. A folder in it is where listings
   * begin.
   */
  readonly sourceUrl: string | URL;
  /** Synology's web API, or SMB, which any NAS speaks. @defaultValue `'smb'` for addresses of SMB, else `'api'` */
  readonly accessMode?: 'api' | 'smb' | undefined;
  /** With SMB also `user@domain` and `DOMAIN\user`. */
  readonly username?: string | undefined;
  /** Or a function that says it when it is needed. */
  readonly password?: string | (() => string | Promise<string>) | undefined;
}

/** A file or folder as {@link NASStreamer.listDirectory} shows it. */
export interface DirectoryEntry {
  readonly name: string;
  /** `share/folder/name`. */
  readonly path: string;
  readonly isDirectory: boolean;
  /** Bytes; 0 for a folder. */
  readonly size: number;
  readonly modified: Date | undefined;
}

/** What both ways to a NAS offer beyond a source. */
interface NasSource extends Source {
  connect(options?: ReadOptions): Promise<void>;
  assertFolder(path: string, options?: ReadOptions): Promise<void>;
  listShares(options?: ReadOptions): Promise<string[]>;
  listDirectory(path: string, options?: ReadOptions): Promise<readonly DirectoryEntry[]>;
}

const COMMON = ['connectTimeoutMs', 'idleTimeoutMs', 'signal', 'port'] as const;
const API_OPTIONS = [
  ...COMMON,
  'secure',
  'otp',
  'deviceId',
  'onDeviceId',
  'deviceIdFile',
  'tls',
  'verify',
  'maxConnections',
  'proxy',
  'onWarning',
] as const;
const SMB_OPTIONS = [...COMMON, 'domain', 'requireEncryption', 'signing', 'guest'] as const;

/**
 * Streams the files of a NAS: by Synology's web API (File Station), or by SMB from any server that speaks it. Paths
 * begin with the name of a share: `share/folder/file.vtu`.
 *
 * Every call connects and logs in by itself where that is needed, once for all callers, and again when the session
 * has ended. A login that the NAS refuses is not tried again.
 *
 * @example
 * await using nas = new NASStreamer({ sourceUrl: '192.168.1.100', username, password, port: 5001, secure: true });
 * const shares = await nas.listShares();
 * const path = await nas.getFile('share/path/to/file.vtu');
 */
export class NASStreamer extends DataStreamer {
  readonly accessMode: 'api' | 'smb';
  /** `share/folder` that the address named; empty for all shares. */
  readonly folder: string;
  readonly #source: NasSource;

  /** @throws ConfigError when an option cannot be used as given, or belongs to the other access mode */
  constructor(options: NASStreamerOptions) {
    const { accessMode = toSmbUrl(String(options.sourceUrl)) === undefined ? 'api' : 'smb' } = options;
    if (accessMode !== 'api' && accessMode !== 'smb') {
      throw new ConfigError('accessMode', `accessMode ${showValue(accessMode)}: use 'api' or 'smb'.`);
    }
    const own = accessMode === 'api' ? API_OPTIONS : SMB_OPTIONS;
    const known = [...STREAMER_OPTIONS, ...own, 'sourceUrl', 'accessMode', 'username', 'password'];
    rejectUnknownOptions(`NASStreamer with accessMode '${accessMode}'`, options, known);
    const { source, folder } = accessMode === 'api' ? openApi(options) : openSmb(options);
    super(source, options);
    this.#source = source;
    this.accessMode = accessMode;
    this.folder = folder;
  }

  /**
   * Connects and logs in now instead of when first needed.
   *
   * @throws AuthError saying what the NAS refuses, NetworkError saying why it cannot be reached
   */
  connect(options: ReadOptions = {}): Promise<void> {
    return this.use(options.signal, (signal) => this.#source.connect({ signal }));
  }

  /** Logs out and closes the streamer, as {@link DataStreamer.close} does. */
  disconnect(): Promise<void> {
    return this.close();
  }

  /** Names of the shares that the user sees, sorted. */
  listShares(options: ReadOptions = {}): Promise<string[]> {
    return this.use(options.signal, (signal) => this.#source.listShares({ signal }));
  }

  /**
   * What lies in a folder, sorted by name; of `''` the shares.
   *
   * @throws NotFoundError when there is no such folder
   */
  listDirectory(path: string, options: ReadOptions = {}): Promise<readonly DirectoryEntry[]> {
    return this.use(options.signal, (signal) => this.#source.listDirectory(cleanPath(path), { signal }));
  }

  /** @throws NotFoundError when the folder that the address names is not there, or is a file */
  override async listFiles(options: ListFilesOptions = {}): Promise<FileEntry[]> {
    const { folder } = this;
    if (options.prefix !== undefined || folder === '') return super.listFiles(options);
    const files = await super.listFiles({ ...options, prefix: `${folder}/` });
    if (files.length === 0) {
      await this.use(options.signal, (signal) => this.#source.assertFolder(folder, { signal }));
    }
    return files;
  }

  override openFile(path: string, options: OpenFileOptions = {}): ReturnType<DataStreamer['openFile']> {
    return super.openFile(cleanPath(path), options);
  }

  override openParts(path: string, options: OpenPartsOptions): ReturnType<DataStreamer['openParts']> {
    return super.openParts(cleanPath(path), options);
  }

  override getMetadata(path: string, options: ReadOptions = {}): ReturnType<DataStreamer['getMetadata']> {
    return super.getMetadata(cleanPath(path), options);
  }

  override checkConnection(
    options: ReadOptions & { readonly path?: string | undefined } = {},
  ): ReturnType<DataStreamer['checkConnection']> {
    return super.checkConnection({ ...options, path: cleanPath(options.path ?? this.folder) });
  }
}

function openApi(options: NASStreamerOptions): { readonly source: NasSource; readonly folder: string } {
  const { sourceUrl, username = '', password = '' } = options;
  const source = new SynologySource({ ...pick(options, API_OPTIONS), url: sourceUrl, username, password });
  return { source, folder: source.sourceDir };
}

function openSmb(options: NASStreamerOptions): { readonly source: NasSource; readonly folder: string } {
  const given = String(options.sourceUrl);
  const { host, port, folder } = parseSmbUrl(toSmbUrl(given) ?? given, options.port);
  const { username, password } = options;
  const source = new SmbSource({ ...pick(options, SMB_OPTIONS), host, port, username, password });
  return { source, folder };
}

/** Without slashes at its ends: on a NAS people write `/share/folder`. */
function cleanPath(path: string): string {
  return path.replace(/^\/+|\/+$/g, '');
}

function pick<Options extends object, Name extends keyof Options>(
  options: Options,
  names: readonly Name[],
): Pick<Options, Name> {
  return Object.fromEntries(names.map((name) => [name, options[name]])) as Pick<Options, Name>;
}
