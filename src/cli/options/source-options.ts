import { existsSync, readFileSync, rmSync } from 'node:fs';
import { type Command, Option } from 'commander';
import type { PlaceKind, PlaceOptions } from '../../io.ts';
import { explainSystemError, recognizePlace } from '../../io.ts';
import { warn } from '../terminal/output.ts';
import { UsageError } from '../usage-error.ts';
import { OPTION_KINDS } from './option-kinds.ts';
import { expandHome } from './own-path.ts';
import { byteCount, portNumber, seconds, wholeNumber } from './parse-option.ts';
import { OtpReader, PasswordReader } from './secrets.ts';
import { requireUsable } from './settings.ts';
import { notePlace } from './situation.ts';
import { makeTemporaryFolder } from './temporary-folder.ts';

/** What the shared options come to. */
interface SourceFlags {
  readonly type?: 'auto' | 'local' | 'nas' | 'hf';
  readonly accessMode?: 'api' | 'smb';
  readonly user?: string;
  readonly domain?: string;
  readonly guest?: boolean;
  readonly port?: number;
  readonly secure?: boolean;
  readonly ca?: string;
  readonly fingerprint?: string;
  readonly insecure?: boolean;
  readonly passwordStdin?: boolean;
  readonly passwordCommand?: string;
  readonly revision?: string;
  readonly endpoint?: string;
  readonly offline?: boolean;
  readonly sourceDir?: string;
  readonly cacheDir?: string;
  readonly cacheSize?: number;
  readonly cache?: boolean;
  readonly timeout?: number;
  readonly tries?: number;
}

const KIND_NAMES: Readonly<Record<PlaceKind, string>> = {
  local: 'a folder of this machine',
  nas: 'a NAS',
  hf: 'a dataset of the Hugging Face Hub',
  http: 'a web server',
};

/** The argument that names the place, as help texts describe it. */
export const SOURCE_ARGUMENT =
  'a folder, hf://datasets/user/name, user/name, nas://host/share/dir, smb://host/share/dir, https://…';

/** Adds the options by which every command reaches its source. */
export function addSourceOptions(command: Command): Command {
  const group = 'Source options:';
  const options = [
    new Option('--type <kind>', 'take the source as this, whatever it looks like').choices([
      'auto',
      'local',
      'nas',
      'hf',
    ]),
    new Option('--source-dir <folder>', 'folder inside the source in which the samples lie'),
    new Option('--profile <name>', 'settings of this name in vascusim.json or your own settings'),
    new Option('--user <name>', 'NAS: account; the password comes from elsewhere, see below'),
    new Option('--access-mode <mode>', "NAS: Synology's web API, or SMB").choices(['api', 'smb']),
    new Option('--port <n>', 'NAS: port').argParser(portNumber),
    new Option('--secure', 'NAS: https (the default but at port 5000)'),
    new Option('--no-secure', 'NAS: plain http'),
    new Option('--domain <name>', 'NAS by SMB: domain or workgroup of the account'),
    new Option('--guest', 'NAS by SMB: without an account'),
    new Option('--password-stdin', 'NAS: read the password from standard input'),
    new Option(
      '--password-command <command>',
      'NAS: the first line that this command prints is the password',
    ),
    new Option('--revision <name>', 'Hub: branch, tag or commit'),
    new Option('--endpoint <url>', 'Hub: address of another Hub'),
    new Option('--offline', 'Hub: only what was fetched before'),
    new Option('--ca <file>', 'trust certificates of this authority (PEM)'),
    new Option('--fingerprint <sha256>', 'trust the one certificate with this SHA-256 fingerprint'),
    new Option('--insecure', 'trust any certificate: anybody on the way can read along'),
    new Option('--timeout <seconds>', 'longest silence of a server').argParser(seconds),
    new Option('--tries <n>', 'tries of a download without progress').argParser(wholeNumber(1)),
    ...cacheOptions(),
    new Option('--no-cache', 'keep nothing of what is fetched'),
  ];
  for (const option of options) command.addOption(option.helpGroup(group));
  return command.addHelpText('after', SECRETS_HELP);
}

/** The options of the cache alone. */
export function cacheOptions(): Option[] {
  return [
    new Option('--cache-dir <folder>', 'folder of the cache'),
    new Option('--cache-size <size>', 'most that the cache may hold, such as 5GB or 500MiB').argParser(
      byteCount,
    ),
  ];
}

const SECRETS_HELP = `
Secrets are never arguments, which other users of the machine could read: the password of a NAS comes from
--password-stdin, --password-command, the variable VASCUSIM_PASSWORD or a hidden prompt, a token of the Hub from
HF_TOKEN or VASCUSIM_TOKEN. Each option has a variable, --cache-dir for one VASCUSIM_CACHE_DIR.`;

/** A source as the command line names it, ready for the library. */
export interface ResolvedSource {
  /** As the user wrote it. */
  readonly given: string;
  readonly kind: PlaceKind;
  /** How the kind was decided, a sentence. */
  readonly why: string;
  readonly options: PlaceOptions & { readonly sourceDir?: string | undefined };
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
  const flags = command.opts<SourceFlags>();
  const named = given ?? process.env['VASCUSIM_SOURCE']?.replace(/[\r\n]+$/, '') ?? configuredSource(command);
  if (named === undefined || named === '') {
    throw new UsageError(`missing required argument 'source': ${SOURCE_ARGUMENT}`);
  }
  const source = expandHome(named, 'The source');
  refuseCredentials(source, flags.type);
  const { kind, why, accessMode } = recognizePlace({
    sourceUrl: source,
    streamingType: flags.type,
    // What the environment says of every NAS must not make a NAS of a name that is none.
    accessMode: ofCommandLine(command, 'accessMode'),
    username: ofCommandLine(command, 'user'),
    endpoint: flags.endpoint,
  });
  // An address of SMB counts more than what the environment says of every NAS.
  const mode = accessMode === 'api' ? (flags.accessMode ?? 'api') : accessMode;
  notePlace(kind);
  const wanted = fitting(command, flags, kind, mode);
  const idleTimeoutMs =
    flags.timeout === undefined ? undefined : Math.max(1, Math.round(flags.timeout * 1000));
  return {
    given: source,
    kind,
    why,
    options: {
      sourceUrl: source,
      streamingType: kind === 'http' ? 'auto' : kind,
      sourceDir: flags.sourceDir,
      cacheDir: flags.cache === false ? makePassingCache() : flags.cacheDir,
      maxCacheSize: flags.cacheSize,
      oversized: 'temporary',
      tries: flags.tries,
      idleTimeoutMs,
      ...(kind === 'local' ? {} : { connectTimeoutMs: idleTimeoutMs }),
      ...(kind === 'nas' ? nasOptions(wanted, mode, why, signal) : {}),
      ...(kind === 'hf' ? hubOptions(wanted) : {}),
      ...(kind === 'local' || mode === 'smb' ? {} : { tls: tlsOptions(wanted) }),
      signal,
    },
  };
}

/** A cache that ends with the process. */
function makePassingCache(): string {
  const folder = makeTemporaryFolder('vascusim-passing-');
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function configuredSource(command: Command): string | undefined {
  return command.getOptionValue('source') as string | undefined;
}

/** A login before the host of an address: of a URL, of a path of Windows, or alone as for ssh. */
const LOGIN = /^(?:([a-z][\w+.-]+):)?([\\/]*)([^\\/?#]*)@/i;

/** A password that has a slash, "?" or "#" in it: what follows the colon is no port. */
const ODD_PASSWORD = /^(?:([a-z][\w+.-]+):)?[\\/]{2,}[^\\/?#@:[]+:(?!\d*(?:[\\/?#]|$))[^@]*@/i;

/** Schemes that are written without slashes as well. */
const OWN_SCHEMES = /^(?:https?|nas|cifs|smb|hf)$/i;

/** Which login an address holds; undefined where it holds none. */
function findLogin(source: string): { readonly scheme: string; readonly isSecret: boolean } | undefined {
  if (!/^[a-z][\w+.-]+:[\\/]{2}/i.test(source) && existsSync(source)) return undefined;
  const odd = ODD_PASSWORD.exec(source);
  if (odd !== null) return { scheme: odd[1] ?? '', isSecret: true };
  const [, scheme = '', slashes = '', login] = LOGIN.exec(source) ?? [];
  if (login === undefined) return undefined;
  if (slashes.length >= 2 || OWN_SCHEMES.test(scheme)) return { scheme, isSecret: login.includes(':') };
  // Without slashes what looks like a scheme is the user.
  return slashes === '' && (scheme !== '' || login.includes(':'))
    ? { scheme: '', isSecret: true }
    : undefined;
}

/** @throws UsageError for an address with a user or password, which it does not repeat */
function refuseCredentials(source: string, type: SourceFlags['type']): void {
  const found = findLogin(source);
  if (found === undefined) return;
  const { scheme, isSecret } = found;
  const part = isSecret ? '"user:password@"' : '"user@"';
  const problem = isSecret
    ? 'The address of the source holds a password, which ends up in histories and logs'
    : 'The address of the source holds a user name';
  throw new UsageError(
    `${problem}: ${howToSignIn(scheme.toLowerCase(), type, part, isSecret)}${isSecret ? ' If it is a password in use, change it.' : ''}`,
  );
}

/** How the kind of place that an address names is signed in to. */
function howToSignIn(scheme: string, type: SourceFlags['type'], part: string, isSecret: boolean): string {
  if (type === 'hf' || scheme === 'hf') return `leave ${part} out and set HF_TOKEN to a token.`;
  if (type !== 'nas' && /^https?$/.test(scheme)) {
    return `leave ${part} out. The command line cannot sign in to a web server (to a NAS: add --type nas, with the password in VASCUSIM_PASSWORD).`;
  }
  const password = ' and the variable VASCUSIM_PASSWORD, --password-command or --password-stdin';
  return `leave ${part} out${isSecret ? ',' : ' and'} give --user${isSecret ? password : ''}.`;
}

function ofCommandLine<Name extends 'accessMode' | 'user'>(
  command: Command,
  name: Name,
): SourceFlags[Name] | undefined {
  return command.getOptionValueSource(name) === 'cli' ? command.opts<SourceFlags>()[name] : undefined;
}

/** The options that are for this kind of place. One of another kind is a mistake on the command line, elsewhere it is passed over. */
function fitting(
  command: Command,
  flags: SourceFlags,
  kind: PlaceKind,
  mode: 'api' | 'smb' | undefined,
): SourceFlags {
  const entries = Object.entries(flags).filter(([name]) => {
    const kinds = OPTION_KINDS.get(name);
    if (kinds === undefined || kinds.includes(kind) || (mode !== undefined && kinds.includes(mode))) {
      requireUsable(command, name);
      return true;
    }
    if (command.getOptionValueSource(name) !== 'cli') return false;
    const what =
      mode === undefined
        ? KIND_NAMES[kind]
        : `${KIND_NAMES[kind]} by ${mode === 'api' ? 'its web API' : 'SMB'}`;
    // --secure and --no-secure have one name.
    const isOff = flags[name as keyof SourceFlags] === false;
    const same = command.options.filter((option) => option.attributeName() === name);
    const flag = (same.find(({ negate }) => negate === isOff) ?? same[0])?.long;
    throw new UsageError(`${flag} has no meaning for ${what}, which is what the source is taken for.`);
  });
  return Object.fromEntries(entries) as SourceFlags;
}

function nasOptions(
  flags: SourceFlags,
  mode: 'api' | 'smb' | undefined,
  why: string,
  signal: AbortSignal,
): Partial<PlaceOptions> {
  if (flags.user === undefined && flags.guest !== true) {
    const orGuest = mode === 'smb' ? ', or --guest' : '';
    throw new UsageError(
      `A NAS needs an account: give --user NAME${orGuest}, or the variable VASCUSIM_USER (it is a NAS since ${flags.type === 'nas' ? '--type says so' : why}).`,
    );
  }
  const common = {
    accessMode: mode,
    // A guest has none, also where the environment or the settings name one.
    username: flags.guest === true ? undefined : flags.user,
    port: flags.port,
    password: flags.guest === true ? undefined : new PasswordReader(flags, signal).read,
  };
  if (mode === 'smb') return { ...common, domain: flags.domain, guest: flags.guest };
  return { ...common, secure: flags.secure, otp: new OtpReader(signal).read };
}

function hubOptions(flags: SourceFlags): Partial<PlaceOptions> {
  const token = process.env['VASCUSIM_TOKEN'];
  return {
    revision: flags.revision,
    endpoint: flags.endpoint,
    offline: flags.offline,
    token: token === undefined || token.trim() === '' ? undefined : token.trim(),
  };
}

function tlsOptions({ ca, fingerprint, insecure }: SourceFlags): PlaceOptions['tls'] {
  if (ca === undefined && fingerprint === undefined && insecure === undefined) return undefined;
  if (insecure === true)
    warn('--insecure: whoever is on the way to the server can read along and change what comes.');
  return { ca: ca === undefined ? undefined : readAuthority(ca), fingerprint256: fingerprint, insecure };
}

function readAuthority(file: string): string {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const explained = explainSystemError(error, { verb: 'read', file, option: 'tls.ca' });
    throw explained === undefined ? error : new UsageError(`--ca: ${explained.message}`);
  }
  if (text.includes('-----BEGIN CERTIFICATE-----')) return text;
  throw new UsageError(`--ca: ${file} holds no certificate in PEM ("-----BEGIN CERTIFICATE-----").`);
}
