import { ConfigError, UnsupportedError } from '../core/errors.ts';
import { type DataStreamer, STREAMER_OPTIONS, type StreamerOptions } from './data-streamer.ts';
import { LocalStreamer } from './local-streamer.ts';

/** How a dataset's files are reached. */
export type StreamingType = 'auto' | 'local' | 'nas' | 'hf';

/** Said where something else was asked for. */
const AVAILABLE =
  "What there is now: streamingType 'local', a folder of this machine given as a path or a file: URL.";

/** Where files lie, and how they are reached and kept. */
export interface PlaceOptions extends StreamerOptions {
  /** A folder of this machine, as a path or a `file:` URL. */
  readonly sourceUrl: string | URL;
  /** `'auto'` goes by `sourceUrl`. @defaultValue `'auto'` */
  readonly streamingType?: StreamingType | undefined;
  /** See `LocalStreamerOptions`. @defaultValue false */
  readonly copyToCache?: boolean | undefined;
}

export const PLACE_OPTIONS: readonly (keyof PlaceOptions)[] = [
  ...STREAMER_OPTIONS,
  'sourceUrl',
  'streamingType',
  'copyToCache',
];

/** The streaming type of each scheme. */
const SCHEMES: ReadonlyMap<string, StreamingType> = new Map([
  ['file', 'local'],
  ['nas', 'nas'],
  ['smb', 'nas'],
  ['hf', 'hf'],
]);

/**
 * Opens the streamer for a place; `'auto'` goes by the scheme of `sourceUrl`, and takes what has none, or
 * `file:`, as a folder of this machine.
 *
 * @throws UnsupportedError for a streaming type or scheme that does not exist yet
 * @throws ConfigError for one that never will
 */
export function chooseStreamer(options: PlaceOptions): DataStreamer {
  const { streamingType = 'auto', ...place } = placeOf(options);
  const type = streamingType === 'auto' ? typeOf(String(place.sourceUrl)) : streamingType;
  if (type === 'local') return new LocalStreamer(place);
  if (type === 'nas' || type === 'hf') {
    throw new UnsupportedError(
      `streamingType ${type}`,
      `The streaming type '${type}' is not there yet. ${AVAILABLE}`,
    );
  }
  throw new ConfigError(
    'streamingType',
    `There is no streaming type ${JSON.stringify(type)}: use 'auto' or 'local'.`,
  );
}

/** The options of a place alone, of an object that may have others. */
function placeOf(options: PlaceOptions): PlaceOptions {
  const given = PLACE_OPTIONS.map((name) => [name, options[name]]);
  return Object.fromEntries(given) as PlaceOptions;
}

function typeOf(sourceUrl: string): StreamingType {
  const [, scheme = '', slashes] = /^([A-Za-z][\w+.-]+):(\/\/)?/.exec(sourceUrl) ?? [];
  const type = SCHEMES.get(scheme.toLowerCase());
  if (type !== undefined) return type;
  if (slashes === undefined) return 'local';
  throw new UnsupportedError(
    `${scheme}: URLs`,
    `A sourceUrl that begins with "${scheme}:" is not supported. ${AVAILABLE}`,
  );
}
