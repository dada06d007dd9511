const NUMBER = /^-?(?:(?:0|[1-9]\d*)(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;
const WORDS: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ['', undefined],
  ['true', true],
  ['false', false],
  ['nan', Number.NaN],
  ['inf', Number.POSITIVE_INFINITY],
  ['infinity', Number.POSITIVE_INFINITY],
  ['-inf', Number.NEGATIVE_INFINITY],
  ['-infinity', Number.NEGATIVE_INFINITY],
]);

const LONGEST_WORD = Math.max(...[...WORDS.keys()].map((word) => word.length));

/**
 * Reads what a field means: a number, `true` or `false` (in any case), `nan`, `inf` and `-inf` as pandas writes them,
 * undefined for an empty field, else the text. Integers that begin with a zero or leave the safe range stay text, since
 * they are identifiers.
 */
export function parseField(field: string): unknown {
  if (!NUMBER.test(field)) {
    const word = field.length > LONGEST_WORD ? field : field.toLowerCase();
    return WORDS.has(word) ? WORDS.get(word) : field;
  }
  const value = Number(field);
  return /^-?\d+$/.test(field) && !Number.isSafeInteger(value) ? field : value;
}
