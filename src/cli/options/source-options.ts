import { readFileSync, rmSync } from 'node:fs';
import { type Command, Option } from 'commander';
import {
  explainSystemError,
  KINDS,
  type OpenedPlace,
  type OptionEntry,
  openPlace,
  type PlaceOptions,
  placeName,
  recognizeKind,
  type SourceKind,
  typesOf,
} from '../../io.ts';
import { warn } from '../terminal/output.ts';
import { wrap } from '../terminal/wrap.ts';
import { UsageError } from '../usage-error.ts';
import { refuseCredentials } from './address-login.ts';
import { expandHome } from './own-path.ts';
import { byteCount, seconds, wholeNumber } from './parse-option.ts';
import { adviseOnSamples, readSampleOptions, type SamplePatterns } from './sample-options.ts';
import { OtpReader, PasswordReader, readToken } from './secrets.ts';
import { requireUsable } from './settings.ts';
import { notePlace } from './situation.ts';
import { flagsOf, notedFlags, noteFlags, optionsOf, type SourceFlag, toOptions } from './source-flags.ts';
import { makeTemporaryFolder } from './temporary-folder.ts';
import { variableOf } from './variable-name.ts';

/** Values of the shared options that are of no kind of place. */
interface SourceOptions {
  readonly type?: string;
  readonly sourceDir?: string;
  readonly cacheDir?: string;
  readonly cacheSize?: number;
  readonly cache?: boolean;
  readonly timeout?: number;
  readonly tries?: number;
  readonly archives?: boolean | string;
  readonly maxExpansion?: number;
}

type Values = Record<string, unknown>;

/** Argument that names the place, as help texts describe it. */
export const SOURCE_ARGUMENT: string = describeAddresses(KINDS);

/**
 * Adds the options by which every command reaches its source.
 *
 * @param kinds - the kinds of places that there are: their tables say which options, and `resolveSource` goes by them
 */
export function addSourceOptions(command: Command, kinds: readonly SourceKind[] = KINDS): Command {
  const group = 'Source options:';
  // An option of the command's own of that name goes first.
  const taken = command.options.map(({ long }) => long);
  const flags = flagsOf(kinds).map((flag) =>
    taken.includes(flag.long) ? { ...flag, long: `--source-${flag.long.slice(2)}` } : flag,
  );
  const options = [
    new Option('--type <kind>', 'take the source as this, whatever it looks like').choices(typesOf(kinds)),
    new Option('--source-dir <folder>', 'folder inside the source in which the samples lie'),
    new Option('--profile <name>', 'settings of this name in vascusim.json or your own settings'),
    ...toOptions(flags, kinds),
    new Option('--timeout <seconds>', 'longest silence of a server').argParser(seconds),
    new Option('--tries <n>', 'tries of a download without progress').argParser(wholeNumber(1)),
    ...cacheOptions(),
    new Option(
      '--archives [glob]',
      'read inside .zip, .tar, .tgz, .gz and .part files: of all of them, or of those whose paths match',
    ),
    new Option(
      '--max-expansion <n>',
      'how many times its packed bytes a file in an archive may take (256)',
    ).argParser(wholeNumber(1)),
    new Option('--no-cache', 'keep nothing of what is fetched'),
  ];
  for (const option of options) command.addOption(option.helpGroup(group));
  noteFlags(command, flags, kinds);
  return command.addHelpText('after', describeSecrets(kinds));
}

/** Makes the options of the cache alone. */
export function cacheOptions(): Option[] {
  return [
    new Option('--cache-dir <folder>', 'folder of the cache'),
    new Option('--cache-size <size>', 'most that the cache may hold, such as 5GB or 500MiB').argParser(
      byteCount,
    ),
  ];
}

/** A source as the command line names it, ready for the library. */
export interface ResolvedSource {
  /** Source as the user wrote it. */
  readonly given: string;
  readonly kind: SourceKind;
  /** Sentence on how the kind was decided. */
  readonly why: string;
  readonly options: PlaceOptions & SamplePatterns & { readonly sourceDir?: string | undefined };
  /** True when its files lie on this machine. */
  readonly isLocal: boolean;
  /** Opens the streamer for it. */
  open(): Promise<OpenedPlace>;
}

/**
 * Reads the source of a command with its options.
 *
 * @param given - the argument; the setting `source` of a profile, or VASCUSIM_SOURCE, where it is left out
 * @throws UsageError when something cannot be used as given
 */
export function resolveSource(
  command: Command,
  given: string | undefined,
  signal: AbortSignal,
): ResolvedSource {
  const { flags, kinds } = notedFlags(command);
  const own = command.opts<SourceOptions>();
  const named = given ?? process.env['VASCUSIM_SOURCE']?.replace(/[\r\n]+$/, '') ?? configuredSource(command);
  if (named === undefined || named === '') {
    throw new UsageError(
      `missing required argument 'source': ${describeAddresses(kinds)}${adviseOnSamples(command)}`,
    );
  }
  const address = expandHome(named, 'The source');
  refuseCredentials(address, own.type, kinds);
  const { kind, why } = findKind(command, address, kinds);
  notePlace(placeName(kind));
  const isLocal = kind.name === 'local';
  const idleTimeoutMs = own.timeout === undefined ? undefined : Math.max(1, Math.round(own.timeout * 1000));
  const place: PlaceOptions & { readonly sourceDir?: string | undefined } = {
    ...kindOptions(command, flags, kind, why, signal),
    sourceUrl: address,
    streamingType: placeName(kind) as PlaceOptions['streamingType'],
    sourceDir: own.sourceDir,
    cacheDir: own.cache === false ? makePassingCache() : own.cacheDir,
    maxCacheSize: own.cacheSize,
    oversized: 'temporary',
    tries: own.tries,
    archives: readArchives(own.archives),
    maxExpansion: own.maxExpansion,
    idleTimeoutMs,
    ...(isLocal ? {} : { connectTimeoutMs: idleTimeoutMs }),
    signal,
  };
  const open = (): Promise<OpenedPlace> =>
    openPlace({ ...place, sourceDir: undefined } as PlaceOptions, kinds);
  const options = { ...place, ...readSampleOptions(command) };
  return { given: address, kind, why, options, isLocal, open };
}

/** Reads which archives are meant: all, none, or those of a pattern. */
function readArchives(given: boolean | string | undefined): boolean | string | undefined {
  const word = String(given).toLowerCase();
  if (['true', '1', 'yes', 'on'].includes(word)) return true;
  return ['false', '0', 'no', 'off'].includes(word) ? false : given;
}

function describeAddresses(kinds: readonly SourceKind[]): string {
  return kinds.map(({ address }) => address).join(', ');
}

/** Finds the kind of a source. What the environment says of every NAS must not make a NAS of a name that is none. */
function findKind(
  command: Command,
  address: string,
  kinds: readonly SourceKind[],
): { readonly kind: SourceKind; readonly why: string } {
  const { flags } = notedFlags(command);
  const said: Values = {};
  for (const { name, gives, uses } of flags) {
    const isTyped = command.getOptionValueSource(name) === 'cli';
    for (const { path, entry } of uses) {
      const [option = '', field] = path;
      const counts = isTyped || (entry.value === 'url' && entry.typed !== true);
      if (gives !== 'value' || field !== undefined || !counts) continue;
      said[option] = command.getOptionValue(name);
    }
  }
  const type = command.opts<SourceOptions>().type ?? 'auto';
  const found = recognizeKind({ address, type, options: said }, kinds);
  const { family } = found.kind;
  const ways = kinds.filter((kind) => family !== undefined && kind.family?.of === family.of);
  if (family === undefined || ways[0] !== found.kind || said[family.of.option] !== undefined) return found;
  // Nothing but the first way was said by the address: settings and variables may know another.
  const flag = flags.find(({ uses }) => uses.some(({ path }) => path[0] === family.of.option));
  const set: unknown = flag === undefined ? undefined : command.getOptionValue(flag.name);
  return { ...found, kind: ways.find((way) => way.family?.value === set) ?? found.kind };
}

/**
 * Reads the options of a kind of place. One of another kind is a mistake on the command line, elsewhere it is passed
 * over.
 */
function kindOptions(
  command: Command,
  flags: readonly SourceFlag[],
  kind: SourceKind,
  why: string,
  signal: AbortSignal,
): Values {
  const options: Values = {};
  for (const flag of flags) {
    const source = command.getOptionValueSource(flag.name);
    if (source === undefined) continue;
    const use = flag.uses.find((each) => each.kind === kind);
    if (use === undefined) {
      if (source === 'cli') throw foreignFlag(command, flag, kind);
      continue;
    }
    if (use.entry.typed === true && source !== 'cli') {
      warnOfUntyped(flag, use.entry, kind, source);
      continue;
    }
    requireUsable(command, flag.name);
    if (flag.gives !== 'value') continue;
    const value: unknown = command.getOptionValue(flag.name);
    if (use.entry.warning !== undefined && value === true) warn(`${flag.long}: ${use.entry.warning}`);
    const [name = '', field] = use.path;
    const read = readValue(flag, use.entry.value, value, use.path);
    if (field === undefined) options[name] = read;
    else options[name] = { ...(options[name] as Values | undefined), [field]: read };
  }
  const replaced = optionsOf(kind)
    .filter(({ path, entry }) => entry.replaces !== undefined && options[path[0] ?? ''] === true)
    .flatMap(({ entry }) => entry.replaces ?? []);
  for (const name of replaced) delete options[name];
  requireGiven(command, flags, kind, why, options, replaced);
  if (kind.family !== undefined) options[kind.family.of.option] = kind.family.value;
  return { ...options, ...secretsOf(command, kind, replaced, signal) };
}

/** Warns of a variable or setting that is passed over, where nothing else says what it says. */
function warnOfUntyped(flag: SourceFlag, entry: OptionEntry, kind: SourceKind, source: string): void {
  const { variables = [] } = entry;
  if (variables.some((variable) => (process.env[variable] ?? '') !== '')) return;
  const said = source === 'env' ? variableOf(flag.name) : `The setting "${flag.name}"`;
  const instead = [`type ${flag.long}`, ...variables.slice(0, 1).map((variable) => `set ${variable}`)];
  warn(`${said} is not for ${kind.title}: ${instead.join(', or ')}.`);
}

function readValue(
  { long }: SourceFlag,
  kindOfValue: unknown,
  value: unknown,
  path: readonly string[],
): unknown {
  if (kindOfValue === 'pem' && typeof value === 'string') return readAuthority(long, value, path.join('.'));
  return kindOfValue === 'seconds' && typeof value === 'number' ? Math.round(value * 1000) : value;
}

/** Makes what finds the secrets of a kind of place, when they are needed. */
function secretsOf(
  command: Command,
  kind: SourceKind,
  replaced: readonly string[],
  signal: AbortSignal,
): Values {
  const secrets: Values = {};
  for (const { path, entry } of optionsOf(kind)) {
    const [name = ''] = path;
    if (replaced.includes(name)) continue;
    const wanted = { name, who: `The ${kind.family?.of.label ?? kind.label}` };
    if (entry.secret === 'password') secrets[name] = new PasswordReader(command.opts(), signal, wanted).read;
    if (entry.secret === 'code') secrets[name] = new OtpReader(signal, wanted).read;
    if (entry.secret === 'token') secrets[name] = readToken(name);
  }
  return secrets;
}

/** @throws UsageError when an option is missing that the kind of place needs */
function requireGiven(
  command: Command,
  flags: readonly SourceFlag[],
  kind: SourceKind,
  why: string,
  options: Values,
  replaced: readonly string[],
): void {
  const all = optionsOf(kind);
  for (const { path, entry } of all) {
    const [name = ''] = path;
    if (entry.required === undefined || options[name] !== undefined || replaced.includes(name)) continue;
    const flag = flags.find(({ uses }) => uses.some((use) => use.kind === kind && use.path[0] === name));
    const instead = all.find((each) => each.entry.replaces?.includes(name))?.entry.flag;
    const title = kind.family?.of.title ?? kind.title;
    const takes = (flag?.takes ?? '').replaceAll(/[<>]/g, '').toUpperCase();
    const given = [`${flag?.long} ${takes}`, ...(instead === undefined ? [] : [`or ${instead}`])].join(', ');
    const type = command.opts<SourceOptions>().type ?? 'auto';
    throw new UsageError(
      `${title.charAt(0).toUpperCase()}${title.slice(1)} needs ${entry.required}: give ${given}, or the variable ${variableOf(flag?.name ?? name)} (it is ${title} since ${type === 'auto' ? why : '--type says so'}).`,
    );
  }
}

function foreignFlag(command: Command, { name, long }: SourceFlag, kind: SourceKind): UsageError {
  // --secure and --no-secure have one name.
  const isOff = command.getOptionValue(name) === false;
  const same = command.options.filter((option) => option.attributeName() === name);
  const flag = (same.find(({ negate }) => negate === isOff) ?? same[0])?.long ?? long;
  return new UsageError(`${flag} has no meaning for ${kind.title}, which is what the source is taken for.`);
}

/** Describes the secrets of the kinds of places, for help: where each may come from. */
function describeSecrets(kinds: readonly SourceKind[]): string {
  const ways = kinds.flatMap((kind) =>
    optionsOf(kind).flatMap(({ path, entry }): string[] => {
      const name = path.at(-1) ?? '';
      const variable = variableOf(name);
      const title = kind.family?.of.title ?? kind.title;
      if (entry.secret === 'program' && entry.variables !== undefined)
        return [`the ${name} of ${title} from ${entry.variables.join(', ').replace(/, (?!.*,)/, ' and ')}`];
      if (entry.secret === 'password') {
        return [
          `the ${name} of ${title} comes from --${name}-stdin, --${name}-command, the variable ${variable} or a hidden prompt`,
        ];
      }
      return entry.secret === 'token'
        ? [`a ${name} of the ${kind.label} from ${[...(entry.variables ?? []), variable].join(' or ')}`]
        : [];
    }),
  );
  const text = `Secrets are never arguments, which other users of the machine could read: ${[...new Set(ways)].join(', ')}. Each option has a variable, --cache-dir for one VASCUSIM_CACHE_DIR.`;
  return `\n${wrap(text, 115).join('\n')}`;
}

/** Makes a cache that ends with the process. */
function makePassingCache(): string {
  const folder = makeTemporaryFolder('vascusim-passing-');
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function configuredSource(command: Command): string | undefined {
  return command.getOptionValue('source') as string | undefined;
}

function readAuthority(flag: string, file: string, option: string): string {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const explained = explainSystemError(error, { verb: 'read', file, option });
    throw explained === undefined ? error : new UsageError(`${flag}: ${explained.message}`);
  }
  if (text.includes('-----BEGIN CERTIFICATE-----')) return text;
  throw new UsageError(`${flag}: ${file} holds no certificate in PEM ("-----BEGIN CERTIFICATE-----").`);
}
