import { rejectUnknownOptions } from '../core/known-options.ts';
import { LocalSource } from '../sources/local/local-source.ts';
import { DataStreamer, STREAMER_OPTIONS, type StreamerOptions } from './data-streamer.ts';

/** Options of {@link LocalStreamer}. */
export interface LocalStreamerOptions extends StreamerOptions {
  /** A folder: a path or a `file:` URL. */
  readonly sourceUrl: string | URL;
  /**
   * Whether files are copied into the cache and read there, as is worthwhile where the folder is a slow mount.
   * @defaultValue false: they are read where they lie
   */
  readonly copyToCache?: boolean | undefined;
}

/**
 * Streams a folder of this machine. Its files are read in place, or from copies in the cache; they themselves are
 * never deleted.
 *
 * @example
 * await using local = new LocalStreamer({ sourceUrl: '/data/cases' });
 * const files = await local.listFiles({ pattern: '*.vtu' });
 */
export class LocalStreamer extends DataStreamer {
  readonly #source: LocalSource;
  readonly #copy: boolean;

  /** @throws ConfigError when `sourceUrl` is neither a path nor a `file:` URL */
  constructor(options: LocalStreamerOptions) {
    rejectUnknownOptions('LocalStreamer', options, [...STREAMER_OPTIONS, 'sourceUrl', 'copyToCache']);
    const source = new LocalSource({ sourceUrl: options.sourceUrl });
    super(source, options);
    this.#source = source;
    this.#copy = options.copyToCache === true;
  }

  protected override get caches(): boolean {
    return this.#copy;
  }

  protected override async locate(
    path: string,
    signal: AbortSignal,
  ): Promise<{ readonly path: string; readonly size: number } | undefined> {
    if (this.#copy) return undefined;
    const { size } = await this.#source.stat(path, { signal });
    return { path: this.#source.locate(path), size };
  }
}
