import type { LeftOutArray } from './mesh.ts';

/** Number of names that a sentence has room for. */
const MAX_SHOWN_NAMES = 12;
/** Number of characters of a name that are shown. */
const MAX_NAME_CHARACTERS = 60;

/** Words for each reason. */
const WORDS: Readonly<Record<LeftOutArray['reason'], (what: string) => string>> = {
  piece: (what) => `not in the piece ${what}`,
  form: (what) => `with other components in the piece ${what}`,
  undeclared: (what) => `in the piece ${what}, but not declared`,
  type: (what) => `of the type "${what}", which is not read`,
  strings: () => 'strings; a graph holds numbers',
  steps: () => 'further time steps',
  information: (what) => what,
  graph: () => 'of the whole mesh; a graph holds values of nodes and cells',
};

/** Makes the key by which two messages are of the same thing, however many files or pieces have it. */
export function leftOutKey({ name, on, reason, what }: LeftOutArray): string {
  return JSON.stringify([name, on, reason, reason === 'information' ? what : undefined]);
}

/** Lists arrays that were left out, with the reasons; of many the first. */
export function describeLeftOutArrays(arrays: readonly LeftOutArray[]): string {
  const byReason = new Map<string, string[]>();
  for (const { name, reason, what = '' } of arrays.slice(0, MAX_SHOWN_NAMES)) {
    const words = WORDS[reason](what);
    const names = byReason.get(words) ?? [];
    byReason.set(words, names);
    names.push(
      `"${name.length > MAX_NAME_CHARACTERS ? `${name.slice(0, MAX_NAME_CHARACTERS - 1)}…` : name}"`,
    );
  }
  const more = arrays.length - MAX_SHOWN_NAMES;
  const parts = [...byReason].map(([words, names]) => `${[...new Set(names)].join(', ')} (${words})`);
  return parts.join(', ') + (more > 0 ? `, and ${more} more` : '');
}
