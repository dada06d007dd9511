import { rejectUnknownOptions } from '../core/known-options.ts';
import type { ReadOptions } from '../core/source.ts';
import { LocalSource } from '../sources/local.ts';
import { DataStreamer, type HeldFile, type StreamerStats } from './data-streamer.ts';

/** Options of {@link LocalStreamer}. */
export interface LocalStreamerOptions {
  /** A folder: a path or a `file:` URL. */
  readonly sourceUrl: string | URL;
  /** Ends every call when aborted, for as long as the streamer lives. @defaultValue none */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Streams a folder of this machine. Files are read in place: nothing is copied, nothing is ever deleted.
 *
 * @example
 * await using local = new LocalStreamer({ sourceUrl: '/data/cases' });
 * const files = await local.listFiles({ pattern: '*.vtu' });
 */
export class LocalStreamer extends DataStreamer {
  readonly #source: LocalSource;
  #opened = 0;

  /** @throws ConfigError when `sourceUrl` is neither a path nor a `file:` URL */
  constructor(options: LocalStreamerOptions) {
    rejectUnknownOptions('LocalStreamer', options, ['sourceUrl', 'signal']);
    const source = new LocalSource({ sourceUrl: options.sourceUrl });
    super(source, options.signal);
    this.#source = source;
  }

  override async openFile(path: string, options: ReadOptions = {}): Promise<HeldFile> {
    const link = this.link(options.signal);
    try {
      const { size } = await this.#source.stat(path, { signal: link.signal });
      this.#opened++;
      return { path: this.#source.locate(path), size, [Symbol.dispose]: () => undefined };
    } finally {
      link.unlink();
    }
  }

  override stats(): StreamerStats {
    return { hits: this.#opened, misses: 0, bytesDownloaded: 0, evictions: 0 };
  }
}
