import { dirname } from 'node:path';
import { ConfigError, explainSystemError, isVascuError, type VascuError } from '../../index.ts';
import { KINDS, type OptionEntry, placeName, type SourceKind } from '../../io.ts';
import { type Situation, situation } from './situation.ts';
import { optionsOf } from './source-flags.ts';
import { variableOf } from './variable-name.ts';
import { reword } from './wording.ts';

/** Option of the library as the command line calls it. */
interface Flag {
  readonly flag: string;
  /** Word for it in hints. @defaultValue the flag */
  readonly word?: string | undefined;
  /** Names of the kinds of places that have it. @defaultValue all */
  readonly places?: readonly string[] | undefined;
}

/** Options that are of no kind of place. */
const OWN_FLAGS: ReadonlyMap<string, Flag> = new Map<string, Flag>([
  ['streamingType', { flag: '--type' }],
  ['sourceDir', { flag: '--source-dir' }],
  ['cacheDir', { flag: '--cache-dir' }],
  ['maxCacheSize', { flag: '--cache-size' }],
  ['maxSize', { flag: '--cache-size' }],
  ['includeAttributes', { flag: '--attributes' }],
  ['graphOf', { flag: '--graph-of' }],
  ['filter', { flag: '--where' }],
  ['include', { flag: '--include' }],
  ['exclude', { flag: '--exclude' }],
  ['samples', { flag: '--samples' }],
  ['metadata', { flag: '--metadata' }],
  ['sidecars', { flag: '--no-sidecars' }],
  ['shard', { flag: '--shard' }],
  ['batchSize', { flag: '--batch-size' }],
  ['numWorkers', { flag: '--workers' }],
  ['onError', { flag: '--skip-bad' }],
  ['concurrency', { flag: '--jobs' }],
  ['to', { flag: '--to' }],
  ['attribute', { flag: '--attribute' }],
  ['background', { flag: '--background' }],
  ['colorMap', { flag: '--color-map' }],
  ['logScale', { flag: '--log' }],
  ['width', { flag: '--size' }],
  ['height', { flag: '--size' }],
]);

/** Lists the flags for the options of kinds of places, and the ways to their secrets. */
function flagsByOption(kinds: readonly SourceKind[]): ReadonlyMap<string, readonly Flag[]> {
  const found = new Map<string, Flag[]>();
  for (const kind of kinds) {
    for (const { path, entry } of optionsOf(kind)) {
      const name = path.join('.');
      const flag = flagFor(path.at(-1) ?? '', entry);
      if (flag !== undefined)
        found.set(name, [...(found.get(name) ?? []), { ...flag, places: [placeName(kind)] }]);
    }
  }
  return found;
}

function flagFor(name: string, { flag, off, secret, variables = [] }: OptionEntry): Flag | undefined {
  const variable = variableOf(name);
  if (secret === 'password') {
    const stdin = `--${name}-stdin`;
    return { flag: stdin, word: `${variable}, ${stdin} or --${name}-command` };
  }
  if (secret === 'token') return { flag: '--type', word: [...variables, variable].join(' or ') };
  const [long = ''] = flag?.split(' ') ?? [];
  if (long === '' || secret !== undefined) return undefined;
  // What is on by itself can only be turned off.
  return { flag: off === undefined ? long : `--no-${long.slice(2)}` };
}

/** Puts a message of the library into the words of the command line. */
export function inFlags(message: string): string {
  return reword(message, situation());
}

/** Names of system calls that only read. */
const READS = /^(?:open|read|stat|lstat|scandir|readdir|opendir|readlink|realpath|access|statfs|fstat)$/;

/** Turns an error of the system that nobody has explained into one of the library. */
export function asTyped(error: unknown): unknown {
  if (isVascuError(error) || !(error instanceof Error)) return error;
  const { path, dest, syscall = '' } = error as NodeJS.ErrnoException & { readonly dest?: string };
  if (syscall === 'uv_cwd') {
    return new ConfigError('file', 'The working folder is not there any more: go to another one.', {
      cause: error,
    });
  }
  if (syscall === 'mkdtemp') {
    const where = path === undefined ? 'the folder for temporary files' : dirname(path);
    return new ConfigError(
      'TMPDIR',
      `No temporary folder can be made in ${where}: set TMPDIR to a folder that can be written to.`,
      { cause: error },
    );
  }
  const file = dest ?? path ?? 'A file';
  const verb = READS.test(syscall) ? 'read' : 'write';
  return explainSystemError(error, { verb, file, option: 'file' }) ?? error;
}

/** Advises what to type where the message of the library speaks of its own options. */
export function adviceFor(error: unknown): string | undefined {
  return isVascuError(error) ? adviceIn(error, situation()) : undefined;
}

/** Advises the same in a given situation: what is advised fits the command and the source. */
export function adviceIn(
  error: VascuError,
  where: Situation,
  kinds: readonly SourceKind[] = KINDS,
): string | undefined {
  const { flags, kind } = where;
  const byOption = flagsByOption(kinds);
  const has = (flag: string): boolean => flags === undefined || flags.has(flag);
  if (isVascuError(error, 'CONFIG')) {
    const known = [OWN_FLAGS.get(error.option) ?? [], byOption.get(error.option) ?? []].flat();
    const named = known.find(
      ({ flag, places }) =>
        has(flag) && (places === undefined || kind === undefined || places.includes(kind)),
    );
    if (named === undefined || reword(error.message, where).includes(named.flag)) return undefined;
    return `on the command line this is ${named.word ?? named.flag}`;
  }
  if (isVascuError(error, 'AUTH')) {
    // A proxy that wants a login of its own says so, and where its address comes from.
    if (/\bthe proxy \S+ \(/.test(error.message)) return undefined;
    switch (error.reason) {
      case 'certificate':
        return has('--fingerprint')
          ? 'compare the fingerprint with that of the server; if it is the same, give --fingerprint with it (or --ca FILE)'
          : undefined;
      case 'otp-required':
        return 'set VASCUSIM_OTP, or run this on a terminal, which asks for the code';
      case 'token-required':
        return kind === 'hf' ? 'set HF_TOKEN to a token that may read this dataset' : undefined;
      case 'bad-credentials': {
        const [password] = (byOption.get('password') ?? []).filter(
          ({ places }) => kind !== undefined && places?.includes(kind),
        );
        return password !== undefined && has('--user')
          ? `the account is --user; its password ${password.word}`
          : undefined;
      }
      default:
        return undefined;
    }
  }
  if (isVascuError(error, 'NETWORK')) {
    return kind === undefined || kind === 'local'
      ? undefined
      : 'vascusim doctor with the same source looks at every step of the way';
  }
  // The disk of a folder that is downloaded into is none of the cache.
  if (isVascuError(error, 'CACHE') && /\bcache\b/i.test(error.message)) {
    return `see vascusim cache ls, cache prune${has('--cache-size') ? ' and --cache-size' : ''}`;
  }
  return undefined;
}
