import { type CsvFormat, CsvReader, type Separator } from './csv-reader.ts';

/** One record of a CSV file. */
export interface CsvRecord {
  /** Line on which it begins, from 1. */
  readonly line: number;
  readonly fields: readonly string[];
}

const SEPARATORS: readonly Separator[] = [',', ';', '\t'];

/** Form of the line by which Excel is told the separator. */
const STATED = /^sep=([,;\t])(?:\r\n|\n|\r|$)/i;

/** Separator of a table, and the place in its text at which the header begins. */
export interface FoundSeparator {
  readonly separator: Separator;
  readonly start: number;
}

/**
 * Finds the separator of a table, and where its header begins: what the first line states (`sep=;`), else that with
 * which the header has the most of the wanted columns, else that which makes the most columns of it.
 *
 * @param wanted - names of columns that the table should have
 * @param options.trim - as {@link CsvReader} takes it
 */
export function findSeparator(
  text: string,
  wanted: string | readonly string[],
  options: Pick<CsvFormat, 'trim'> = {},
): FoundSeparator {
  const stated = STATED.exec(text);
  if (stated !== null) return { separator: stated[1] as Separator, start: stated[0].length };
  const columns = [wanted].flat();
  let best: { readonly separator: Separator; readonly score: number } = { separator: ',', score: 0 };
  for (const separator of SEPARATORS) {
    const names = headerOf(text, { ...options, separator }).map((name) => name.trim());
    const score = names.length + columns.filter((column) => names.includes(column)).length * 1e9;
    if (score > best.score) best = { separator, score };
  }
  return { separator: best.separator, start: 0 };
}

/** Reads the first record that is not empty; nothing where it cannot be read in this format. */
function headerOf(text: string, format: CsvFormat): readonly string[] {
  const reader = new CsvReader(text, '', format);
  try {
    return reader.next() ? reader.fields() : [];
  } catch {
    return [];
  }
}

/** Reads the records of a table, see {@link CsvReader}. */
export function* parseCsv(
  text: string,
  path: string,
  format: Pick<CsvFormat, 'separator' | 'start'> = {},
): Generator<CsvRecord, void> {
  const reader = new CsvReader(text, path, format);
  while (reader.next()) yield { line: reader.line, fields: reader.fields() };
}

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
