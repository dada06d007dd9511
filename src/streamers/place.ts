import { ConfigError } from '../core/errors.ts';
import { entriesOf } from '../core/option-table.ts';
import type { Source } from '../core/source.ts';
import type { LineOptions, SourceKind } from '../core/source-kind.ts';
import { recognizeKind } from '../sources/recognize-kind.ts';
import { KINDS, type KindName, type KindOptions, placeName } from '../sources/registry.ts';
import { type DataStreamer, STREAMER_OPTIONS, type StreamerOptions } from './data-streamer.ts';

/** Kind of place that a dataset's files lie at: `'nas'` is that of the ways `'synology'` and `'smb'`. */
export type StreamingType = 'auto' | 'nas' | KindName;

/** Kind of a place, as an address decides on it. */
export type PlaceKind = Exclude<StreamingType, 'auto' | 'synology' | 'smb'>;

/** Options of a place: those of its kind (see `NASStreamer`, `HuggingFaceStreamer`, `LocalStreamer`, `HttpSource`). */
export interface PlaceOptions extends StreamerOptions, KindOptions {
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
}

/** Where files are streamed from. */
export interface Place {
  readonly streamer: DataStreamer;
  /** Folder that the address named, inside the source. */
  readonly folder: string | undefined;
  /** A sentence that says how the kind of the place was decided. */
  readonly why: string;
}

/** Options of a place whose kind is known. */
export interface ChosenPlace {
  readonly kind: SourceKind;
  readonly why: string;
  readonly address: string;
  /** Those of the kind and of the line to it. */
  readonly own: LineOptions;
  /** Those of every streamer. */
  readonly streaming: StreamerOptions;
}

const PLACE_NAMES = ['sourceUrl', 'source', 'streamingType'] as const;
const LINE_NAMES: readonly (keyof LineOptions)[] = ['connectTimeoutMs', 'idleTimeoutMs', 'signal'];

/** Names of all options of places. */
export function placeOptionNames(kinds: readonly SourceKind[] = KINDS): string[] {
  const own = kinds.flatMap(({ options }) => entriesOf(options).map(([name]) => name));
  return [...new Set<string>([...STREAMER_OPTIONS, ...PLACE_NAMES, ...own])];
}

/** Names of the options that a kind takes beside its address: its own, and those of the line. */
export function kindOptionNames(kind: SourceKind): string[] {
  return [...new Set<string>([...LINE_NAMES, ...entriesOf(kind.options).map(([name]) => name)])];
}

/**
 * Which kind of place an address stands for, and a sentence that says why. Nothing is opened; whether there is a folder
 * of that name is looked up. Of a NAS also by which of its ways it is reached.
 *
 * @throws UnsupportedError for a scheme that is not known
 * @throws ConfigError for a streaming type that there is not
 */
export function recognizePlace(
  place: Partial<KindOptions> & Pick<PlaceOptions, 'streamingType'> & { readonly sourceUrl: string | URL },
): { readonly kind: PlaceKind; readonly why: string; readonly accessMode?: 'api' | 'smb' | undefined } {
  const { sourceUrl, streamingType = 'auto', ...options } = place;
  const { kind, why } = recognizeKind({ address: String(sourceUrl), type: streamingType, options });
  const way = kind.family?.value as 'api' | 'smb' | undefined;
  return { kind: placeName(kind) as PlaceKind, why, ...(way === undefined ? {} : { accessMode: way }) };
}

/**
 * Decides on the kind of a place, and which of its options go where.
 *
 * @throws ConfigError for an option that the kind of place does not have
 */
export function choosePlace(options: PlaceOptions, kinds: readonly SourceKind[] = KINDS): ChosenPlace {
  const { sourceUrl, streamingType = 'auto' } = options;
  if (sourceUrl === undefined)
    throw new ConfigError('sourceUrl', 'Say where the files lie: give sourceUrl, or a source of your own.');
  const address = String(sourceUrl);
  const given = options as Readonly<Record<string, unknown>>;
  const { kind, why } = recognizeKind({ address, type: streamingType, options: given }, kinds);
  const own = kindOptionNames(kind);
  const known: readonly string[] = [...STREAMER_OPTIONS, ...PLACE_NAMES, ...own];
  refuse(given, placeOptionNames(kinds), known, `for ${kind.title}, which sourceUrl is taken for`);
  return {
    kind,
    why,
    address,
    own: pickOptions(given, own),
    streaming: pickOptions(given, STREAMER_OPTIONS),
  };
}

/**
 * Options of a streamer over a source of the user's own.
 *
 * @throws ConfigError for an option of a kind of place
 */
export function chooseOverSource(
  options: PlaceOptions,
  kinds: readonly SourceKind[] = KINDS,
): StreamerOptions {
  const given = options as Readonly<Record<string, unknown>>;
  const known = [...STREAMER_OPTIONS, 'source'];
  refuse(given, placeOptionNames(kinds), known, 'beside source, a source of your own');
  return pickOptions(given, STREAMER_OPTIONS);
}

function refuse(
  given: Readonly<Record<string, unknown>>,
  all: readonly string[],
  known: readonly string[],
  where: string,
): void {
  const foreign = all.find((name) => given[name] !== undefined && !known.includes(name));
  if (foreign !== undefined)
    throw new ConfigError(foreign, `${foreign} has no meaning ${where}: leave it out.`);
}

/** Those options of an object that have one of the names and are set. */
export function pickOptions(options: object, names: readonly string[]): object {
  const given = options as Readonly<Record<string, unknown>>;
  return Object.fromEntries(
    names.flatMap((name) => (given[name] === undefined ? [] : [[name, given[name]]])),
  );
}
