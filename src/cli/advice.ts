import { isVascuError } from '../index.ts';

/** Options of the library, and what the command line calls them. */
const FLAGS: ReadonlyMap<string, string> = new Map([
  ['username', '--user'],
  ['password', 'VASCUSIM_PASSWORD, --password-stdin or --password-command'],
  ['port', '--port'],
  ['secure', '--no-secure'],
  ['domain', '--domain'],
  ['guest', '--guest'],
  ['accessMode', '--access-mode'],
  ['streamingType', '--type'],
  ['revision', '--revision'],
  ['endpoint', '--endpoint'],
  ['token', 'HF_TOKEN or VASCUSIM_TOKEN'],
  ['cacheDir', '--cache-dir'],
  ['maxCacheSize', '--cache-size'],
  ['maxSize', '--cache-size'],
  ['sourceDir', '--source-dir'],
  ['tls', '--ca, --fingerprint or --insecure'],
]);

/** Pieces of messages that speak of options of the library. */
const WORDS: readonly (readonly [RegExp, string])[] = [
  [
    /pass tls: \{ fingerprint256: '([0-9A-F:]+)' \}; or tls: \{ ca \} with/g,
    'give --fingerprint $1, or --ca FILE with',
  ],
  [/tls: \{ fingerprint256: '?([0-9A-F:]+)'? \}/g, '--fingerprint $1'],
  [/tls: \{ ca \}/g, '--ca FILE'],
  [/write https:\/\/ in the URL/g, 'write https:// in the URL (of a NAS: give --secure)'],
  [/tls\.fingerprint256/g, '--fingerprint'],
  [/tls\.ca/g, '--ca'],
  [/\bsecure: false/g, '--no-secure'],
  [/\bguest: true/g, '--guest'],
  [/\bstreamingType: '(\w+)'/g, '--type $1'],
  [/\bmaxCacheSize\b/g, '--cache-size'],
  [/\bcacheDir\b/g, '--cache-dir'],
  [/\bsourceDir\b/g, '--source-dir'],
  [/\bincludeAttributes\b/g, '--attributes'],
  [/\bsourceUrl\b/g, 'the source'],
];

/** A message of the library in the words of the command line. */
export function inFlags(message: string): string {
  return WORDS.reduce((text, [pattern, word]) => text.replaceAll(pattern, word), message);
}

/** What to type where the message of the library speaks of its own options. */
export function adviceFor(error: unknown): string | undefined {
  if (isVascuError(error, 'CONFIG')) {
    const flag = FLAGS.get(error.option);
    return flag === undefined ? undefined : `on the command line this is ${flag}`;
  }
  if (isVascuError(error, 'AUTH')) {
    switch (error.reason) {
      case 'certificate':
        return 'compare the fingerprint with that of the server; if it is the same, give --fingerprint with it (or --ca FILE)';
      case 'otp-required':
        return 'set VASCUSIM_OTP, or run this on a terminal, which asks for the code';
      case 'token-required':
        return 'set HF_TOKEN to a token that may read this dataset';
      case 'bad-credentials':
        return 'the account is --user; its password VASCUSIM_PASSWORD, --password-stdin or --password-command';
      default:
        return undefined;
    }
  }
  if (isVascuError(error, 'NETWORK'))
    return 'vascusim doctor with the same source looks at every step of the way';
  if (isVascuError(error, 'CACHE')) return 'see vascusim cache ls, cache prune and --cache-size';
  return undefined;
}
