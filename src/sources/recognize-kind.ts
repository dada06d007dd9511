import { ConfigError, UnsupportedError } from '../core/errors.ts';
import { shorten, showValue } from '../core/show-value.ts';
import type { AddressGuess, Recognition, SourceKind } from '../core/source-kind.ts';
import { KINDS } from './registry.ts';

/** Address whose kind is looked for. */
export interface GivenPlace {
  readonly address: string;
  /** Name of a kind or of a family, or `'auto'`. */
  readonly type: string;
  /** Options that were given beside the address. */
  readonly options: Readonly<Record<string, unknown>>;
}

/** Kind that an address is of. */
export interface RecognizedKind {
  readonly kind: SourceKind;
  /** Sentence that says how it was decided. */
  readonly why: string;
}

/** Kinds of places of other programs, by which an address is known even without "//". */
const FOREIGN_SCHEME =
  /^(?:s3[an]?|gs|gcs|az|azure|abfss?|wasbs?|adl|ftps?|sftp|scp|ssh|fish|webdavs?|davs?|nfs|afp|rsync|rclone|hdfs|dbfs|ipfs|git|dropbox|gdrive|onedrive|b2|r2|oss|cos|swift)$/i;

const CERTAINTIES: readonly Recognition['certainty'][] = ['sure', 'likely', 'fallback'];

/**
 * Finds the kind of place that an address stands for. Nothing is opened; whether there is a folder of that name is
 * looked up.
 *
 * @throws UnsupportedError for a scheme that is not known
 * @throws ConfigError for a type that there is not
 */
export function recognizeKind(place: GivenPlace, kinds: readonly SourceKind[] = KINDS): RecognizedKind {
  const { address, type } = place;
  if (type !== 'auto') return { kind: kindOfType(place, kinds), why: `streamingType is '${type}'` };
  const [, scheme = '', slashes] = /^([A-Za-z][\w+.-]+):(\/\/)?/.exec(address) ?? [];
  const ofScheme = kinds.find(({ schemes }) => schemes.includes(scheme.toLowerCase()));
  const found = recognitions(place, kinds, {
    scheme: scheme.toLowerCase(),
    hasSlashes: slashes !== undefined,
    isKnownScheme: ofScheme !== undefined,
  });
  const { kind, why } = ((): RecognizedKind => {
    const sure = found.find(({ certainty }) => certainty === 'sure');
    if (sure !== undefined) return sure;
    if (ofScheme !== undefined)
      return { kind: ofScheme, why: `"${shorten(address, 300)}" begins with "${scheme}:"` };
    if (slashes !== undefined || FOREIGN_SCHEME.test(scheme)) throw unknownScheme(scheme, kinds);
    const [best] = found;
    if (best !== undefined) return best;
    throw new ConfigError('sourceUrl', 'No kind of place has such an address.');
  })();
  return { kind: wayTo(kind, place, kinds), why };
}

/** Names that a type can have. */
export function typesOf(kinds: readonly SourceKind[]): string[] {
  return ['auto', ...new Set(kinds.flatMap(({ name, family }) => [family?.of.name ?? [], name].flat()))];
}

/** What the kinds say of an address, the surest first, else in their order. */
function recognitions(
  { address, options }: GivenPlace,
  kinds: readonly SourceKind[],
  form: Pick<AddressGuess<object>, 'scheme' | 'hasSlashes' | 'isKnownScheme'>,
): (RecognizedKind & Recognition)[] {
  const found = kinds.flatMap((kind) => {
    const recognition = kind.recognize?.({ address, given: options, ...form });
    return recognition === undefined ? [] : [{ kind, ...recognition }];
  });
  return found.toSorted((a, b) => CERTAINTIES.indexOf(a.certainty) - CERTAINTIES.indexOf(b.certainty));
}

function kindOfType(place: GivenPlace, kinds: readonly SourceKind[]): SourceKind {
  const { type, options } = place;
  const named = kinds.find(({ name }) => name === type);
  if (named !== undefined) {
    const { family } = named;
    const given = family === undefined ? undefined : options[family.of.option];
    if (family === undefined || given === undefined || given === family.value) return named;
    throw new ConfigError(
      family.of.option,
      `${family.of.option} is ${showValue(given)}, but streamingType is '${type}': leave one of them out.`,
    );
  }
  const first = kinds.find(({ family }) => family?.of.name === type);
  if (first !== undefined) return wayTo(first, place, kinds);
  const names = typesOf(kinds).map((name) => `'${name}'`);
  throw new ConfigError(
    'streamingType',
    `There is no streaming type ${showValue(type)}: use ${names.slice(0, -1).join(', ')} or ${names.at(-1)}.`,
  );
}

/** The kind of a family that its option says, else the address, else the first. */
function wayTo(kind: SourceKind, { address, options }: GivenPlace, kinds: readonly SourceKind[]): SourceKind {
  const { family } = kind;
  if (family === undefined) return kind;
  const ways = kinds.filter((each) => each.family?.of === family.of);
  const given = options[family.of.option];
  if (given !== undefined) {
    const way = ways.find((each) => each.family?.value === given);
    if (way !== undefined) return way;
    const values = ways.map((each) => `'${each.family?.value}'`);
    throw new ConfigError(
      family.of.option,
      `${family.of.option} ${showValue(given)}: use ${values.slice(0, -1).join(', ')} or ${values.at(-1)}.`,
    );
  }
  const text = address.trim();
  const [, scheme = ''] = /^([A-Za-z][\w+.-]+):/.exec(text) ?? [];
  const form = { scheme: scheme.toLowerCase(), hasSlashes: false, isKnownScheme: false };
  const [sure] = recognitions({ address: text, type: 'auto', options: {} }, ways, form).filter(
    ({ certainty }) => certainty === 'sure',
  );
  return ways.find(({ schemes }) => schemes.includes(form.scheme)) ?? sure?.kind ?? ways[0] ?? kind;
}

function unknownScheme(scheme: string, kinds: readonly SourceKind[]): UnsupportedError {
  const forms = kinds.flatMap(({ form }) => form ?? []);
  const known = kinds.flatMap(({ schemes }) => schemes.map((name) => `${name}:`)).join(', ');
  return new UnsupportedError(
    `${scheme}: URLs`,
    `Addresses that begin with "${scheme}:" are not supported: give ${forms.join(', ')}, or an address that begins with one of ${known}.`,
  );
}
