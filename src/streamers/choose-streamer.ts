import { ConfigError, UnsupportedError } from '../core/errors.ts';
import { HttpSource } from '../sources/http.ts';
import type { TlsOptions } from '../sources/http-client/tls.ts';
import { DataStreamer, STREAMER_OPTIONS, type StreamerOptions } from './data-streamer.ts';
import { LocalStreamer } from './local-streamer.ts';

/** How a dataset's files are reached. */
export type StreamingType = 'auto' | 'local' | 'nas' | 'hf';

/** Said where something else was asked for. */
const AVAILABLE =
  'What there is now: a folder of this machine, given as a path or a file: URL, and a web server, given as an http(s): URL.';

/** Where files lie, and how they are reached and kept. */
export interface PlaceOptions extends StreamerOptions {
  /**
   * A folder of this machine, as a path or a `file:` URL; or a folder of a web server that has a list of its files, as
   * an `http(s):` URL (see `HttpSource`).
   */
  readonly sourceUrl: string | URL;
  /** `'auto'` goes by `sourceUrl`. @defaultValue `'auto'` */
  readonly streamingType?: StreamingType | undefined;
  /** See `LocalStreamerOptions`. @defaultValue false */
  readonly copyToCache?: boolean | undefined;
  /** Sent as a bearer token. @defaultValue none */
  readonly token?: string | undefined;
  /** Which certificates of the server are good. @defaultValue those that Node.js trusts */
  readonly tls?: TlsOptions | undefined;
  /** See `HttpClientOptions`. @defaultValue `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` */
  readonly proxy?: string | false | undefined;
  /** Longest time to connect, milliseconds. @defaultValue 10 000 */
  readonly connectTimeoutMs?: number | undefined;
  /** Connections to the server at a time. @defaultValue 8 */
  readonly maxConnections?: number | undefined;
}

export const PLACE_OPTIONS: readonly (keyof PlaceOptions)[] = [
  ...STREAMER_OPTIONS,
  'sourceUrl',
  'streamingType',
  'copyToCache',
  'token',
  'tls',
  'proxy',
  'connectTimeoutMs',
  'maxConnections',
];

/** What each scheme stands for. */
const SCHEMES: ReadonlyMap<string, Exclude<StreamingType, 'auto'> | 'http'> = new Map([
  ['http', 'http'],
  ['https', 'http'],
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
  if (type === 'http') return openHttp(place);
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

/** A web server: its options apart from those of every streamer. */
function openHttp({ sourceUrl, copyToCache, ...options }: PlaceOptions): DataStreamer {
  if (copyToCache === false) {
    throw new ConfigError('copyToCache', 'copyToCache: false is for folders of this machine only.');
  }
  const { token, tls, proxy, connectTimeoutMs, maxConnections, ...streamer } = options;
  const { idleTimeoutMs, signal } = streamer;
  const client = { token, tls, proxy, connectTimeoutMs, maxConnections, idleTimeoutMs, signal };
  return new DataStreamer(new HttpSource({ url: sourceUrl, ...client }), streamer);
}

function typeOf(sourceUrl: string): Exclude<StreamingType, 'auto'> | 'http' {
  const [, scheme = '', slashes] = /^([A-Za-z][\w+.-]+):(\/\/)?/.exec(sourceUrl) ?? [];
  const type = SCHEMES.get(scheme.toLowerCase());
  if (type !== undefined) return type;
  if (slashes === undefined) return 'local';
  throw new UnsupportedError(
    `${scheme}: URLs`,
    `A sourceUrl that begins with "${scheme}:" is not supported. ${AVAILABLE}`,
  );
}
