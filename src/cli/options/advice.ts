import { dirname } from 'node:path';
import { ConfigError, explainSystemError, isVascuError, type VascuError } from '../../index.ts';
import type { PlaceKind } from '../../io.ts';
import { type Situation, situation } from './situation.ts';
import { reword } from './wording.ts';

/** What the command line calls an option of the library. */
interface Flag {
  /** Of which the command must have one. */
  readonly flags: readonly string[];
  /** As the hint says it. @defaultValue the flag */
  readonly word?: string;
  /** Kinds of places that have it. @defaultValue all */
  readonly kinds?: readonly PlaceKind[];
}

const SECRET = 'VASCUSIM_PASSWORD, --password-stdin or --password-command';

const FLAGS: ReadonlyMap<string, Flag> = new Map<string, Flag>([
  ['username', { flags: ['--user'], kinds: ['nas'] }],
  ['password', { flags: ['--password-stdin'], word: SECRET, kinds: ['nas'] }],
  ['port', { flags: ['--port'], kinds: ['nas'] }],
  ['secure', { flags: ['--no-secure'], kinds: ['nas'] }],
  ['domain', { flags: ['--domain'], kinds: ['nas'] }],
  ['guest', { flags: ['--guest'], kinds: ['nas'] }],
  ['accessMode', { flags: ['--access-mode'] }],
  ['streamingType', { flags: ['--type'] }],
  ['sourceDir', { flags: ['--source-dir'] }],
  ['revision', { flags: ['--revision'], kinds: ['hf'] }],
  ['endpoint', { flags: ['--endpoint'], kinds: ['hf'] }],
  ['token', { flags: ['--revision'], word: 'HF_TOKEN or VASCUSIM_TOKEN', kinds: ['hf'] }],
  ['tls.ca', { flags: ['--ca'] }],
  ['tls.fingerprint256', { flags: ['--fingerprint'] }],
  ['cacheDir', { flags: ['--cache-dir'] }],
  ['maxCacheSize', { flags: ['--cache-size'] }],
  ['maxSize', { flags: ['--cache-size'] }],
  ['includeAttributes', { flags: ['--attributes'] }],
  ['filter', { flags: ['--where'] }],
  ['batchSize', { flags: ['--batch-size'] }],
  ['numWorkers', { flags: ['--workers'] }],
  ['onError', { flags: ['--skip-bad'] }],
  ['concurrency', { flags: ['--jobs'] }],
  ['to', { flags: ['--to'] }],
  ['attribute', { flags: ['--attribute'] }],
  ['background', { flags: ['--background'] }],
  ['colorMap', { flags: ['--color-map'] }],
  ['logScale', { flags: ['--log'] }],
  ['width', { flags: ['--size'] }],
  ['height', { flags: ['--size'] }],
]);

/** A message of the library in the words of the command line. */
export function inFlags(message: string): string {
  return reword(message, situation());
}

/** Calls of the system that only read. */
const READS = /^(?:open|read|stat|lstat|scandir|readdir|opendir|readlink|realpath|access|statfs|fstat)$/;

/** An error of the system that nobody has explained, as one of the library. */
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

/** What to type where the message of the library speaks of its own options. */
export function adviceFor(error: unknown): string | undefined {
  return isVascuError(error) ? adviceIn(error, situation()) : undefined;
}

/** The same in a given situation: what is advised fits the command and the source. */
export function adviceIn(error: VascuError, where: Situation): string | undefined {
  const { flags, kind } = where;
  const has = (flag: string): boolean => flags === undefined || flags.has(flag);
  if (isVascuError(error, 'CONFIG')) {
    const flag = FLAGS.get(error.option);
    const fits = flag?.kinds === undefined || kind === undefined || flag.kinds.includes(kind);
    const named = flag?.flags.find(has);
    if (flag === undefined || named === undefined || !fits) return undefined;
    return reword(error.message, where).includes(named)
      ? undefined
      : `on the command line this is ${flag.word ?? named}`;
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
      case 'bad-credentials':
        return kind === 'nas' && has('--user') ? `the account is --user; its password ${SECRET}` : undefined;
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
