import { ConfigError, UnsupportedError } from '../core/errors.ts';
import type { DataStreamer } from './data-streamer.ts';
import { LocalStreamer } from './local-streamer.ts';

/** How a dataset's files are reached. */
export type StreamingType = 'auto' | 'local' | 'nas' | 'hf';

/** Said where something else was asked for. */
const AVAILABLE =
  "What there is now: streamingType 'local', a folder of this machine given as a path or a file: URL.";

/** Which streamer is wanted. */
export interface StreamerChoice {
  readonly sourceUrl: string | URL;
  readonly streamingType: StreamingType;
  readonly signal: AbortSignal | undefined;
}

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
export function chooseStreamer({ sourceUrl, streamingType, signal }: StreamerChoice): DataStreamer {
  const type = streamingType === 'auto' ? typeOf(String(sourceUrl)) : streamingType;
  if (type === 'local') return new LocalStreamer({ sourceUrl, signal });
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
