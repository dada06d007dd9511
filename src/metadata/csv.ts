import { FormatError } from '../core/errors.ts';

/** One record of a CSV file. */
export interface CsvRecord {
  /** Line on which it begins, from 1. */
  readonly line: number;
  readonly fields: readonly string[];
}

/** Character that may stand between the fields of a record. */
export type Separator = ',' | ';' | '\t';

const SEPARATORS: readonly Separator[] = [',', ';', '\t'];

/** Makes the pattern of the fields of a record, one a match: quoted or bare, and what ends it. */
function fieldOf(separator: Separator): RegExp {
  return new RegExp(`(?:"((?:[^"]|"")*)"|([^"${separator}\\r\\n]*))(${separator}|\\r\\n|\\n|\\r|$)`, 'y');
}

/** Form of the line by which Excel is told the separator. */
const STATED = /^sep=([,;\t])(?:\r\n|\n|\r|$)/i;

/**
 * Finds the separator of a table, and where its header begins: what the first line states (`sep=;`), else that with
 * which the header has the wanted column, else that which makes the most columns of it.
 *
 * @param wanted - name of a column that the table should have
 */
export function findSeparator(
  text: string,
  wanted: string,
): { readonly separator: Separator; readonly start: number } {
  const stated = STATED.exec(text);
  if (stated !== null) return { separator: stated[1] as Separator, start: stated[0].length };
  let best: { readonly separator: Separator; readonly score: number } = { separator: ',', score: 0 };
  for (const separator of SEPARATORS) {
    const names = headerOf(text, separator).map((name) => name.trim());
    const score = names.length + (names.includes(wanted) ? 1e9 : 0);
    if (score > best.score) best = { separator, score };
  }
  return { separator: best.separator, start: 0 };
}

/** Reads the first record that is not empty; nothing where it cannot be read with this separator. */
function headerOf(text: string, separator: Separator): readonly string[] {
  try {
    return parseCsv(text, '', { separator }).next().value?.fields ?? [];
  } catch {
    return [];
  }
}

/**
 * Reads the records of a table by RFC 4180, whatever its separator: fields in double quotes may hold commas, line
 * breaks and doubled quotes; lines end in LF, CRLF or CR. Empty lines are passed over.
 *
 * @param path - how error messages name the file
 * @param options.start - where its header begins; lines before it count
 * @throws FormatError when quotes do not pair
 */
export function* parseCsv(
  text: string,
  path: string,
  { separator = ',', start = 0 }: { readonly separator?: Separator; readonly start?: number } = {},
): Generator<CsvRecord, void> {
  const field = fieldOf(separator);
  let at = start;
  let line = start === 0 ? 1 : 2;
  while (at < text.length) {
    const begin = line;
    const fields: string[] = [];
    for (let end: string = separator; end === separator; ) {
      field.lastIndex = at;
      const match = field.exec(text);
      if (match === null) {
        throw new FormatError(`line ${line}: a double quote in the wrong place, or without its pair`, {
          path,
        });
      }
      const [all, quoted, bare = '', terminator = ''] = match;
      fields.push(quoted === undefined ? bare : quoted.replaceAll('""', '"'));
      at += all.length;
      end = terminator;
      line += all.match(/\r\n|\n|\r/g)?.length ?? 0;
    }
    if (fields.length > 1 || fields[0] !== '') yield { line: begin, fields };
  }
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

/**
 * Reads what a field means: a number, `true` or `false` (in any case), `nan`, `inf` and `-inf` as pandas writes them,
 * undefined for an empty field, else the text. Integers that begin with a zero or leave the safe range stay text, since
 * they are identifiers.
 */
export function parseField(field: string): unknown {
  const word = field.toLowerCase();
  if (WORDS.has(word)) return WORDS.get(word);
  if (!NUMBER.test(field)) return field;
  const value = Number(field);
  return /^-?\d+$/.test(field) && !Number.isSafeInteger(value) ? field : value;
}
