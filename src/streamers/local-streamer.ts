import { withArchivesOf } from '../archives/lazy-archives.ts';
import { rejectUnknownOptions } from '../core/known-options.ts';
import { CacheAccess } from '../download/cache-access.ts';
import { local } from '../sources/local/kind.ts';
import { openFolder } from '../sources/local/open.ts';
import type { FolderOptions } from '../sources/local/options.ts';
import { DataStreamer, STREAMER_OPTIONS, type StreamerOptions } from './data-streamer.ts';
import { kindOptionNames } from './place.ts';

/** Options of {@link LocalStreamer}. */
export interface LocalStreamerOptions extends StreamerOptions, FolderOptions {
  /** A folder: a path or a `file:` URL. */
  readonly sourceUrl: string | URL;
}

/**
 * Streamer of a folder of this machine. Its files are read in place, or from copies in the cache; they themselves are
 * never deleted.
 *
 * @example
 * await using local = new LocalStreamer({ sourceUrl: '/data/cases' });
 * const files = await local.listFiles({ pattern: '*.vtu' });
 */
export class LocalStreamer extends DataStreamer {
  /** @throws ConfigError when `sourceUrl` is neither a path nor a `file:` URL */
  constructor(options: LocalStreamerOptions) {
    rejectUnknownOptions('LocalStreamer', options, [
      ...STREAMER_OPTIONS,
      'sourceUrl',
      ...kindOptionNames(local),
    ]);
    const cache = new CacheAccess(options);
    const opened = openFolder(String(options.sourceUrl), options);
    super(withArchivesOf(opened, options, cache).source, options, cache);
  }
}
