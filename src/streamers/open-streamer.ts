import { existsSync, statSync } from 'node:fs';
import { isIP } from 'node:net';
import { ConfigError, UnsupportedError } from '../core/errors.ts';
import { shorten, showValue } from '../core/show-value.ts';
import type { Source } from '../core/source.ts';
import { HttpSource, type HttpSourceOptions } from '../sources/http/http-source.ts';
import { findEndpoint } from '../sources/hugging-face/hub-settings.ts';
import { recognizeRepo } from '../sources/hugging-face/repo-reference.ts';
import { isUncPath, toSmbUrl } from '../sources/smb/unc-address.ts';
import { DataStreamer, STREAMER_OPTIONS, type StreamerOptions } from './data-streamer.ts';
import { HuggingFaceStreamer, type HuggingFaceStreamerOptions } from './hugging-face-streamer.ts';
import { LocalStreamer } from './local-streamer.ts';
import { NASStreamer, type NASStreamerOptions } from './nas-streamer.ts';

/** How a dataset's files are reached. */
export type StreamingType = 'auto' | 'local' | 'nas' | 'hf';

/** Options of a place: those of its kind (see `NASStreamer`, `HuggingFaceStreamer`, `LocalStreamer`, `HttpSource`). */
export interface PlaceOptions
  extends StreamerOptions,
    Omit<NASStreamerOptions, keyof StreamerOptions | 'sourceUrl'>,
    Omit<HuggingFaceStreamerOptions, keyof StreamerOptions | keyof NASStreamerOptions | 'repoId'>,
    Pick<HttpSourceOptions, 'headers' | 'index'> {
  /**
   * Where the files lie: a folder of this machine, as a path or a `file:` URL; the host of a NAS, `nas://host/share` or
   * `smb://host/share` (also `cifs:`, and `\\host\share` of Windows); a dataset of the Hugging Face Hub, `user/name` or
   * `hf://datasets/user/name@revision/folder`; or a folder of a web server that has a list of its files, as an `http(s):` URL.
   */
  readonly sourceUrl?: string | URL | undefined;
  /** In place of `sourceUrl`, a source of your own; it is closed with what was opened over it. */
  readonly source?: Source | undefined;
  /** `'auto'` goes by `sourceUrl`; the dataset's `place` says how it decided. @defaultValue `'auto'` */
  readonly streamingType?: StreamingType | undefined;
  /** Of a local folder: see `LocalStreamerOptions`. @defaultValue false */
  readonly copyToCache?: boolean | undefined;
}

export const PLACE_OPTIONS: readonly (keyof PlaceOptions)[] = [
  ...STREAMER_OPTIONS,
  'sourceUrl',
  'source',
  'streamingType',
  'copyToCache',
  'accessMode',
  'username',
  'password',
  'domain',
  'port',
  'secure',
  'otp',
  'deviceId',
  'onDeviceId',
  'deviceIdFile',
  'onWarning',
  'verify',
  'requireEncryption',
  'signing',
  'guest',
  'token',
  'revision',
  'endpoint',
  'offline',
  'hubCacheDir',
  'maxWaitMs',
  'environment',
  'http',
  'headers',
  'index',
  'tls',
  'proxy',
  'maxConnections',
];

/** Where files are streamed from. */
export interface Place {
  readonly streamer: DataStreamer;
  /** Folder that the address named, inside the source. */
  readonly folder: string | undefined;
  /** A sentence that says how the kind of the place was decided. */
  readonly why: string;
}

/** A kind of place, as an address decides on it; web servers are no `streamingType`, their URLs say it. */
export type PlaceKind = Exclude<StreamingType, 'auto'> | 'http';

/** What each scheme stands for. */
const SCHEMES: ReadonlyMap<string, PlaceKind> = new Map([
  ['file', 'local'],
  ['http', 'http'],
  ['https', 'http'],
  ['nas', 'nas'],
  ['cifs', 'nas'],
  ['smb', 'nas'],
  ['hf', 'hf'],
]);

/** Kinds of places of other programs, by which an address is known even without "//". */
const FOREIGN =
  /^(?:s3[an]?|gs|gcs|az|azure|abfss?|wasbs?|adl|ftps?|sftp|scp|ssh|fish|webdavs?|davs?|nfs|afp|rsync|rclone|hdfs|dbfs|ipfs|git|dropbox|gdrive|onedrive|b2|r2|oss|cos|swift)$/i;

/**
 * Opens the streamer for a place.
 *
 * @throws UnsupportedError for a scheme that is not known
 * @throws ConfigError for an option that the kind of place does not have, or that cannot be used as given
 */
export function choosePlace(options: PlaceOptions): Place {
  const { streamingType = 'auto', source, sourceUrl, ...rest } = placeOf(options);
  if (source !== undefined) return overOwnSource(source, options);
  if (sourceUrl === undefined)
    throw new ConfigError('sourceUrl', 'Say where the files lie: give sourceUrl, or a source of your own.');
  const place = { ...rest, sourceUrl };
  const { kind, why } = recognizePlace({ ...place, streamingType });
  switch (kind) {
    case 'local':
      return { streamer: new LocalStreamer(place), folder: undefined, why };
    case 'nas': {
      const streamer = new NASStreamer(place as NASStreamerOptions);
      return { streamer, folder: streamer.folder === '' ? undefined : streamer.folder, why };
    }
    case 'hf': {
      const streamer = new HuggingFaceStreamer({
        ...(rest as Omit<HuggingFaceStreamerOptions, 'repoId'>),
        repoId: String(sourceUrl),
      });
      return { streamer, folder: streamer.path, why };
    }
    case 'http':
      return { streamer: openHttp(place), folder: undefined, why };
  }
}

/**
 * Which kind of place an address stands for, and a sentence that says why. Nothing is opened; whether there is a folder
 * of that name is looked up. Of a NAS also by which of its ways it is reached.
 *
 * @throws UnsupportedError for a scheme that is not known
 * @throws ConfigError for a streaming type that there is not
 */
export function recognizePlace(
  place: Pick<PlaceOptions, 'streamingType' | 'accessMode' | 'username' | 'endpoint' | 'environment'> & {
    readonly sourceUrl: string | URL;
  },
): { readonly kind: PlaceKind; readonly why: string; readonly accessMode?: 'api' | 'smb' | undefined } {
  const { kind, why } = recognizeKind(place);
  if (kind !== 'nas') return { kind, why };
  const isSmb = toSmbUrl(String(place.sourceUrl)) !== undefined;
  return { kind, why, accessMode: place.accessMode ?? (isSmb ? 'smb' : 'api') };
}

function recognizeKind(place: Parameters<typeof recognizePlace>[0]): {
  readonly kind: PlaceKind;
  readonly why: string;
} {
  const { streamingType = 'auto' } = place;
  const given = String(place.sourceUrl);
  if (streamingType === 'local' || streamingType === 'nas' || streamingType === 'hf') {
    return { kind: streamingType, why: `streamingType is '${streamingType}'` };
  }
  if (streamingType !== 'auto') {
    throw new ConfigError(
      'streamingType',
      `There is no streaming type ${showValue(streamingType)}: use 'auto', 'local', 'nas' or 'hf'.`,
    );
  }
  const hub = recognizeRepo(
    given,
    existsSync,
    place.endpoint ?? findEndpoint(place.environment ?? process.env),
  );
  if (hub.isRepo) return { kind: 'hf', why: hub.why };
  const [, scheme = '', slashes] = /^([A-Za-z][\w+.-]+):(\/\/)?/.exec(given) ?? [];
  const kind = SCHEMES.get(scheme.toLowerCase());
  const quoted = `"${shorten(given, 300)}"`;
  if (kind !== undefined) return { kind, why: `${quoted} begins with "${scheme}:"` };
  const isHere = slashes === undefined && isFolder(given);
  if (isHere) return { kind: 'local', why: `${quoted} is a folder of this machine` };
  if (slashes !== undefined || FOREIGN.test(scheme)) {
    const known = [...SCHEMES.keys()].map((name) => `${name}:`).join(', ');
    throw new UnsupportedError(
      `${scheme}: URLs`,
      `Addresses that begin with "${scheme}:" are not supported: give a folder of this machine, a dataset of the Hub as "user/name", a path of Windows as "\\\\host\\share", or an address that begins with one of ${known}.`,
    );
  }
  if (isUncPath(given)) {
    return { kind: 'nas', why: `no folder is called ${quoted}, and it is a path of Windows, as of SMB` };
  }
  if (place.username !== undefined || place.accessMode !== undefined) {
    return {
      kind: 'nas',
      why: `no folder is called ${quoted}, and a user name or access mode is given, as for a NAS`,
    };
  }
  if (isIP(given.replace(/^\[|\](?=:|$)/g, '').replace(/^([\d.]+):\d+$/, '$1')) !== 0) {
    return {
      kind: 'nas',
      why: `no folder is called ${quoted}, and it is the address of a host, as of a NAS`,
    };
  }
  return { kind: 'local', why: `${quoted} has the form of a folder's name` };
}

/** A source of the user's own: all that a streamer does, and no option of another kind of place. */
function overOwnSource(source: Source, options: PlaceOptions): Place {
  const own: readonly (keyof PlaceOptions)[] = [...STREAMER_OPTIONS, 'source'];
  const foreign = PLACE_OPTIONS.find((name) => options[name] !== undefined && !own.includes(name));
  if (foreign !== undefined)
    throw new ConfigError(
      foreign,
      `${foreign} has no meaning beside source, a source of your own: leave it out.`,
    );
  return {
    streamer: new DataStreamer(source, streamerOptions(options)),
    folder: undefined,
    why: 'it was given',
  };
}

/** The options of every streamer alone. */
function streamerOptions(options: PlaceOptions): StreamerOptions {
  return Object.fromEntries(STREAMER_OPTIONS.map((name) => [name, options[name]]));
}

/** The options of a place alone, of an object that may have others. */
function placeOf(options: PlaceOptions): PlaceOptions {
  const given = PLACE_OPTIONS.map((name) => [name, options[name]]);
  return Object.fromEntries(given) as PlaceOptions;
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

/** Options of every streamer that a web server's source has as well. */
const SHARED: readonly string[] = ['connectTimeoutMs', 'idleTimeoutMs', 'signal'];

/** A web server: the options of its source apart from those of every streamer. */
function openHttp(options: PlaceOptions & { readonly sourceUrl: string | URL }): DataStreamer {
  const own = Object.entries(options).filter(
    ([name]) =>
      name !== 'sourceUrl' &&
      (SHARED.includes(name) || !(STREAMER_OPTIONS as readonly string[]).includes(name)),
  );
  return new DataStreamer(
    new HttpSource({ ...(Object.fromEntries(own) as object), url: options.sourceUrl }),
    streamerOptions(options),
  );
}
