import { KINDS, type SourceKind } from '../../io.ts';
import { optionWordings, type Wording } from './option-wording.ts';
import type { Situation } from './situation.ts';

/** Statement on a web server, which the command line has no way to sign in to. */
const NO_SIGN_IN =
  'The command line cannot sign in to a web server: take an address that asks for no sign-in, or give a folder into which another program has fetched the files.';

/** Whole phrases, before the single names that they hold. */
const PHRASES: readonly Wording[] = [
  // Certificates.
  {
    said: /pass tls: \{ fingerprint256: '([0-9A-F:]+)' \}; or tls: \{ ca \} with/g,
    here: 'give --fingerprint $1, or --ca FILE with',
  },
  { said: /\bpass (?=tls: \{)/g, here: 'give ' },
  {
    said: /write (https?):\/\/ in the URL/g,
    here: ({ kind }) => (kind === 'nas' ? 'give SECURITY($1)' : 'write $1:// in the URL'),
  },
  { said: /SECURITY\(https\)/g, here: '--secure', otherwise: 'https' },
  { said: /SECURITY\(http\)/g, here: '--no-secure', otherwise: 'http' },

  // Logins.
  {
    said: /\bgive them as the options username and password, so that they get into no log/g,
    here: 'leave them out and give --user, with the password in VASCUSIM_PASSWORD, so that they get into no log',
    otherwise: 'leave them out',
  },
  {
    said: /\bgive the option otp \(a code, or a function that asks for it\) once, and deviceIdFile so that later starts need none/g,
    here: 'set VASCUSIM_OTP, or run this on a terminal, which asks for the code',
  },
  { said: /\bgive the option otp\b/g, here: 'set VASCUSIM_OTP' },
  {
    said: /\bThe option password is missing: give it, or a function that returns it\b/g,
    here: 'The password is missing: set VASCUSIM_PASSWORD, or give --password-stdin or --password-command',
    otherwise: 'The password is missing: set VASCUSIM_PASSWORD',
  },
  { said: /, or leave out requireEncryption\b/g, here: '' },
  { said: /\bPass the option token, or headers, with credentials that give access\./g, here: NO_SIGN_IN },
  { said: /; pass token or headers\b/g, here: '' },
  { said: /\bgive as the option "token" \(([^)]*)\)/g, here: 'set VASCUSIM_TOKEN ($1) to' },
  {
    said: /\bor use none \(token: false\) for public datasets/g,
    here: 'or take it away for public datasets',
  },
  { said: /; listShares\(\) names those there are\b/g, here: '; vascusim doctor names those there are' },

  { said: / \(or the option "endpoint"\)/g, here: ' (or --endpoint)', otherwise: '' },

  // Many machines.
  { said: /\bshardSize must be\b/g, here: '--shard-size must be', otherwise: 'The size of tars must be' },
  {
    said: /: name its authority in redisCa\b/g,
    here: ': give its authority, --redis-ca FILE',
    otherwise: ': give its authority',
  },
  {
    said: /: give its path on this machine as the directory\b/g,
    here: ': give its path on this machine, --directory',
    otherwise: ': give its path on this machine',
  },

  // Statistics.
  { said: / are none: dataset\.measure\(\) makes them\b/g, here: ' are none: vascusim measure makes them' },
  { said: / as dataset\.measure\(\) gives them\b/g, here: ' as vascusim measure writes them' },

  // Places.
  { said: /\bThe url of HttpSource\b/g, here: 'The address of the web server' },
  { said: /, name yours by the option index\b/g, here: '' },
  { said: /, or proxy: false for none\b/g, here: ', or unset the variable for none' },
  { said: /\bread it alone with readMesh\b/g, here: 'look at it alone with vascusim info' },
  { said: /, or source, a source of your own\b/g, here: '' },
  { said: /, or a source of your own\b/g, here: '' },
  { said: /\bstreamingType(?:: | is )'([^']+)'/g, here: 'TYPE-$1' },
  { said: /TYPE-(\S+)/g, here: '--type $1', otherwise: 'a source of the kind $1' },
  { said: /\b([Tt]he|[Aa]) sourceUrl\b/g, here: '$1 source' },
  { said: /(^|[.:] )sourceUrl\b/g, here: '$1The source' },
  { said: /\bsourceUrl\b/g, here: 'the source' },
  { said: / It is for the whole path from sourceDir on\./g, here: ' It is for the whole path.' },
  { said: / Patterns are for the path from sourceDir on\./g, here: '' },
  { said: /(?<=: it is (?:left out|not matched) by )(include|exclude)(?=\.)/g, here: '--$1' },
  { said: /(?<=\bis left by |, )(include|exclude)(?= ")/g, here: '--$1' },
  {
    said: /\bSay \{ pattern, optional: true \} of a part that may be absent, or leave such samples out by filterFn, which sees what there is in sample\.parts\./g,
    here: "Give a part that may be absent as --samples 'NAME?=TEMPLATE', or leave such samples out by --exclude.",
  },
  {
    said: /\bleave such samples out by exclude, or by filterFn, which sees what there is in sample\.parts\./g,
    here: 'leave such samples out by --exclude.',
    otherwise: 'leave such samples out.',
  },
  { said: /, or leave samples out by filterFn\b/g, here: '' },
  { said: /, or \{ volume: '[^']+', wall: '[^']+' \}/g, here: '' },
  // Tables of metadata.
  {
    said: /\bGive its key, such as \{ file, key: '([^']+)', column: "([^"]+)" \}\./g,
    here: 'Give its key, such as --metadata FILE:$1=$2.',
  },
  {
    said: / Say as column what it is called there\./g,
    here: ' Give --metadata FILE:key=column with what it is called there.',
  },
  {
    said: /\bGive a list of names as key, which\b/g,
    here: 'Give several keys with commas between them, which',
  },
  { said: /: give a template \(samples\)/g, here: ': give a template (--samples)' },
  { said: /; a template \(samples\) captures\b/g, here: '; a template (--samples) captures' },
  { said: /\bThe sourceDir\b/g, here: 'sourceDir' },
  { said: /\bsourceDir\b/g, here: '--source-dir', otherwise: 'the folder in it' },

  // Time.
  {
    said: / With time\.missing: 'skip' (?:they|such steps) are holes(?:; where it has no steps at all, name those that have some in time\.names, or ask for fields by includeAttributes)?\./g,
    here: '',
  },
  {
    said: /: nothing tells which is meant by the name\. Name the fields that have steps in time\.names, or ask for others by includeAttributes/g,
    here: ': nothing tells which is meant by the name',
  },
  {
    said: / With time\.from: 'auto' steps are found by arrays and by files\./g,
    here: ' With --time alone steps are found by arrays and by files.',
  },
  { said: /\btime\.meshBytes\b/g, here: 'the memory for meshes' },
  { said: /\btime\.window\.stride\b/g, here: '--stride', otherwise: 'the stride' },
  { said: /\btime\.window(?:\.length)?\b/g, here: '--window', otherwise: 'the window' },
  { said: /\btime\.steps(?:\.\w+)?\b/g, here: '--steps', otherwise: 'the choice of steps' },
  { said: /\btime\.dt\b/g, here: '--dt', otherwise: 'the time between steps' },
  { said: /: leave one of them out by exclude\b/g, here: ': leave one of them out by --exclude' },
  { said: / Leave one of them out by exclude\./g, here: ' Leave one of them out by --exclude.' },

  // Archives.
  {
    said: / \(open them with archives: true, or --archives\)/g,
    here: ' (open them with --archives)',
    otherwise: '',
  },
  {
    said: /, more than maxExpansion allows\. Raise maxExpansion if the archive is trusted\b/g,
    here: ', more than --max-expansion allows. Raise it if the archive is trusted',
    otherwise: ', more than is taken for no bomb',
  },
  {
    said: /, which maxExpansion does not allow\. Raise maxExpansion if the archive is trusted\b/g,
    here: ', which --max-expansion does not allow. Raise it if the archive is trusted',
    otherwise: ', more than is taken for no bomb',
  },
  {
    said: /^maxExpansion must be\b/g,
    here: '--max-expansion must be',
    otherwise: 'The limit of growth must be',
  },
  { said: /, since index is "none": give the paths of files\b/g, here: ': give the paths of files' },
  {
    said: /^archives must be true, false or patterns of paths such as\b/g,
    here: '--archives takes a pattern of paths such as',
    otherwise: 'Archives are chosen by a pattern of paths such as',
  },

  // The cache.
  { said: /, or ask for oversized: 'temporary'[^.]*/g, here: '' },
  {
    said: /, set deleteAfterUse: true, or read fewer samples ahead \(prefetchSize\)/g,
    here: ', or give --delete-after-use',
    otherwise: ' (JOBS)',
  },
  { said: / \(JOBS\)/g, here: ', or fetch fewer files at a time (--jobs)' },
  {
    said: /\bmaxCacheSize\b|\bmaxSize\b/g,
    here: '--cache-size',
    otherwise: 'the size of the cache',
  },
  {
    said: /\b(a|another) cacheDir\b/g,
    here: '$1 --cache-dir',
    otherwise: '$1 VASCUSIM_CACHE_DIR',
  },
  { said: /\bcacheDir\b/g, here: '--cache-dir', otherwise: 'VASCUSIM_CACHE_DIR' },
  { said: /\bRun CacheManager\.verify with repair: true/g, here: 'Run vascusim cache verify --repair' },

  // Reading.
  { said: / (?:R|r)ead it with mode: 'whole'\./g, here: '' },
  { said: /(?:; )?if the file is right, raise the option maxExpansion of readMesh\b/g, here: '' },
  { said: /, or set arrays: 'common' or 'fill'/g, here: '' },
  { said: /\bgraphOf: '(points|cells)'/g, here: '--graph-of $1', otherwise: 'a graph of $1' },
  { said: /(?<=Leave it out of )attributes\b/g, here: '--attributes', otherwise: 'what is asked for' },
  {
    said: /\bincludeAttributes\b/g,
    here: '--attributes',
    otherwise: 'what is asked for',
  },
  { said: /: use a function \(filterFn\)/g, here: ': write a shorter one' },
  { said: /\bnumWorkers: 0\b/g, here: '--workers 0', otherwise: 'no worker' },
  { said: /\b[Rr]aise (?:idle|connect|total)TimeoutMs\b/g, here: 'RAISE' },
  {
    said: /[ ,]+or RAISE\b|\. RAISE if it is only slow/g,
    here: (situation) => (has(situation, '--timeout') ? '. Raise --timeout if it is only slow' : ''),
  },
  { said: / \(totalTimeoutMs\)/g, here: '' },
];

function has({ flags }: Situation, flag: string): boolean {
  return flags === undefined || flags.has(flag);
}

/** Puts a message of the library into the words of the command line: it names only what the command has. */
export function reword(message: string, situation: Situation, kinds: readonly SourceKind[] = KINDS): string {
  return [...PHRASES, ...optionWordings(kinds)].reduce((text, { said, here, otherwise = '' }) => {
    if (!said.test(text)) return text;
    said.lastIndex = 0;
    const word = typeof here === 'string' ? here : here(situation);
    // What another command has is not this one's.
    const flags = /\bvascusim\b/.test(word) ? [] : (word.match(/--[a-z][\w-]*/g) ?? []);
    return text.replaceAll(said, flags.every((flag) => has(situation, flag)) ? word : otherwise);
  }, message);
}
