import type { LeftOutArray } from './mesh.ts';

/** Arrays that a sentence has room for. */
const MAX_ARRAYS = 8;

/** How each reason is said. */
const WORDS: Readonly<Record<LeftOutArray['reason'], (what: string) => string>> = {
  piece: (what) => `the piece ${what} lacks it`,
  form: (what) => `the piece ${what} has it with other components`,
  undeclared: (what) => `the piece ${what} has it, the file does not declare it`,
  type: (what) => `its type "${what}" is not read`,
  strings: () => 'strings; a graph holds numbers',
  steps: () => 'further time steps',
  information: (what) => what,
  graph: () => 'of the whole mesh; a graph holds values of nodes and cells',
};

/** Key by which two messages are of the same thing, however many files or pieces have it. */
export function leftOutKey({ name, on, reason, what }: LeftOutArray): string {
  return JSON.stringify([name, on, reason, reason === 'information' ? what : undefined]);
}

/** List of arrays that were left out, each with the reason; of many the first. */
export function describeLeftOutArrays(arrays: readonly LeftOutArray[]): string {
  const shown = arrays.slice(0, MAX_ARRAYS).map(({ name, reason, what = '' }) => {
    const shortName = name.length > 60 ? `${name.slice(0, 59)}…` : name;
    return `"${shortName}" (${WORDS[reason](what)})`;
  });
  const more = arrays.length - shown.length;
  return shown.join(', ') + (more > 0 ? `, and ${more} more` : '');
}
