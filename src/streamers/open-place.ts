import { withArchivesOf } from '../archives/lazy-archives.ts';
import type { Keeper } from '../core/keeper.ts';
import type { LineOptions, SourceKind } from '../core/source-kind.ts';
import { CacheAccess } from '../download/cache-access.ts';
import { http } from '../sources/http/kind.ts';
import { NAS } from '../sources/nas.ts';
import { KINDS } from '../sources/registry.ts';
import { DataStreamer } from './data-streamer.ts';
import { type ChosenPlace, chooseOverSource, choosePlace, type Place, type PlaceOptions } from './place.ts';

/** Place that is opened by its kind. */
export interface OpenedPlace extends Place {
  /** Kind of the place; undefined where the source was given. */
  readonly kind: SourceKind | undefined;
}

/**
 * Opens the streamer for a place, as `openStreamer` does, and imports what reads that one kind of place before.
 *
 * @param kinds - the kinds of places that there are, yours among them
 * @throws UnsupportedError for a scheme that is not known
 * @throws ConfigError for an option that the kind of place does not have, or that cannot be used as given
 */
export async function openPlace(
  options: PlaceOptions,
  kinds: readonly SourceKind[] = KINDS,
): Promise<OpenedPlace> {
  if (options.source !== undefined) {
    const streamer = new DataStreamer(options.source, chooseOverSource(options, kinds));
    return { streamer, folder: undefined, why: 'it was given', kind: undefined };
  }
  const place = choosePlace(options, kinds);
  const { kind, why } = place;
  return { ...(await openChosen(place)), why, kind };
}

/** Opens the streamer of a kind: a dataset of the Hub keeps what was learnt of it, and paths of a NAS may begin with a slash. */
async function openChosen(place: ChosenPlace): Promise<Omit<Place, 'why'>> {
  const { kind, address, own, streaming } = place;
  if (kind.name === 'hf') {
    const { HuggingFaceStreamer } = await import('./hugging-face-streamer.ts');
    const streamer = new HuggingFaceStreamer({ ...streaming, ...own, repoId: address });
    return { streamer, folder: streamer.path };
  }
  const cache = new CacheAccess(streaming);
  const { source, folder } = withArchivesOf(
    await kind.open(address, keeping(kind, own, cache)),
    streaming,
    cache,
  );
  if (kind.family?.of === NAS) {
    const { ShareStreamer } = await import('./share-streamer.ts');
    return { streamer: new ShareStreamer(source, folder ?? '', streaming, cache), folder };
  }
  return { streamer: new DataStreamer(source, streaming, cache), folder };
}

/** Gives a web server's source a keeper of its list. */
function keeping(kind: SourceKind, own: LineOptions, cache: CacheAccess): LineOptions {
  if (kind.name !== http.name) return own;
  const keeperOf = (id: string): Promise<Keeper> => cache.keeper(id, 'lists');
  return { ...own, keeperOf } as LineOptions;
}
