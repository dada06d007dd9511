import { withArchivesOf } from '../archives/lazy-archives.ts';
import { ConfigError } from '../core/errors.ts';
import { rejectUnknownOptions } from '../core/known-options.ts';
import { showValue } from '../core/show-value.ts';
import type { ReadOptions, Source } from '../core/source.ts';
import { CacheAccess } from '../download/cache-access.ts';
import { smb } from '../sources/smb/kind.ts';
import { openSmb } from '../sources/smb/open.ts';
import type { SmbOptions } from '../sources/smb/options.ts';
import { toSmbUrl } from '../sources/smb/unc-address.ts';
import { synology } from '../sources/synology/kind.ts';
import { openSynology } from '../sources/synology/open.ts';
import type { NasApiOptions } from '../sources/synology/options.ts';
import { STREAMER_OPTIONS, type StreamerOptions } from './data-streamer.ts';
import { kindOptionNames, pickOptions } from './place.ts';
import { cleanPath, ShareStreamer } from './share-streamer.ts';

/** Options of {@link NASStreamer}. */
export interface NASStreamerOptions
  extends StreamerOptions,
    NasApiOptions,
    Omit<SmbOptions, keyof NasApiOptions> {
  /**
   * Address of the NAS: `192.168.1.100`, `host:port`, `nas://host:5001/share/folder`, `smb://host/share/folder` (also
   * `cifs:`, and `\\host\share\folder` of Windows), or the full `https://` URL of a reverse proxy. A folder in it is
   * where listings begin.
   */
  readonly sourceUrl: string | URL;
}

/** A file or folder as {@link NASStreamer.listDirectory} shows it. */
export interface DirectoryEntry {
  readonly name: string;
  /** Path of the form `share/folder/name`. */
  readonly path: string;
  readonly isDirectory: boolean;
  /** Bytes; 0 for a folder. */
  readonly size: number;
  readonly modified: Date | undefined;
}

/** Source with what both ways to a NAS offer besides. */
interface NasSource extends Source {
  connect(options?: ReadOptions): Promise<void>;
  listShares(options?: ReadOptions): Promise<string[]>;
  listDirectory(path: string, options?: ReadOptions): Promise<readonly DirectoryEntry[]>;
}

/**
 * Streamer of the files of a NAS: by Synology's web API (File Station), or by SMB from any server that speaks it. Paths
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
export class NASStreamer extends ShareStreamer {
  readonly accessMode: 'api' | 'smb';
  readonly #source: NasSource;

  /** @throws ConfigError when an option cannot be used as given, or belongs to the other access mode */
  constructor(options: NASStreamerOptions) {
    const { accessMode = toSmbUrl(String(options.sourceUrl)) === undefined ? 'api' : 'smb' } = options;
    if (accessMode !== 'api' && accessMode !== 'smb') {
      throw new ConfigError('accessMode', `accessMode ${showValue(accessMode)}: use 'api' or 'smb'.`);
    }
    const isApi = accessMode === 'api';
    const own = kindOptionNames(isApi ? synology : smb);
    const known = [...STREAMER_OPTIONS, ...own, 'sourceUrl'];
    rejectUnknownOptions(`NASStreamer with accessMode '${accessMode}'`, options, known);
    const address = String(options.sourceUrl);
    const given = pickOptions(options, own);
    const cache = new CacheAccess(options);
    const named = isApi ? openSynology(address, given) : openSmb(address, given);
    const { source } = named;
    const { source: opened, folder = '' } = withArchivesOf(named, options, cache);
    super(opened, folder, options, cache);
    this.#source = source;
    this.accessMode = accessMode;
  }

  /**
   * Connects and logs in now instead of when first needed.
   *
   * @throws AuthError saying what the NAS refuses, NetworkError saying why it cannot be reached
   */
  connect(options: ReadOptions = {}): Promise<void> {
    return this.use(options.signal, (signal) => this.#source.connect({ signal }));
  }

  /** Logs out and closes the streamer, as `close` does. */
  disconnect(): Promise<void> {
    return this.close();
  }

  /** Lists the names of the shares that the user sees, sorted. */
  listShares(options: ReadOptions = {}): Promise<string[]> {
    return this.use(options.signal, (signal) => this.#source.listShares({ signal }));
  }

  /**
   * Lists what lies in a folder, sorted by name; of `''` the shares.
   *
   * @throws NotFoundError when there is no such folder
   */
  listDirectory(path: string, options: ReadOptions = {}): Promise<readonly DirectoryEntry[]> {
    return this.use(options.signal, (signal) => this.#source.listDirectory(cleanPath(path), { signal }));
  }
}
