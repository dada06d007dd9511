import { COMMANDS } from './command-list.ts';
import { wrap } from './terminal/wrap.ts';

const ABOUT =
  'Streams vascular simulation data from where it lies into the loop that trains or runs a model.';

const OPTIONS: readonly (readonly [string, string])[] = [
  ['-V, --version', 'print the version'],
  ['-h, --help', 'print this help; that of a command: vascusim <command> --help'],
];

const EXAMPLES: readonly (readonly [string, string])[] = [
  ['vascusim demo', 'a synthetic data set, streamed in batches'],
  ['vascusim info case_1.vtu', 'what a file holds'],
  ["vascusim ls user/name --where 'age > 50'", 'samples of a dataset of the Hub'],
  ['vascusim stream /data/aorta -b 8 -a pressure', 'batches from a folder'],
  ['vascusim render case_1.vtu -o case_1.png', 'a picture of it'],
  ['vascusim doctor nas://192.168.1.100 --user me', 'why a NAS cannot be reached'],
];

const EXIT_CODES =
  'Exit codes: 0 done, 1 some work failed, 2 usage, 3 not found, 4 no permission, 5 try again, 6 bad file, 130 interrupted';

/** Writes what `vascusim --help` prints. It is made without commander, which would double the time that it takes. */
export function describeProgram(width: number): string {
  const commands = COMMANDS.map(({ name, takes, about }) => [`${name} ${takes}`.trim(), about] as const);
  return [
    'Usage: vascusim <command> [options]',
    '',
    ...wrap(ABOUT, width),
    '',
    'Commands:',
    ...list(commands, width),
    '',
    'Options:',
    ...list(OPTIONS, width),
    '',
    'Examples:',
    ...list(EXAMPLES, width),
    '',
    ...wrap(EXIT_CODES, width),
    '',
  ].join('\n');
}

/** Lists terms and what they mean: beside each other, or on a narrow terminal one below the other. */
function list(entries: readonly (readonly [string, string])[], width: number): string[] {
  const indent = Math.max(...entries.map(([term]) => term.length)) + 4;
  if (indent > width / 1.6) {
    return entries.flatMap(([term, text]) => [
      `  ${term}`,
      ...wrap(text, width - 6).map((line) => `      ${line}`),
    ]);
  }
  return entries.flatMap(([term, text]) =>
    wrap(text, width - indent).map(
      (line, index) => (index === 0 ? `  ${term}`.padEnd(indent) : ' '.repeat(indent)) + line,
    ),
  );
}
