import { withArchivesOf } from '../archives/lazy-archives.ts';
import type { LineOptions, OpenSource } from '../core/source-kind.ts';
import { CacheAccess } from '../download/cache-access.ts';
import { OPENERS } from '../sources/openers.ts';
import type { KindName } from '../sources/registry.ts';
import { DataStreamer } from './data-streamer.ts';
import { HuggingFaceStreamer } from './hugging-face-streamer.ts';
import { LocalStreamer } from './local-streamer.ts';
import { NASStreamer } from './nas-streamer.ts';
import { chooseOverSource, choosePlace, type Place, type PlaceOptions } from './place.ts';

/**
 * Opens the streamer for a place.
 *
 * @throws UnsupportedError for a scheme that is not known
 * @throws ConfigError for an option that the kind of place does not have, or that cannot be used as given
 */
export function openStreamer(options: PlaceOptions): Place {
  if (options.source !== undefined) {
    const streamer = new DataStreamer(options.source, chooseOverSource(options));
    return { streamer, folder: undefined, why: 'it was given' };
  }
  const place = choosePlace(options);
  const { kind, why, address, own, streaming } = place;
  switch (kind.name as KindName) {
    case 'local':
      return {
        streamer: new LocalStreamer({ ...streaming, ...own, sourceUrl: address }),
        folder: undefined,
        why,
      };
    case 'synology':
    case 'smb': {
      const way = kind.family?.value as 'api' | 'smb';
      const streamer = new NASStreamer({ ...streaming, ...own, sourceUrl: address, accessMode: way });
      return { streamer, folder: streamer.folder === '' ? undefined : streamer.folder, why };
    }
    case 'hf': {
      const streamer = new HuggingFaceStreamer({ ...streaming, ...own, repoId: address });
      return { streamer, folder: streamer.path, why };
    }
    default: {
      const open = OPENERS[kind.name as KindName] as OpenSource<LineOptions>;
      const cache = new CacheAccess(streaming);
      const { source, folder } = withArchivesOf(open(address, own), streaming, cache);
      return { streamer: new DataStreamer(source, streaming, cache), folder, why };
    }
  }
}
