import type { OptionTable } from './option-table.ts';
import type { Source } from './source.ts';

/** Patience of the line to a place and its end: options of every streamer that each kind of place is given as well. */
export interface LineOptions {
  /** Longest time to connect to a server, milliseconds. @defaultValue 10 000 */
  readonly connectTimeoutMs?: number | undefined;
  /** Longest time without a byte of a download, milliseconds. @defaultValue 30 000 */
  readonly idleTimeoutMs?: number | undefined;
  /** Ends every call when aborted, for as long as the source lives. @defaultValue none */
  readonly signal?: AbortSignal | undefined;
}

/** Source that a kind has opened. */
export interface OpenedSource {
  readonly source: Source;
  /** Folder that the address named, inside the source. @defaultValue none: all of it is meant */
  readonly folder?: string | undefined;
}

/** Function that opens a source of one kind without waiting; nothing is connected to before it is used. */
export type OpenSource<Options extends object> = (
  address: string,
  options: Options & LineOptions,
) => OpenedSource;

/** Address that may be of any kind, as {@link SourceKind.recognize} gets it. */
export interface AddressGuess<Options extends object> {
  /** As it was given. */
  readonly address: string;
  /** Scheme that it begins with, in lower case, without the colon; empty for none. `C:` is a drive and none. */
  readonly scheme: string;
  /** Whether two slashes follow the scheme. */
  readonly hasSlashes: boolean;
  /** Whether the scheme is one of a kind. */
  readonly isKnownScheme: boolean;
  /** Options that were given beside it; those of other kinds are among them. */
  readonly given: Partial<Options>;
}

/**
 * Reason for taking an address as one of a kind. The address's scheme counts more than all but what is sure:
 *
 * - `'sure'`: its form, or what is there, says so
 * - `'likely'`: an option beside it says so, or it looks like one
 * - `'fallback'`: nothing says anything else
 */
export interface Recognition {
  /** Sentence without a capital and a full stop, for messages: `"a/b" is a folder of this machine`. */
  readonly why: string;
  readonly certainty: 'sure' | 'likely' | 'fallback';
}

/** Several kinds under one name: ways to the same place, told apart by an option that all of them have. */
export interface KindFamily {
  /** A `streamingType`, as the kinds' own names are. */
  readonly name: string;
  /** With its article: `'a NAS'`. */
  readonly title: string;
  /** Short name, which help puts before what is of the family alone: `'NAS'`. */
  readonly label: string;
  /** Option that says which kind is meant. */
  readonly option: string;
}

/**
 * Kind of place where files lie: `sources/NAME/kind.ts` and a line of `sources/registry.ts`. It is loaded whenever
 * anything is, so it holds no code that reads: `open` imports that.
 */
export interface SourceKind<Options extends object = object, Name extends string = string> {
  /** A `streamingType`: `'s3'`. */
  readonly name: Name;
  /** With its article, for messages: `'a bucket of S3'`. */
  readonly title: string;
  /** Short name, which help puts before what is of this kind alone, and which stands behind "the": `'Hub'`. */
  readonly label: string;
  /** Forms of its addresses, for help: `'s3://bucket/prefix'`. */
  readonly address: string;
  /** Form of an address without a scheme, for the message that a scheme is not known. @defaultValue it has none */
  readonly form?: string | undefined;
  /** Schemes of its addresses, in lower case, without the colon. */
  readonly schemes: readonly string[];
  readonly options: OptionTable<Options>;
  /** Family that the kind is of, and the value of the family's option that means it. @defaultValue none */
  readonly family?: { readonly of: KindFamily; readonly value: string } | undefined;
  /** Tells why an address that has no scheme of this kind is one of it, or undefined. It opens nothing. */
  recognize?(guess: AddressGuess<Options>): Recognition | undefined;
  /**
   * Imports what reads, and opens the source of an address.
   *
   * @throws ConfigError, UnsupportedError for what cannot be used as given
   */
  open(address: string, options: Options & LineOptions): Promise<OpenedSource>;
}

/** Options of the kinds of a list together. What two kinds have has the type of the later one. */
export type OptionsOfKinds<Kinds extends readonly unknown[]> = Kinds extends readonly [
  ...infer Before,
  SourceKind<infer Options>,
]
  ? Options & Omit<OptionsOfKinds<Before>, keyof Options>
  : unknown;
