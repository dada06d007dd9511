import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { ConfigError } from '../../core/errors.ts';
import { showValue } from '../../core/show-value.ts';
import type { Environment } from '../environment.ts';
import { DEFAULT_ENDPOINT } from './repo-reference.ts';

/** A token; `false` for none at all; or a function that gives one whenever it is needed. */
export type TokenOption = string | false | (() => string | undefined | Promise<string | undefined>);

/** A token and where it is from, as messages say it. */
export interface FoundToken {
  readonly value: string;
  readonly from: string;
}

/** Settings that people have made for the Hub: the variables that its Python library knows. */
export interface HubSettings {
  /** Address of the Hub by `HF_ENDPOINT`, without a trailing slash. */
  readonly endpoint: string;
  /** True when no request may be made, by `HF_HUB_OFFLINE`. */
  readonly offline: boolean;
  /** Folder of files that were downloaded before, by `HF_HUB_CACHE`; undefined without a home to look in. */
  readonly cacheFolder: string | undefined;
  /** Time of `HF_HUB_DOWNLOAD_TIMEOUT` in milliseconds. */
  readonly idleTimeoutMs: number | undefined;
  /** File that `hf auth login` writes; undefined without a home to look in. */
  readonly tokenFile: string | undefined;
  /** True when a token that is not given as an option may be used too; not with `HF_HUB_DISABLE_IMPLICIT_TOKEN`. */
  readonly implicitToken: boolean;
}

/**
 * Reads the settings from environment variables.
 *
 * @param home - the user's folder
 * @throws ConfigError when `HF_ENDPOINT` is no web address
 */
export function readHubSettings(
  environment: Environment,
  home: string | undefined = findHome(),
): HubSettings {
  const read = (name: string): string | undefined => readVariable(environment, name);
  const folder = (name: string): string | undefined => {
    const value = read(name);
    return value === undefined ? undefined : expand(value, environment, home);
  };
  const caches = folder('XDG_CACHE_HOME') ?? (home === undefined ? undefined : join(home, '.cache'));
  const hubHome = folder('HF_HOME') ?? below(caches, 'huggingface');
  const seconds = Number(read('HF_HUB_DOWNLOAD_TIMEOUT'));
  return {
    endpoint: toEndpoint(read('HF_ENDPOINT') ?? DEFAULT_ENDPOINT, 'HF_ENDPOINT'),
    offline: isTrue(read('HF_HUB_OFFLINE')),
    cacheFolder: folder('HF_HUB_CACHE') ?? folder('HUGGINGFACE_HUB_CACHE') ?? below(hubHome, 'hub'),
    idleTimeoutMs: seconds > 0 ? seconds * 1000 : undefined,
    tokenFile: folder('HF_TOKEN_PATH') ?? below(hubHome, 'token'),
    implicitToken: !isTrue(read('HF_HUB_DISABLE_IMPLICIT_TOKEN')),
  };
}

/** Finds the Hub that `HF_ENDPOINT` names, to recognize its addresses by; where it names none, the public one. */
export function findEndpoint(environment: Environment): string {
  const given = readVariable(environment, 'HF_ENDPOINT');
  return given !== undefined && isEndpoint(given) ? toEndpoint(given, 'HF_ENDPOINT') : DEFAULT_ENDPOINT;
}

/**
 * Finds the token to send: the option, else `HF_TOKEN`, `HUGGING_FACE_HUB_TOKEN`, the token file. The last three only
 * where `settings.implicitToken` allows them.
 *
 * @throws ConfigError (option `token`) when it holds what no token can
 */
export async function findToken(
  option: TokenOption | undefined,
  settings: Pick<HubSettings, 'implicitToken' | 'tokenFile'>,
  environment: Environment,
  readTokenFile: TokenFileReader = makeTokenFileReader(0),
): Promise<FoundToken | undefined> {
  if (option === false) return undefined;
  if (option !== undefined) {
    return clean(typeof option === 'function' ? await option() : option, 'the option "token"');
  }
  if (!settings.implicitToken) return undefined;
  return (
    clean(environment['HF_TOKEN'], 'the variable HF_TOKEN') ??
    clean(environment['HUGGING_FACE_HUB_TOKEN'], 'the variable HUGGING_FACE_HUB_TOKEN') ??
    (settings.tokenFile === undefined
      ? undefined
      : clean(await readTokenFile(settings.tokenFile), `the file ${settings.tokenFile}`))
  );
}

/** Reads a token file; undefined where there is none. */
export type TokenFileReader = (file: string) => Promise<string | undefined>;

/**
 * Makes a reader of the token file: a token is asked for with each request, and would be read as often.
 *
 * @param keptMs - how long what was read counts, milliseconds
 */
export function makeTokenFileReader(keptMs: number): TokenFileReader {
  let last: { readonly text: Promise<string | undefined>; readonly at: number } | undefined;
  return (file) => {
    if (last === undefined || performance.now() - last.at >= keptMs) {
      last = { text: readFile(file, 'utf8').catch(() => undefined), at: performance.now() };
    }
    return last.text;
  };
}

/**
 * Checks a Hub's address and gives it without a trailing slash.
 *
 * @throws ConfigError naming `option` when it is no web address, or holds a login
 */
export function toEndpoint(given: string, option: string): string {
  if (!isWebAddress(given)) {
    throw new ConfigError(
      option,
      `${option} is ${showValue(given)}, which is no web address: give one such as ${DEFAULT_ENDPOINT}.`,
    );
  }
  const url = new URL(given);
  if (url.username !== '' || url.password !== '') {
    throw new ConfigError(
      option,
      `${option} holds a login: give the token in HF_TOKEN or as the option "token".`,
    );
  }
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '');
}

function isWebAddress(given: string): boolean {
  return URL.canParse(given) && /^https?:$/.test(new URL(given).protocol);
}

function isEndpoint(given: string): boolean {
  return isWebAddress(given) && new URL(given).username === '' && new URL(given).password === '';
}

function readVariable(environment: Environment, name: string): string | undefined {
  const value = environment[name]?.trim();
  return value === '' ? undefined : value;
}

/** Finds the user's folder; undefined where neither HOME nor the system's list of users names one. */
function findHome(): string | undefined {
  try {
    return homedir();
  } catch {
    return undefined;
  }
}

function below(folder: string | undefined, name: string): string | undefined {
  return folder === undefined ? undefined : join(folder, name);
}

function clean(given: string | undefined, from: string): FoundToken | undefined {
  if (given !== undefined && typeof given !== 'string')
    throw new ConfigError('token', `The token from ${from} is no text.`);
  const value = given?.trim() ?? '';
  if (value === '') return undefined;
  if (/^[\x21-\x7e]+$/.test(value)) return { value, from };
  throw new ConfigError(
    'token',
    `The token from ${from} holds spaces or other characters that no token has.`,
  );
}

/** Tells whether a switch is on, as Python's library understands it. */
function isTrue(value: string | undefined): boolean {
  return ['1', 'ON', 'YES', 'TRUE'].includes(value?.toUpperCase() ?? '');
}

/** Replaces `~` at the beginning, and `$NAME` and `${NAME}` where they are set. */
function expand(path: string, environment: Environment, home: string | undefined): string {
  return path
    .replace(/^~(?=[/\\]|$)/, () => home ?? '~')
    .replaceAll(
      /\$(?:\{(\w+)\}|(\w+))/g,
      (all: string, braced?: string, bare?: string) => environment[braced ?? bare ?? ''] ?? all,
    );
}
