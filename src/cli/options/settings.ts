import { readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Command, InvalidArgumentError, type Option } from 'commander';
import { didYouMean } from '../../io.ts';
import { UsageError } from '../usage-error.ts';
import { expandHome, findHome } from './own-path.ts';
import { configOf, notedFlags } from './source-flags.ts';
import { variableOf } from './variable-name.ts';

/** Settings of every source, beside those of the flags that its kind has. */
const PLACE_SETTINGS = ['source', 'type'] as const;
const LINE_SETTINGS = [
  'sourceDir',
  'cacheDir',
  'cacheSize',
  'cache',
  'timeout',
  'tries',
  'archives',
  'maxExpansion',
] as const;
/** Settings of them that protect this machine. */
const LINE_SETTINGS_OF_THE_USER: readonly string[] = ['maxExpansion'];

/** Names that a configuration file can give: those that say where the data lies and how it is reached. */
interface KnownSettings {
  readonly all: readonly string[];
  /** Names of settings that a file beside data may not say: it would run a program, weaken a protection or send a login elsewhere. */
  readonly ofTheUser: readonly string[];
}

function settingsOf(command: Command): KnownSettings {
  const flags = notedFlags(command).flags.filter((flag) => configOf(flag) !== undefined);
  return {
    all: [...PLACE_SETTINGS, ...flags.map(({ name }) => name), ...LINE_SETTINGS],
    ofTheUser: [
      ...flags.filter((flag) => configOf(flag) === 'user').map(({ name }) => name),
      ...LINE_SETTINGS_OF_THE_USER,
    ],
  };
}

type Values = Readonly<Record<string, unknown>>;

interface ConfigFile {
  readonly path: string;
  readonly values: Values;
  readonly profiles: ReadonlyMap<string, Values>;
  readonly profile: string | undefined;
}

/**
 * Finds where the user's own settings lie: `VASCUSIM_CONFIG`, else `vascusim/config.json` in the platform's folder for
 * settings (`$XDG_CONFIG_HOME` or `~/.config`); undefined where there is no home folder.
 */
function userConfigPath(environment: NodeJS.ProcessEnv = process.env): string | undefined {
  const given = environment['VASCUSIM_CONFIG'];
  if (given !== undefined && given !== '') return resolve(expandHome(given, 'VASCUSIM_CONFIG'));
  const { APPDATA = '', XDG_CONFIG_HOME = '' } = environment;
  const own = process.platform === 'win32' ? APPDATA : process.platform === 'darwin' ? '' : XDG_CONFIG_HOME;
  const home = own === '' ? findHome() : undefined;
  if (own === '' && home === undefined) return undefined;
  const folder = own === '' ? join(home ?? '', ...SETTINGS_FOLDER) : own;
  return join(folder, 'vascusim', 'config.json');
}

/** Path of the platform's folder for settings, in the home folder. */
const SETTINGS_FOLDER: readonly string[] =
  process.platform === 'darwin'
    ? ['Library', 'Application Support']
    : process.platform === 'win32'
      ? ['AppData', 'Roaming']
      : ['.config'];

/** Names the user's own settings for messages. */
function nameUserConfig(): string {
  return userConfigPath() ?? 'your own settings (set HOME, or name their file in VASCUSIM_CONFIG)';
}

/**
 * Fills in the options of a command that were not given on the command line: from the environment, then from
 * `./vascusim.json` and the user's settings.
 *
 * @throws UsageError when a variable or a file cannot be used
 */
export function fillIn(command: Command): void {
  for (const option of command.options) {
    const name = option.attributeName();
    // That of the source of a dataset is not meant for `cache clear`.
    if (name === 'source') continue;
    // What is read from a file often ends in a line end.
    const text = process.env[variableOf(name)]?.replace(/[\r\n]+$/, '');
    if (text !== undefined && text !== '' && isOpen(command, name)) {
      setOption(command, option, text, 'env', variableOf(name));
    }
  }
  // Only commands that read a source have profiles.
  if (command.options.some((option) => option.attributeName() === 'profile')) fillInFromFiles(command);
  expandPaths(command);
}

/** Options that name a file or a folder of this machine. */
const PATHS = ['cacheDir', 'to', 'output', 'report', 'standardize'];

/** @throws UsageError for what can be no path */
function expandPaths(command: Command): void {
  for (const option of command.options) {
    const name = option.attributeName();
    const value: unknown = command.getOptionValue(name);
    if (!(PATHS.includes(name) || namesFile(command, name)) || typeof value !== 'string') continue;
    if (value === '') throw new UsageError(`${option.long} is empty: give the name of a file or folder.`);
    const source = command.getOptionValueSource(name) ?? 'cli';
    const where = source === 'env' ? variableOf(name) : (option.long ?? name);
    command.setOptionValueWithSource(name, expandHome(value, where), source);
  }
}

/** Tells whether the flag of a kind of place names a file. */
function namesFile(command: Command, name: string): boolean {
  const flag = notedFlags(command).flags.find((each) => each.name === name);
  return flag?.uses.some(({ entry }) => entry.value === 'file' || entry.value === 'pem') === true;
}

function fillInFromFiles(command: Command): void {
  const { profile } = command.opts<{ profile?: string }>();
  for (const { values, path } of layers(profile, settingsOf(command))) {
    for (const [name, value] of Object.entries(values)) {
      if (name === 'source')
        command.setOptionValue('source', command.getOptionValue('source') ?? String(value));
      const option = command.options.find((each) => each.attributeName() === name);
      if (option === undefined || !isOpen(command, name)) continue;
      setOption(command, option, String(value), 'config', `"${name}" in ${path}`);
    }
  }
}

/** Tells whether nothing has set an option that is worth more than what comes now. */
function isOpen(command: Command, name: string): boolean {
  const source = command.getOptionValueSource(name);
  return source === undefined || source === 'default';
}

function setOption(command: Command, option: Option, text: string, source: string, where: string): void {
  const name = option.attributeName();
  const isFlag = !option.required && !option.optional;
  try {
    if (isFlag) command.setOptionValueWithSource(name, parseSwitch(text), source);
    else {
      if (option.argChoices !== undefined && !option.argChoices.includes(text)) {
        throw new InvalidArgumentError(`It must be one of ${option.argChoices.join(', ')}.`);
      }
      const parse = option.parseArg as ((value: string, previous: unknown) => unknown) | undefined;
      const value = option.argChoices === undefined ? (parse?.(text, undefined) ?? text) : text;
      command.setOptionValueWithSource(name, value, source);
    }
  } catch (error) {
    if (!(error instanceof InvalidArgumentError)) throw error;
    const unusable = new UsageError(
      `${where} is ${JSON.stringify(text)}, which cannot be used. ${error.message}`,
    );
    // A variable may be meant for places of another kind than the one that the command reads.
    if (source !== 'env' || !notedFlags(command).flags.some((flag) => flag.name === name)) throw unusable;
    command.setOptionValueWithSource(name, undefined, source);
    UNUSABLE.set(command, (UNUSABLE.get(command) ?? new Map()).set(name, unusable));
  }
}

/** Variables of options that are for places of one kind, where they cannot be used. */
const UNUSABLE = new WeakMap<Command, Map<string, UsageError>>();

/** @throws UsageError when an option that is needed now was set to what cannot be used */
export function requireUsable(command: Command, option: string): void {
  const unusable = UNUSABLE.get(command)?.get(option);
  if (unusable !== undefined) throw unusable;
}

function parseSwitch(text: string): boolean {
  const word = text.toLowerCase();
  if (['1', 'true', 'yes', 'on'].includes(word)) return true;
  if (['0', 'false', 'no', 'off'].includes(word)) return false;
  throw new InvalidArgumentError('It must be true or false.');
}

/** Lists what the files say, the most important first. */
function layers(
  wanted: string | undefined,
  known: KnownSettings,
): { readonly path: string; readonly values: Values }[] {
  const own = userConfigPath();
  const read = [
    readConfig('vascusim.json', false, known),
    own === undefined ? undefined : readConfig(own, true, known),
  ];
  const files = read.filter((file) => file !== undefined);
  const profile = wanted ?? files.find((file) => file.profile !== undefined)?.profile;
  const found = files.flatMap(({ path, values, profiles }) => {
    const chosen = profile === undefined ? undefined : profiles.get(profile);
    return [...(chosen === undefined ? [] : [{ path, values: chosen }]), { path, values }];
  });
  if (profile !== undefined && !files.some(({ profiles }) => profiles.has(profile))) {
    const names = files.flatMap(({ profiles }) => [...profiles.keys()]);
    const known = names.length === 0 ? 'There are no profiles' : `There are: ${names.join(', ')}`;
    throw new UsageError(
      `There is no profile "${profile}"${didYouMean(profile, names)}. ${known} (looked in ./vascusim.json and ${nameUserConfig()}).`,
    );
  }
  return found;
}

function readConfig(path: string, own: boolean, known: KnownSettings): ConfigFile | undefined {
  let text: string;
  try {
    // Of a pipe nothing may ever come.
    if (!own && statSync(path).isFIFO())
      throw new UsageError(`The settings in ${path} cannot be read: it is a pipe.`);
    text = decode(readFileSync(path));
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (['ENOENT', 'ENOTDIR'].includes(code)) {
      if (!own || (process.env['VASCUSIM_CONFIG'] ?? '') === '') return undefined;
      throw new UsageError(`There is no file ${path}, which VASCUSIM_CONFIG names: correct or unset it.`);
    }
    const why = WHY.get(code) ?? code;
    throw new UsageError(`The settings in ${path} cannot be read: ${why}.`);
  }
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    throw new UsageError(`${path} is no JSON: ${describeSyntax(error)}.`);
  }
  const { profiles = {}, profile, ...values } = asRecord(content, path);
  checkKeys(values, path, own, known);
  const named = Object.entries(asRecord(profiles, `"profiles" in ${path}`)).map(([name, each]) => {
    const record = asRecord(each, `the profile "${name}" in ${path}`);
    checkKeys(record, path, own, known);
    return [name, record] as const;
  });
  return {
    path,
    values,
    profiles: new Map(named),
    profile: profile === undefined ? undefined : String(profile),
  };
}

/** Reasons why a file of settings cannot be read, where a code alone would not say it. */
const WHY: ReadonlyMap<string, string> = new Map([
  ['EACCES', 'you have no right to; ask its owner, or remove it'],
  ['EPERM', 'you have no right to; ask its owner, or remove it'],
  ['EISDIR', 'it is a folder; name a file'],
  ['ELOOP', 'it is a link that leads in a circle'],
]);

/** Decodes a text as editors of Windows store it: with a byte order mark, or as UTF-16. */
function decode(bytes: Uint8Array): string {
  const [first, second] = bytes;
  const encoding =
    first === 0xff && second === 0xfe ? 'utf-16le' : first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8';
  return new TextDecoder(encoding).decode(bytes);
}

/**
 * Describes an error of syntax without the piece of the file that V8 quotes, which may be a password in the wrong
 * place.
 */
function describeSyntax(error: unknown): string {
  const { message } = error as Error;
  return (
    /at position \d+(?: \(line \d+ column \d+\))?/.exec(message)?.[0] ?? 'it ends too early or is malformed'
  );
}

function asRecord(value: unknown, what: string): Values {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Values;
  throw new UsageError(`${what} must be an object in braces.`);
}

function checkKeys(values: Values, path: string, own: boolean, known: KnownSettings): void {
  for (const [name, value] of Object.entries(values)) {
    if (/^(password|token|secret)$/i.test(name)) {
      throw new UsageError(
        `${path} holds a "${name}": secrets do not belong into a file that is copied and shared. Remove it, and use "passwordCommand" in ${nameUserConfig()}, or the variable ${name.toLowerCase() === 'token' ? 'HF_TOKEN' : 'VASCUSIM_PASSWORD'}.`,
      );
    }
    if (name === '$schema') continue;
    if (!known.all.includes(name)) {
      throw new UsageError(
        `${path} has the unknown setting "${name}"${didYouMean(name, known.all)}. The settings are: ${known.all.join(', ')}, profiles, profile.`,
      );
    }
    if (!own && known.ofTheUser.includes(name)) {
      throw new UsageError(
        `${path} may not say "${name}", since whoever made the folder would decide about ${LINE_SETTINGS_OF_THE_USER.includes(name) ? 'what protects this machine' : 'your login'}: put it into ${nameUserConfig()}.`,
      );
    }
    if (typeof value === 'object') throw new UsageError(`"${name}" in ${path} must be a single value.`);
  }
}
